import COpenSSL

/// The server's side of TLS on one connection. The handshake takes place within ``receive(into:)``.
///
/// OpenSSL reads and writes the socket itself; the socket is the ``Transport``'s and outlives the session.
@safe final class TLSSession {
    private let session: OpaquePointer
    private(set) var isHandshaking = true
    /// Bytes have come that no readiness will announce: ``receive(into:)`` has more, or the end.
    private(set) var hasUnread = false
    /// It has to write before it can read on.
    private(set) var receivesOnWrite = false
    /// It has to read before it can write on: the handshake is not through, or half a message about new keys has come.
    private(set) var sendsOnRead = false
    /// What ended it, if not the peer's will.
    private(set) var failure: TLSFailure?
    private var hasAnnouncedEnd = false
    /// What follows the bytes that were read last.
    private var ending: Transport.Received?

    private static let recordBytesMax = 16 * 1024
    /// Each takes 16 KiB at most, which may be hundreds of messages about nothing but keys. Then it is the turn of others.
    private static let readsPerTurn: Int32 = 2

    init(owning session: OpaquePointer) {
        unsafe self.session = unsafe session
    }

    deinit {
        unsafe SSL_free(session)
    }

    /// Reads until nothing is left in OpenSSL, or `buffer` is full.
    func receive(into buffer: inout [UInt8]) -> Transport.Received {
        if let ending { return ending }
        var count = 0
        receivesOnWrite = false
        unsafe copenssl_allow_reads(session, Self.readsPerTurn)
        repeat {
            var read = 0
            TLSFailure.forget()
            let result = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe SSL_read_ex(session, bytes.baseAddress?.advanced(by: count), bytes.count - count, &read)
            }
            guard result == 1 else {
                let stop = stopOfReading(result)
                guard count > 0 else { return stop }
                if case .nothingYet = stop { break }
                ending = stop
                hasUnread = true
                break
            }
            isHandshaking = false
            count += read
            // Less than it could hold: the socket was empty, and asking it again would be a system call for nothing.
            hasUnread = unsafe SSL_has_pending(session) == 1
        } while hasUnread && count < buffer.count
        return .bytes(count)
    }

    /// Sends as much as there is room for, in one record where it fits one.
    func send(_ first: [UInt8], from offset: Int, then second: [UInt8]) -> Transport.Sent {
        let rest = first.count - offset
        if second.isEmpty || rest >= Self.recordBytesMax { return send(first, from: offset) }
        // The same bytes in front when it is tried again, as OpenSSL wants it: what waits is only ever added to.
        return send(first[offset...] + second.prefix(Self.recordBytesMax - rest), from: 0)
    }

    /// Sends `close_notify`, once.
    func announceEnd() {
        guard !isHandshaking, failure == nil, !hasAnnouncedEnd else { return }
        hasAnnouncedEnd = true
        TLSFailure.forget()
        _ = unsafe SSL_shutdown(session)
    }

    private func send(_ bytes: some Collection<UInt8>, from offset: Int) -> Transport.Sent {
        var written = 0
        sendsOnRead = false
        // In the middle of a message about keys it reads first; without a read of its own it would ask for readiness for ever.
        unsafe copenssl_allow_reads(session, Self.readsPerTurn)
        TLSFailure.forget()
        let result = bytes.withContiguousStorageIfAvailable { bytes in
            unsafe SSL_write_ex(session, bytes.baseAddress?.advanced(by: offset), bytes.count - offset, &written)
        }
        guard let result else { return .failed }
        guard result != 1 else {
            // The last of the handshake may have come since it was last received.
            isHandshaking = false
            return .bytes(written)
        }
        switch unsafe SSL_get_error(session, result) {
        case SSL_ERROR_WANT_WRITE:
            return .noRoom
        case SSL_ERROR_WANT_READ:
            sendsOnRead = true
            return .noRoom
        default:
            failure = .last
            return .failed
        }
    }

    private func stopOfReading(_ result: Int32) -> Transport.Received {
        hasUnread = false
        let error = unsafe SSL_get_error(session, result)
        let failure = TLSFailure.last
        if isHandshaking, unsafe SSL_is_init_finished(session) == 1 { isHandshaking = false }
        switch error {
        case SSL_ERROR_WANT_READ:
            return .nothingYet
        case SSL_ERROR_WANT_WRITE:
            receivesOnWrite = true
            return .nothingYet
        case SSL_ERROR_ZERO_RETURN:
            return .end
        default:
            self.failure = failure
            return .failed
        }
    }
}
