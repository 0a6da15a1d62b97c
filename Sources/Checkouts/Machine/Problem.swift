internal import Klarna

/// What stands in the way of a checkout, for the merchant's eyes: a stable type, one sentence, and what Klarna said.
public struct Problem: Sendable, Hashable {
    public let type: Kind
    public let detail: String
    public let klarna: KlarnaAnswer?

    public init(_ type: Kind, _ detail: String, klarna: KlarnaAnswer? = nil) {
        self.type = type
        self.detail = detail
        self.klarna = klarna
    }

    /// The last part of the problem type's URI.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Klarna refused to create the sessions.
        case klarnaRefused = "klarna-refused"
        /// Klarna did not answer; what happened there is being found out.
        case klarnaUnreachable = "klarna-unreachable"
        /// The order was sent and no usable answer came back: it may or may not exist.
        case placementUnknown = "placement-unknown"
        /// Klarna refuses the order for now; it is tried again.
        case placementDelayed = "placement-delayed"
        case authorizationExpired = "authorization-expired"
        /// The shopper paid when nothing was to be paid any more: the authorization is given back.
        case authorizationReleased = "authorization-released"
        case orderRejected = "order-rejected"
        /// An order may exist that cannot be identified.
        case orderUnidentified = "order-unidentified"
        /// The order that Klarna shows differs from what was bought.
        case orderMismatch = "order-mismatch"
        /// Klarna made no customer token of the authorization.
        case customerTokenRefused = "customer-token-refused"
        /// A customer token may exist that nobody showed us.
        case customerTokenUnknown = "customer-token-unknown"
        /// Klarna suspended the customer token: the shopper has to agree to a new one.
        case customerTokenSuspended = "customer-token-suspended"
        /// The customer token was cancelled, or is not this merchant's.
        case customerTokenCancelled = "customer-token-cancelled"
        /// The payment method was declined, often for a while only: try again later.
        case paymentMethodFailed = "payment-method-failed"
        /// The payment method is gone or does not fit: the shopper has to choose another.
        case paymentMethodUnavailable = "payment-method-unavailable"
        /// What was sent got no usable answer: it may or may not have happened.
        case operationUnknown = "operation-unknown"
        /// Klarna refused what was to be done with the order.
        case operationRefused = "operation-refused"
        /// Klarna's sums and what is known here differ.
        case orderDisagrees = "order-disagrees"
    }

    /// Klarna's own words about a refusal.
    public struct KlarnaAnswer: Sendable, Hashable {
        public let status: Int?
        public let errorCode: String?
        public let errorMessages: [String]
        public let correlationID: String?

        public init(status: Int?, errorCode: String?, errorMessages: [String], correlationID: String?) {
            self.status = status
            self.errorCode = errorCode
            self.errorMessages = errorMessages
            self.correlationID = correlationID
        }
    }
}

extension Problem {
    static func placementUnknown(_ klarna: KlarnaAnswer?) -> Problem {
        Problem(
            .placementUnknown,
            "The order was sent to Klarna and no usable answer came back; whether it exists is being found out.",
            klarna: klarna,
        )
    }

    static func orderMismatch(_ orderID: OrderID) -> Problem {
        Problem(
            .orderMismatch,
            "Klarna names the order \(orderID.rawValue), which is not what was bought: look it up in the merchant portal.",
        )
    }

    static let orderUnidentified = Problem(
        .orderUnidentified,
        "Klarna may hold an order for this checkout whose id cannot be found: look it up in the merchant portal.",
    )

    static let rivalUnsettled = Problem(
        .placementDelayed,
        "Another checkout with the same merchant reference is being placed; how that ends decides.",
    )

    static let accountMissing = Problem(
        .placementDelayed,
        "The Klarna account of this checkout is not configured any more.",
    )

    static let latePayment = Problem(
        .authorizationReleased,
        "The shopper was authorized after the checkout had ended; no order is placed and the authorization is given back.",
    )

    static func paidTwice(_ other: Checkout.ID) -> Problem {
        Problem(
            .authorizationReleased,
            "The checkout \(other) with the same merchant reference is paid, or may be; no order is placed and the authorization is given back.",
        )
    }

    static func tokenUnknown(_ klarna: KlarnaAnswer?) -> Problem {
        Problem(
            .customerTokenUnknown,
            "Klarna was asked for a customer token and gave no usable answer; it is asked again.",
            klarna: klarna,
        )
    }

    static func tokenDelayed(_ klarna: KlarnaAnswer) -> Problem {
        Problem(.placementDelayed, "Klarna makes no customer token for now; it is asked again.", klarna: klarna)
    }

    static func placementDelayed(_ klarna: KlarnaAnswer) -> Problem {
        Problem(.placementDelayed, "Klarna refuses the order for now; it is tried again.", klarna: klarna)
    }
}
