import Klarna
import KlarnaDocsSupport
import Testing
import Wire

@Suite("Every call to Klarna")
struct EveryCallTests {
    @Test(arguments: [
        (CallPurpose.createPaymentSession, "POST /payments/v1/sessions"),
        (.updatePaymentSession, "POST /payments/v1/sessions/p"),
        (.readPaymentSession, "GET /payments/v1/sessions/p"),
        (.placeOrder, "POST /payments/v1/authorizations/t/order"),
        (.releaseAuthorization, "DELETE /payments/v1/authorizations/t"),
        (.createCustomerToken, "POST /payments/v1/authorizations/t/customer-token"),
        (.createHPPSession, "POST /hpp/v1/sessions"), (.readHPPSession, "GET /hpp/v1/sessions/h"),
        (.disableHPPSession, "DELETE /hpp/v1/sessions/h"),
        (.distributeHPPSession, "POST /hpp/v1/sessions/h/distribution"),
        (.readCustomerToken, "GET /customer-token/v1/tokens/c"),
        (.cancelCustomerToken, "PATCH /customer-token/v1/tokens/c/status"),
        (.placeTokenOrder, "POST /customer-token/v1/tokens/c/order"),
        (.createCheckoutOrder, "POST /checkout/v3/orders"),
        (.readCheckoutOrder, "GET /checkout/v3/orders/k"),
        (.updateCheckoutOrder, "POST /checkout/v3/orders/k"),
        (.abortCheckoutOrder, "POST /checkout/v3/orders/k/abort"),
        (.readOrder, "GET /ordermanagement/v1/orders/o"),
        (.readCaptures, "GET /ordermanagement/v1/orders/o/captures"),
        (.readCapture, "GET /ordermanagement/v1/orders/o/captures/a"),
        (.readRefund, "GET /ordermanagement/v1/orders/o/refunds/r"),
        (.readDueDateOptions, "GET /ordermanagement/v1/orders/o/captures/a/extend-due-date-options"),
        (.acknowledgeOrder, "POST /ordermanagement/v1/orders/o/acknowledge"),
        (.captureOrder, "POST /ordermanagement/v1/orders/o/captures"),
        (.refundOrder, "POST /ordermanagement/v1/orders/o/refunds"),
        (.cancelOrder, "POST /ordermanagement/v1/orders/o/cancel"),
        (
            .releaseRemainingAuthorization,
            "POST /ordermanagement/v1/orders/o/release-remaining-authorization",
        ),
        (.extendAuthorization, "POST /ordermanagement/v1/orders/o/extend-authorization-time"),
        (.updateAuthorization, "PATCH /ordermanagement/v1/orders/o/authorization"),
        (.updateMerchantReferences, "PATCH /ordermanagement/v1/orders/o/merchant-references"),
        (.updateCustomerDetails, "PATCH /ordermanagement/v1/orders/o/customer-details"),
        (.addShippingInfo, "POST /ordermanagement/v1/orders/o/shipping-info"),
        (.addCaptureShippingInfo, "POST /ordermanagement/v1/orders/o/captures/a/shipping-info"),
        (.sendOutCapture, "POST /ordermanagement/v1/orders/o/captures/a/trigger-send-out"),
        (.extendDueDate, "PATCH /ordermanagement/v1/orders/o/captures/a/extend-due-date"),
    ])
    func `goes where it belongs, in its own manner`(purpose: CallPurpose, line: String) async throws {
        let transport = CannedTransport(404)
        let client = try KlarnaClient.sample(transport)
        _ = try? await client.make(purpose)
        let request = try #require(transport.requests.first)
        let base = "https://api.playground.klarna.com"
        #expect("\(request.method) \(request.url.dropFirst(base.count))" == line)
        #expect(
            request.url.hasPrefix(base) && request.purpose == purpose && transport.requests.count == 1
        )
        let isCreation = [.createPaymentSession, .createHPPSession, .createCheckoutOrder].contains(
            purpose
        )
        let isRead = request.method == "GET"
        #expect(request.timeout == .seconds(isRead ? 10 : isCreation ? 15 : 30))
        #expect(request.isEffect == (!isRead && !isCreation))
        // A key is documented for Order Management and for orders on a token, and sent when an order is placed as well.
        let key = request.fields.first { $0.name == "Klarna-Idempotency-Key" }?.value
        let isOrderEffect = !isRead && line.contains("/ordermanagement/")
        #expect(
            (key == "k") == (isOrderEffect || purpose == .placeOrder || purpose == .placeTokenOrder)
        )
        #expect((request.body != nil) == request.fields.contains { $0.name == "Content-Type" })
    }

    @Test func `is named once in metrics`() {
        #expect(Set(CallPurpose.allCases.map(\.rawValue)).count == CallPurpose.allCases.count)
        #expect(CallPurpose.allCases.allSatisfy { $0.rawValue.utf8.count <= 32 })
    }

    @Test(arguments: [CallPurpose.captureOrder, .refundOrder])
    func `tells which capture or refund was made`(purpose: CallPurpose) async throws {
        let effect = purpose == .captureOrder ? OrderEffect.capture : .refund
        let name = purpose == .captureOrder ? "om-capture-create" : "om-refund-create"
        let example = try Fixture.json("\(name).response.headers")
        let fields = (example["headers"]?.object?.members ?? []).map {
            (name: $0.name, value: $0.value.string ?? "")
        }
        let id = try #require(fields.first { $0.name.hasSuffix("-Id") }?.value)
        let location = fields.filter { $0.name == "Location" }
        for said in [fields, location] {
            let client = try KlarnaClient.sample(
                CannedTransport(201, fields: said + [(name: "klarna-correlation-id", value: "c-1")])
            )
            let answer = try await client.perform(effect, on: OrderID(rawValue: "o"), body: [], idempotencyKey: "k")
            #expect(answer.id == id && answer.correlationID == "c-1")
        }
    }

    @Test(
        arguments: [
            ([], "", nil), ([("Location", "http://h/captures/c-1?x=y#z")], "", "c-1"),
            ([("Location", "/")], "", nil),
            ([("Location", "/captures/c 1")], "", nil), ([("Capture-Id", "")], "", nil),
            ([("Capture-Id", "")], #"{"capture_id":"c-2"}"#, "c-2"), ([], #"{"refund_id":"r-2"}"#, "r-2"),
            ([("Capture-Id", "c-3"), ("Location", "/captures/c-4")], "", "c-3"),
            ([("Location", String(repeating: "x", count: 4000))], "", nil),
        ] as [([(String, String)], String, String?)]
    )
    func `makes do with what an answer says of the id`(
        fields: [(String, String)],
        body: String,
        id: String?,
    ) async throws {
        let fields = fields.map { (name: $0.0, value: $0.1) }
        let client = try KlarnaClient.sample(CannedTransport(201, Array(body.utf8), fields: fields))
        let answer = try await client.perform(
            .capture,
            on: OrderID(rawValue: "o"),
            body: [],
            idempotencyKey: "k",
        )
        #expect(answer.id == id)
    }

    @Test(arguments: ["", ".", "..", String(repeating: "x", count: 256)])
    func `stays at home with an id that can be none`(id: String) async throws {
        let transport = CannedTransport(200, Array(#"{"order_id":"o","status":"s"}"#.utf8))
        let client = try KlarnaClient.sample(transport)
        let order = OrderID(rawValue: "o")
        await #expect(throws: KlarnaError.self) {
            try await client.customerToken(KlarnaTokenID(rawValue: id))
        }
        await #expect(throws: KlarnaError.self) {
            try await client.checkoutOrder(CheckoutOrderID(rawValue: id))
        }
        await #expect(throws: KlarnaError.self) {
            try await client.capture(order, CaptureID(rawValue: id))
        }
        await #expect(throws: KlarnaError.self) {
            try await client.refund(order, RefundID(rawValue: id))
        }
        await #expect(throws: KlarnaError.self) {
            try await client.perform(.sendOut(CaptureID(rawValue: id)), on: order, idempotencyKey: "k")
        }
        await #expect(throws: KlarnaError.self) {
            try await client.createHPPSession(
                for: .checkout(CheckoutOrderID(rawValue: id), url: nil),
                urls: nil,
                options: PageOptions(),
            )
        }
        #expect(transport.requests.isEmpty)
    }

    @Test(arguments: ["", "a b", "a\r\nX: y", "ä"])
    func `stays at home with a key that cannot stand in a field`(key: String) async throws {
        let transport = CannedTransport(204)
        let client = try KlarnaClient.sample(transport)
        await #expect(throws: KlarnaError.self) {
            try await client.perform(.cancel, on: OrderID(rawValue: "o"), idempotencyKey: key)
        }
        await #expect(throws: KlarnaError.self) {
            try await client.placeTokenOrder(KlarnaTokenID(rawValue: "c"), body: [], idempotencyKey: key)
        }
        #expect(transport.requests.isEmpty)
    }

    @Test(arguments: ["POST", "PATCH"])
    func `travels whole over a real connection`(method: String) async throws {
        let server = try RawServer.answering(
            "HTTP/1.1 201 Created\r\nCapture-Id: c-1\r\nKlarna-Correlation-Id: c-2\r\nContent-Length: 0\r\n\r\n"
        )
        let client = KlarnaClient(
            account: try .sample(baseURLOverride: server.url),
            transport: URLSessionTransport(),
        )
        let isPost = method == "POST"
        let answer = try await client.perform(
            isPost ? .release : .merchantReferences,
            on: OrderID(rawValue: "o"),
            body: isPost ? nil : MerchantReferences(first: "A-1").bytes,
            idempotencyKey: "k",
        )
        #expect(answer.id == "c-1" && answer.correlationID == "c-2")
        let request = try #require(server.requests.first?.request)
        #expect(request.hasPrefix("\(method) /ordermanagement/v1/orders/o/"))
        #expect(request.hasSuffix(isPost ? "\r\n\r\n" : #"{"merchant_reference1":"A-1"}"#))
        // Without a length, servers answer 411.
        #expect(request.contains("Content-Length: \(isPost ? 0 : 29)\r\n"))
    }
}

@Suite(
    "Every call to Klarna, by Klarna's own documents",
    .enabled(if: KlarnaDocument.isAvailable, "\(KlarnaDocument.absence)"),
)
struct EveryCallDocumentTests {
    @Test(arguments: CallPurpose.allCases)
    func `is what they say`(purpose: CallPurpose) async throws {
        let transport = CannedTransport(404)
        let client = try KlarnaClient.sample(transport)
        _ = try? await client.make(purpose)
        let request = try #require(transport.requests.first)
        let path = String(request.url.dropFirst("https://api.playground.klarna.com".count))
        let faults = try KlarnaDocument.describing(path).requestFaults(
            request.method,
            path,
            body: try request.body.map { try JSON.parse($0) },
            except: exceptions[purpose] ?? [],
        )
        #expect(faults == [])
    }

    @Test(
        arguments: [
            ("/hpp/v1/sessions/h/distribution", Distribution.email("a@b.example"), []),
            ("/hpp/v1/sessions/h/distribution", .sms(phone: "0701740615", country: "SE"), []),
            // The document takes three examples for all there can be.
            (
                "/hpp/v1/sessions/h/distribution", .token(accessID: "klarna:1"),
                ["/contact_information/access_id"],
            ),
        ] as [(String, Distribution, Set<String>)]
    )
    func `takes each way of distribution`(path: String, way: Distribution, exceptions: Set<String>)
        async throws
    {
        let transport = CannedTransport(204)
        try await KlarnaClient.sample(transport).distribute(HPPSessionID(rawValue: "h"), way)
        let body = try JSON.parse(try #require(transport.requests.first?.body))
        let faults = try KlarnaDocument(.hostedPaymentPage).requestFaults(
            "POST",
            path,
            body: body,
            except: exceptions,
        )
        #expect(faults == [])
    }

    @Test func `takes part of an order, and a return fee`() throws {
        let document = try KlarnaDocument(.orderManagement)
        let order = "/ordermanagement/v1/orders/o"
        let capture = try JSON.parse(CaptureRequest.partial.bytes)
        #expect(try document.requestFaults("POST", "\(order)/captures", body: capture) == [])
        let refund = try JSON.parse(RefundRequest.withFee.bytes)
        #expect(try document.requestFaults("POST", "\(order)/refunds", body: refund) == [])
    }

    @Test(arguments: Intent.allCases, AcquiringChannel.allCases)
    func `takes each intent and channel`(intent: Intent, channel: AcquiringChannel) throws {
        let terms = PaymentSessionTerms(intent: intent, acquiringChannel: channel)
        let faults = try KlarnaDocument(.payments).requestFaults(
            "POST",
            "/payments/v1/sessions",
            body: try JSON.parse(Purchase.jackets.paymentSessionBody(terms: terms)),
            // In the guides and not in the document.
            except: intent == .buyAndDefaultTokenize ? ["/intent"] : [],
        )
        #expect(faults == [])
    }
}

/// What the guides have and the documents have not.
private let exceptions: [CallPurpose: Set<String>] = [
    .createHPPSession: ["/options/payment_fallback"], .placeTokenOrder: ["/locale"],
]
