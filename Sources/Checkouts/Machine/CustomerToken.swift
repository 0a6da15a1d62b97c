public import Klarna
public import Wire

/// A shopper's consent to be charged again: what Klarna calls a customer token. It belongs to the checkout that made it.
///
/// Klarna Customer Token v1.
public struct CustomerToken: Sendable, Hashable {
    public let id: ID
    /// Klarna's own, a secret; `nil` once it is cancelled and of no more use.
    public package(set) var token: KlarnaTokenID?
    public let createdAt: Timestamp
    /// In lower case: `active`, `suspended`, `cancelled`.
    public package(set) var status: String
    /// `CARD`, `DIRECT_DEBIT` and so on; known once the token was read.
    public package(set) var paymentMethodType: String?
    /// The last characters of the card or the account, as Klarna masks it.
    public package(set) var maskedNumber: String?

    /// `ctk_` and the ULID of the checkout that made it: there is at most one of each.
    public struct ID: Sendable, Hashable, RawRepresentable, CustomStringConvertible {
        public let rawValue: String

        /// `nil` unless the text has the form of an id.
        public init?(rawValue: String) {
            guard rawValue.hasPrefix("ctk_"), ULID.isValid(rawValue.dropFirst(4)) else { return nil }
            self.rawValue = rawValue
        }

        public init(madeBy checkout: Checkout.ID) { rawValue = "ctk_\(checkout.rawValue.dropFirst(4))" }

        /// The checkout that made the token; `nil` never for an id that ``init(madeBy:)`` made.
        public var checkoutID: Checkout.ID? { Checkout.ID(rawValue: "chk_\(rawValue.dropFirst(4))") }

        public var description: String { rawValue }
    }

    public init(madeBy checkout: Checkout.ID, token: KlarnaTokenID?, status: String = "active", createdAt: Timestamp) {
        id = ID(madeBy: checkout)
        self.token = token
        self.status = status
        self.createdAt = createdAt
    }
}
