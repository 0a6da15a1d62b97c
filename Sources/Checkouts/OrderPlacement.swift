public import Klarna
public import Wire

/// The intent to place one order: everything that is sent, fixed before it is sent for the first time, and what is known of
/// how it went.
///
/// Each attempt sends the same bytes with the same token and key, so that a second arrival at Klarna is recognisably the
/// first one again.
public struct OrderPlacement: Sendable, Hashable {
    /// Klarna keeps an authorization for 60 minutes.
    public static let authorizationLife = Duration.seconds(3600)

    public let token: AuthorizationToken
    /// The body of `POST /payments/v1/authorizations/{token}/order`.
    public let body: [UInt8]
    public let idempotencyKey: String
    /// When the shopper was authorized, in our clock's terms.
    public let authorizedAt: Timestamp

    public internal(set) var attempts = 0
    /// When the attempt began that is under way, or was when the process ended.
    public internal(set) var inFlightSince: Timestamp?
    /// When the latest attempt began that Klarna never answered.
    public internal(set) var unansweredAt: Timestamp?
    /// How many attempts Klarna refused, and since when.
    public internal(set) var refusals = 0
    public internal(set) var firstRefusedAt: Timestamp?
    public internal(set) var lastRefusal: Problem.KlarnaAnswer?
    /// Since when the payment session has said that an order exists.
    public internal(set) var completeSince: Timestamp?

    public init(token: AuthorizationToken, body: [UInt8], idempotencyKey: String, authorizedAt: Timestamp) {
        self.token = token
        self.body = body
        self.idempotencyKey = idempotencyKey
        self.authorizedAt = authorizedAt
    }

    public var expiresAt: Timestamp { authorizedAt + OrderPlacement.authorizationLife }

    /// When the latest attempt began whose outcome is not known; `nil` when every attempt was answered or never left.
    public var uncertainSince: Timestamp? { [inFlightSince, unansweredAt].compactMap(\.self).max() }

    /// An attempt begins. One that was under way before ended with the process that made it, unanswered.
    mutating func beginAttempt(at now: Timestamp) {
        unansweredAt = uncertainSince
        inFlightSince = now
        attempts += 1
    }

    /// The attempt under way was answered, or no byte of it left.
    mutating func endAttempt() { inFlightSince = nil }

    mutating func loseAnswer() {
        unansweredAt = uncertainSince
        inFlightSince = nil
    }

    mutating func countRefusal(_ answer: Problem.KlarnaAnswer, at now: Timestamp) {
        inFlightSince = nil
        refusals += 1
        firstRefusedAt = firstRefusedAt ?? now
        lastRefusal = answer
    }
}
