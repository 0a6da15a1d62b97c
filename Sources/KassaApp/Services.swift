internal import Checkouts
internal import HTTPServer
internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// Serves until the program is told to stop, then finishes the requests in flight.
struct ServerService: Service {
    let server: Server
    let router: Router
    let grace: Duration

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run(router) }
            group.addTask {
                try await gracefulShutdown()
                await server.shutdown(grace: grace)
            }
            // Whichever ends first decides: `run` returns once `shutdown` is through, or throws when it cannot go on.
            defer { group.cancelAll() }
            do { try await group.next() } catch is CancellationError {}
        }
    }
}

/// Work without an end of its own, cancelled when the program is told to stop.
struct UntilShutdown: Service {
    let work: @Sendable () async throws -> Void

    func run() async throws {
        do { try await cancelWhenGracefulShutdown(work) } catch is CancellationError {}
    }
}

/// Works on jobs until the program is told to stop, then finishes those under way.
struct WorkerService: Service {
    let worker: Worker

    func run() async throws {
        await withGracefulShutdownHandler {
            await worker.run()
        } onGracefulShutdown: {
            worker.drain()
        }
    }
}

/// Runs services until SIGTERM or SIGINT; then each is stopped, the last one first, all within the grace.
func run(_ services: [any Service], grace: Duration, logger: Logger) async throws {
    // Below this the group writes whole services with all they hold, which nobody has looked through for secrets.
    var logger = logger
    logger.logLevel = max(logger.logLevel, .info)
    var configuration = ServiceGroupConfiguration(
        services: services,
        gracefulShutdownSignals: [.sigterm, .sigint],
        logger: logger,
    )
    configuration.maximumGracefulShutdownDuration = grace + .seconds(1)
    try await ServiceGroup(configuration: configuration).run()
}
