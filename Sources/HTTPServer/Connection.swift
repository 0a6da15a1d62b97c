import HTTPMessage
import HTTPTypes
import Logging

/// One connection on its loop: carries bytes between its transport and the ``HTTPConnection`` that decides, and keeps
/// the deadlines.
///
/// Unchecked: it is touched on its loop's thread only. The tasks of its handlers run there too, and the writer of a
/// streamed body comes back to it through ``Loop/perform(_:)``.
final class Connection: @unchecked Sendable {
    enum Stage {
        case open
        /// Everything is said; the peer is read on until it has heard it.
        case lingering
        case closed
    }

    let loop: Loop
    /// Who it is with: whoever opened it, or whom a trusted proxy names in its PROXY header.
    var peer: PeerAddress
    /// The reader of that header, until it is complete.
    var proxyHeader: ProxyHeaderReader?
    /// Whether the fields count with which a trusted proxy names the client of each request.
    var believesFields: Bool
    private let key: UInt64
    private var transport: Transport?
    /// Whether there is TLS on it; only then is it more than a socket, and asked for more than bytes.
    let isSecure: Bool
    private(set) var stage = Stage.open
    var http: HTTPConnection
    var outbox = Outbox()
    /// Answers in the outbox since it was last empty.
    var unsentAnswers = 0
    /// What is to be done once the body is there.
    var decision: Routing.Decision?
    var task: Task<Void, Never>?
    var stream: BodyStream?
    private var isAdvancing = false

    private var interest = Poller.Interest.read
    /// Whether bytes have come that nobody wants yet.
    private var isEarly = false
    private(set) var deadline = Moment.never
    /// When it began to wait for what it now waits for, and what that is.
    private var waitsSince: Moment
    private var waitsFor = HTTPConnection.Phase.idle
    private var hasServed = false
    private var isHandshaking: Bool
    private var blockedSince: Moment?

    init(_ transport: consuming Transport, _ peer: PeerAddress, loop: Loop, key: UInt64) {
        isHandshaking = transport.isHandshaking
        isSecure = transport.isSecure
        self.transport = consume transport
        self.peer = peer
        let isProxy = loop.proxies.lists(peer)
        proxyHeader = isProxy && loop.proxies.speakProxyProtocol ? ProxyHeaderReader() : nil
        believesFields = isProxy
        self.loop = loop
        self.key = key
        waitsSince = loop.now
        http = HTTPConnection(
            limits: MessageLimits(
                requestLineBytesMax: loop.limits.requestLineBytesMax,
                headBytesMax: loop.limits.headBytesMax,
                fieldsMax: loop.limits.fieldsMax,
                discardBytesMax: loop.limits.discardBytesMax,
                requestsMax: loop.limits.requestsPerConnectionMax,
            )
        )
    }

    /// Lets `work` use the transport, unless it is closed.
    func withTransport<Failure: Error>(_ work: (borrowing Transport) throws(Failure) -> Void) throws(Failure) {
        switch transport {
        case .some(let transport): try work(transport)
        case .none: break
        }
    }
}

// MARK: - What the loop tells it

extension Connection {
    /// It is watched from now on.
    func begin() {
        awaitReadiness()
    }

    func take(_ readiness: Poller.Readiness) {
        if readiness.isBroken {
            close()
            return
        }
        var canReceive = readiness.canRead
        if isSecure { withTransport { canReceive = canReceive || $0.receivesOnWrite } }
        if canReceive {
            if isHandshaking || wantsBytes(http.phase) { receive() } else { isEarly = true }
        }
        advance()
    }

    /// Lets the connection end after what it is at. A request that has come already is served.
    func drain() {
        http.isDraining = true
        guard isIdle else { return }
        receive()
        advance()
        guard isIdle else { return }
        if hasServed {
            close()
        } else {
            // It has just come, and its first request may be on the way.
            waitsSince = loop.now
            awaitReadiness()
        }
    }

    private var isIdle: Bool { stage == .open && http.phase == .idle && outbox.isEmpty }

    /// Ends the connection, and asks the handler under way to end.
    func cut() {
        task?.cancel()
        close()
    }

    /// The deadline has passed.
    func expire() {
        let phase = http.phase
        guard stage == .open, outbox.isEmpty, phase == .head || phase == .body else {
            close()
            return
        }
        take(http.reject(Rejection(.requestTimeout, "The request took too long to arrive.")))
        advance()
    }

    /// Ends the connection here and now. A handler under way goes on to its end; its answer is dropped.
    func close() {
        guard stage != .closed else { return }
        if outbox.isEmpty, http.phase == .idle || http.phase == .closed {
            // In the middle of an answer it must not look like the answer's end.
            withTransport { $0.announceEnd() }
        }
        stage = .closed
        deadline = .never
        outbox.removeAll()
        loop.remove(peer, key: key)
        transport = nil
        if let stream {
            self.stream = nil
            stream.fail()
            task?.cancel()
        }
    }
}

// MARK: - Bytes

extension Connection {
    /// Takes what has arrived as far as it goes, sends what came of it, and waits for what is needed next.
    func advance() {
        // A handler that ends at once answers from within; the round that started it goes on with the next request.
        guard !isAdvancing, stage != .closed else { return }
        isAdvancing = true
        flush()
        var wasFull = false
        repeat {
            while stage == .open, hasRoom, let event = http.next() {
                take(event)
                waitsSince = loop.now
                waitsFor = http.phase
                hasServed = true
            }
            wasFull = !hasRoom
            flush()
            // Room was made: what has come beyond the limit is next, and no readiness will tell of it.
        } while (wasFull && hasRoom && stage == .open) || receiveUnread()
        isAdvancing = false
        awaitReadiness()
    }

    /// Whether one more answer may be made before those that wait are sent.
    private var hasRoom: Bool {
        unsentAnswers < loop.limits.pipelineMax && outbox.count <= loop.limits.unsentBytesMax
    }

    /// Sends what waits, as far as the peer takes it.
    func flush() {
        guard stage != .closed, !outbox.isEmpty else { return }
        var result = (isFailed: false, hasProgressed: false)
        withTransport { result = outbox.send(on: $0) }
        if result.isFailed {
            close()
            return
        }
        if outbox.isEmpty {
            blockedSince = nil
            unsentAnswers = 0
        } else if result.hasProgressed || blockedSince == nil {
            blockedSince = loop.now
        }
        if outbox.count <= loop.limits.unsentBytesMax { stream?.resume() }
    }

    /// Takes what no readiness will tell of, if it is wanted by now; false when there is nothing of the kind.
    private func receiveUnread() -> Bool {
        guard isSecure, stage == .open, wantsBytes(http.phase) else { return false }
        var hasUnread = false
        withTransport { hasUnread = $0.hasUnread }
        guard hasUnread else { return false }
        receive()
        return stage != .closed
    }

    private func receive() {
        guard proxyHeader == nil || receiveProxyHeader() else { return }
        var received = Transport.Received.nothingYet
        withTransport { received = $0.receive(into: &loop.readBuffer) }
        if isHandshaking { followHandshake(received) }
        switch received {
        case .bytes where stage == .lingering:
            // Thrown away until the deadline: who sends all of a refused body before it reads would else get a reset.
            break
        case .bytes(let count):
            let buffer = loop.readBuffer
            http.receive(buffer.span.extracting(0..<count))
        case .end where stage == .lingering, .failed:
            close()
        case .end:
            http.receiveEnd()
        case .nothingYet:
            break
        }
    }

    private func followHandshake(_ received: Transport.Received) {
        withTransport { isHandshaking = $0.isHandshaking }
        if !isHandshaking { waitsSince = loop.now }
        guard case .failed = received else { return }
        withTransport { transport in
            guard let failure = transport.failure else { return }
            loop.logger.debug("a TLS handshake failed", metadata: ["address": "\(peer.text)", "reason": "\(failure)"])
        }
    }
}

// MARK: - Waiting

extension Connection {
    private func awaitReadiness() {
        guard stage != .closed else { return }
        let phase = http.phase
        if stage == .open, phase == .closed, outbox.isEmpty {
            guard !http.isAbandoned else { return close() }
            stage = .lingering
            waitsSince = loop.now
            withTransport { $0.finishSending() }
        }
        if phase != waitsFor {
            // The time for the first head runs from the beginning, so that opening a connection costs the peer something.
            if hasServed || phase != .head { waitsSince = loop.now }
            waitsFor = phase
        }
        setInterest(phase)
        deadline = nextDeadline(phase)
        loop.note(deadline)
    }

    /// Nothing is read while a handler works and while the peer does not take its answers: what it sends then waits with it.
    private func wantsBytes(_ phase: HTTPConnection.Phase) -> Bool {
        outbox.isEmpty && (phase.reads || stage == .lingering)
    }

    private func setInterest(_ phase: HTTPConnection.Phase) {
        var wanted: Poller.Interest = []
        if wantsBytes(phase) {
            wanted = .read
            isEarly = false
        }
        if !outbox.isEmpty { wanted.insert(.write) }
        if isSecure { withTransport { wanted = $0.interest(for: wanted) } }
        // Hardly anybody sends before it is the turn, so it costs two calls only when somebody does.
        if !isEarly { wanted.formUnion(interest.intersection(.read)) }
        guard wanted != interest else { return }
        interest = wanted
        withTransport { loop.change($0, wanted, key: key) }
    }

    private func nextDeadline(_ phase: HTTPConnection.Phase) -> Moment {
        let limits = loop.limits
        if stage == .lingering { return waitsSince.advanced(by: limits.lingerTimeout) }
        if let blockedSince { return blockedSince.advanced(by: limits.writeStallTimeout) }
        switch phase {
        case .idle where http.isDraining:
            return waitsSince.advanced(by: limits.lingerTimeout)
        case .idle where isHandshaking:
            return waitsSince.advanced(by: limits.handshakeTimeout)
        case .idle:
            return waitsSince.advanced(by: hasServed ? limits.keepAliveTimeout : limits.headTimeout)
        case .head:
            return waitsSince.advanced(by: limits.headTimeout)
        case .body, .discarding:
            // When the average will have fallen below the least rate if nothing more comes; first judged over the second
            // that follows the grace.
            let rate = max(limits.bodyBytesPerSecondMin, 1)
            let tooSlow = Duration.milliseconds(http.receivedBodyBytes * 1000 / rate)
            let judged = max(limits.bodyRateGrace + .seconds(1), tooSlow)
            return waitsSince.advanced(by: min(limits.bodyTimeout, judged))
        case .answering, .closed:
            return .never
        }
    }
}

extension HTTPConnection.Phase {
    /// Whether bytes of the peer are wanted.
    fileprivate var reads: Bool {
        switch self {
        case .idle, .head, .body, .discarding: true
        case .answering, .closed: false
        }
    }
}
