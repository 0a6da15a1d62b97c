import Glibc

/// The bytes of one connection: the one place that knows what carries them, a plain socket or one with TLS on it.
struct Transport: ~Copyable {
    enum Received {
        case bytes(Int)
        case end
        case nothingYet
        case failed
    }

    enum Sent {
        case bytes(Int)
        case noRoom
        case failed
    }

    private let socket: Descriptor
    private let tls: TLSSession?

    /// `tls` is a session on this very socket.
    init(_ socket: consuming Descriptor, tls: TLSSession? = nil) {
        self.socket = socket
        self.tls = tls
    }

    /// Whether nobody on the way can read or change the bytes.
    var isSecure: Bool { tls != nil }

    /// Whether ``sendFile(_:from:count:)`` can be used: what encrypts has to see the bytes.
    var sendsFiles: Bool { tls == nil }

    /// Whether the peer may not say anything yet, because it is not settled in which cipher.
    var isHandshaking: Bool { tls?.isHandshaking ?? false }

    /// Why it failed, if somebody might want to know.
    var failure: TLSFailure? { tls?.failure }

    /// Whether there is something to receive that no readiness will announce.
    var hasUnread: Bool { tls?.hasUnread ?? false }

    /// Whether it cannot receive before it has sent something of its own, and waits for room.
    var receivesOnWrite: Bool { tls?.receivesOnWrite ?? false }

    /// The readiness to wait for in order to receive, or to send, as `wanted` says.
    func interest(for wanted: Poller.Interest) -> Poller.Interest {
        guard let tls, tls.receivesOnWrite || tls.sendsOnRead else { return wanted }
        var interest: Poller.Interest = []
        if wanted.contains(.read) { interest.insert(tls.receivesOnWrite ? .write : .read) }
        if wanted.contains(.write) { interest.insert(tls.sendsOnRead ? .read : .write) }
        return interest
    }

    /// What to wait on for readiness.
    var raw: Int32 { socket.raw }

    func receive(into buffer: inout [UInt8]) -> Received {
        if let tls { return tls.receive(into: &buffer) }
        while true {
            let raw = socket.raw
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe recv(raw, bytes.baseAddress, bytes.count, 0)
            }
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .nothingYet
            default: return .failed
            }
        }
    }

    /// Sends as much as the system takes of `first` from `offset` on and of `second` after it, in one call.
    func send(_ first: [UInt8], from offset: Int, then second: [UInt8]) -> Sent {
        if let tls { return tls.send(first, from: offset, then: second) }
        while true {
            let count = unsafe first.withUnsafeBytes { first in
                unsafe second.withUnsafeBytes { second in
                    unsafe sendPieces(first, from: offset, then: second)
                }
            }
            if count >= 0 { return .bytes(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .noRoom
            default: return .failed
            }
        }
    }

    /// Sends as much as the system takes of `count` bytes of an open file, without bringing them into this process.
    func sendFile(_ file: Int32, from offset: Int, count: Int) -> Sent {
        while true {
            var position = off_t(offset)
            let sent = unsafe sendfile(socket.raw, file, &position, count)
            if sent > 0 { return .bytes(sent) }
            // The file has become shorter than was announced, so the answer cannot be completed.
            if sent == 0 { return .failed }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .noRoom
            default: return .failed
            }
        }
    }

    /// Tells a peer to whom the end of a connection says nothing, since anybody could have cut it, that this is the end.
    func announceEnd() {
        tls?.announceEnd()
    }

    /// Says that nothing more will be sent.
    func finishSending() {
        announceEnd()
        _ = shutdown(socket.raw, Int32(SHUT_WR))
    }

    private func sendPieces(
        _ first: UnsafeRawBufferPointer,
        from offset: Int,
        then second: UnsafeRawBufferPointer,
    ) -> Int {
        // MSG_NOSIGNAL: a peer that is gone is an error of this call, not a signal to the process.
        if unsafe second.isEmpty {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: first[offset...])
            return unsafe Glibc.send(socket.raw, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
        }
        let rest = unsafe UnsafeRawBufferPointer(rebasing: first[offset...])
        var pieces = unsafe [
            iovec(iov_base: UnsafeMutableRawPointer(mutating: rest.baseAddress), iov_len: rest.count),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count),
        ]
        return unsafe pieces.withUnsafeMutableBufferPointer { pieces in
            var message = unsafe msghdr()
            unsafe message.msg_iov = pieces.baseAddress
            unsafe message.msg_iovlen = pieces.count
            return unsafe sendmsg(socket.raw, &message, Int32(MSG_NOSIGNAL))
        }
    }
}
