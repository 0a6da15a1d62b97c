internal import Crypto
#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Seals what must not be readable in a copy of the database: tokens, frozen bodies, personal data.
///
/// AES-256-GCM under a key derived from `secret_key`, with the checkout's id as associated data, so that a sealed value
/// cannot be moved to another checkout.
public struct Vault: Sendable {
    private let key: SymmetricKey

    public init(secretKey: [UInt8]) {
        key = derivedKey(secretKey, for: "kassa sealed columns v1")
    }

    public func seal(_ plain: [UInt8], for id: String) throws(StoreError) -> [UInt8] {
        do {
            let box = try AES.GCM.seal(plain, using: key, authenticating: Array(id.utf8))
            guard let combined = box.combined else { throw StoreError.unavailable(reason: "sealing failed") }
            return Array(combined)
        } catch {
            throw .unavailable(reason: "a value could not be sealed")
        }
    }

    public func open(_ sealed: [UInt8], for id: String) throws(StoreError) -> [UInt8] {
        do {
            return Array(
                try AES.GCM.open(AES.GCM.SealedBox(combined: sealed), using: key, authenticating: Array(id.utf8))
            )
        } catch {
            throw .unavailable(reason: "a sealed value cannot be opened: is this the secret_key it was sealed with?")
        }
    }
}

/// One key for each purpose, so that none can be used to undo another (RFC 5869).
func derivedKey(_ secretKey: [UInt8], for purpose: String) -> SymmetricKey {
    HKDF<SHA256>.deriveKey(
        inputKeyMaterial: SymmetricKey(data: secretKey),
        info: Array(purpose.utf8),
        outputByteCount: 32,
    )
}
