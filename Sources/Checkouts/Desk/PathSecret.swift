internal import Crypto
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
internal import Wire

/// The secret in the paths of return and callback URLs: it proves that a path was made here, before anything is looked up.
///
/// A token is the checkout's id, a dot, and `base64url(HMAC-SHA256(key, version | id | purpose))`.
public struct PathSecret: Sendable {
    private let key: SymmetricKey

    public enum Purpose: String, Sendable {
        case returning = "return"
        case callback
    }

    public init(secretKey: [UInt8]) {
        key = derivedKey(secretKey, for: "kassa path tokens v1")
    }

    public func token(for id: Checkout.ID, _ purpose: Purpose) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: message(id, purpose), using: key)
        return "\(id).\(Base64URL.encode(Array(code)))"
    }

    /// The checkout a token was made for, or `nil` when it was not made here for this purpose.
    public func checkoutID(in token: String, _ purpose: Purpose) -> Checkout.ID? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let id = Checkout.ID(rawValue: String(parts[0])) else { return nil }
        // Both sides are hashed once more under the key: the comparison takes the same time wherever they differ.
        let given = HMAC<SHA256>.authenticationCode(for: Array(token.utf8), using: key)
        let expected = Array(self.token(for: id, purpose).utf8)
        return HMAC<SHA256>.isValidAuthenticationCode(given, authenticating: expected, using: key) ? id : nil
    }

    private func message(_ id: Checkout.ID, _ purpose: Purpose) -> [UInt8] {
        Array("1|\(id)|\(purpose.rawValue)".utf8)
    }
}
