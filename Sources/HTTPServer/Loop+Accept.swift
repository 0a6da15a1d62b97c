import CLinux
import Glibc
import HTTPMessage
import HTTPTypes
import Logging

extension Loop {
    /// So many at once, then it is the turn of those that are served already.
    static let acceptsPerTurn = 64

    func accept(on listener: Listener, atMost count: Int? = nil) {
        // Where all loops accept, each takes one after the other, so that the others get their share.
        for _ in 0..<(count ?? (listener.isShared ? 1 : Self.acceptsPerTurn)) {
            var storage = sockaddr_storage()
            let raw = unsafe clinux_accept(listener.descriptor.raw, &storage)
            guard raw >= 0 else {
                switch errno {
                case EAGAIN: return
                // The peer was gone before we came to it, or an error of its network is reported here.
                case EINTR, ECONNABORTED, EPERM, EPROTO, ENOPROTOOPT, EOPNOTSUPP, ENETDOWN, ENETUNREACH, ENONET,
                    EHOSTDOWN,
                    EHOSTUNREACH:
                    continue
                // Out of descriptors or memory, or somebody shut down a socket that is theirs too.
                default: return pauseAccepting()
                }
            }
            let socket = Descriptor(owning: raw)
            let peer = PeerAddress(storage)
            guard admission.enter(peer) else {
                // With TLS nothing can be said before a handshake, and that is the work which is to be saved.
                if listener.tls == nil { turnAway(Transport(socket)) }
                continue
            }
            let session = listener.tls?.session(on: socket, now: now)
            // Without memory for a session it is closed: nothing goes out unencrypted here.
            guard listener.tls == nil || session != nil else {
                admission.leave(peer)
                continue
            }
            add(Transport(socket, tls: session), peer)
        }
    }

    /// What waits stays in the backlog, and the loop does not spin on it.
    private func pauseAccepting() {
        if acceptsAgainAt == .never {
            logger.warning("no connections are accepted for a moment", metadata: ["reason": "\(SystemError.last)"])
        }
        for listener in listeners { unwatch(listener) }
        acceptsAgainAt = now.advanced(by: limits.acceptPause)
    }

    func resumeAccepting() {
        acceptsAgainAt = .never
        for (index, listener) in listeners.enumerated() {
            // It is watched already where only another one could not be.
            unwatch(listener)
            watch(listener, index: index)
        }
    }

    /// Lets those in who wait already: closing the listener would reset them. Where others take over the port, it is
    /// closed a little later, after the handshakes that were under way.
    func retireListeners() {
        for listener in listeners {
            listener.retire()
            accept(on: listener, atMost: limits.backlog)
        }
        if listeners.contains(where: \.sharesPort) {
            closesListenersAt = now.advanced(by: Listener.handshakeTime)
        } else {
            closeListeners()
        }
    }

    func closeListeners() {
        acceptsAgainAt = .never
        closesListenersAt = .never
        for listener in listeners {
            accept(on: listener, atMost: limits.backlog)
            unwatch(listener)
        }
        listeners = []
        finishIfDrained()
    }

    var tooManyConnections: Response {
        var response = routing.refuse(Refusal(.serviceUnavailable, "There are too many connections."), nil)
        response.fields[.retryAfter] = "1"
        return response
    }

    /// One connection too many. It costs us no state: one attempt to say why, and it is closed.
    private func turnAway(_ transport: consuming Transport) {
        let response = tooManyConnections
        var outbox = Outbox()
        let body: [UInt8] = if case .bytes(let bytes) = response.body { bytes } else { [] }
        let framing = ResponseFraming(length: body.count, isChunked: false, omitsBody: false, connection: .close)
        outbox.append { framing.appendHead(of: response, date: date, common: routing.commonFields, to: &$0) }
        outbox.append(body)
        _ = outbox.send(on: transport)
        transport.finishSending()
        // A request that has come already would make closing a reset, which can overtake the answer.
        _ = transport.receive(into: &readBuffer)
    }
}
