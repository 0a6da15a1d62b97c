public import Wire

/// Why a call to Klarna has no result, by what the caller does next.
///
/// A description holds no token, no secret and no personal data; Klarna's own messages stay out of it for that reason.
public enum KlarnaError: Error, Sendable, CustomStringConvertible {
    /// The request did not leave: nothing can have happened. Try again.
    case notSent(reason: String)
    /// Held back on purpose, by a rate limit or because Klarna does not answer: nothing can have happened. Try again, but
    /// not before.
    case paused(retryAfter: Duration)
    /// Klarna answered and refused (4xx).
    case refused(Refusal)
    /// It went out and no usable answer came back (time-out, reset, 3xx, 5xx, garbage): find out, do not guess.
    case unknown(Lost)

    public var description: String {
        switch self {
        case .notSent(let reason): "the request was not sent: \(reason)"
        case .paused(let retryAfter): "the request was held back for \(retryAfter)"
        case .refused(let refusal): "Klarna refused with \(refusal)"
        case .unknown(let lost): "the outcome is unknown: \(lost)"
        }
    }
}

extension KlarnaError {
    /// How long to wait at least, when that was said.
    public var retryAfter: Duration? {
        switch self {
        case .notSent: nil
        case .paused(let retryAfter): retryAfter
        case .refused(let refusal): refusal.retryAfter
        case .unknown(let lost): lost.retryAfter
        }
    }
}

/// A 4xx answer, in Klarna's words where it used any.
public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
    public let status: Int
    /// `BAD_VALUE` and so on.
    public let code: String?
    /// What Klarna objects to, such as `Bad value: order_lines[1].tax_rate`.
    public let messages: [String]
    /// Why an order on a customer token was declined, when that is said.
    public let reason: String?
    /// What Klarna's support asks for.
    public let correlationID: String?
    /// How long Klarna asks to wait.
    public let retryAfter: Duration?
    /// Klarna's clock when it answered.
    public let klarnaTime: Timestamp?

    public init(
        status: Int,
        code: String? = nil,
        messages: [String] = [],
        reason: String? = nil,
        correlationID: String? = nil,
        retryAfter: Duration? = nil,
        klarnaTime: Timestamp? = nil,
    ) {
        self.status = status
        self.code = code
        self.messages = messages
        self.reason = reason
        self.correlationID = correlationID
        self.retryAfter = retryAfter
        self.klarnaTime = klarnaTime
    }

    public var description: String { summary(status, code, correlationID) }
}

/// What is known of an answer that says nothing certain.
public struct Lost: Error, Sendable, Hashable, CustomStringConvertible {
    public let reason: String
    /// `nil` when no answer came at all.
    public let status: Int?
    public let code: String?
    public let messages: [String]
    public let correlationID: String?
    public let retryAfter: Duration?

    public init(
        reason: String,
        status: Int? = nil,
        code: String? = nil,
        messages: [String] = [],
        correlationID: String? = nil,
        retryAfter: Duration? = nil,
    ) {
        self.reason = reason
        self.status = status
        self.code = code
        self.messages = messages
        self.correlationID = correlationID
        self.retryAfter = retryAfter
    }

    public var description: String {
        guard let status else { return reason }
        return "\(reason), \(summary(status, code, correlationID))"
    }
}

private func summary(_ status: Int, _ code: String?, _ correlationID: String?) -> String {
    [String(status), code, correlationID.map { "correlation id \($0)" }].compactMap(\.self).joined(separator: " ")
}
