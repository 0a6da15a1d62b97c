import Klarna
import KlarnaDocsSupport
import Money
import Testing
import Wire

@Suite("An example of what Klarna is told")
struct RequestExampleTests {
    @Test(arguments: Fixture.names("").filter { $0.contains(".request") && !$0.hasPrefix("error.") })
    func `is said the same way`(name: String) async throws {
        let body = try #require(try await said(name), "nobody says \(name)")
        let example = try Fixture.json(name)
        #expect(try JSON.parse(body).sorted == example.with(differences[name] ?? [:]).sorted)
    }

    /// What our encoders make of it.
    private func said(_ name: String) async throws -> [UInt8]? {
        let example = try Fixture.json(name)
        switch name.prefix(while: { $0 != "." }) {
        case "kp-session-create":
            let terms = try #require(PaymentSessionTerms(json: example))
            #expect(PaymentSessionTerms(json: terms.json) == terms)
            return try #require(Purchase(json: example)).paymentSessionBody(terms: terms)
        case "kp-session-update":
            var purchase = Purchase.jackets
            purchase.orderLines.append(.giftBox)
            purchase.orderAmount = 179_700
            purchase.orderTaxAmount = 35_940
            return purchase.paymentSessionBody(terms: PaymentSessionTerms())
        case "kp-order-create":
            var urls = PaymentMerchantURLs.shop
            urls.push = nil
            return Purchase.jackets.placeOrderBody(urls: urls)
        case "kp-customer-token-create": return CustomerTokenRequest.club.bytes
        case "ct-order-create":
            // The country is the token's and is not said.
            return try #require(Purchase(json: example.with(["purchase_country": "SE"]))).tokenOrderBody()
        case "ct-status-update":
            return try await sent { client throws(KlarnaError) in
                try await client.cancelCustomerToken(KlarnaTokenID(rawValue: "c"))
            }
        case "hpp-distribution":
            let ways: [Substring: Distribution] = [
                "email": .email("customer@email.se"), "sms": .sms(phone: "0701740615", country: "SE"),
                "token": .token(accessID: "klarna:5d0e6c12-7a4f-4b39-8e61-f20c9d8b3a75"),
            ]
            let way = try #require(ways[name.split(separator: ".").last ?? ""])
            return try await sent { client throws(KlarnaError) in
                try await client.distribute(HPPSessionID(rawValue: "h"), way)
            }
        case "hpp-session-create": return try await hostedPage(name, example)
        case "kco-order-create":
            var purchase = Purchase.jackets
            purchase.merchantReference2 = nil
            return purchase.checkoutOrderBody(urls: .shop)
        case "om-capture-create":
            return (name.hasSuffix("full") ? CaptureRequest.whole : .partial).bytes
        case "om-refund-create":
            return (name.hasSuffix("fee") ? RefundRequest.withFee : .returned).bytes
        case "om-authorization-update": return AuthorizationUpdate.dearer.bytes
        case "om-customer-details": return CustomerDetails.moved.bytes
        case "om-merchant-references":
            return MerchantReferences(first: "NO-2025-004711-B", second: "").bytes
        case "om-shipping-info": return [ShippingInfo.parcel].bytes
        case "om-extend-due-date": return DueDateExtension(days: 14).bytes
        case _: return nil
        }
    }

    private func hostedPage(_ name: String, _ example: JSON) async throws -> [UInt8]? {
        let options = try #require(PageOptions(json: example["options"] ?? [:]))
        let url = try #require(example["payment_session_url"]?.string)
        let id = String(try #require(url.split(separator: "/").last))
        let isCheckout = name.hasSuffix(".kco")
        let urls = MerchantURLs(
            success: example["merchant_urls"]?["success"]?.string,
            cancel: example["merchant_urls"]?["cancel"]?.string,
            back: example["merchant_urls"]?["back"]?.string,
            failure: example["merchant_urls"]?["failure"]?.string,
            error: example["merchant_urls"]?["error"]?.string,
            statusUpdate: example["merchant_urls"]?["status_update"]?.string,
        )
        let references: [PaymentSessionReference] =
            isCheckout
            ? [
                .checkout(CheckoutOrderID(rawValue: id), url: nil),
                .checkout(CheckoutOrderID(rawValue: "x"), url: url),
            ]
            : [.payments(PaymentSessionID(rawValue: id))]
        var bodies: [[UInt8]] = []
        for reference in references {
            bodies.append(
                try await sent { client throws(KlarnaError) in
                    _ = try await client.createHPPSession(for: reference, urls: urls, options: options)
                }
            )
        }
        #expect(Set(bodies).count == 1)
        return bodies.first
    }

    private func sent(_ call: (KlarnaClient) async throws(KlarnaError) -> Void) async throws
        -> [UInt8]
    {
        let transport = CannedTransport(204)
        try? await call(.sample(transport))
        return try #require(transport.requests.first?.body)
    }

    @Test
    func `leaves out of a page around an order of Klarna Checkout what is not the page's to decide`()
        async throws
    {
        var options = PageOptions.full
        options.paymentMethodCategory = "pay_later"
        let body = try JSON.parse(
            try await sent { client throws(KlarnaError) in
                let checkout = CheckoutOrderID(rawValue: "k")
                _ = try await client.createHPPSession(
                    for: .checkout(checkout, url: nil),
                    urls: nil,
                    options: options,
                )
            }
        )
        let left = try #require(body["options"]?.object?.names)
        #expect(
            Set(left) == [
                "purchase_type", "page_title", "logo_url", "background_images", "show_subtotal_detail",
            ]
        )
    }

    @Test(
        arguments: [
            ("[]", nil), (#"{"intent":"rent"}"#, nil), (#"{"acquiring_channel":"MOON"}"#, nil),
            ("{}", PaymentSessionTerms()),
            (
                #"{"intent":"buy_and_default_tokenize","acquiring_channel":"in_store"}"#,
                PaymentSessionTerms(intent: .buyAndDefaultTokenize, acquiringChannel: .inStore),
            ),
        ] as [(String, PaymentSessionTerms?)]
    )
    func `reads terms that it knows, and no others`(text: String, terms: PaymentSessionTerms?) throws {
        #expect(PaymentSessionTerms(json: try JSON.parse(text)) == terms)
    }

    @Test func `keeps terms, attachment and data as they were`() throws {
        #expect(PaymentSessionTerms(json: PaymentSessionTerms.everything.json) == .everything)
        let purchase = Purchase.everything
        #expect(Purchase(json: purchase.json) == purchase)
        let session = try JSON.parse(purchase.paymentSessionBody(terms: .everything))
        let order = try JSON.parse(purchase.placeOrderBody(urls: .shop))
        #expect(session["attachment"] == purchase.attachment?.json && order["attachment"] == nil)
        #expect(session["merchant_data"] == "cart 88213" && order["merchant_data"] == "cart 88213")
        #expect(
            session["merchant_urls"]?["authorization"] != nil
                && order["merchant_urls"]?["authorization"] == nil
        )
        #expect(Purchase(json: purchase.json.with(["attachment": ["body": "{}"]])) == nil)
    }

    @Test func `says a tax where Klarna asks for one`() throws {
        var purchase = Purchase.jackets
        purchase.orderTaxAmount = nil
        for body in [purchase.tokenOrderBody(), purchase.checkoutOrderBody(urls: .shop)] {
            #expect(try JSON.parse(body)["order_tax_amount"] == 34_940)
        }
        purchase.orderLines = [OrderLine(name: "Mug", quantity: 1, unitPrice: 500, totalAmount: 500)]
        let line = try #require(
            try JSON.parse(purchase.checkoutOrderBody(urls: .shop))["order_lines"]?.array?.first
        )
        #expect(line["tax_rate"] == 0 && line["total_tax_amount"] == 0)
        #expect(try JSON.parse(purchase.tokenOrderBody())["order_tax_amount"] == 0)
        // Sums beyond 64 bits are nobody's tax.
        purchase.orderLines = [.giftBox, .giftBox]
        purchase.orderLines[0].totalTaxAmount = MinorUnits(.max)
        #expect(try JSON.parse(purchase.tokenOrderBody())["order_tax_amount"] == 0)
    }

    @Test func `never loses lines of an order by leaving them out`() throws {
        #expect(
            try JSON.parse(AuthorizationUpdate(amount: 1, lines: []).bytes) == [
                "order_amount": 1, "order_lines": [],
            ]
        )
        #expect(try JSON.parse(CaptureRequest(amount: 1).bytes) == ["captured_amount": 1])
        #expect(try JSON.parse(RefundRequest(amount: 1).bytes) == ["refunded_amount": 1])
        #expect(try JSON.parse(MerchantReferences().bytes) == [:])
    }
}

/// Where we say more than the example, by its name; `null` where we say less.
private let differences: [String: JSONObject] = [
    // Klarna's default, which a merchant without the agreement for it had better not mention.
    "kp-order-create.request": ["auto_capture": .null],
    // An update says all there is, since nobody knows for certain that Klarna keeps what is left out.
    "kp-session-update.request": [
        "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
        "merchant_reference1": "NO-2025-004711",
        "merchant_reference2": "cart-88213", "intent": "buy",
    ],
    // Klarna's default, which is said because it is ours.
    "kp-session-create.request.minimal": ["intent": "buy"],
    // The mode is always said, since a profile could hold another.
    "hpp-session-create.request": ["options": ["place_order_mode": "NONE"]],
    "hpp-session-create.request.telesales": ["options": ["place_order_mode": "NONE"]],
]

extension JSON {
    /// The same object with other members; `null` takes one away.
    fileprivate func with(_ members: JSONObject) -> JSON {
        guard case .object(var object) = self else { return self }
        for member in members.members { object[member.name] = member.value.isNull ? nil : member.value }
        return .object(object)
    }
}

extension OrderLine {
    fileprivate static let giftBox = OrderLine(
        type: "physical",
        reference: "GCB-1",
        name: "Gift card box",
        quantity: 1,
        quantityUnit: "pcs",
        unitPrice: 5000,
        taxRate: 2500,
        totalAmount: 5000,
        totalDiscountAmount: 0,
        totalTaxAmount: 1000,
    )
}
