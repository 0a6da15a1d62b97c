/// The Klarna accounts that a configuration mentions besides the default one.
struct AccountNames {
    let names: [String]
    let problems: [SettingsProblem]

    /// - Parameters:
    ///   - file: Keys such as `accounts.eu.username`.
    ///   - environment: Variables such as `KASSA_ACCOUNTS_EU_USERNAME`.
    init(file: some Sequence<String>, environment: some Sequence<String>) {
        let inFile = Set(
            file.compactMap { key -> String? in
                let parts = key.split(separator: ".", omittingEmptySubsequences: false)
                return parts.count > 2 && parts[0] == "accounts" ? String(parts[1]) : nil
            }
        )
        let valid = inFile.filter { AccountNames.isValid($0) }
        problems = inFile.subtracting(valid).sorted().map {
            SettingsProblem(
                key: "accounts.\($0)",
                "expected a name of up to 32 of a-z, 0-9, - and _ that begins with a letter and is not default",
            )
        }
        // `north-america` in the file and KASSA_ACCOUNTS_NORTH_AMERICA_PASSWORD mean the same account.
        let known = Set(valid.map { AccountNames.variable(for: $0) })
        let onlyInEnvironment = environment.compactMap { AccountNames.name(inVariable: $0) }.filter {
            !known.contains(AccountNames.variable(for: $0)) && AccountNames.isValid($0)
        }
        names = valid.union(onlyInEnvironment).sorted()
    }

    private static func name(inVariable variable: String) -> String? {
        guard variable.hasPrefix("KASSA_ACCOUNTS_") else { return nil }
        let rest = variable.dropFirst("KASSA_ACCOUNTS_".count)
        let endings = AccountKeys(prefix: "x").rows.map { $0.environmentName.dropFirst("KASSA_X".count) }
        // The longest ending first: KASSA_ACCOUNTS_EU_TERMS_URL is the terms of `eu`, not the URL of `eu_terms`.
        let ending = endings.filter { rest.hasSuffix($0) }.max { $0.count < $1.count }
        return ending.map { String(rest.dropLast($0.count)).lowercased() }
    }

    private static func variable(for name: String) -> String { String(name.map { $0 == "-" ? "_" : $0 }) }

    private static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        let isPlain = name.utf8.allSatisfy {
            isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == 0x2D || $0 == 0x5F
        }
        return isPlain && name.utf8.count <= 32 && name != "default"
    }
}
