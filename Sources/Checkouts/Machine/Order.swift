public import Klarna
public import Money
public import Wire

/// The order at Klarna, as it was last read. Amounts are in minor units of the purchase currency.
///
/// Klarna Order Management v1, `GET /ordermanagement/v1/orders/{order_id}`.
public struct Order: Sendable, Hashable {
    public let orderID: OrderID
    /// The short number that shoppers see; known once the order was read.
    public internal(set) var klarnaReference: String?
    /// `ACCEPTED`, `PENDING` or `REJECTED`. Do not ship on `PENDING`.
    public internal(set) var fraudStatus: String?
    /// In lower case: `authorized`, `part_captured`, `captured`, `cancelled`, `expired`, `closed`.
    public internal(set) var status: String
    public internal(set) var authorizedAmount: MinorUnits
    public internal(set) var capturedAmount: MinorUnits
    public internal(set) var refundedAmount: MinorUnits
    public internal(set) var remainingAuthorizedAmount: MinorUnits
    public let placedAt: Timestamp
    /// When the authorization of what is not captured lapses; known once the order was read.
    public internal(set) var expiresAt: Timestamp?
    /// The lines since the authorization was updated; `nil` as long as they are those that were bought.
    public package(set) var lines: [OrderLine]?

    public init(
        orderID: OrderID,
        klarnaReference: String? = nil,
        fraudStatus: String? = nil,
        status: String = "authorized",
        authorizedAmount: MinorUnits,
        capturedAmount: MinorUnits = .zero,
        refundedAmount: MinorUnits = .zero,
        remainingAuthorizedAmount: MinorUnits,
        placedAt: Timestamp,
        expiresAt: Timestamp? = nil,
    ) {
        self.orderID = orderID
        self.klarnaReference = klarnaReference
        self.fraudStatus = fraudStatus
        self.status = status
        self.authorizedAmount = authorizedAmount
        self.capturedAmount = capturedAmount
        self.refundedAmount = refundedAmount
        self.remainingAuthorizedAmount = remainingAuthorizedAmount
        self.placedAt = placedAt
        self.expiresAt = expiresAt
    }
}

extension Order {
    /// An order as Order Management shows it; what it leaves out is what was known before, or else what was asked for.
    init(_ reading: OrderReading, of checkout: Checkout, placedAt: Timestamp) {
        let known = checkout.order
        let authorized = reading.orderAmount ?? known?.authorizedAmount ?? checkout.purchase.orderAmount
        let remaining = reading.remainingAuthorizedAmount ?? known?.remainingAuthorizedAmount ?? authorized
        self.init(
            orderID: reading.orderID,
            klarnaReference: reading.klarnaReference ?? known?.klarnaReference,
            fraudStatus: reading.fraudStatus?.rawValue ?? known?.fraudStatus,
            status: reading.status?.lowercased() ?? known?.status ?? "authorized",
            authorizedAmount: authorized,
            capturedAmount: reading.capturedAmount ?? known?.capturedAmount ?? .zero,
            refundedAmount: reading.refundedAmount ?? known?.refundedAmount ?? .zero,
            remainingAuthorizedAmount: remaining,
            placedAt: placedAt,
            expiresAt: reading.expiresAt ?? known?.expiresAt,
        )
    }
}
