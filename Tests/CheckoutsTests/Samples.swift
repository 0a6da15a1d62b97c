import Klarna
import Money
import Wire

@testable import Checkouts

extension Timestamp {
    /// 2025-03-04T09:15:30Z.
    static let start = Timestamp(milliseconds: 1_741_079_730_000)
}

extension Purchase {
    static let mug = Purchase(
        country: "SE",
        currency: "SEK",
        locale: "sv-SE",
        orderAmount: 25_000,
        orderTaxAmount: 5000,
        orderLines: [
            OrderLine(
                type: "physical",
                reference: "MUG",
                name: "Mug",
                quantity: 2,
                unitPrice: 12_500,
                taxRate: 2500,
                totalAmount: 25_000,
                totalTaxAmount: 5000,
            )
        ],
        merchantReference1: "order-1001",
        billingAddress: Address(givenName: "Ada", familyName: "Lovelace", email: "ada@example.com"),
    )
}

extension Checkout.Sessions {
    static let sample = Checkout.Sessions(
        paymentSessionID: PaymentSessionID(rawValue: "kp-1"),
        hppSessionID: HPPSessionID(rawValue: "hpp-1"),
        redirectURL: "https://pay.example/1",
        qrCodeURL: nil,
        expiresAt: .start + .seconds(47 * 3600),
        paymentMethodCategories: ["pay_later"],
    )
}

extension OrderPlacement {
    static let sample = OrderPlacement(
        token: AuthorizationToken(rawValue: "token-1"),
        body: Purchase.mug.placeOrderBody(),
        idempotencyKey: "key-1",
        authorizedAt: .start,
    )
}

extension Order {
    static let sample = Order(
        orderID: OrderID(rawValue: "order-1"),
        fraudStatus: "ACCEPTED",
        authorizedAmount: 25_000,
        remainingAuthorizedAmount: 25_000,
        placedAt: .start,
    )
}

extension Checkout {
    static func sample() -> Checkout {
        var generator = Zeroes()
        return Checkout(id: ID(ULID(at: .start, using: &generator)), purchase: .mug, createdAt: .start)
    }

    /// One that asks for a customer token and no order.
    static func tokenizing() -> Checkout {
        let terms = PaymentSessionTerms(intent: .tokenize, acquiringChannel: .telesales)
        return Checkout(id: sample().id, purchase: .mug, terms: terms, createdAt: .start)
    }

    static func waiting() -> Checkout { after(.opened(.sample)) }

    static func authorized() -> Checkout { after(.opened(.sample), .authorized(.sample, ifEnded: .release)) }

    static func placed() -> Checkout {
        after(.opened(.sample), .authorized(.sample, ifEnded: .release), .orderFound(.sample))
    }

    /// Authorized, sent and lost once, refused twice: everything a placement can hold.
    static func refusedTwice() -> Checkout {
        let answer = Problem.KlarnaAnswer(
            status: 403,
            errorCode: "REJECTED",
            errorMessages: ["Rejected"],
            correlationID: "c-1",
        )
        return after(
            .opened(.sample),
            .authorized(.sample, ifEnded: .release),
            .placementSent(at: .start, exclusively: false),
            .placementUnanswered(nil),
            .placementSent(at: .start, exclusively: false),
            .placementRefused(answer, at: .start),
            .placementSent(at: .start, exclusively: false),
            .placementRefused(answer, at: .start),
            .placementComplete(at: .start),
        )
    }

    /// A shopper agreed to be charged again.
    static func tokenized() -> Checkout {
        let sample = tokenizing()
        let token = CustomerToken(
            madeBy: sample.id,
            token: KlarnaTokenID(rawValue: "klarna-token"),
            createdAt: .start,
        )
        return after(
            .opened(.sample),
            .authorized(.sample, ifEnded: .release),
            .tokenSent(at: .start),
            .tokenWaits(.unanswered(nil)),
            .tokenSent(at: .start),
            .tokenCreated(token),
            .tokenRead(.active, paymentMethodType: "CARD", maskedNumber: "*42"),
            of: sample,
        )
    }

    /// Everything that an operation can hold, pending, done and failed.
    static func operatedOn() -> Checkout {
        var generator = Zeroes()
        let line = Purchase.mug.orderLines[0]
        let effects: [OrderEffect] = [.capture, .refund, .captureShippingInfo(CaptureID(rawValue: "k-1")), .cancel]
        let operations = effects.map { effect in
            OrderOperation(
                id: OrderOperation.ID(ULID(at: .start, using: &generator), of: effect),
                effect: effect,
                amount: effect == .cancel ? nil : 100,
                parts: [LinePart(index: 0, line: line), LinePart(index: nil, line: line)],
                requestKey: "request",
                createdAt: .start,
                body: Array("{}".utf8),
            )
        }
        let answer = Problem.KlarnaAnswer(status: 403, errorCode: "NO", errorMessages: ["No"], correlationID: "c")
        let update = OrderOperation(
            id: OrderOperation.ID(ULID(at: .start + .seconds(1), using: &generator), of: .updateAuthorization),
            effect: .updateAuthorization,
            amount: 100,
            replacedLines: [line],
            createdAt: .start,
        )
        let rename = OrderOperation(
            id: OrderOperation.ID(ULID(at: .start + .seconds(2), using: &generator), of: .merchantReferences),
            effect: .merchantReferences,
            references: MerchantReferences(first: "order-1001-B", second: ""),
            createdAt: .start,
        )
        return after(
            .opened(.sample),
            .authorized(.sample, ifEnded: .release),
            .placementSent(at: .start, exclusively: true),
            .orderFound(.sample),
            .operationOrdered(operations[0]),
            .operationSent(operations[0].id, at: .start),
            .operationWaits(operations[0].id, .unanswered(answer)),
            .operationOrdered(operations[1]),
            .operationSent(operations[1].id, at: .start),
            .operationWaits(operations[1].id, .refused(answer, at: .start)),
            .operationFailed(operations[1], .operationRefused(answer)),
            .operationOrdered(operations[2]),
            .operationDone(operations[2], klarnaID: nil),
            .operationOrdered(update),
            .operationDone(update, klarnaID: nil),
            .operationOrdered(rename),
            .operationDone(rename, klarnaID: nil),
            .operationOrdered(operations[3]),
        )
    }

    private static func after(_ news: News..., of sample: Checkout = sample()) -> Checkout {
        var checkout = sample
        for piece in news { _ = try? checkout.apply(piece, at: .start) }
        return checkout
    }
}

/// No chance at all.
private struct Zeroes: RandomNumberGenerator {
    mutating func next() -> UInt64 { 0 }
}
