public import Klarna
public import Wire

/// The intent to place one order: everything that is sent, fixed before it is sent for the first time, and what is known of
/// how it went.
///
/// Each attempt sends the same bytes with the same token and key, so that a second arrival at Klarna is recognisably the
/// first one again. All times are by Klarna's clock.
public struct OrderPlacement: Sendable, Hashable {
    /// Klarna keeps an authorization for 60 minutes.
    public static let authorizationLife = Duration.seconds(3600)

    public let token: AuthorizationToken
    /// The body of `POST /payments/v1/authorizations/{token}/order`.
    public let body: [UInt8]
    public let idempotencyKey: String
    /// When the shopper was authorized.
    public let authorizedAt: Timestamp

    public package(set) var attempts = EffectAttempts()
    /// What is known of the attempts at making a customer token of the authorization.
    public package(set) var tokenization = EffectAttempts()
    /// Why there will be no customer token beside the order.
    public package(set) var tokenRefusal: Problem?
    /// Since when the payment session has said that an order exists.
    public package(set) var completeSince: Timestamp?
    /// The age of the authorization at which it was last told that there is still no order.
    public package(set) var announcedAge: Duration?

    public init(token: AuthorizationToken, body: [UInt8], idempotencyKey: String, authorizedAt: Timestamp) {
        self.token = token
        self.body = body
        self.idempotencyKey = idempotencyKey
        self.authorizedAt = authorizedAt
    }

    public var expiresAt: Timestamp { authorizedAt + OrderPlacement.authorizationLife }

    /// Ages at which it is told that there is still no order.
    static let announcedAges: [Duration] = [.seconds(600), .seconds(1800), .seconds(2700)]

    /// The latest of those ages that has passed untold.
    func ageToAnnounce(at now: Timestamp) -> Duration? {
        OrderPlacement.announcedAges.last { now - authorizedAt >= $0 }
            .flatMap { age in announcedAge.map { $0 < age } ?? true ? age : nil }
    }
}
