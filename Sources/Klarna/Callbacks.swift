public import Wire

/// What the hosted page reports. A hint: what it says is read before it is believed.
///
/// Klarna Hosted Payment Page v1, `merchant_urls.status_update`.
public struct HPPStatusCallback: Sendable, Hashable {
    /// The same in each attempt to deliver it.
    public let eventID: String?
    public let sessionID: HPPSessionID
    public let status: HPPStatus?
    public let updatedAt: Timestamp?

    /// `nil` when it names no session.
    public init?(json: JSON) {
        guard let session = json["session"], let id = session.text("session_id") else { return nil }
        eventID = json.text("event_id")
        sessionID = HPPSessionID(rawValue: id)
        status = session.text("status").map { HPPStatus(rawValue: $0) }
        updatedAt = session.time("updated_at")
    }
}

/// That a shopper was authorized. A hint, as the others are.
///
/// Klarna Payments v1, `merchant_urls.authorization`.
public struct AuthorizationCallback: Sendable, Hashable {
    public let authorizationToken: AuthorizationToken
    public let sessionID: PaymentSessionID?

    /// `nil` when it names no token.
    public init?(json: JSON) {
        guard let token = json.text("authorization_token") else { return nil }
        authorizationToken = AuthorizationToken(rawValue: token)
        sessionID = json.text("session_id").map { PaymentSessionID(rawValue: $0) }
    }
}

/// What became of an order that was looked at. A hint, as the others are.
///
/// Klarna Payments v1 and Klarna Checkout v3, `merchant_urls.notification`.
public struct FraudNotification: Sendable, Hashable {
    public let orderID: OrderID
    public let event: Event
    public let at: Timestamp?

    public enum Event: Sendable, Hashable {
        case accepted
        case rejected
        /// The goods are to be stopped, whatever was said before.
        case stopped
        /// A word that was not known when this was written.
        case other(String)
    }

    /// `nil` when it names no order or no event.
    public init?(json: JSON) {
        guard let id = json.text("order_id"), let event = json.text("event_type") else { return nil }
        orderID = OrderID(rawValue: id)
        self.event = Event(event)
        at = json.time("timestamp")
    }
}

extension FraudNotification.Event {
    init(_ word: String) {
        switch word.uppercased() {
        // An older page of the documents has the second ones.
        case "FRAUD_RISK_ACCEPTED", "ORDER_ACCEPTED": self = .accepted
        case "FRAUD_RISK_REJECTED", "ORDER_REJECTED": self = .rejected
        case "FRAUD_RISK_STOPPED", "ORDER_STOPPED": self = .stopped
        case _: self = .other(word)
        }
    }
}

/// Why Klarna Checkout may not let the shopper buy: our answer, with 400, to its question.
///
/// Klarna Checkout v3, `merchant_urls.validation`.
public enum CheckoutDenial: Sendable, Hashable {
    /// The text is shown to the shopper, as of the last.
    case addressError(String)
    case unsupportedShippingAddress
    case approvalFailed(String)

    public var bytes: [UInt8] {
        var json = JSONObject()
        switch self {
        case .addressError(let text):
            json.set("error_type", "address_error")
            json.set("error_text", text)
        case .unsupportedShippingAddress:
            json.set("error_type", "unsupported_shipping_address")
        case .approvalFailed(let text):
            json.set("error_type", "approval_failed")
            json.set("error_text", text)
        }
        return JSON.object(json).bytes
    }
}
