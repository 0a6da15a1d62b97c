import CLinux
import Glibc
import HTTPMessage
import HTTPTypes
import Logging

extension Loop {
    /// So many at once, then it is the turn of those that are served already.
    static let acceptsPerTurn = 64

    func accept(on listener: Listener, atMost count: Int = acceptsPerTurn) {
        for _ in 0..<count {
            var storage = sockaddr_storage()
            let raw = unsafe clinux_accept(listener.descriptor.raw, &storage)
            guard raw >= 0 else {
                switch errno {
                case EAGAIN: return
                case EMFILE, ENFILE, ENOBUFS, ENOMEM: return pauseAccepting()
                // The peer was gone before we came to it, or an error of its network is reported here.
                default: continue
                }
            }
            let transport = Transport(Descriptor(owning: raw))
            let peer = PeerAddress(storage)
            if admission.enter(peer) {
                add(transport, peer)
            } else {
                turnAway(transport)
            }
        }
    }

    /// Out of descriptors or memory: what waits stays in the backlog, and the loop does not spin on it.
    private func pauseAccepting() {
        guard acceptsAgainAt == .never else { return }
        logger.warning("no connections are accepted for a moment", metadata: ["reason": "\(SystemError.last)"])
        for listener in listeners { unwatch(listener) }
        acceptsAgainAt = now.advanced(by: limits.acceptPause)
    }

    func resumeAccepting() {
        acceptsAgainAt = .never
        for (index, listener) in listeners.enumerated() { watch(listener, index: index) }
    }

    /// One connection too many. It costs us no state: one attempt to say why, and it is closed.
    private func turnAway(_ transport: consuming Transport) {
        var response = router.refuse(Refusal(.serviceUnavailable, "There are too many connections."), nil)
        response.fields[.retryAfter] = "1"
        var outbox = Outbox()
        let body: [UInt8] = if case .bytes(let bytes) = response.body { bytes } else { [] }
        let framing = ResponseFraming(length: body.count, isChunked: false, omitsBody: false, connection: .close)
        outbox.append { framing.appendHead(of: response, date: date, to: &$0) }
        outbox.append(body)
        _ = outbox.send(on: transport)
        transport.finishSending()
        // A request that has come already would make closing a reset, which can overtake the answer.
        _ = transport.receive(into: &readBuffer)
    }
}
