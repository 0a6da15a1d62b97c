public import Money
public import Wire

/// An order that was placed. Klarna Payments v1, `POST /payments/v1/authorizations/{authorizationToken}/order`.
public struct PlacedOrder: Sendable, Hashable {
    public let orderID: OrderID
    public let fraudStatus: FraudStatus?
    /// For the shopper's browser, when a confirmation URL was given.
    public let redirectURL: String?
    /// `invoice`, `card` and so on.
    public let authorizedPaymentMethod: String?
}

/// What Klarna thinks of the risk.
public enum FraudStatus: RawRepresentable, Sendable, Hashable {
    case accepted
    /// Being looked at: nothing may be shipped.
    case pending
    case rejected
    case stopped
    /// A word that was not known when this was written.
    case other(String)

    public init(rawValue: String) {
        switch rawValue.uppercased() {
        case "ACCEPTED": self = .accepted
        case "PENDING": self = .pending
        case "REJECTED": self = .rejected
        case "STOPPED": self = .stopped
        case _: self = .other(rawValue)
        }
    }

    /// Klarna's word.
    public var rawValue: String {
        switch self {
        case .accepted: "ACCEPTED"
        case .pending: "PENDING"
        case .rejected: "REJECTED"
        case .stopped: "STOPPED"
        case .other(let word): word
        }
    }
}

/// An order as it was read. Klarna Order Management v1, `GET /ordermanagement/v1/orders/{order_id}`.
///
/// Everything but the id may be missing.
public struct OrderReading: Sendable, Hashable {
    public let orderID: OrderID
    /// `AUTHORIZED`, `PART_CAPTURED`, `CAPTURED`, `CANCELLED`, `EXPIRED`, `CLOSED`, or a newer word.
    public let status: String?
    public let fraudStatus: FraudStatus?
    public let merchantReference1: String?
    public let merchantReference2: String?
    /// In either case: Klarna may echo it in lower case.
    public let purchaseCurrency: String?
    public let orderAmount: MinorUnits?
    /// Before any update.
    public let originalOrderAmount: MinorUnits?
    public let capturedAmount: MinorUnits?
    public let refundedAmount: MinorUnits?
    /// Still open for capture. Zero once released, cancelled or expired.
    public let remainingAuthorizedAmount: MinorUnits?
    /// The short number that shoppers see.
    public let klarnaReference: String?
    /// When the authorization lapses.
    public let expiresAt: Timestamp?
    /// Klarna's clock when it answered.
    public let klarnaTime: Timestamp?
}

extension PlacedOrder: AnswerReading {
    init(_ answer: KlarnaAnswer) throws(KlarnaError) {
        let json = try answer.success()
        guard let id = json.text("order_id") else { throw answer.malformed("the answer names no order") }
        self.init(
            orderID: OrderID(rawValue: id),
            fraudStatus: json.text("fraud_status").map { FraudStatus(rawValue: $0) },
            redirectURL: json.text("redirect_url"),
            // The specification has an object, the guides' samples a bare word.
            authorizedPaymentMethod: json["authorized_payment_method"]?.text("type")
                ?? json.text("authorized_payment_method"),
        )
    }
}

extension OrderReading: AnswerReading {
    init(_ answer: KlarnaAnswer) throws(KlarnaError) {
        let json = try answer.success()
        guard let id = json.text("order_id") else { throw answer.malformed("the answer names no order") }
        self.init(
            orderID: OrderID(rawValue: id),
            status: json.text("status"),
            fraudStatus: json.text("fraud_status").map { FraudStatus(rawValue: $0) },
            merchantReference1: json.text("merchant_reference1"),
            merchantReference2: json.text("merchant_reference2"),
            purchaseCurrency: json.text("purchase_currency"),
            orderAmount: json.amount("order_amount"),
            originalOrderAmount: json.amount("original_order_amount"),
            capturedAmount: json.amount("captured_amount"),
            refundedAmount: json.amount("refunded_amount"),
            remainingAuthorizedAmount: json.amount("remaining_authorized_amount"),
            klarnaReference: json.text("klarna_reference"),
            expiresAt: json.time("expires_at"),
            klarnaTime: answer.klarnaTime,
        )
    }
}
