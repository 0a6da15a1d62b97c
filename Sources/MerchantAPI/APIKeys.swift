internal import Crypto
internal import HTTPMessage
internal import HTTPTypes

/// The keys that open the merchant API. Only their digests are kept.
public struct APIKeys: Sendable {
    private let holders: [Holder]
    private let needHTTPS: Bool

    private struct Holder: Sendable {
        let id: String
        let digest: SHA256Digest
    }

    /// - Parameters:
    ///   - keys: Keys by the id of their holder. It scopes idempotency keys and outlives a change of the key.
    ///   - needHTTPS: Whether a key that came over another machine's plain http opens nothing.
    public init(_ keys: [String: String], needHTTPS: Bool = false) {
        self.needHTTPS = needHTTPS
        holders = keys.map { Holder(id: $0.key, digest: SHA256.hash(data: Array($0.value.utf8))) }
    }

    /// Whose key a request carries.
    ///
    /// Every digest is compared, each in constant time, so that the time tells nothing about any key.
    func holder(of request: Request) throws(ProblemDetails) -> String {
        guard let field = request[.authorization] else {
            throw ProblemDetails(.unauthorized, "Send the API key as `Authorization: Bearer KEY`.")
        }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw ProblemDetails(.unauthorized, "Send the API key as `Authorization: Bearer KEY`.")
        }
        // Not redirected either: the next request would carry the key in plain sight again.
        guard !needHTTPS || request.isSecure || request.isLocal else {
            throw ProblemDetails(.unauthorized, "Keys are taken over https only. Replace this one: it was readable.")
        }
        let digest = SHA256.hash(data: Array(parts[1].utf8))
        var found: String?
        for holder in holders where holder.digest == digest { found = holder.id }
        guard let found else { throw ProblemDetails(.unauthorized, "The API key is not valid.") }
        return found
    }
}

extension Request {
    /// Whether it came from this machine: from a program here, or through a reverse proxy here that names nobody else.
    fileprivate var isLocal: Bool {
        remoteAddress == "unix" || remoteAddress == "::1" || remoteAddress.hasPrefix("127.")
    }
}
