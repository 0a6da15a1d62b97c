internal import Crypto
internal import HTTPMessage
internal import HTTPTypes

/// The keys that open the merchant API. Only their digests are kept.
public struct APIKeys: Sendable {
    private let holders: [Holder]

    private struct Holder: Sendable {
        let id: String
        let digest: SHA256Digest
    }

    /// - Parameter keys: Keys by the id of their holder. It scopes idempotency keys and outlives a change of the key.
    public init(_ keys: [String: String]) {
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
        let digest = SHA256.hash(data: Array(parts[1].utf8))
        var found: String?
        for holder in holders where holder.digest == digest { found = holder.id }
        guard let found else { throw ProblemDetails(.unauthorized, "The API key is not valid.") }
        return found
    }
}
