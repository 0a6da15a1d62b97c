internal import ArgumentParser
internal import HTTPServer
internal import Logging
internal import Settings

/// `kassa serve`: the backend.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Runs the backend.")

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var listen: ListenOption

    func run() async throws {
        try await reportingProblems {
            let commandLine = listen.listen.map { ["listen": $0] } ?? [:]
            let settings = try KassaSettings.load(configurationFile.source(commandLine: commandLine))
            let logger = Logger("kassa", settings.log)
            for warning in settings.warnings { logger.warning("\(warning)") }
            let backend = try await Backend(settings, passed: PassedSockets.take(), logger: logger)
            announce("kassa: listening on \(backend.url)")
            try await KassaApp.run(backend.services, grace: settings.shutdownGrace, logger: logger)
            await backend.close()
        }
    }
}
