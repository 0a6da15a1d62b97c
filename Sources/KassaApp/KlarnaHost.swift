internal import Klarna
internal import Settings

extension KlarnaAccount.Host {
    /// The hosts that an account's credentials may be shown, this one left out: those of the same company, and none when the
    /// account names a host of somebody else.
    static func others(than baseURL: String) -> [KlarnaAccount.Host] {
        let families = [KlarnaAccount.known, KlarnaAccount.kustom]
        let family = families.first { $0.contains { $0.baseURL == baseURL } }
        return family?.filter { $0.baseURL != baseURL } ?? []
    }

    /// Where Klarna Checkout lives, and Klarna Payments does not. It serves every region.
    static func isKustom(_ baseURL: String) -> Bool { KlarnaAccount.kustom.contains { $0.baseURL == baseURL } }

    /// For people: `https://api-na.klarna.com (production, na)`.
    var place: String {
        "\(baseURL) (\(environment.rawValue)\(Self.isKustom(baseURL) ? "" : ", \(region.rawValue)"))"
    }
}

extension KlarnaAccount {
    /// - Throws: What is wrong with it, by the key that leads to it: `klarna.url`, or `accounts.NAME.url`.
    init(_ settings: KlarnaAccountSettings, prefix: String) throws(StartProblem) {
        do {
            try self.init(
                username: settings.username,
                password: Klarna.Secret(settings.password.reveal()),
                environment: settings.isProduction ? .production : .playground,
                region: Region(rawValue: settings.region) ?? .eu,
                baseURLOverride: settings.url?.description,
            )
        } catch {
            throw StartProblem("\(prefix).url", error.description)
        }
    }

    /// The same credentials at another host.
    init(_ account: KlarnaAccount, at host: Host) throws(Invalid) {
        try self.init(
            username: account.username,
            password: account.password,
            environment: host.environment,
            region: host.region,
            baseURLOverride: host.baseURL,
        )
    }
}
