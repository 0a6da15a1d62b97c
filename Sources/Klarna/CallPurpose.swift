/// What a call to Klarna is for; the raw value is its name in metrics.
public enum CallPurpose: String, Sendable, Hashable, CaseIterable {
    case createPaymentSession = "create_payment_session"
    case updatePaymentSession = "update_payment_session"
    case readPaymentSession = "read_payment_session"
    case createHPPSession = "create_hpp_session"
    case readHPPSession = "read_hpp_session"
    case disableHPPSession = "disable_hpp_session"
    case distributeHPPSession = "distribute_hpp_session"
    case placeOrder = "place_order"
    case releaseAuthorization = "release_authorization"
    case createCustomerToken = "create_customer_token"
    case readCustomerToken = "read_customer_token"
    case cancelCustomerToken = "cancel_customer_token"
    case placeTokenOrder = "place_token_order"
    case createCheckoutOrder = "create_checkout_order"
    case readCheckoutOrder = "read_checkout_order"
    case updateCheckoutOrder = "update_checkout_order"
    case abortCheckoutOrder = "abort_checkout_order"
    case readOrder = "read_order"
    case readCaptures = "read_captures"
    case readCapture = "read_capture"
    case readRefund = "read_refund"
    case readDueDateOptions = "read_due_date_options"
    case acknowledgeOrder = "acknowledge_order"
    case captureOrder = "capture_order"
    case refundOrder = "refund_order"
    case cancelOrder = "cancel_order"
    case releaseRemainingAuthorization = "release_remaining_authorization"
    case extendAuthorization = "extend_authorization"
    case updateAuthorization = "update_authorization"
    case updateMerchantReferences = "update_merchant_references"
    case updateCustomerDetails = "update_customer_details"
    case addShippingInfo = "add_shipping_info"
    case addCaptureShippingInfo = "add_capture_shipping_info"
    case sendOutCapture = "send_out_capture"
    case extendDueDate = "extend_due_date"
}

extension CallPurpose {
    var manner: CallManner {
        switch self {
        case .readPaymentSession, .readHPPSession, .readCustomerToken, .readCheckoutOrder, .readOrder, .readCaptures,
            .readCapture, .readRefund, .readDueDateOptions:
            .read
        case .createPaymentSession, .createHPPSession, .createCheckoutOrder: .create
        // An update is one: repeated late, it would undo a newer one.
        case .updatePaymentSession, .disableHPPSession, .distributeHPPSession, .placeOrder, .releaseAuthorization,
            .createCustomerToken, .cancelCustomerToken, .placeTokenOrder, .updateCheckoutOrder, .abortCheckoutOrder,
            .acknowledgeOrder, .captureOrder, .refundOrder, .cancelOrder, .releaseRemainingAuthorization,
            .extendAuthorization, .updateAuthorization, .updateMerchantReferences, .updateCustomerDetails,
            .addShippingInfo, .addCaptureShippingInfo, .sendOutCapture, .extendDueDate:
            .effect
        }
    }

    /// Klarna counts these apart. An order of Klarna Checkout is created like a session, and may count as one.
    var family: RateLimiter.Family {
        switch self {
        case .createPaymentSession, .createCheckoutOrder: .createPaymentSession
        case .createCustomerToken: .createTokenSession
        case .createHPPSession: .createHPPSession
        case .updatePaymentSession, .readPaymentSession, .readHPPSession, .disableHPPSession, .distributeHPPSession,
            .placeOrder, .releaseAuthorization, .readCustomerToken, .cancelCustomerToken, .placeTokenOrder,
            .readCheckoutOrder, .updateCheckoutOrder, .abortCheckoutOrder, .readOrder, .readCaptures, .readCapture,
            .readRefund, .readDueDateOptions, .acknowledgeOrder, .captureOrder, .refundOrder, .cancelOrder,
            .releaseRemainingAuthorization, .extendAuthorization, .updateAuthorization, .updateMerchantReferences,
            .updateCustomerDetails, .addShippingInfo, .addCaptureShippingInfo, .sendOutCapture, .extendDueDate:
            .other
        }
    }
}

/// How a call is to be made.
enum CallManner {
    case read
    /// Doing it twice does no harm: what nobody uses expires.
    case create
    /// Sent on a connection of its own, so that it is sent once.
    case effect
}

/// What became of a call; the raw value is its name in metrics.
enum CallOutcome: String, CaseIterable {
    case ok
    case refused
    case rateLimited = "rate_limited"
    /// Klarna answered, and the answer says nothing certain.
    case failed
    /// It went out, and no whole answer came.
    case lost
    case notSent = "not_sent"
    case paused

    init(_ error: KlarnaError?) {
        switch error {
        case nil: self = .ok
        case .refused(let refusal): self = refusal.status == 429 ? .rateLimited : .refused
        case .unknown(let lost): self = lost.status == nil ? .lost : .failed
        case .notSent: self = .notSent
        case .paused: self = .paused
        }
    }
}
