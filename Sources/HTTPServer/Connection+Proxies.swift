import Glibc
import HTTPMessage
import HTTPTypes
import Logging

// Who a connection is with, where a trusted proxy has passed it on.
extension Connection {
    /// Reads the header of the PROXY protocol, and nothing beyond it: what follows may be for TLS.
    ///
    /// - Returns: whether it is complete and the connection goes on.
    func receiveProxyHeader() -> Bool {
        guard var reader = proxyHeader else { return true }
        var received = Transport.Received.nothingYet
        withTransport { received = $0.peek(into: &loop.readBuffer) }
        switch received {
        case .nothingYet:
            return false
        case .end, .failed:
            close()
            return false
        case .bytes(let count):
            let (step, used) = read(count, &reader)
            withTransport { $0.discard(used, into: &loop.readBuffer) }
            proxyHeader = step == .needsMore ? reader : nil
            return take(step)
        }
    }

    private func read(_ count: Int, _ reader: inout ProxyHeaderReader) -> (ProxyHeaderReader.Step, Int) {
        let buffer = loop.readBuffer
        return reader.read(buffer.span.extracting(0..<count))
    }

    private func take(_ step: ProxyHeaderReader.Step) -> Bool {
        switch step {
        case .needsMore:
            return false
        case .malformed:
            loop.logger.warning("a proxy sent no valid PROXY header", metadata: ["address": "\(peer.text)"])
            close()
            return false
        case .complete(.nobody):
            // Whoever it is, the fields of its requests may be its own.
            believesFields = false
            return true
        case .complete(.client(let ip)):
            let client = PeerAddress(ip)
            guard loop.admission.identify(client) else {
                _ = http.reject(Rejection(.serviceUnavailable, ""))
                answer(loop.tooManyConnections)
                return false
            }
            peer = client
            // The proxy passes on bytes and looks at no field, so it is the client who has to be trusted with them.
            believesFields = loop.proxies.lists(client)
            return true
        }
    }

    /// The request that `head` and `body` make, with its client.
    func request(_ head: RequestHead, body: [UInt8]) -> Request {
        guard believesFields else { return head.request(remoteAddress: peer.text, isSecure: isSecure, body: body) }
        let client = loop.proxies.client(of: head, through: peer.ip)
        return head.request(
            remoteAddress: client.ip?.description ?? peer.text,
            isSecure: isSecure || client.isSecure,
            body: body,
        )
    }
}

extension Transport {
    /// What has arrived on the socket, which keeps it.
    fileprivate func peek(into buffer: inout [UInt8]) -> Received {
        while true {
            let count = unsafe recv(raw, &buffer, buffer.count, Int32(MSG_PEEK))
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .nothingYet
            default: return .failed
            }
        }
    }

    /// Takes `count` bytes that ``peek(into:)`` has shown.
    fileprivate func discard(_ count: Int, into buffer: inout [UInt8]) {
        // They are there, so neither is it interrupted nor does it come short.
        _ = unsafe recv(raw, &buffer, count, 0)
    }
}
