import KlarnaDocsSupport
import KlarnaSandbox
import Testing
import Wire

@Suite(
    "By Klarna's own API descriptions, the sandbox",
    .enabled(if: KlarnaDocument.isAvailable, "\(KlarnaDocument.absence)"),
)
struct OpenAPITests {
    @Test(arguments: ["", ".minimal", ".us", ".tokenize", ".buy_and_tokenize"])
    func `takes every example of a payment session and answers by the document`(name: String) throws {
        let merchant = Merchant()
        let payments = try KlarnaDocument(.payments)
        let body = try Fixture.json("kp-session-create.request\(name)")
        #expect(try payments.requestFaults("POST", "/payments/v1/sessions", body: body) == [])
        let created = merchant.call("POST", "/payments/v1/sessions", body)
        #expect(created.status == 200)
        #expect(try payments.faults("POST", "/payments/v1/sessions", created) == [])
        let path = "/payments/v1/sessions/\(try #require(created.json["session_id"]?.string))"
        let reading = merchant.call("GET", path)
        #expect(reading.status == 200)
        #expect(try payments.faults("GET", path, reading) == [])
        #expect(reading.json["order_lines"] == body["order_lines"])
    }

    @Test(arguments: ["", ".full-options", ".place-order", ".telesales"])
    func `takes every example of a hosted page and answers by the document`(name: String) throws {
        let merchant = Merchant()
        let hpp = try KlarnaDocument(.hostedPaymentPage)
        let id = try #require(merchant.call("POST", "/payments/v1/sessions", .mug).json["session_id"]?.string)
        let body = try Fixture.json("hpp-session-create.request\(name)")
            .with("payment_session_url", .string("\(Merchant.base)/payments/v1/sessions/\(id)"))
        // In the guides and not in the document.
        let unlisted: Set = ["/options/payment_fallback"]
        #expect(try hpp.requestFaults("POST", "/hpp/v1/sessions", body: body, except: unlisted) == [])
        let created = merchant.call("POST", "/hpp/v1/sessions", body)
        #expect(created.status == 201)
        #expect(try hpp.faults("POST", "/hpp/v1/sessions", created) == [])
    }

    /// The others lead to words that the document does not have.
    @Test(arguments: ShopperAction.allCases.filter { $0 != .timeout && $0 != .unheardOf })
    func `reads a hosted page by the document whatever the shopper did`(action: ShopperAction) throws {
        let merchant = Merchant()
        let hpp = try KlarnaDocument(.hostedPaymentPage)
        for mode in ["NONE", "CAPTURE_ORDER"] {
            let id = try merchant.open(options: ["place_order_mode": .string(mode)]).hppSession
            let outcome = try merchant.act(action, id)
            let reading = merchant.call("GET", "/hpp/v1/sessions/\(id)")
            #expect(reading.status == 200)
            #expect(try hpp.faults("GET", "/hpp/v1/sessions/\(id)", reading) == [])
            #expect(outcome.callbacks.last?.body["session"] == reading.json)
        }
    }

    @Test(
        arguments: [
            ["method": "email", "contact_information": ["email": "customer@email.se"]],
            ["method": "sms", "contact_information": ["phone": "0701740615", "phone_country": "SE"]],
            ["method": "token", "contact_information": ["access_id": "klarna:5d0e6c12-7a4f-4b39-8e61-f20c9d8b3a75"]],
        ] as [JSON]
    )
    func `takes every method of distribution`(body: JSON) throws {
        let merchant = Merchant()
        let hpp = try KlarnaDocument(.hostedPaymentPage)
        let path = "/hpp/v1/sessions/\(try merchant.open().hppSession)/distribution"
        // The document enumerates three ids of shoppers, which can only be examples: every shopper has another.
        let faults = try hpp.requestFaults("POST", path, body: body)
        #expect(faults.filter { !$0.hasPrefix("/contact_information/access_id is none of ") } == [])
        let answer = merchant.call("POST", path, body)
        #expect(answer.status == 204)
        #expect(try hpp.faults("POST", path, answer) == [])
    }

    @Test func `answers orders by the document`() throws {
        let merchant = Merchant()
        let payments = try KlarnaDocument(.payments)
        let token = try merchant.authorize(try Fixture.json("kp-session-create.request"))
        let path = "/payments/v1/authorizations/\(token)/order"
        let body = try Fixture.json("kp-order-create.request")
        #expect(try payments.requestFaults("POST", path, body: body) == [])
        let placed = merchant.place(token, body.with("auto_capture", true))
        #expect(placed.status == 200)
        #expect(try payments.faults("POST", path, placed) == [])
        let order = "/ordermanagement/v1/orders/\(try #require(placed.json["order_id"]?.string))"
        let reading = merchant.call("GET", order)
        #expect(reading.status == 200)
        #expect(try KlarnaDocument(.orderManagement).faults("GET", order, reading) == [])
        #expect(reading.json["captures"]?.array?.count == 1)
    }

    @Test func `refuses in a payment session what the document refuses`() throws {
        let merchant = Merchant()
        let spoilt = try KlarnaDocument(.payments).spoilt("POST", "/payments/v1/sessions", body: .everything)
        #expect(merchant.call("POST", "/payments/v1/sessions", .everything).status == 200)
        #expect(spoilt.count > 300)
        for change in spoilt where change.value != .integer(100_000_001) {
            let answer = merchant.call("POST", "/payments/v1/sessions", .everything.spoilt(change))
            #expect(answer.status == 400, "\(change)")
            let member = try #require(change.pointer.split(separator: "/").first)
            #expect(answer.errorMessages.first?.contains(member) == true, "\(change)")
        }
    }

    @Test func `refuses in an order what the document refuses`() throws {
        let merchant = Merchant()
        let token = try merchant.authorize(.everything)
        let path = "/payments/v1/authorizations/\(token)/order"
        let spoilt = try KlarnaDocument(.payments).spoilt("POST", path, body: .everything)
        #expect(spoilt.count > 300)
        for change in spoilt where change.value != .integer(100_000_001) {
            #expect(merchant.place(token, .everything.spoilt(change)).status == 400, "\(change)")
        }
        #expect(merchant.place(token, .everything).status == 200)
    }

    @Test func `refuses in a hosted page what the document refuses`() throws {
        let merchant = Merchant()
        let id = try merchant.open().paymentSession
        let body = try Fixture.json("hpp-session-create.request.full-options")
            .with("payment_session_url", .string("\(Merchant.base)/payments/v1/sessions/\(id)"))
        let spoilt = try KlarnaDocument(.hostedPaymentPage).spoilt("POST", "/hpp/v1/sessions", body: body)
        #expect(spoilt.count > 80)
        // An empty merchant URL counts as none.
        for change in spoilt {
            #expect(merchant.call("POST", "/hpp/v1/sessions", body.spoilt(change)).status == 400, "\(change)")
        }
    }
}

extension KlarnaDocument {
    fileprivate func faults(_ method: String, _ path: String, _ answer: KlarnaAnswer) throws -> [String] {
        let body = answer.body.isEmpty ? nil : try JSON.parse(answer.body)
        return try responseFaults(method, path, status: answer.status, body: body)
    }
}

extension JSON {
    fileprivate func spoilt(_ change: (pointer: String, value: JSON)) -> JSON {
        with(change.pointer.split(separator: "/").joined(separator: "."), change.value)
    }

    /// A purchase with every member that Klarna knows.
    fileprivate static let everything: JSON = JSON.mug
        .with("intent", "buy").with("acquiring_channel", "ECOMMERCE").with("merchant_reference2", "cart-7")
        .with("merchant_data", "{}").with("design", "plain").with("custom_payment_method_ids", ["winter"])
        .with("attachment", ["content_type": "application/vnd.klarna.internal.emd-v2+json", "body": "{}"])
        .with(
            "options",
            [
                "color_border": "#FF9900", "color_border_selected": "#ff9900", "color_details": "#000000",
                "color_text": "#000000", "radius_border": "5px",
            ],
        )
        .with(
            "merchant_urls",
            [
                "confirmation": "https://shop.example/c", "notification": "https://shop.example/n",
                "push": "https://shop.example/p", "authorization": "https://shop.example/a",
            ],
        )
        .with("billing_address", wholeAddress).with("shipping_address", wholeAddress)
        .with(
            "customer",
            [
                "date_of_birth": "1941-03-21", "gender": "male", "title": "Mr", "type": "person",
                "last_four_ssn": "1234", "national_identification_number": "410321-9202",
                "organization_registration_id": "1", "organization_entity_type": "OTHER", "vat_id": "1",
            ],
        )
        .with("order_lines[0].quantity_unit", "pcs").with("order_lines[0].total_discount_amount", 0)
        .with("order_lines[0].merchant_data", "m").with("order_lines[0].product_url", "https://shop.example/p")
        .with("order_lines[0].image_url", "https://shop.example/i")
        .with(
            "order_lines[0].product_identifiers",
            [
                "brand": "b", "category_path": "c", "global_trade_item_number": "g", "manufacturer_part_number": "m",
                "color": "c", "size": "s",
            ],
        )
        .with("order_lines[0].subscription", ["name": "s", "interval": "MONTH", "interval_count": 1])

    private static let wholeAddress: JSON = [
        "given_name": "Test", "family_name": "Person-se", "email": "customer@email.se", "title": "Mr",
        "phone": "+46701740615", "street_address": "Södra Blasieholmshamnen 2", "street_address2": "c/o",
        "postal_code": "111 48", "city": "Stockholm", "region": "Stockholm", "country": "SE",
        "organization_name": "o", "attention": "a",
    ]
}
