internal import ArgumentParser
internal import Foundation
internal import Logging
internal import Settings

/// `kassa demo`: shop, backend and sandbox together, on a database that is deleted at the end.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Runs the demo shop with backend and sandbox; needs no credentials.",
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var listen: ListenOption

    func run() async throws {
        let address = try listen.address(default: "127.0.0.1:8080")
        guard address.isLoopback else {
            throw ValidationError("--listen: a demo is for this machine alone: expected a loopback address")
        }
        try await reportingProblems {
            let forPeople = ["log.format": "text", "log.level": "warning"]
            let log = try LogSettings.load(configurationFile.source(fallbacks: forPeople))
            let logger = Logger("demo", log)
            let directory = FileManager.default.temporaryDirectory.appending(path: "kassa-demo-\(UUID().uuidString)")
            try FileManager.default.createDirectory(
                at: directory,
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700],
            )
            defer { try? FileManager.default.removeItem(at: directory) }

            guard let anyPort = HostAndPort("127.0.0.1:0") else { return }
            let sandbox = try SandboxListener(at: anyPort, logger: logger)
            let apiKey = Data(SecretKeyFile.randomBytes(18)).base64EncodedString().filter { $0.isLetter || $0.isNumber }
            let settings = try KassaSettings.load(
                SettingsSource(
                    commandLine: [
                        "listen": address.description,
                        "database_url": "sqlite:\(directory.path())/kassa.db",
                        "klarna.username": "demo",
                        "klarna.password": "demo",
                        "klarna.url": sandbox.url,
                        "api_key": apiKey,
                        "catalog": "config/catalog.json",
                        "public_directory": "public",
                        "polling.waiting": "5s,15s,60s",
                        "polling.in_progress": "5s,15s",
                        "log.level": log.level,
                        "log.format": log.isJSON ? "json" : "text",
                    ],
                    workingDirectory: directory.path(),
                )
            )
            let backend = try await Backend(settings, logger: logger)
            announce("kassa sandbox: listening on \(sandbox.url)")
            announce("kassa demo: api key \(apiKey)")
            announce("kassa demo: try curl -H 'Authorization: Bearer \(apiKey)' \(backend.url)/v1/checkouts")
            announce("kassa demo: shop at \(backend.url)")
            // The sandbox stops last: what the backend still has to finish, it finishes there.
            try await KassaApp.run(
                sandbox.services + backend.services,
                grace: settings.shutdownGrace,
                logger: logger,
            )
            await backend.close()
        }
    }
}
