import COpenSSL

/// What this server agrees to, and with which certificate: OpenSSL's context, ready for sessions.
///
/// Unchecked: it is changed by its `init` alone. OpenSSL makes sessions of one context on any number of threads.
@safe final class TLSPolicy: @unchecked Sendable {
    /// Forward secrecy and authenticated encryption, nothing else. The faster one first; whoever has no AES in hardware asks
    /// for ChaCha first and gets it.
    private static let ciphers12 = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
    ].joined(separator: ":")
    private static let ciphers13 = [
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
    ].joined(separator: ":")
    private static let groups = "X25519:P-256:P-384"
    /// 112 bits: no RSA key below 2,048 bits and no SHA-1.
    private static let securityLevel: Int32 = 2
    /// How long a ticket resumes its session.
    private static let sessionSeconds = 2 * 3600

    private let context: OpaquePointer

    init(_ credentials: TLSCredentials) throws(TLSError) {
        guard let context = unsafe SSL_CTX_new(TLS_server_method()) else {
            throw TLSError(file: .certificate, reason: "OpenSSL makes no context: \(TLSFailure.last)")
        }
        unsafe self.context = unsafe context
        unsafe SSL_CTX_set_security_level(context, Self.securityLevel)
        unsafe copenssl_set_server_options(context)
        unsafe copenssl_set_modes(context)
        unsafe copenssl_keep_no_sessions(context)
        unsafe copenssl_choose_http11(context)
        unsafe SSL_CTX_set_timeout(context, Self.sessionSeconds)
        let name = Array("kassa".utf8)
        let isSet =
            unsafe copenssl_require_tls12(context) && SSL_CTX_set_cipher_list(context, Self.ciphers12) == 1
            && SSL_CTX_set_ciphersuites(context, Self.ciphers13) == 1 && copenssl_set_groups(context, Self.groups)
            && SSL_CTX_set_session_id_context(context, name, UInt32(name.count)) == 1
        guard isSet else {
            throw TLSError(file: .certificate, reason: "OpenSSL cannot do what is asked of it: \(TLSFailure.last)")
        }
        try unsafe credentials.use(in: context)
    }

    deinit {
        unsafe SSL_CTX_free(context)
    }

    func session(on socket: borrowing Descriptor) -> TLSSession? {
        guard let session = unsafe SSL_new(context) else { return nil }
        guard unsafe SSL_set_fd(session, socket.raw) == 1 else {
            unsafe SSL_free(session)
            return nil
        }
        unsafe copenssl_limit_reads(session)
        unsafe SSL_set_accept_state(session)
        return unsafe TLSSession(owning: session)
    }
}

/// An error of OpenSSL's, which keeps a queue of them per thread.
struct TLSFailure: CustomStringConvertible {
    let code: UInt

    /// The first of the errors of the call that just failed on this thread: the others follow from it.
    static var last: TLSFailure { TLSFailure(code: ERR_peek_error()) }

    /// Before each call on a session: what is left of an earlier one would be taken for an error of this one.
    static func forget() {
        // Looking costs less than clearing, and there is hardly ever something.
        if ERR_peek_error() != 0 { ERR_clear_error() }
    }

    var description: String {
        guard code != 0 else { return "the connection was lost" }
        guard let text = unsafe ERR_reason_error_string(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}
