/// What a call to Klarna is for; the raw value is its name in metrics.
public enum CallPurpose: String, Sendable, Hashable, CaseIterable {
    case createPaymentSession = "create_payment_session"
    case readPaymentSession = "read_payment_session"
    case createHPPSession = "create_hpp_session"
    case readHPPSession = "read_hpp_session"
    case disableHPPSession = "disable_hpp_session"
    case placeOrder = "place_order"
    case releaseAuthorization = "release_authorization"
    case readOrder = "read_order"
}

extension CallPurpose {
    var manner: CallManner {
        switch self {
        case .readPaymentSession, .readHPPSession, .readOrder: .read
        case .createPaymentSession, .createHPPSession: .create
        case .placeOrder, .releaseAuthorization, .disableHPPSession: .effect
        }
    }

    /// Klarna counts these apart.
    var family: RateLimiter.Family {
        switch self {
        case .createPaymentSession: .createPaymentSession
        case .createHPPSession: .createHPPSession
        case .readPaymentSession, .readHPPSession, .disableHPPSession, .placeOrder, .releaseAuthorization, .readOrder:
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
