internal import Configuration
internal import Foundation

/// Reads typed values out of the layers of a ``SettingsSource`` and collects everything that is wrong on the way.
struct SettingsReader {
    private(set) var problems: [SettingsProblem] = []
    private(set) var warnings: [String] = []
    /// The names of `accounts.NAME.*`, sorted.
    let accountNames: [String]

    private let layers: [(provider: any ConfigProvider, place: Place)]
    private let file: ConfigurationFile
    private let fileName: String

    private enum Place { case commandLine, environment, file, command }

    init(_ source: SettingsSource) {
        // An empty variable counts as unset: orchestrators cannot always leave one out.
        let environment = source.environment.filter { $0.key.hasPrefix("KASSA_") && !$0.value.isEmpty }
        let (path, fileName) = SettingsReader.fileToRead(source, named: environment["KASSA_CONFIG"])
        file = path.map { ConfigurationFile(reading: $0, called: fileName) } ?? ConfigurationFile()
        self.fileName = fileName
        let accounts = AccountNames(file: file.values.keys, environment: environment.keys)
        accountNames = accounts.names
        layers = [
            (InMemoryProvider(values: SettingsReader.inMemory(source.commandLine)), .commandLine),
            (EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "kassa"), .environment),
            (InMemoryProvider(values: SettingsReader.inMemory(file.values)), .file),
            (InMemoryProvider(values: SettingsReader.inMemory(source.fallbacks)), .command),
        ]
        problems = file.problems + accounts.problems
        let rows = SettingsTable.rows + accountNames.flatMap { AccountKeys(prefix: "accounts.\($0)").rows }
        checkFile(rows)
        let known = Set(rows.map(\.environmentName) + ["KASSA_CONFIG"])
        warnings = environment.keys.filter { !known.contains($0) }.sorted().map {
            "\($0) is not a setting of Kassa and is ignored"
        }
    }

    /// The value of a setting that has a default. The default also stands in for a wrong value, which is then recorded.
    mutating func value<Value>(_ setting: Setting<Value>) -> Value {
        if let value = read(setting) { return value }
        guard let value = setting.row.fallback.flatMap(setting.kind.parse) else {
            preconditionFailure("\(setting.row.name) has no valid default")
        }
        return value
    }

    /// The value that was given. `nil` when none was, or when it is wrong, which is then recorded.
    mutating func read<Value>(_ setting: Setting<Value>) -> Value? {
        guard let (text, place) = given(setting.row) else { return nil }
        if place == .file, file.lists.contains(setting.row.name), !setting.kind.isList {
            problems.append(SettingsProblem(key: setting.row.name, "expected a single value, not a list"))
            return nil
        }
        guard let value = setting.kind.parse(text) else {
            // A URL may hold a password before its "@".
            let isQuotable = !setting.row.isSecret && !text.contains("@")
            let quoted = isQuotable ? ", not \(String(reflecting: String(text.prefix(60))))" : ""
            problem(setting.row.name, "expected \(setting.kind.expected)\(quoted)\(origin(setting.row, place))")
            return nil
        }
        switch setting.row.availability {
        case .offered: break
        case .notUsedYet: warnings.append("\(setting.row.name) is set, but this version does not use it yet")
        case .refusedYet: problem(setting.row.name, "this version does not offer it yet; leave it unset")
        }
        return value
    }

    func isGiven<Value>(_ setting: Setting<Value>) -> Bool { given(setting.row) != nil }

    mutating func problem(_ key: String, _ explanation: String) {
        problems.append(SettingsProblem(key: key, explanation))
    }

    mutating func warn(_ warning: String) { warnings.append(warning) }

    private func given(_ row: SettingRow) -> (text: String, place: Place)? {
        let key = SettingsReader.absoluteKey(row.name)
        for layer in layers {
            // Every layer holds text only, so reading text cannot fail.
            guard let value = try? layer.provider.value(forKey: key, type: .string).value,
                case .string(let text) = value.content, !text.isEmpty
            else { continue }
            return (text, layer.place)
        }
        return nil
    }

    private func origin(_ row: SettingRow, _ place: Place) -> String {
        switch place {
        case .commandLine: return " (--\(row.name))"
        case .environment: return " (\(row.environmentName))"
        case .file: return " (\(fileName))"
        case .command: return ""
        }
    }

    private mutating func checkFile(_ rows: [SettingRow]) {
        let known = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0) })
        for key in file.values.keys.sorted() where known[key] == nil {
            // `klarna:` with nothing below it is an empty group, not an unknown key.
            let isGroup = rows.contains { $0.name.hasPrefix(key + ".") } || key == "accounts"
            guard !isGroup || file.values[key] != "" else { continue }
            problem(key, isGroup ? "expected keys below it, not a value (\(fileName))" : "unknown key (\(fileName))")
        }
        guard file.isReadableByAll else { return }
        for (key, value) in file.values.sorted(by: { $0.key < $1.key }) {
            guard let row = known[key], row.isSecret, !value.isEmpty, !value.hasPrefix("sqlite:") else { continue }
            problem(key, "is a secret in a file that everybody can read: run chmod o-r \(fileName)")
        }
    }

    /// The file to read and what to call it: `--config`, else `KASSA_CONFIG`, else `config/kassa.yaml` if it exists.
    private static func fileToRead(_ source: SettingsSource, named variable: String?) -> (path: String?, name: String) {
        let standard = "config/kassa.yaml"
        let name = source.configFile ?? variable ?? standard
        let path = name.hasPrefix("/") ? name : "\(source.workingDirectory)/\(name)"
        let isNamed = source.configFile != nil || variable != nil
        return (isNamed || FileManager.default.fileExists(atPath: path) ? path : nil, name)
    }

    private static func inMemory(_ values: [String: String]) -> [AbsoluteConfigKey: ConfigValue] {
        Dictionary(
            values.map { (absoluteKey($0.key), ConfigValue(.string($0.value), isSecret: true)) },
            uniquingKeysWith: { first, _ in first },
        )
    }

    private static func absoluteKey(_ name: String) -> AbsoluteConfigKey {
        AbsoluteConfigKey(name.split(separator: ".").map(String.init))
    }
}
