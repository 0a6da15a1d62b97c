import Wire

/// A hosted payment page around a payment session, open until an hour before that ends.
struct HPPSession: Sendable {
    static let gapBeforePaymentSession = Duration.seconds(3600)

    enum PlaceOrderMode: String, Sendable {
        case none = "NONE"
        case placeOrder = "PLACE_ORDER"
        case captureOrder = "CAPTURE_ORDER"
    }

    let id: String
    /// The short id in the page's path.
    let page: String
    let pageURL: String
    let kind: HostedPurchase.Kind
    /// The payment session's id, or that of the order of Klarna Checkout.
    let paymentSessionID: String
    let merchantURLs: [String: String]
    let options: JSONObject
    let expiresAt: Timestamp
    var status = HPPStatus.waiting
    var updatedAt: Timestamp
    /// Given on this page, the newest last.
    var tokens: [String] = []
    /// How the shopper chose to pay.
    var choice: PaymentMethodCategory?
    /// What the merchant let the shopper know who may try again.
    var notice: String?
    /// Placed by the page itself.
    var order: Order?

    var authorizationToken: String? { tokens.last }

    var placeOrderMode: PlaceOrderMode {
        PlaceOrderMode(rawValue: options.string("place_order_mode")?.uppercased() ?? "") ?? .none
    }

    /// Klarna HPP v1, `GET /hpp/v1/sessions/{session_id}`; the body of a status callback has the same under `session`.
    func reading(order: Order?, token: String?) -> JSONObject {
        var reading: JSONObject = ["session_id": .string(id), "status": .string(status.rawValue)]
        if let order {
            reading["order_id"] = .string(order.id)
            reading["klarna_reference"] = .string(order.klarnaReference)
        }
        if let token { reading["authorization_token"] = .string(token) }
        reading["updated_at"] = .string(updatedAt.description)
        reading["expires_at"] = .string(expiresAt.description)
        return reading
    }

    /// The first of these merchant URLs that was given, with HPP's tags resolved. A tag without a value becomes empty.
    func location(_ names: String...) -> String? {
        guard let name = names.first(where: { merchantURLs[$0] != nil }), let url = merchantURLs[name] else {
            return nil
        }
        let isSuccess = name == "success"
        return url.resolving([
            "{{session_id}}": id,
            "{{authorization_token}}": isSuccess && order == nil ? authorizationToken ?? "" : "",
            "{{order_id}}": isSuccess ? order?.id ?? "" : "",
        ])
    }
}

/// Klarna HPP v1, `status` of a session.
public enum HPPStatus: String, Sendable, CaseIterable {
    case waiting = "WAITING"
    case inProgress = "IN_PROGRESS"
    case back = "BACK"
    case failed = "FAILED"
    case error = "ERROR"
    case completed = "COMPLETED"
    case cancelled = "CANCELLED"
    case disabled = "DISABLED"
    /// The shopper left. In a diagram of Klarna's, but in neither its table of states nor its specification.
    case timeout = "TIMEOUT"
    /// In the specification only.
    case manualIDCheck = "MANUAL_ID_CHECK"
    /// A word that Klarna may come to use some day.
    case unheardOf = "PONDERING"

    /// Nothing changes a final status any more.
    public var isFinal: Bool {
        switch self {
        case .completed, .cancelled, .disabled: true
        case .waiting, .inProgress, .back, .failed, .error, .timeout, .manualIDCheck, .unheardOf: false
        }
    }
}
