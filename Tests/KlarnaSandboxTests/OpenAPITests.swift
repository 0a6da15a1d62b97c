import KlarnaSandbox
import Testing
import Wire

@Suite(
    "By Klarna's own API descriptions, the sandbox",
    .enabled(if: OpenAPIDocument.directory != nil, "\(OpenAPIDocument.missing)"),
)
struct OpenAPITests {
    @Test(arguments: ["", ".minimal", ".us", ".tokenize", ".buy_and_tokenize"])
    func `takes every example of a payment session and answers by the schema`(name: String) throws {
        let merchant = Merchant()
        let payments = try OpenAPIDocument("klarna-payments-v1")
        let body = try OpenAPIDocument.example("kp-session-create.request\(name)")
        #expect(payments.violations(of: body, "session_create") == [])
        let created = merchant.call("POST", "/payments/v1/sessions", body)
        #expect(created.status == 200)
        #expect(payments.violations(of: created.json, "merchant_session") == [])
        let id = try #require(created.json["session_id"]?.string)
        let reading = merchant.call("GET", "/payments/v1/sessions/\(id)")
        #expect(payments.violations(of: reading.json, "session_read") == [])
        #expect(reading.json["order_lines"] == body["order_lines"])
    }

    @Test(arguments: ["", ".full-options", ".place-order", ".telesales"])
    func `takes every example of a hosted page and answers by the schema`(name: String) throws {
        let merchant = Merchant()
        let hpp = try OpenAPIDocument("klarna-hpp-v1")
        let id = try #require(merchant.call("POST", "/payments/v1/sessions", .mug).json["session_id"]?.string)
        let body = try OpenAPIDocument.example("hpp-session-create.request\(name)")
            .with("payment_session_url", .string("\(Merchant.base)/payments/v1/sessions/\(id)"))
        #expect(hpp.violations(of: body, "SessionCreationRequestV1") == [])
        let created = merchant.call("POST", "/hpp/v1/sessions", body)
        #expect(created.status == 201)
        #expect(hpp.violations(of: created.json, "SessionCreationResponseV1") == [])
    }

    @Test(arguments: ShopperAction.allCases)
    func `reads a hosted page by the schema whatever the shopper did`(action: ShopperAction) throws {
        let merchant = Merchant()
        let hpp = try OpenAPIDocument("klarna-hpp-v1")
        for mode in ["NONE", "CAPTURE_ORDER"] {
            let id = try merchant.open(options: ["place_order_mode": .string(mode)]).hppSession
            let outcome = try merchant.act(action, id)
            let reading = merchant.call("GET", "/hpp/v1/sessions/\(id)").json
            #expect(hpp.violations(of: reading, "SessionResponseV1") == [])
            #expect(outcome.callbacks.last?.body["session"] == reading)
        }
    }

    @Test(arguments: ["email", "sms", "token"])
    func `takes every example of a distribution`(method: String) throws {
        let merchant = Merchant()
        let path = "/hpp/v1/sessions/\(try merchant.open().hppSession)/distribution"
        #expect(
            merchant.call("POST", path, try OpenAPIDocument.example("hpp-distribution.request.\(method)")).status == 204
        )
    }

    @Test func `answers orders by the schema`() throws {
        let merchant = Merchant()
        let payments = try OpenAPIDocument("klarna-payments-v1")
        let orders = try OpenAPIDocument("klarna-order-management-v1")
        let token = try merchant.authorize(try OpenAPIDocument.example("kp-session-create.request"))
        let body = try OpenAPIDocument.example("kp-order-create.request")
        #expect(payments.violations(of: body, "create_order_request") == [])
        let placed = merchant.place(token, body.with("auto_capture", true))
        #expect(placed.status == 200)
        #expect(payments.violations(of: placed.json, "order") == [])
        let id = try #require(placed.json["order_id"]?.string)
        let order = merchant.call("GET", "/ordermanagement/v1/orders/\(id)").json
        #expect(orders.violations(of: order, "MerchantOrderDto") == [])
        #expect(order["captures"]?.array?.count == 1)
    }

    @Test func `refuses in a payment session what the schema refuses`() throws {
        let merchant = Merchant()
        let spoilt = try OpenAPIDocument("klarna-payments-v1").spoilt(.everything, "session_create")
        #expect(merchant.call("POST", "/payments/v1/sessions", .everything).status == 200)
        #expect(spoilt.count > 300)
        for change in spoilt where change.value != .integer(100_000_001) {
            let answer = merchant.call("POST", "/payments/v1/sessions", .everything.with(change.path, change.value))
            #expect(answer.status == 400, "\(change)")
            #expect(
                answer.errorMessages.first?.contains(change.path.prefix { $0 != "." && $0 != "[" }) == true,
                "\(change)",
            )
        }
    }

    @Test func `refuses in an order what the schema refuses`() throws {
        let merchant = Merchant()
        let token = try merchant.authorize(.everything)
        let spoilt = try OpenAPIDocument("klarna-payments-v1").spoilt(.everything, "create_order_request")
        #expect(spoilt.count > 300)
        for change in spoilt where change.value != .integer(100_000_001) {
            #expect(merchant.place(token, .everything.with(change.path, change.value)).status == 400, "\(change)")
        }
        #expect(merchant.place(token, .everything).status == 200)
    }

    @Test func `refuses in a hosted page what the schema refuses`() throws {
        let merchant = Merchant()
        let id = try merchant.open().paymentSession
        let body = try OpenAPIDocument.example("hpp-session-create.request.full-options")
            .with("payment_session_url", .string("\(Merchant.base)/payments/v1/sessions/\(id)"))
        let spoilt = try OpenAPIDocument("klarna-hpp-v1").spoilt(body, "SessionCreationRequestV1")
        #expect(spoilt.count > 80)
        // An empty merchant URL counts as none.
        for change in spoilt {
            #expect(
                merchant.call("POST", "/hpp/v1/sessions", body.with(change.path, change.value)).status == 400,
                "\(change)",
            )
        }
    }
}

extension JSON {
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
        .with("billing_address", address).with("shipping_address", address)
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

    private static let address: JSON = [
        "given_name": "Test", "family_name": "Person-se", "email": "customer@email.se", "title": "Mr",
        "phone": "+46701740615", "street_address": "Södra Blasieholmshamnen 2", "street_address2": "c/o",
        "postal_code": "111 48", "city": "Stockholm", "region": "Stockholm", "country": "SE",
        "organization_name": "o", "attention": "a",
    ]
}
