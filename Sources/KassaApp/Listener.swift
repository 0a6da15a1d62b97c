internal import HTTPServer
internal import Logging
internal import Settings

/// A server that accepts connections already; they wait until it runs.
struct Listener {
    let server: Server
    /// `http://HOST:PORT` or `https://HOST:PORT`, with the real port; `unix:PATH` for a Unix-domain socket.
    let url: String
    /// Whether browsers on this machine can open ``url``.
    let isLoopback: Bool

    init(
        _ place: ListenPlace,
        tls: TLSContext? = nil,
        sharesPort: Bool = false,
        proxies: TrustedProxies = .none,
        limits: ServerLimits,
        logger: Logger,
    ) throws(StartProblem) {
        let server = Server(limits: limits, proxies: proxies, logger: logger)
        let bound = try explained { () throws(BindError) in
            try server.bind(ListenAddress(place), tls: tls, sharesPort: sharesPort)
        }
        self.init(server, on: bound, tls)
    }

    /// Listens as the settings say, or on the sockets that were passed, if there are any.
    init(_ settings: KassaSettings, tls: TLSContext?, passed: Range<Int32>, logger: Logger) throws {
        let limits = ServerLimits(settings.limits)
        let proxies = try settings.trustedProxies()
        guard let first = passed.first else {
            self = try Listener(
                settings.listen,
                tls: tls,
                sharesPort: settings.sharesPort,
                proxies: proxies,
                limits: limits,
                logger: logger,
            )
            return
        }
        logger.info("sockets were passed, so listen is not used", metadata: ["count": "\(passed.count)"])
        let server = Server(limits: limits, proxies: proxies, logger: logger)
        let bound = try explained { () throws(BindError) in
            let bound = try server.adopt(first, tls: tls)
            for descriptor in passed.dropFirst() { _ = try server.adopt(descriptor, tls: tls) }
            return bound
        }
        self.init(server, on: bound, tls)
    }

    private init(_ server: Server, on address: ListenAddress, _ tls: TLSContext?) {
        self.server = server
        switch address {
        case .network:
            url = "\(tls == nil ? "http" : "https")://\(address)"
            isLoopback = address.isLoopback
        case .unix:
            url = address.description
            isLoopback = false
        }
    }
}

private func explained<Value>(_ work: () throws(BindError) -> Value) throws(StartProblem) -> Value {
    do throws(BindError) {
        return try work()
    } catch {
        throw StartProblem("listen", error.description)
    }
}

extension ListenAddress {
    init(_ place: ListenPlace) {
        self =
            switch place {
            case .network(let address): .network(host: address.host, port: address.port)
            case .unix(let path): .unix(path: path)
            }
    }
}

extension KassaSettings {
    /// The proxies that `trusted_proxies` lists.
    func trustedProxies() throws(SettingsProblems) -> TrustedProxies {
        do throws(TrustedProxies.Malformed) {
            return try TrustedProxies(
                proxies.trusted,
                fields: proxies.writeForwarded ? .forwarded : .xForwarded,
                speakProxyProtocol: proxies.speakProxyProtocol,
            )
        } catch {
            throw SettingsProblems([SettingsProblem(key: "trusted_proxies", error.description)])
        }
    }
}

extension ServerLimits {
    init(_ settings: LimitSettings) {
        self.init()
        requestLineBytesMax = settings.requestLineBytes
        headBytesMax = settings.headBytes
        fieldsMax = settings.fields
        handshakeTimeout = settings.handshakeTime
        headTimeout = settings.headTime
        bodyTimeout = settings.bodyTime
        bodyBytesPerSecondMin = settings.bodyBytesPerSecond
        bodyRateGrace = settings.bodyRateGrace
        writeStallTimeout = settings.writeTime
        unsentBytesMax = settings.unsentBytes
        keepAliveTimeout = settings.idleTime
        requestsPerConnectionMax = settings.requestsPerConnection
        pipelineMax = settings.pipelinedRequests
        rangesMax = settings.ranges
        cachedFileBytesMax = settings.cachedFileBytes
        fileCacheBytesMax = settings.fileCacheBytes
        openFilesMax = settings.openFiles
        discardBytesMax = settings.discardedBytes
        lingerTimeout = settings.lingerTime
        connectionsMax = settings.connections
        connectionsPerAddressMax = settings.connectionsPerAddress
        sparesLoopback = settings.sparesLoopback
        backlog = settings.backlog
        acceptPause = settings.acceptPause
    }
}
