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
    public let correlationID: String?
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
    public let merchantData: String?
    /// Upper case, however Klarna echoes it.
    public let purchaseCountry: String?
    /// Upper case, however Klarna echoes it.
    public let purchaseCurrency: String?
    public let locale: String?
    public let orderAmount: MinorUnits?
    /// Before any update.
    public let originalOrderAmount: MinorUnits?
    public let capturedAmount: MinorUnits?
    public let refundedAmount: MinorUnits?
    /// Still open for capture. Zero once released, cancelled or expired.
    public let remainingAuthorizedAmount: MinorUnits?
    /// `nil` when they are missing, or one of them cannot be read; so too the captures and the refunds.
    public let orderLines: [OrderLine]?
    public let captures: [CaptureReading]?
    public let refunds: [RefundReading]?
    /// Of the order, not of its captures.
    public let shippingInfo: [ShippingInfo]
    public let initialPaymentMethod: InitialPaymentMethod?
    /// Personal.
    public let billingAddress: Address?
    /// Personal.
    public let shippingAddress: Address?
    /// The short number that shoppers see.
    public let klarnaReference: String?
    public let createdAt: Timestamp?
    /// When the authorization lapses.
    public let expiresAt: Timestamp?
    public let correlationID: String?
    /// Klarna's clock when it answered.
    public let klarnaTime: Timestamp?
}

/// How the shopper chose to pay. Klarna Order Management v1, `initial_payment_method`.
public struct InitialPaymentMethod: Sendable, Hashable {
    /// `INVOICE`, `CARD`, `PAY_IN_X` and so on.
    public let type: String?
    /// For people, in the shopper's language.
    public let description: String?
    public let installmentCount: Int64?
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
            correlationID: answer.correlationID,
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
            merchantData: json.text("merchant_data"),
            purchaseCountry: json.text("purchase_country")?.uppercased(),
            purchaseCurrency: json.text("purchase_currency")?.uppercased(),
            locale: json.locale("locale"),
            orderAmount: json.amount("order_amount"),
            originalOrderAmount: json.amount("original_order_amount"),
            capturedAmount: json.amount("captured_amount"),
            refundedAmount: json.amount("refunded_amount"),
            remainingAuthorizedAmount: json.amount("remaining_authorized_amount"),
            orderLines: json.lines("order_lines"),
            captures: json["captures"]?.all { CaptureReading($0) },
            refunds: json["refunds"]?.all { RefundReading($0) },
            shippingInfo: (json["shipping_info"]?.array ?? []).compactMap { ShippingInfo(json: $0) },
            initialPaymentMethod: json["initial_payment_method"].flatMap { InitialPaymentMethod($0) },
            billingAddress: json["billing_address"].flatMap { Address(json: $0) },
            shippingAddress: json["shipping_address"].flatMap { Address(json: $0) },
            klarnaReference: json.text("klarna_reference"),
            createdAt: json.time("created_at"),
            expiresAt: json.time("expires_at"),
            correlationID: answer.correlationID,
            klarnaTime: answer.klarnaTime,
        )
    }
}

extension InitialPaymentMethod {
    fileprivate init?(_ json: JSON) {
        guard json.object != nil else { return nil }
        self.init(
            type: json.text("type"),
            description: json.text("description"),
            installmentCount: json["number_of_installments"]?.integer,
        )
    }
}
