import Wire

/// A shopper's consent to be charged again without being there.
struct CustomerToken: Sendable {
    /// Klarna Customer Tokens v1, `status`.
    enum Status: String, Sendable {
        case active = "ACTIVE"
        /// By Klarna, which may take it back.
        case suspended = "SUSPENDED"
        /// By the merchant, for good.
        case cancelled = "CANCELLED"
    }

    let id: String
    let authorizationToken: String
    let paymentSessionID: String
    let createdAt: Timestamp
    /// Whose it is and for what: what every order with it has besides its own.
    let terms: JSONObject
    let description: String
    let method: SandboxWorld.PaymentMethod
    var status = Status.active
    /// What the next charges meet with.
    var troubles: [TokenTrouble] = []
    var orderIDs: [String] = []

    var currency: String { (terms.string("purchase_currency") ?? "").uppercased() }

    /// Klarna Customer Tokens v1, `GET /customer-token/v1/tokens/{token}`.
    var reading: JSON {
        let paymentMethod = method.orderManagementJSON["type"] ?? "OTHER"
        var reading: JSONObject = ["status": .string(status.rawValue), "payment_method_type": paymentMethod]
        switch method {
        case .card:
            reading["card"] = ["brand": "VISA", "masked_number": "************4242", "expiry_date": "11/2028"]
        case .directDebit: reading["direct_debit"] = ["masked_number": "**********731"]
        case .invoice, .b2bInvoice, .baseAccount, .fixedAmount, .fixedSumCredit, .directBankTransfer: break
        }
        return .object(reading)
    }

    /// All that is known here.
    var record: JSON {
        [
            "token_id": .string(id), "status": .string(status.rawValue), "description": .string(description),
            "authorization_token": .string(authorizationToken), "payment_session_id": .string(paymentSessionID),
            "created_at": .string(createdAt.description), "order_ids": .array(orderIDs.map(JSON.string)),
            "troubles": .array(troubles.map { .string($0.rawValue) }),
        ]
    }
}

/// A refusal of a charge that nothing is wrong with.
///
/// Klarna Customer Tokens v1, "Error codes"; one page writes `TOKEN_CANCELED`.
public enum TokenTrouble: String, Sendable, CaseIterable {
    case tokenSuspended = "TOKEN_SUSPENDED"
    case tokenCancelled = "TOKEN_CANCELLED"
    case tokenCanceled = "TOKEN_CANCELED"
    case tokenForbidden = "TOKEN_FORBIDDEN"
    case unavailablePaymentMethod = "UNAVAILABLE_PAYMENT_METHOD"
    case currencyMismatch = "PAYMENT_METHOD_CURRENCY_MISMATCH"
    case paymentMethodFailed = "PAYMENT_METHOD_FAILED"
    case internalServerError = "INTERNAL_SERVER_ERROR"
    case serviceUnavailable = "SERVICE_UNAVAILABLE"

    var refusal: KlarnaRefusal {
        let (status, message) =
            switch self {
            case .tokenSuspended: (403, "Token suspended")
            case .tokenCancelled, .tokenCanceled: (403, "Token cancelled")
            case .tokenForbidden: (403, "Token forbidden")
            case .unavailablePaymentMethod: (403, "Payment method unavailable")
            case .currencyMismatch: (403, "Payment method not available for the currency")
            case .paymentMethodFailed: (403, "Payment method failed")
            case .internalServerError: (500, "Internal error")
            case .serviceUnavailable: (503, "Service unavailable")
            }
        return KlarnaRefusal(status, rawValue, message)
    }
}
