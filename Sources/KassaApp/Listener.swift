internal import HTTPServer
internal import Logging
internal import Settings

/// A server that accepts connections already; they wait until it runs.
struct Listener {
    let server: Server
    /// `http://HOST:PORT`, with the real port.
    let url: String

    init(_ address: HostAndPort, limits: ServerLimits, logger: Logger) throws(StartProblem) {
        server = Server(limits: limits, logger: logger)
        do throws(BindError) {
            url = "http://\(try server.bind(ListenAddress(host: address.host, port: address.port)))"
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
