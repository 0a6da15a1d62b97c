/// How many calls a second Klarna allows a merchant (Klarna, "Rate limits").
///
/// Klarna says in its answers how many it allows; what it says counts when it is less.
public struct KlarnaQuota: Sendable, Hashable {
    /// A quota that is none: what Klarna says of its own is not heard then. For doubles of Klarna.
    public static let boundless = 1_000_000

    public var createPaymentSession: Int
    /// For customer tokens.
    public var createTokenSession: Int
    public var createHPPSession: Int
    /// For everything else together.
    public var other: Int

    /// Customer tokens are allowed as many as payment sessions unless it is said otherwise.
    public init(createPaymentSession: Int, createTokenSession: Int? = nil, createHPPSession: Int, other: Int) {
        self.createPaymentSession = createPaymentSession
        self.createTokenSession = createTokenSession ?? createPaymentSession
        self.createHPPSession = createHPPSession
        self.other = other
    }

    public init(_ environment: KlarnaAccount.Environment) {
        switch environment {
        case .playground: self.init(createPaymentSession: 5, createHPPSession: 5, other: 50)
        case .production: self.init(createPaymentSession: 40, createHPPSession: 40, other: 200)
        }
    }
}
