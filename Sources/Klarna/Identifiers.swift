/// The id of a payment session. Klarna Payments v1, `session_id`.
public struct PaymentSessionID: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }
}

/// The id of a Hosted Payment Page session. Klarna Hosted Payment Page v1, `session_id`.
public struct HPPSessionID: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }
}

/// The id of an order. Klarna Payments v1 and Order Management v1, `order_id`.
public struct OrderID: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }
}

/// Proof that the shopper was authorized: valid for at most 60 minutes, for one order. It prints `***`.
///
/// Klarna Payments v1, `authorization_token`.
public struct AuthorizationToken: RawRepresentable, Sendable, Hashable, CustomStringConvertible,
    CustomDebugStringConvertible, CustomReflectable
{
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public var description: String { "***" }
    public var debugDescription: String { "***" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
