internal import ArgumentParser
internal import HTTPServer
internal import KlarnaSandbox
internal import Logging
internal import Settings

/// `kassa sandbox`: Klarna's double, in memory, for as long as it runs.
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Runs an offline double of Klarna, in memory.",
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var listen: ListenOption

    func run() async throws {
        let address = try listen.address(default: "127.0.0.1:8181")
        try await reportingProblems {
            let log = try LogSettings.load(configurationFile.source())
            let logger = Logger("sandbox", log)
            for warning in log.warnings { logger.warning("\(warning)") }
            let sandbox = try SandboxListener(at: address, logger: logger)
            announce("kassa sandbox: listening on \(sandbox.url)")
            try await KassaApp.run(sandbox.services, grace: .seconds(5), logger: logger)
        }
    }
}
