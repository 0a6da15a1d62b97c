/// What can be done to an order that exists. Klarna Order Management v1.
public enum OrderEffect: Sendable, Hashable {
    /// Tells Klarna that the order has arrived here.
    case acknowledge
    /// ``CaptureRequest``.
    case capture
    /// ``RefundRequest``.
    case refund
    /// Of an order of which nothing is captured.
    case cancel
    /// Gives up what is not captured yet.
    case release
    case extendAuthorization
    /// ``AuthorizationUpdate``.
    case updateAuthorization
    /// ``MerchantReferences``.
    case merchantReferences
    /// ``CustomerDetails``.
    case customerDetails
    /// Adds ``ShippingInfo`` to the order.
    case shippingInfo
    /// Adds ``ShippingInfo`` to a capture.
    case captureShippingInfo(CaptureID)
    /// Sends the shopper the papers of a capture again.
    case sendOut(CaptureID)
    /// ``DueDateExtension``.
    case extendDueDate(CaptureID)
}

/// That an effect took place.
public struct OrderEffectAnswer: Sendable, Hashable {
    /// Of the capture or refund that was made: `Capture-Id`, `Refund-Id`, or else the end of `Location`. `nil` when Klarna
    /// names none.
    public let id: String?
    public let correlationID: String?
}

extension OrderEffect {
    var purpose: CallPurpose {
        switch self {
        case .acknowledge: .acknowledgeOrder
        case .capture: .captureOrder
        case .refund: .refundOrder
        case .cancel: .cancelOrder
        case .release: .releaseRemainingAuthorization
        case .extendAuthorization: .extendAuthorization
        case .updateAuthorization: .updateAuthorization
        case .merchantReferences: .updateMerchantReferences
        case .customerDetails: .updateCustomerDetails
        case .shippingInfo: .addShippingInfo
        case .captureShippingInfo: .addCaptureShippingInfo
        case .sendOut: .sendOutCapture
        case .extendDueDate: .extendDueDate
        }
    }

    var method: String {
        switch self {
        case .updateAuthorization, .merchantReferences, .customerDetails, .extendDueDate: "PATCH"
        case .acknowledge, .capture, .refund, .cancel, .release, .extendAuthorization, .shippingInfo,
            .captureShippingInfo, .sendOut:
            "POST"
        }
    }

    /// What follows the order's id.
    var path: [String] {
        switch self {
        case .acknowledge: ["acknowledge"]
        case .capture: ["captures"]
        case .refund: ["refunds"]
        case .cancel: ["cancel"]
        case .release: ["release-remaining-authorization"]
        case .extendAuthorization: ["extend-authorization-time"]
        case .updateAuthorization: ["authorization"]
        case .merchantReferences: ["merchant-references"]
        case .customerDetails: ["customer-details"]
        case .shippingInfo: ["shipping-info"]
        case .captureShippingInfo(let id): ["captures", id.rawValue, "shipping-info"]
        case .sendOut(let id): ["captures", id.rawValue, "trigger-send-out"]
        case .extendDueDate(let id): ["captures", id.rawValue, "extend-due-date"]
        }
    }
}

extension OrderEffectAnswer: AnswerReading {
    init(_ answer: KlarnaAnswer) throws(KlarnaError) {
        try answer.accepted()
        self.init(id: answer.createdID, correlationID: answer.correlationID)
    }
}
