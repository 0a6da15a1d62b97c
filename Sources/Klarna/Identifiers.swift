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

/// The id of a capture of an order. Klarna Order Management v1, `capture_id`.
public struct CaptureID: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }
}

/// The id of a refund of an order. Klarna Order Management v1, `refund_id`.
public struct RefundID: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }
}

/// The id of an order of Klarna Checkout. Klarna Checkout v3, `order_id`.
public struct CheckoutOrderID: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }

    /// The same order at Order Management, which has it once it is complete.
    public var orderID: OrderID { OrderID(rawValue: rawValue) }
}

/// Klarna's customer token, with which orders can be placed while the shopper is away. It prints `***`.
///
/// Klarna Payments v1, `token_id`; Klarna Customer Token v1.
public struct KlarnaTokenID: RawRepresentable, Sendable, Hashable, CustomStringConvertible,
    CustomDebugStringConvertible, CustomReflectable
{
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public var description: String { "***" }
    public var debugDescription: String { "***" }
    public var customMirror: Mirror { Mirror(self, children: []) }
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
