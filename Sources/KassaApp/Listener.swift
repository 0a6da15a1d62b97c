internal import HTTPMessage
internal import HTTPServer
internal import Logging
internal import Settings

/// A server that accepts connections, which wait until it runs, and what was built around its address.
struct Listener<Parts> {
    let server: Server
    /// `http://HOST:PORT`, with the real port.
    let url: String
    let parts: Parts

    /// Binds the address. `build` makes the routes for a server that is reached under this URL, and what else depends on it.
    init(
        _ address: HostAndPort,
        limits: ServerLimits,
        logger: Logger,
        build: (_ url: String) throws -> (Router, Parts),
    ) async throws {
        let wanted = ListenAddress(host: address.host, port: address.port)
        for triesLeft in (0..<20).reversed() {
            let address = address.port == 0 ? try await Listener.freeAddress(wanted, logger) : wanted
            let url = "http://\(address)"
            let (router, parts) = try build(url)
            let server = Server(router: router, limits: limits, logger: logger)
            do throws(BindError) {
                _ = try server.bind(address)
            } catch {
                // Somebody else may have taken a free port since it was found.
                guard wanted.port == 0, triesLeft > 0 else { throw StartProblem("listen", error.description) }
                continue
            }
            (self.server, self.url, self.parts) = (server, url, parts)
            return
        }
        throw StartProblem("listen", "no free port was found")
    }

    /// The URLs in a router's answers name the port, so the system's choice of one has to be known before there is a router.
    private static func freeAddress(_ address: ListenAddress, _ logger: Logger) async throws(StartProblem)
        -> ListenAddress
    {
        let nothing = Router { refusal, _ in Response(refusal.status) }
        let server = Server(router: nothing, loops: 1, logger: logger)
        do throws(BindError) {
            let free = try server.bind(address)
            await server.shutdown(grace: .zero)
            return free
        } catch {
            throw StartProblem("listen", error.description)
        }
    }
}

extension ServerLimits {
    init(_ settings: LimitSettings) {
        self.init()
        requestLineBytesMax = settings.requestLineBytes
        headBytesMax = settings.headBytes
        fieldsMax = settings.fields
        headTimeout = settings.headTime
        bodyTimeout = settings.bodyTime
        bodyBytesPerSecondMin = settings.bodyBytesPerSecond
        writeStallTimeout = settings.writeTime
        keepAliveTimeout = settings.idleTime
        requestsPerConnectionMax = settings.requestsPerConnection
        pipelineMax = settings.pipelinedRequests
        connectionsMax = settings.connections
        connectionsPerAddressMax = settings.connectionsPerAddress
        backlog = settings.backlog
    }
}
