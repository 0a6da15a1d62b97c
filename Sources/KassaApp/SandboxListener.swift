internal import HTTPServer
internal import KlarnaSandbox
internal import Logging
internal import ServiceLifecycle
internal import Settings
internal import Telemetry
internal import TimeAndChance

/// The sandbox and its server: connections are accepted from here on, and answered once the services run.
struct SandboxListener {
    let url: String
    let services: [any Service]

    init(at address: HostAndPort, profile: SandboxProfile = .standard, logger: Logger) throws {
        let sandbox = try SandboxService(profile: profile, logger: logger, clock: SteadyClock.wallTime)
        let listener = try Listener(.network(address), limits: ServerLimits(), logger: logger)
        url = listener.url
        services = [
            UntilShutdown { await sandbox.run() },
            ServerService(server: listener.server, router: sandbox.router(), grace: .seconds(5)),
        ]
    }
}
