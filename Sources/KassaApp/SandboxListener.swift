internal import HTTPServer
internal import KlarnaSandbox
internal import Logging
internal import ServiceLifecycle
internal import Settings
internal import Telemetry

/// The sandbox and its server: connections are accepted from here on, and answered once the services run.
struct SandboxListener {
    let url: String
    let services: [any Service]

    init(at address: HostAndPort, logger: Logger) async throws {
        let sandbox = try SandboxService(logger: logger, clock: SystemClock.now)
        let listener = try await Listener(address, limits: ServerLimits(), logger: logger) { _ in
            (sandbox.router(), ())
        }
        url = listener.url
        services = [
            UntilShutdown { await sandbox.run() },
            ServerService(server: listener.server, grace: .seconds(5)),
        ]
    }
}
