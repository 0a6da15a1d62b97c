internal import ArgumentParser
internal import HTTPServer
internal import Settings

/// `kassa health`: asks the backend of this configuration whether it lives; for containers, which have no curl.
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Asks the backend on this machine whether it lives; exit 0 if it does.",
        shouldDisplay: false,
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var listen: ListenOption

    func run() async throws {
        try await reportingProblems {
            let commandLine = listen.listen.map { ["listen": $0] } ?? [:]
            let settings = try KassaSettings.load(configurationFile.source(commandLine: commandLine))
            let address = ListenAddress(settings.listen).onThisMachine
            let probe = LocalProbe(
                address,
                isSecure: settings.tls != nil,
                speaksProxyProtocol: try settings.trustedProxies().expectHeader(at: address),
            )
            guard probe.status(of: "/health/live") == 200 else {
                throw StartProblem("listen", "nothing healthy answers on \(settings.listen)")
            }
        }
    }
}

extension ListenAddress {
    /// A server that listens everywhere is reached here by loopback.
    fileprivate var onThisMachine: ListenAddress {
        switch self {
        case .network("0.0.0.0", let port): .network(host: "127.0.0.1", port: port)
        case .network("::", let port): .network(host: "::1", port: port)
        case .network, .unix: self
        }
    }
}
