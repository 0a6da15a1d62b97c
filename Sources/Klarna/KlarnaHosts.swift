/// Klarna's own hosts, which alone tell regions and environments apart.
extension KlarnaAccount {
    /// One of them.
    public struct Host: Sendable, Hashable {
        public let environment: Environment
        public let region: Region
        /// Without a slash at its end.
        public let baseURL: String
    }

    /// All that a merchant's credentials can belong to. Klarna, "API URLs".
    public static let known: [Host] = Environment.allCases.flatMap { environment in
        Region.allCases.map { Host(environment: environment, region: $0, baseURL: $0.baseURL(environment)) }
    }

    /// Where Klarna Checkout lives since it is Kustom's; to be named as the base URL.
    public static let kustom: [Host] = [
        Host(environment: .playground, region: .eu, baseURL: "https://api.playground.kustom.co"),
        Host(environment: .production, region: .eu, baseURL: "https://api.kustom.co"),
    ]
}

extension KlarnaAccount.Region {
    func baseURL(_ environment: KlarnaAccount.Environment) -> String {
        let region =
            switch self {
            case .eu: ""
            case .na: "-na"
            case .oc: "-oc"
            }
        let environment =
            switch environment {
            case .playground: ".playground"
            case .production: ""
            }
        return "https://api\(region)\(environment).klarna.com"
    }
}

extension KlarnaAccount {
    /// Whether a host of Klarna's or Kustom's belongs to that environment and region; any other host may be anything.
    static func check(_ host: String, _ environment: Environment, _ region: Region) throws(Invalid) {
        var host = host.lowercased()[...]
        while host.hasSuffix(".") { host = host.dropLast() }
        guard ["klarna.com", "kustom.co"].contains(where: { host == $0 || host.hasSuffix(".\($0)") }) else { return }
        let actual: Environment = host.split(separator: ".").contains("playground") ? .playground : .production
        guard actual == environment else {
            throw Invalid(
                description: "the base URL's host \(host) belongs to Klarna's \(actual.rawValue), and the account to "
                    + "\(environment.rawValue)"
            )
        }
        guard let known = known.first(where: { $0.baseURL == "https://\(host)" }), known.region != region else {
            return
        }
        throw Invalid(
            description: "the base URL's host \(host) belongs to Klarna's region \(known.region.rawValue), and the "
                + "account to \(region.rawValue)"
        )
    }
}
