import Synchronization

/// Why a certificate or its key cannot be used.
public struct TLSError: Error, Sendable, CustomStringConvertible {
    public enum File: Sendable {
        case certificate
        case privateKey
    }

    public let file: File
    /// Names the file by its path, never what is in it.
    public let reason: String
    public var description: String { reason }
}

/// What listeners need to speak TLS 1.2 and 1.3: a certificate and its private key.
///
/// There is one certificate, and it is shown under whatever name a client asks for. Sessions are resumed by tickets that
/// clients keep. The keys of the tickets are made at random in this process, are never stored, and are replaced with each
/// reload and at least once a day; a client whose ticket cannot be read any more makes a full handshake.
public final class TLSContext: Sendable {
    private struct State {
        var credentials: TLSCredentials
        var policy: TLSPolicy
        var madeAt: Moment
    }

    static let ticketKeyLifetime = Duration.seconds(12 * 3600)

    private let certificatePath: String
    private let privateKeyPath: String
    private let state: Mutex<State>

    /// Reads a PEM file with the certificate, followed by those between it and one that clients know, and one with its
    /// key, which must not be open to everybody and cannot have a passphrase.
    public init(certificate: String, privateKey: String) throws(TLSError) {
        certificatePath = certificate
        privateKeyPath = privateKey
        let credentials = try TLSCredentials(certificate: certificate, privateKey: privateKey)
        let policy = try TLSPolicy(credentials)
        state = Mutex(State(credentials: credentials, policy: policy, madeAt: .now))
    }

    /// The certificate that new connections are shown.
    public var certificate: TLSCertificate { state.withLock { $0.credentials.summary } }

    /// Reads both files again. New connections use what was read, open ones go on with what they have; when something is
    /// wrong with a file, nothing changes.
    public func reload() throws(TLSError) {
        let credentials = try TLSCredentials(certificate: certificatePath, privateKey: privateKeyPath)
        let new = State(credentials: credentials, policy: try TLSPolicy(credentials), madeAt: .now)
        state.withLock { $0 = new }
    }

    /// The server's side of a new connection; nil when there is no memory for it.
    func session(on socket: borrowing Descriptor, now: Moment) -> TLSSession? {
        policy(at: now).session(on: socket)
    }

    func policy(at now: Moment) -> TLSPolicy {
        state.withLock { state in
            guard state.madeAt.advanced(by: Self.ticketKeyLifetime) <= now else { return state.policy }
            // It was made of the same parts before, so only memory can be missing; then the old one is used once more.
            if let policy = try? TLSPolicy(state.credentials) {
                state.policy = policy
                state.madeAt = now
            }
            return state.policy
        }
    }
}

/// What may be said about a certificate in a log.
public struct TLSCertificate: Sendable, Hashable {
    /// As RFC 2253 writes it: `CN=pay.example`.
    public let subject: String
    /// The end of its validity, in seconds since 1970.
    public let expiry: Int
}
