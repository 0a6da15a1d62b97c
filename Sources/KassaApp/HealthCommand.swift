internal import ArgumentParser
internal import Klarna
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
            let address = try KassaSettings.load(configurationFile.source(commandLine: commandLine)).listen
            // A server that listens everywhere is reached here by loopback.
            let everywhere = [
                "0.0.0.0": HostAndPort("127.0.0.1:\(address.port)"), "::": HostAndPort("[::1]:\(address.port)"),
            ]
            let reachable = (everywhere[address.host] ?? nil) ?? address
            let request = OutboundRequest(
                method: "GET",
                url: "http://\(reachable)/health/live",
                timeout: .seconds(2),
                connectTimeout: .seconds(1),
                isEffect: false,
                bodyBytesMax: 4096,
            )
            let answer = try? await URLSessionTransport().send(request)
            guard answer?.status == 200 else { throw StartProblem("listen", "nothing healthy answers on \(address)") }
        }
    }
}
