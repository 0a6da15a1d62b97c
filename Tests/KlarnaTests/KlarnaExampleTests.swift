import Klarna
import KlarnaDocsSupport
import Money
import Testing
import Wire

@Suite("An example of what Klarna says")
struct KlarnaExampleTests {
    /// Whatever is no request of ours. Errors have a suite of their own, and callbacks come to the routes.
    @Test(
        arguments: Fixture.names("").filter { name in
            ![".request", ".body", "callback"].contains { name.contains($0) } && !name.hasPrefix("error.")
        }
    )
    func `is read`(name: String) async throws {
        let example = try Fixture.json(name)
        // Answers that are told by their fields lie in a wrapping.
        let fields = (example["headers"]?.object?.members ?? []).map {
            (name: $0.name, value: $0.value.string ?? "")
        }
        let isWrapped = name.hasSuffix(".headers")
        let body = isWrapped ? [] : try Fixture.bytes(name)
        let status = Int(example["status"]?.integer ?? 200)
        let client = try KlarnaClient.sample(
            CannedTransport(isWrapped ? status : 200, body, fields: fields + correlated)
        )
        let order = OrderID(rawValue: "o")
        let capture = CaptureID(rawValue: "a")
        let told: String?
        switch name.prefix(while: { $0 != "." }) {
        case "kp-session-create":
            told = try await client.createPaymentSession(.jackets, terms: .everything).correlationID
        case "kp-session-read":
            told = try await client.paymentSession(PaymentSessionID(rawValue: "p")).correlationID
        case "kp-order-create":
            told = try await client.placeOrder(
                AuthorizationToken(rawValue: "t"),
                body: [],
                idempotencyKey: "k",
            )
            .correlationID
        case "kp-customer-token-create":
            told = try await client.createCustomerToken(AuthorizationToken(rawValue: "t"), .club)
                .correlationID
        case "hpp-session-create":
            told = try await client.createHPPSession(
                for: .payments(PaymentSessionID(rawValue: "p")),
                urls: nil,
                options: PageOptions(),
            ).correlationID
        case "hpp-session-read":
            told = try await client.hppSession(HPPSessionID(rawValue: "h")).correlationID
        case "ct-read":
            told = try await client.customerToken(KlarnaTokenID(rawValue: "c")).correlationID
        case "ct-order-create":
            told = try await client.placeTokenOrder(
                KlarnaTokenID(rawValue: "c"),
                body: [],
                idempotencyKey: "k",
            )
            .correlationID
        case "kco-order":
            told = try await client.checkoutOrder(CheckoutOrderID(rawValue: "k")).correlationID
        case "om-order": told = try await client.order(order).correlationID
        case "om-captures-list": told = try await client.captures(order).correlationID
        case "om-capture": told = try await client.capture(order, capture).correlationID
        case "om-refund": told = try await client.refund(order, RefundID(rawValue: "r")).correlationID
        case "om-extend-due-date-options":
            told = try await client.dueDateOptions(order, capture).correlationID
        case "om-capture-create", "om-refund-create":
            let answer = try await client.perform(.capture, on: order, body: [], idempotencyKey: "k")
            #expect(answer.id?.count == 36)
            told = answer.correlationID
        case "rate-limit", "unauthorized":
            told = await refusal { () throws(KlarnaError) in _ = try await client.order(order) }?
                .correlationID
        case let kind:
            Issue.record("nobody reads \(kind)")
            return
        }
        #expect(told == fields.first { $0.name == "Klarna-Correlation-Id" }?.value ?? "c-1")
    }

    @Test func `says how an order stands in full`() async throws {
        let order = try await client("om-order.response.captured-refunded").order(
            OrderID(rawValue: "o")
        )
        #expect(order.orderLines == Purchase.jackets.orderLines)
        let capture = try #require(order.captures?.first)
        #expect(
            capture.id.rawValue == "1b9e5d72-c840-4f36-8a2d-7e51f09c3ab6" && order.captures?.count == 1
        )
        #expect(
            capture.amount == 174_700 && capture.refundedAmount == 89_900
                && capture.reference == "ship-5501"
        )
        #expect(capture.klarnaReference == "KQ7P41RX-1" && capture.shippingInfo == [.parcel])
        #expect(capture.capturedAt == Timestamp("2025-03-05T13:41:09.221Z"))
        let refund = try #require(order.refunds?.first)
        #expect(
            refund.id.rawValue == "a60d8f13-94c2-4be7-b5e0-38f7c1d2906e" && order.refunds?.count == 1
        )
        #expect(
            refund.amount == 89_900 && refund.reference == "rma-210"
                && refund.orderLines == [Purchase.jacket]
        )
        #expect(
            order.initialPaymentMethod?.type == "INVOICE" && order.createdAt != nil
                && order.locale == "sv-SE"
        )
        #expect(order.shippingAddress?.city == "Stockholm")
    }

    @Test func `says what a payment session is about`() async throws {
        let session = try await client("kp-session-read.response.authorized")
            .paymentSession(PaymentSessionID(rawValue: "p"))
        #expect(session.intent == .buy && session.acquiringChannel == .eCommerce)
        #expect(session.orderAmount == 174_700 && session.orderTaxAmount == 34_940)
        #expect(session.orderLines == Purchase.jackets.orderLines)
        #expect(session.purchaseCountry == "SE" && session.purchaseCurrency == "SEK")
        #expect(!session.paymentMethodCategories.isEmpty)
    }

    @Test func `says what an order of Klarna Checkout is about`() async throws {
        let reading = try await client("kco-order.response.complete").checkoutOrder(
            CheckoutOrderID(rawValue: "k")
        )
        #expect(reading.status == .complete && reading.orderAmount == 174_700)
        #expect(reading.id.orderID.rawValue == "3d8b7e46-a1f9-4c05-92de-5b06c8e4f71a")
        #expect(reading.orderLines == Purchase.jackets.orderLines && reading.startedAt != nil)
    }

    @Test func `says how far a due date can be put off`() async throws {
        let options = try await client("om-extend-due-date-options.response")
            .dueDateOptions(OrderID(rawValue: "o"), CaptureID(rawValue: "a"))
        #expect(options.currency == "SEK" && options.options.map(\.days) == [14, 30])
        #expect(options.options.map(\.amount) == [2900, 4900])
    }

    @Test(
        arguments: [
            ("card", CustomerTokenStatus.active, "CARD", "************4242"),
            ("direct-debit", .active, "DIRECT_DEBIT", "**********731"),
            ("cancelled", .cancelled, "INVOICE", nil),
        ] as [(String, CustomerTokenStatus, String, String?)]
    )
    func `says how a customer token stands`(
        name: String,
        status: CustomerTokenStatus,
        method: String,
        number: String?,
    ) async throws {
        let reading = try await client("ct-read.response.\(name)").customerToken(
            KlarnaTokenID(rawValue: "c")
        )
        #expect(reading.status == status && reading.paymentMethodType == method)
        #expect(reading.card?.maskedNumber ?? reading.directDebitMaskedNumber == number)
        #expect(CustomerTokenStatus(rawValue: reading.status.rawValue) == status)
    }

    @Test(
        arguments: [
            ("TOKEN_NOT_FOUND", CustomerTokenFailure.notFound), ("TOKEN_SUSPENDED", .suspended),
            ("TOKEN_CANCELLED", .cancelled), ("TOKEN_CANCELED", .cancelled),
            ("TOKEN_FORBIDDEN", .forbidden),
            ("UNAVAILABLE_PAYMENT_METHOD", .methodUnavailable),
            ("PAYMENT_METHOD_CURRENCY_MISMATCH", .currencyMismatch),
            ("PAYMENT_METHOD_FAILED", .methodFailed), ("BAD_REQUEST", nil), ("MERCHANT_INACTIVE", nil),
        ] as [(String, CustomerTokenFailure?)]
    )
    func `tells the failures of customer tokens apart`(code: String, failure: CustomerTokenFailure?)
        async throws
    {
        let body: JSON = [
            "error_code": .string(code), "reason": "declined", "fraud_status": "REJECTED",
        ]
        let client = try KlarnaClient.sample(CannedTransport(403, body.bytes))
        let refusal = await refusal { () throws(KlarnaError) in
            _ = try await client.placeTokenOrder(
                KlarnaTokenID(rawValue: "c"),
                body: [],
                idempotencyKey: "k",
            )
        }
        #expect(refusal?.customerTokenFailure == failure)
        #expect(refusal?.reason == "declined")
    }

    @Test func `may spell countries, currencies and times another way, and leave out what it will`()
        async throws
    {
        let odd: JSON = [
            "order_id": "o", "purchase_country": "us", "purchase_currency": "usd", "locale": "en-us",
            "created_at": "2025-03-04T09:15:30+00:00", "expires_at": "2025-03-04T09:15:30.5Z",
            "captures": [["captured_at": 1]],
            "refunds": [["refund_id": "r", "refunded_amount": .number("1e3"), "order_lines": [[:]]]],
            "shipping_info": "none", "initial_payment_method": "INVOICE",
            "order_lines": [
                [
                    "name": "Mug", "type": "cup",
                    "quantity": 1, "unit_price": 1, "total_amount": 1, "reference": "", "surprise": [:],
                ]
            ],
        ]
        let order = try await KlarnaClient.sample(CannedTransport(200, odd.bytes)).order(
            OrderID(rawValue: "o")
        )
        #expect(
            order.purchaseCountry == "US" && order.purchaseCurrency == "USD" && order.locale == "en-US"
        )
        #expect(order.createdAt == Timestamp("2025-03-04T09:15:30Z"))
        // A capture without an id is one that nobody can speak of: what is captured is then not known.
        #expect(order.captures == nil && order.shippingInfo == [] && order.initialPaymentMethod == nil)
        #expect(order.refunds?.first?.amount == nil && order.refunds?.first?.orderLines == nil)
        #expect(order.orderLines?.first?.type == "cup" && order.orderLines?.first?.reference == nil)
        let bare = try await KlarnaClient.sample(CannedTransport(200, Array(#"{"order_id":"o"}"#.utf8)))
            .order(OrderID(rawValue: "o"))
        #expect(
            bare.captures == nil && bare.refunds == nil && bare.orderLines == nil && bare.locale == nil
        )
    }

    @Test(arguments: ["[]", "{}", "7", "null", #"{"capture_id":""}"#, #"[{"capture_id":7}]"#, ""])
    func `says nothing certain when it lacks what it has to hold`(body: String) async throws {
        let client = try KlarnaClient.sample(CannedTransport(200, Array(body.utf8)))
        let order = OrderID(rawValue: "o")
        await #expect(throws: KlarnaError.self) {
            try await client.capture(order, CaptureID(rawValue: "a"))
        }
        await #expect(throws: KlarnaError.self) {
            try await client.refund(order, RefundID(rawValue: "r"))
        }
        await #expect(throws: KlarnaError.self) {
            try await client.customerToken(KlarnaTokenID(rawValue: "c"))
        }
        await #expect(throws: KlarnaError.self) {
            try await client.checkoutOrder(CheckoutOrderID(rawValue: "k"))
        }
        await #expect(throws: KlarnaError.self) {
            try await client.createCustomerToken(AuthorizationToken(rawValue: "t"), .club)
        }
        guard body != "[]" else { return }
        await #expect(throws: KlarnaError.self) { try await client.captures(order) }
    }
}

private let correlated = [(name: "Klarna-Correlation-Id", value: "c-1")]

private func client(_ fixture: String) throws -> KlarnaClient {
    try .sample(CannedTransport(200, try Fixture.bytes(fixture)))
}

private func refusal(_ call: () async throws(KlarnaError) -> Void) async -> Refusal? {
    do throws(KlarnaError) {
        try await call()
        return nil
    } catch {
        guard case .refused(let refusal) = error else { return nil }
        return refusal
    }
}
