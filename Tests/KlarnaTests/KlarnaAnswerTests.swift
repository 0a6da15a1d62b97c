import Klarna
import KlarnaDocsSupport
import Money
import Testing
import Wire

@Suite("An answer of Klarna's")
struct KlarnaAnswerTests {
    @Test(arguments: [
        ("kp-session-create.response", ["pay_later", "pay_over_time", "pay_now"]),
        ("kp-session-create.response.single-category", ["klarna"]),
    ])
    func `names a new payment session`(name: String, categories: [String]) async throws {
        let created = try await client(name).createPaymentSession(.jackets, terms: PaymentSessionTerms())
        #expect(created.id.rawValue == "5c1f0a52-7be4-4d0e-9c3a-2f6b8d91e047")
        #expect(created.paymentMethodCategories.map(\.identifier) == categories)
        #expect(created.paymentMethodCategories.allSatisfy { $0.name != nil && $0.assetURLs["standard"] != nil })
    }

    @Test(arguments: [
        ("kp-session-read.response", PaymentSessionReading.Status.incomplete, false),
        ("kp-session-read.response.authorized", .incomplete, true),
        ("kp-session-read.response.complete", .complete, true),
    ])
    func `tells how a payment session stands`(
        name: String,
        status: PaymentSessionReading.Status,
        isAuthorized: Bool,
    ) async throws {
        let reading = try await client(name).paymentSession(PaymentSessionID(rawValue: "1"))
        #expect(reading.status == status)
        #expect(reading.authorizationToken?.rawValue == (isAuthorized ? "8f3b6c1d-20e7-4a95-b1d8-66c0f2a97e54" : nil))
        #expect(reading.expiresAt == Timestamp("2025-03-06T09:15:30.000Z"))
    }

    @Test func `names a new HPP session`() async throws {
        let created = try await client("hpp-session-create.response", 201).createHPPSession(
            for: .payments(PaymentSessionID(rawValue: "1")),
            urls: nil,
            options: PageOptions(),
        )
        #expect(created.id.rawValue == "c7d2e9b4-31aa-4f5c-8e60-19b7a4d5f321")
        #expect(created.redirectURL == "https://pay.playground.klarna.com/eu/hpp/payments/4kQz7Rm")
        #expect(created.qrCodeURL?.hasSuffix("/qr") == true)
        #expect(created.distributionURL?.hasSuffix("/distribution") == true)
        #expect(created.sessionURL?.hasSuffix("/c7d2e9b4-31aa-4f5c-8e60-19b7a4d5f321") == true)
        #expect(created.manualIDCheckURL?.hasSuffix("/manual-id-check") == true)
        #expect(created.distributionModule?.token?.reveal() == "dm_6c1b0e9f4a7d")
        #expect(created.distributionModule?.generationURL?.hasSuffix("/token") == true)
        #expect(created.expiresAt == Timestamp("2025-03-06T08:15:30Z"))
        #expect(!"\(created)".contains("dm_6c1b0e9f4a7d"))
    }

    @Test(arguments: ["javascript:alert(1)", "https://pay.example/1\r\nX: y", "", "//pay.example"])
    func `has no picture where no URL of the web stands`(url: String) async throws {
        let client = try client(json: [
            "session_id": "1", "redirect_url": "https://pay.example/1", "qr_code_url": .string(url),
            "distribution_module": "none",
        ])
        let created = try await client.createHPPSession(
            for: .payments(PaymentSessionID(rawValue: "1")),
            urls: nil,
            options: PageOptions(),
        )
        #expect(created.qrCodeURL == nil && created.distributionModule == nil)
    }

    @Test(arguments: [
        ("back", HPPStatus.back), ("cancelled", .cancelled), ("completed.place-order-mode-none", .completed),
        ("completed.place-order", .completed), ("disabled", .disabled), ("error", .error), ("failed", .failed),
        ("in-progress", .inProgress), ("manual-id-check", .manualIDCheck), ("waiting", .waiting),
    ])
    func `tells how an HPP session stands`(name: String, status: HPPStatus) async throws {
        let reading = try await client("hpp-session-read.response.\(name)").hppSession(HPPSessionID(rawValue: "1"))
        #expect(reading.status == status)
        #expect(HPPStatus(rawValue: reading.status.rawValue) == status)
        #expect(reading.updatedAt != nil && reading.expiresAt == Timestamp("2025-03-06T08:15:30Z"))
        #expect((reading.authorizationToken != nil) == (name == "completed.place-order-mode-none"))
        #expect(
            reading.orderID?.rawValue
                == (name == "completed.place-order" ? "e4a7d3f0-5b18-4c62-a9f7-0d3e81b6c295" : nil)
        )
        #expect((reading.klarnaReference == "KQ7P41RX") == (name == "completed.place-order"))
    }

    @Test func `covers every HPP status there is an example of`() {
        #expect(Fixture.names("hpp-session-read.response.").count == 10)
    }

    @Test(arguments: [
        ("kp-order-create.response", FraudStatus.accepted, "invoice", true),
        ("kp-order-create.response.pending", .pending, "invoice", true),
        ("kp-order-create.response.instalments", .accepted, "fixed_amount", false),
    ])
    func `names the order that was placed`(name: String, fraud: FraudStatus, method: String, redirects: Bool)
        async throws
    {
        let placed = try await client(name).placeOrder(
            AuthorizationToken(rawValue: "t"),
            body: [],
            idempotencyKey: "k",
        )
        #expect(placed.orderID.rawValue == "e4a7d3f0-5b18-4c62-a9f7-0d3e81b6c295")
        #expect(placed.fraudStatus == fraud)
        #expect(placed.authorizedPaymentMethod == method)
        #expect((placed.redirectURL != nil) == redirects)
    }

    @Test func `may name the payment method as a bare word, and hold nothing but the id`() async throws {
        let bare = try client(json: [
            "order_id": "o-1", "authorized_payment_method": "invoice", "fraud_status": "LOOKED_AT",
        ])
        let placed = try await bare.placeOrder(AuthorizationToken(rawValue: "t"), body: [], idempotencyKey: "k")
        #expect(placed.authorizedPaymentMethod == "invoice")
        #expect(placed.fraudStatus == .other("LOOKED_AT"))
        #expect(placed.fraudStatus?.rawValue == "LOOKED_AT")
        let reading = try await client(json: ["order_id": "o-1"]).order(OrderID(rawValue: "o-1"))
        #expect(reading.status == nil && reading.orderAmount == nil && reading.fraudStatus == nil)
    }

    @Test(arguments: [
        ("authorized", "AUTHORIZED", 0, 0, 174_700), ("captured", "CAPTURED", 174_700, 0, 0),
        ("captured-refunded", "CAPTURED", 174_700, 89_900, 0), ("part-captured", "PART_CAPTURED", 94_800, 0, 79_900),
        ("cancelled", "CANCELLED", 0, 0, 0), ("expired", "EXPIRED", 0, 0, 0),
        ("pending-fraud", "AUTHORIZED", 0, 0, 174_700),
        ("closed-after-release", "CLOSED", 94_800, 0, 0),
    ])
    func `tells how an order stands`(
        name: String,
        status: String,
        captured: Int64,
        refunded: Int64,
        remaining: Int64,
    ) async throws {
        let reading = try await client("om-order.response.\(name)").order(OrderID(rawValue: "1"))
        #expect(reading.orderID.rawValue == "e4a7d3f0-5b18-4c62-a9f7-0d3e81b6c295")
        #expect(reading.status == status)
        #expect(reading.capturedAmount == MinorUnits(captured))
        #expect(reading.refundedAmount == MinorUnits(refunded))
        #expect(reading.remainingAuthorizedAmount == MinorUnits(remaining))
        #expect(reading.originalOrderAmount == 174_700)
        #expect(reading.purchaseCurrency == "SEK")
        #expect(reading.merchantReference1 == "NO-2025-004711")
        #expect(reading.merchantReference2 == "cart-88213")
        #expect(reading.klarnaReference == "KQ7P41RX")
        #expect(reading.fraudStatus == (name == "pending-fraud" ? .pending : .accepted))
        #expect(reading.expiresAt != nil)
    }

    @Test func `may say words and fields that nobody knew`() async throws {
        let json: JSON = [
            "status": "TELEPORTED", "session_id": "1", "surprise": ["deep": [1, .number("2.5"), .null]],
            "updated_at": "2025-03-04T09:25:47Z",
            "expires_at": "2025-03-04T11:25:47.5+02:00",
        ]
        let reading = try await client(json: json).hppSession(HPPSessionID(rawValue: "1"))
        #expect(reading.status == .other("TELEPORTED"))
        #expect(reading.status.rawValue == "TELEPORTED")
        #expect(reading.updatedAt == Timestamp("2025-03-04T09:25:47.000Z"))
        #expect(reading.expiresAt == Timestamp("2025-03-04T09:25:47.500Z"))
        let session = try await client(json: json).paymentSession(PaymentSessionID(rawValue: "1"))
        #expect(session.status == .other("TELEPORTED"))
    }

    @Test(arguments: [("timeout", HPPStatus.timeout), ("complete", .completed), ("Waiting", .waiting)])
    func `may use words in either case`(word: String, status: HPPStatus) async throws {
        let client = try client(json: [
            "status": .string(word), "authorization_token": "", "expires_at": 17, "order_id": .null,
        ])
        let reading = try await client.hppSession(HPPSessionID(rawValue: "1"))
        #expect(reading.status == status)
        #expect(reading.authorizationToken == nil && reading.orderID == nil && reading.expiresAt == nil)
    }

    @Test(arguments: [
        ("Tue, 04 Mar 2025 09:15:31 GMT", "2025-03-04T09:15:31Z"),
        ("Wed, 31 Dec 2025 23:59:59 GMT", "2025-12-31T23:59:59Z"),
        ("Tue, 04 Mar 2025 09:15:31 CET", nil), ("Tue, 04 Foo 2025 09:15:31 GMT", nil), ("yesterday", nil), ("", nil),
        ("Tue, 4 Mar 2025 9:15:31 GMT", nil), ("Tue, 31 Feb 2025 09:15:31 GMT", nil), (nil, nil),
    ])
    func `carries Klarna's clock`(date: String?, expected: String?) async throws {
        let fields = date.map { [(name: "date", value: $0)] } ?? []
        let body = Array(#"{"status":"WAITING","order_id":"o"}"#.utf8)
        let client = try KlarnaClient.sample(CannedTransport(200, body, fields: fields))
        let time = expected.flatMap { Timestamp($0) }
        #expect(try await client.hppSession(HPPSessionID(rawValue: "1")).klarnaTime == time)
        #expect(try await client.paymentSession(PaymentSessionID(rawValue: "1")).klarnaTime == time)
        #expect(try await client.order(OrderID(rawValue: "o")).klarnaTime == time)
    }

    @Test func `ends a deletion with any success, body or none`() async throws {
        for status in [200, 202, 204] {
            try await KlarnaClient.sample(CannedTransport(status)).disableHPPSession(HPPSessionID(rawValue: "1"))
            try await KlarnaClient.sample(CannedTransport(status)).releaseAuthorization(
                AuthorizationToken(rawValue: "1")
            )
        }
    }
}

private func client(_ fixture: String, _ status: Int = 200) throws -> KlarnaClient {
    try .sample(CannedTransport(status, try Fixture.bytes(fixture)))
}

private func client(json: JSON) throws -> KlarnaClient { try .sample(CannedTransport(200, json.bytes)) }
