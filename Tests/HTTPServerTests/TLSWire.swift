import COpenSSL
import Glibc

/// A client's side of TLS by OpenSSL, on the blocking socket of a ``Client``.
///
/// Unchecked: after `init` it is used on one queue, that of its client.
@safe final class TLSWire: @unchecked Sendable {
    struct Options {
        /// The only version to speak.
        var version: Int32?
        /// For TLS 1.2 and older.
        var ciphers: String?
        /// What it says it speaks; empty: nothing is said.
        var protocols: [String] = []
        var serverName: String?
        /// A session to resume.
        var ticket: Ticket?
        /// What goes out in plain text before all else, as proxies send it.
        var preamble = ""
    }

    private let context: OpaquePointer
    private let session: OpaquePointer
    private let preamble: [UInt8]

    init(_ options: Options = .init()) throws {
        preamble = Array(options.preamble.utf8)
        guard let context = unsafe SSL_CTX_new(TLS_client_method()), let session = unsafe SSL_new(context) else {
            throw ClientError(description: "OpenSSL makes no session")
        }
        unsafe self.context = unsafe context
        unsafe self.session = unsafe session
        // It offers what is too weak for the server, to see it refused.
        unsafe SSL_set_security_level(session, 0)
        let version = Int(options.version ?? 0)
        unsafe SSL_ctrl(session, SSL_CTRL_SET_MIN_PROTO_VERSION, version, nil)
        unsafe SSL_ctrl(session, SSL_CTRL_SET_MAX_PROTO_VERSION, version, nil)
        if let ciphers = options.ciphers, unsafe SSL_set_cipher_list(session, ciphers) != 1 {
            throw ClientError(description: "there are no ciphers \(ciphers)")
        }
        if !options.protocols.isEmpty {
            let list = options.protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
            unsafe SSL_set_alpn_protos(session, list, UInt32(list.count))
        }
        if let name = options.serverName {
            var bytes = name.utf8CString
            _ = unsafe bytes.withUnsafeMutableBufferPointer { bytes in
                unsafe SSL_ctrl(
                    session,
                    SSL_CTRL_SET_TLSEXT_HOSTNAME,
                    Int(TLSEXT_NAMETYPE_host_name),
                    bytes.baseAddress,
                )
            }
        }
        if let ticket = options.ticket { unsafe SSL_set_session(session, ticket.session) }
        unsafe SSL_set_connect_state(session)
    }

    deinit {
        unsafe SSL_free(session)
        unsafe SSL_CTX_free(context)
    }

    func attach(to raw: Int32) throws {
        guard unsafe Glibc.send(raw, preamble, preamble.count, Int32(MSG_NOSIGNAL)) == preamble.count,
            unsafe SSL_set_fd(session, raw) == 1
        else { throw failure("cannot attach", 0) }
    }

    func handshake() throws {
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(session)
        guard result == 1 else { throw failure("no handshake", result) }
    }

    /// Sends all of `bytes`, after the handshake if there was none yet.
    func send(_ bytes: [UInt8]) throws {
        guard !bytes.isEmpty else { return }
        ERR_clear_error()
        let result = unsafe SSL_write(session, bytes, Int32(bytes.count))
        guard result == bytes.count else { throw failure("cannot send", result) }
    }

    /// Waits for bytes; none are the end, which the server has announced.
    func receive() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        ERR_clear_error()
        let count = unsafe SSL_read(session, &buffer, Int32(buffer.count))
        if count > 0 { return Array(buffer.prefix(Int(count))) }
        guard unsafe SSL_get_error(session, count) == SSL_ERROR_ZERO_RETURN else {
            throw failure("cannot receive", count)
        }
        return []
    }

    /// Says that nothing more will be sent. It can go on reading.
    func announceEnd() {
        _ = unsafe SSL_shutdown(session)
    }

    /// Sends `bytes` and that they were the last, in one segment.
    func sendLast(_ bytes: [UInt8]) throws {
        cork(true)
        try send(bytes)
        announceEnd()
        cork(false)
    }

    private func cork(_ isOn: Bool) {
        var value: Int32 = isOn ? 1 : 0
        let raw = unsafe SSL_get_fd(session)
        unsafe setsockopt(raw, Int32(IPPROTO_TCP), TCP_CORK, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Asks for a second handshake within TLS 1.2.
    func renegotiate() throws {
        ERR_clear_error()
        unsafe SSL_renegotiate(session)
        let result = unsafe SSL_do_handshake(session)
        guard result == 1 else { throw failure("no second handshake", result) }
    }

    /// Takes new keys, and asks the server to take new ones, with the bytes that are sent next.
    func renewKeys() throws {
        guard unsafe SSL_key_update(session, SSL_KEY_UPDATE_REQUESTED) == 1 else { throw failure("no new keys", 0) }
    }

    var version: String { unsafe String(cString: SSL_get_version(session)) }
    var cipher: String { unsafe String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher(session))) }
    var hasResumed: Bool { unsafe SSL_session_reused(session) == 1 }

    /// What the server has chosen of the protocols.
    var chosenProtocol: String? {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(session, &name, &count)
        guard let name = unsafe name else { return nil }
        return unsafe String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
    }

    /// The subject of the server's certificate.
    var subject: String {
        guard let certificate = unsafe SSL_get1_peer_certificate(session) else { return "" }
        defer { unsafe X509_free(certificate) }
        var text = [CChar](repeating: 0, count: 256)
        unsafe copenssl_subject(certificate, &text, Int32(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// What resumes this session. TLS 1.3 hands it out after the handshake, before the first answer.
    func ticket() throws -> Ticket {
        guard let ticket = unsafe SSL_get1_session(session), unsafe SSL_SESSION_is_resumable(ticket) == 1 else {
            throw ClientError(description: "there is no ticket")
        }
        return unsafe Ticket(owning: ticket)
    }

    /// Unchecked: OpenSSL does not change a session that it has given out, and counts references atomically.
    @safe final class Ticket: @unchecked Sendable {
        fileprivate let session: OpaquePointer

        fileprivate init(owning session: OpaquePointer) {
            unsafe self.session = unsafe session
        }

        deinit {
            unsafe SSL_SESSION_free(session)
        }
    }

    /// What a client says first.
    static func clientHello() throws -> [UInt8] {
        let wire = try TLSWire(.init(protocols: ["http/1.1"], serverName: "first.example"))
        guard let nothing = unsafe BIO_new(BIO_s_mem()), let memory = unsafe BIO_new(BIO_s_mem()) else {
            throw ClientError(description: "no memory")
        }
        // Both belong to the session from here on.
        unsafe SSL_set_bio(wire.session, nothing, memory)
        _ = unsafe SSL_do_handshake(wire.session)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe BIO_read(memory, &bytes, Int32(bytes.count))
        return Array(bytes.prefix(Int(max(count, 0))))
    }

    private func failure(_ what: String, _ result: Int32) -> ClientError {
        let error = unsafe SSL_get_error(session, result)
        let reason = unsafe ERR_reason_error_string(ERR_peek_error()).map { unsafe String(cString: $0) }
        return ClientError(description: "\(what): \(reason ?? "error \(error)")")
    }
}
