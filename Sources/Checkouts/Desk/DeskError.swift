internal import Klarna

/// Why an operation could not be done, by what the caller does next. Its description holds no personal data.
public enum DeskError: Error, Sendable, CustomStringConvertible {
    case notFound
    /// The checkout names an account that is not configured.
    case unknownAccount(String)
    /// The checkout's state forbids it.
    case notAllowed(Checkout, reason: String)
    /// Klarna answered and refused.
    case klarnaRefused(Problem.KlarnaAnswer, retryAfter: Duration?)
    /// Klarna did not give a usable answer: the truth is not known now.
    case klarnaUnknown(reason: String)
    /// Klarna was asked too much, or is not asked because it answers nobody now.
    case klarnaBusy(retryAfter: Duration)
    /// What is asked for does not fit the order.
    case invalid(Faults)
    case store(StoreError)

    public var description: String {
        switch self {
        case .invalid: "what is asked for does not fit the order"
        case .notFound: "there is no such checkout"
        case .unknownAccount(let account): "the account \(account) is not configured"
        case .notAllowed(let checkout, _): "the checkout is \(checkout.status.rawValue)"
        case .klarnaRefused(let answer, _):
            "Klarna refused with \(answer.status ?? 0) \(answer.errorCode ?? ""), correlation id \(answer.correlationID ?? "unknown")"
        case .klarnaUnknown(let reason): "Klarna gave no usable answer: \(reason)"
        case .klarnaBusy: "there were too many calls to Klarna, or it does not answer now"
        case .store(let error): "the store failed: \(error)"
        }
    }

    init(_ error: KlarnaError) {
        switch error {
        case .notSent(let reason): self = .klarnaUnknown(reason: reason)
        case .paused(let retryAfter): self = .klarnaBusy(retryAfter: retryAfter)
        case .unknown(let lost): self = .klarnaUnknown(reason: lost.reason)
        // It did nothing, and will once there are fewer calls.
        case .refused(let refusal) where refusal.status == 429:
            self = .klarnaBusy(retryAfter: refusal.retryAfter ?? .seconds(1))
        case .refused(let refusal):
            self = .klarnaRefused(Problem.KlarnaAnswer(refusal), retryAfter: refusal.retryAfter)
        }
    }
}

extension Problem.KlarnaAnswer {
    init(_ refusal: Refusal) {
        self.init(
            status: refusal.status,
            errorCode: refusal.code,
            errorMessages: refusal.messages,
            correlationID: refusal.correlationID,
        )
    }

    init?(_ lost: Lost) {
        guard let status = lost.status else { return nil }
        self.init(
            status: status,
            errorCode: lost.code,
            errorMessages: lost.messages,
            correlationID: lost.correlationID,
        )
    }
}
