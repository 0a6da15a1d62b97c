extension SandboxWorld {
    /// What Klarna's documents leave open, and what Klarna may do however rarely: one switch for each.
    ///
    /// The defaults are the friendly reading. Beside each stands where it comes from: "documented", "remark" (of Klarna's
    /// staff), or "[open]" where nobody says and a merchant has to live with either.
    public struct Behaviour: Sendable, Hashable {
        /// Whether an order that is placed again with a known `Klarna-Idempotency-Key` is the first one, whatever the token
        /// and the body: only the key counts, for 24 hours. Documented for Order Management only; [open] here.
        public var honoursIdempotencyKeys = false
        /// How placing an order again with a consumed token and the same body is answered. All [open] but the same order,
        /// which is a remark.
        public var repeatedOrder = RepeatedOrder.sameOrder
        /// Refusals of an order that nothing is wrong with. That they may stay with the token is a remark.
        public var placeTrouble: PlaceTrouble?
        /// Calls that get no answer and are done later. Klarna ends idle calls after 59 seconds, which is documented, and
        /// promises nothing about their work.
        public var lateEffects: LateEffects?
        /// How long a payment session still reads `incomplete` after its order was placed. [open]
        public var completionDelay = Duration.zero
        /// Whether an HPP session shows the order that the merchant placed with its token. [open]
        public var orderShown = OrderShown.never
        /// How many authorizations one page may give, 1 to 3: approving a completed page again gives a newer one while there
        /// is no order. Documented: many for each session, at most one becomes an order.
        public var tokensPerPage = 1
        /// After how long a page that was approved gives a newer authorization by itself and without a callback, up to
        /// ``tokensPerPage``. [open]
        public var tokenRenewal: Duration?
        /// Whether older authorizations stay good beside a newer one. Documented otherwise; both are seen.
        public var keepsOlderTokens = false
        /// Whether an HPP session goes on showing its first token while the payment session shows the newest. [open]
        public var showsFirstToken = false
        /// What about every second reading of an HPP session leaves out. Documented as optional.
        public var omissions: Set<Omission> = []
        /// Whether more calls per second than the playground allows are answered 429. Documented.
        public var enforcesRateLimits = false
        /// Whether Order Management and orders with customer tokens answer a known `Klarna-Idempotency-Key` as they did
        /// before. Documented.
        public var honoursOrderManagementKeys = true
        /// Whether such a key stands for a refusal (4xx) too. [open]
        public var repeatsRefusals = true
        /// Whether an order can be captured while Klarna still reviews it; otherwise 403. [open]
        public var capturesPending = true
        /// What an order reads once its remaining authorization was released. [open]
        public var statusAfterRelease = StatusAfterRelease.closed
        /// What becomes of an order that was captured in part when its authorization expires. [open]
        public var partCapturedExpiry = PartCapturedExpiry.expired
        /// How every shopper pays; `nil` leaves it to them and to the page's category.
        public var paymentMethod: PaymentMethod?
        /// How creating a customer token once more with the same authorization is answered. [open]
        public var repeatedToken = RepeatedToken.sameToken
        /// Whether an authorization whose order was placed still gives a customer token. Documented is the other order of
        /// the two calls; [open].
        public var makesTokensAfterOrders = true
        /// How long after its 202 the cancellation of a customer token takes effect. Documented as asynchronous.
        public var tokenCancellationDelay = Duration.zero

        public init() {}
    }

    public enum RepeatedOrder: String, Sendable, CaseIterable {
        /// The first answer again, as long as the token would have lived.
        case sameOrder = "same_order"
        /// 403 `INVALID_OPERATION`.
        case consumed
        /// 404 `NOT_FOUND`.
        case gone
        /// 409 `BAD_VALUE`, as for another body.
        case conflict
    }

    /// A refusal of an order that nothing is wrong with.
    public struct PlaceTrouble: Sendable, Hashable {
        /// Of a hundred tokens, how many meet with it.
        public var percent: Int
        /// 400 to 599.
        public var status: Int
        /// Whether it is answered for as long as the token lives; otherwise to the first attempt only.
        public var isSticky: Bool
        /// Whether the order is placed all the same.
        public var ordersAnyway: Bool

        public init(percent: Int = 100, status: Int = 500, isSticky: Bool = false, ordersAnyway: Bool = false) {
            self.percent = percent
            self.status = status
            self.isSticky = isSticky
            self.ordersAnyway = ordersAnyway
        }
    }

    /// Calls that get no answer and are done later all the same.
    public struct LateEffects: Sendable, Hashable {
        /// Of a hundred calls that are no mere readings, how many.
        public var percent: Int
        /// The longest time until one is done; each draws its own.
        public var within: Duration

        /// Klarna's 59 seconds on top of a patient caller's thirty.
        public static let longest = Duration.seconds(89)

        public init(percent: Int, within: Duration = longest) {
            self.percent = percent
            self.within = within
        }
    }

    public enum OrderShown: String, Sendable, CaseIterable {
        case never
        case besideToken = "beside_token"
        case insteadOfToken = "instead_of_token"
    }

    public enum StatusAfterRelease: String, Sendable, CaseIterable {
        case closed, captured
    }

    public enum PartCapturedExpiry: String, Sendable, CaseIterable {
        case expired, closed, captured
        /// It reads as before, but nothing can be captured any more.
        case partCaptured = "part_captured"
    }

    public enum RepeatedToken: String, Sendable, CaseIterable {
        case sameToken = "same_token"
        case anotherToken = "another_token"
        /// 403 `INVALID_OPERATION`.
        case consumed
    }

    public enum Omission: String, Sendable, CaseIterable {
        case authorizationToken = "authorization_token"
        case updatedAt = "updated_at"
        case expiresAt = "expires_at"
    }
}

extension SandboxWorld.Behaviour {
    /// Any behaviour at all: each switch is drawn by itself.
    public static func drawn(using random: inout some RandomNumberGenerator) -> Self {
        func one<Value>(of values: [Value], or standard: Value) -> Value {
            values.randomElement(using: &random) ?? standard
        }
        func seconds(_ values: [Int]) -> Duration { .seconds(one(of: values, or: 0)) }
        var drawn = Self()
        drawn.honoursIdempotencyKeys = .random(using: &random)
        drawn.repeatedOrder = one(of: SandboxWorld.RepeatedOrder.allCases, or: .sameOrder)
        if Int.random(in: 0..<3, using: &random) == 0 {
            drawn.placeTrouble = SandboxWorld.PlaceTrouble(
                percent: one(of: [10, 30, 100], or: 10),
                status: one(of: [400, 403, 404, 409, 429, 500, 503], or: 500),
                isSticky: .random(using: &random),
                ordersAnyway: .random(using: &random),
            )
        }
        if Int.random(in: 0..<3, using: &random) == 0 {
            drawn.lateEffects = SandboxWorld.LateEffects(
                percent: one(of: [5, 15, 40], or: 5),
                within: seconds([1, 29, 59, 89]),
            )
        }
        drawn.completionDelay = seconds([0, 0, 5, 30, 60])
        drawn.orderShown = one(of: SandboxWorld.OrderShown.allCases, or: .never)
        drawn.tokensPerPage = Int.random(in: 1...3, using: &random)
        if .random(using: &random) { drawn.tokenRenewal = seconds([1, 20, 300]) }
        drawn.keepsOlderTokens = .random(using: &random)
        drawn.showsFirstToken = Int.random(in: 0..<4, using: &random) == 0
        for omission in SandboxWorld.Omission.allCases where Int.random(in: 0..<4, using: &random) == 0 {
            drawn.omissions.insert(omission)
        }
        drawn.enforcesRateLimits = Int.random(in: 0..<4, using: &random) == 0
        drawn.repeatsRefusals = .random(using: &random)
        drawn.capturesPending = .random(using: &random)
        drawn.statusAfterRelease = one(of: SandboxWorld.StatusAfterRelease.allCases, or: .closed)
        drawn.partCapturedExpiry = one(of: SandboxWorld.PartCapturedExpiry.allCases, or: .expired)
        drawn.repeatedToken = one(of: SandboxWorld.RepeatedToken.allCases, or: .sameToken)
        drawn.makesTokensAfterOrders = .random(using: &random)
        drawn.tokenCancellationDelay = seconds([0, 0, 5, 30])
        return drawn
    }
}
