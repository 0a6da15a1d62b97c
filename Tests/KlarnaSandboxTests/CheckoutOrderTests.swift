import KlarnaSandbox
import Testing
import Wire

@Suite("An order of Klarna Checkout in the sandbox")
struct CheckoutOrderTests {
    @Test func `is answered with 201, its whole self, and where it is found`() throws {
        let merchant = Merchant()
        let answer = merchant.call("POST", "/checkout/v3/orders", .checkout)
        #expect(answer.status == 201)
        let id = try #require(answer.json["order_id"]?.string)
        #expect(answer.fields["Location"] == "\(Merchant.base)/checkout/v3/orders/\(id)")
        #expect(answer.json["status"] == "checkout_incomplete")
        #expect(answer.json["order_lines"] == JSON.checkout["order_lines"])
        #expect(answer.json["started_at"] == "2023-11-14T22:13:20Z")
        #expect(answer.json["html_snippet"]?.string?.isEmpty == false)
        #expect(merchant.call("GET", "/checkout/v3/orders/\(id)").json == answer.json)
    }

    @Test(arguments: badValues)
    func `refuses what Klarna Checkout refuses, without the number of a line`(
        path: String,
        value: JSON?,
        message: String,
    ) throws {
        let merchant = Merchant()
        let answer = merchant.call("POST", "/checkout/v3/orders", JSON.checkout.with(path, value))
        #expect(answer.status == 400)
        #expect(answer.errorCode == "BAD_VALUE")
        #expect(answer.errorMessages == ["Bad value: \(message)"])
        #expect(answer.json["service_version"]?.string != nil)
    }

    @Test func `changes by what is sent, as long as it adds up`() throws {
        let merchant = Merchant()
        let path = try merchant.checkoutOrder()
        let changed = merchant.call("POST", path, ["merchant_reference1": "order-1002"])
        #expect(changed.status == 200)
        #expect(changed.json["merchant_reference1"] == "order-1002")
        #expect(changed.json["order_lines"] == JSON.checkout["order_lines"])
        #expect(merchant.call("POST", path, ["order_amount": 1]).status == 400)
        #expect(merchant.call("GET", path).json == changed.json)
    }

    @Test func `lives for 48 hours after it was last touched`() throws {
        let merchant = Merchant()
        let path = try merchant.checkoutOrder()
        merchant.wait(.seconds(48 * 3600 - 1))
        #expect(merchant.call("POST", path, ["merchant_data": "x"]).status == 200)
        merchant.wait(.seconds(48 * 3600 - 1))
        #expect(merchant.call("GET", path).status == 200)
        merchant.wait(.seconds(1))
        for (method, suffix) in [("GET", ""), ("POST", ""), ("POST", "/abort")] {
            #expect(merchant.call(method, path + suffix, method == "GET" ? nil : [:]).status == 404)
        }
    }

    @Test func `can be aborted, which closes its page`() throws {
        let merchant = Merchant()
        let path = try merchant.checkoutOrder()
        let page = try merchant.page(around: path)
        #expect(merchant.call("POST", "\(path)/abort").status == 200)
        #expect(merchant.call("GET", path).status == 404)
        #expect(merchant.call("GET", "/hpp/v1/sessions/\(page)").json["status"] == "CANCELLED")
        #expect(try merchant.act(.approve, page).status == .cancelled)
    }

    @Test func `becomes an order of Order Management with the same id`() throws {
        let merchant = Merchant()
        let path = try merchant.checkoutOrder()
        let id = try #require(path.split(separator: "/").last.map(String.init))
        // Categories and the mode mean nothing around an order of Klarna Checkout.
        let page = try merchant.page(
            around: path,
            options: ["place_order_mode": "NONE", "payment_method_category": "DIRECT_DEBIT"],
        )
        let outcome = try merchant.act(.approve, page)
        #expect(outcome.status == .completed)
        #expect(outcome.location == "https://shop.example/ok?sid=\(page)&token=&oid=\(id)")
        let reading = merchant.call("GET", "/hpp/v1/sessions/\(page)").json
        #expect(reading["order_id"]?.string == id)
        #expect(reading["klarna_reference"]?.string?.isEmpty == false)
        #expect(reading["authorization_token"] == nil)
        #expect(outcome.callbacks.last?.body["session"] == reading)
        let order = merchant.call("GET", "/ordermanagement/v1/orders/\(id)").json
        #expect(order["order_amount"] == 25_000)
        #expect(order["merchant_reference1"] == "order-1001")
        let completed = merchant.call("GET", path).json
        #expect(completed["status"] == "checkout_complete")
        #expect(completed["completed_at"] == "2023-11-14T22:13:20Z")
        #expect(completed["billing_address"]?["email"] == "customer@email.se")
        for (suffix, body) in [("", ["merchant_data": "x"]), ("/abort", [:])] as [(String, JSON)] {
            let refused = merchant.call("POST", path + suffix, body)
            #expect(refused.status == 403)
            #expect(refused.errorCode == "READ_ONLY_RESOURCE")
        }
        #expect(try merchant.act(.approve, page).location == outcome.location)
        merchant.wait(.seconds(72 * 3600))
        #expect(merchant.call("GET", path).status == 200)
    }

    @Test func `tells by push of its order, which stops with the acknowledgement`() throws {
        let merchant = Merchant()
        let path = try merchant.checkoutOrder()
        let id = try #require(path.split(separator: "/").last.map(String.init))
        _ = try merchant.act(.approve, try merchant.page(around: path))
        let callbacks = merchant.world.takeCallbacks()
        #expect(callbacks.map(\.url) == ["https://shop.example/push?oid=\(id)"])
        #expect(!merchant.world.isAcknowledged(id))
        #expect(merchant.call("POST", "/ordermanagement/v1/orders/\(id)/acknowledge").status == 204)
        #expect(merchant.world.isAcknowledged(id))
    }

    @Test func `asks the merchant with the order as the shopper filled it in`() throws {
        let merchant = Merchant()
        let path = try merchant.checkoutOrder(.checkout.with("merchant_urls.validation", "https://shop.example/v"))
        let page = try merchant.page(around: path)
        let asked = merchant.world.validation(onHPPSession: page, email: "you@shop.example", at: merchant.now)
        let validation = try #require(asked)
        #expect(validation.callback.url == "https://shop.example/v")
        #expect(validation.callback.body["billing_address"]?["email"] == "you@shop.example")
        #expect(!validation.isRequired)
        let denied = try merchant.world.act(
            .approve,
            onHPPSession: page,
            verdict: .denied("Sold out"),
            at: merchant.now,
        )
        #expect(denied.status == .inProgress)
        let led = try merchant.world.act(
            .approve,
            onHPPSession: page,
            verdict: .redirected("https://shop.example/basket"),
            at: merchant.now,
        )
        #expect(led.location == "https://shop.example/basket")
        #expect(merchant.call("GET", path).json["status"] == "checkout_incomplete")
        #expect(try merchant.act(.approve, page).status == .completed)
        #expect(merchant.world.validation(onHPPSession: page, at: merchant.now) == nil)
    }

    @Test(
        arguments: [
            (200, nil, nil, false, .approved),
            (400, nil, ["error_type": "approval_failed", "error_text": "No."], false, .denied("No.")),
            (303, "https://shop.example/x", nil, true, .redirected("https://shop.example/x")),
            (nil, nil, nil, false, .approved), (500, nil, nil, false, .approved),
            (nil, nil, nil, true, .denied("The shop did not confirm this order.")),
        ] as [(Int?, String?, JSON?, Bool, CheckoutVerdict)]
    )
    func `takes the merchant's answer for what it is`(
        status: Int?,
        location: String?,
        body: JSON?,
        isRequired: Bool,
        verdict: CheckoutVerdict,
    ) {
        #expect(CheckoutVerdict(status: status, location: location, body: body, isRequired: isRequired) == verdict)
    }

    @Test func `gives a customer token if it recurs`() throws {
        let merchant = Merchant()
        let path = try merchant.checkoutOrder(.checkout.with("recurring", true))
        #expect(merchant.call("GET", path).json["recurring_token"] == nil)
        _ = try merchant.act(.approve, try merchant.page(around: path))
        let token = try #require(merchant.call("GET", path).json["recurring_token"]?.string)
        #expect(merchant.call("GET", "/customer-token/v1/tokens/\(token)").json["status"] == "ACTIVE")
        let charge = JSON.mug.with("merchant_urls", nil)
        #expect(merchant.call("POST", "/customer-token/v1/tokens/\(token)/order", charge).status == 200)
    }

    @Test func `is declined by the shopper's address`() throws {
        let merchant = Merchant()
        let page = try merchant.page(around: try merchant.checkoutOrder())
        let outcome = try merchant.world.act(
            .approve,
            onHPPSession: page,
            email: "customer+denied@email.se",
            at: merchant.now,
        )
        #expect(outcome.status == .failed)
        #expect(try merchant.act(.approve, page).status == .completed)
    }
}

extension Merchant {
    /// The path of a new order.
    fileprivate func checkoutOrder(_ body: JSON = .checkout) throws -> String {
        let answer = call("POST", "/checkout/v3/orders", body)
        try #require(answer.status == 201)
        return "/checkout/v3/orders/\(try #require(answer.json["order_id"]?.string))"
    }

    fileprivate func page(around path: String, options: JSON? = nil) throws -> String {
        var body: JSONObject = [
            "payment_session_url": .string(Merchant.base + path), "merchant_urls": .merchantURLs,
        ]
        body["options"] = options
        let answer = call("POST", "/hpp/v1/sessions", .object(body))
        try #require(answer.status == 201)
        return try #require(answer.json["session_id"]?.string)
    }
}

extension JSON {
    static let checkout: JSON = JSON.mug.with(
        "merchant_urls",
        [
            "terms": "https://shop.example/terms", "checkout": "https://shop.example/checkout",
            "confirmation": "https://shop.example/thanks?oid={checkout.order.id}",
            "push": "https://shop.example/push?oid={checkout.order.id}",
        ],
    )
}

private let badValues: [(String, JSON?, String)] = [
    ("locale", nil, "locale"), ("order_tax_amount", nil, "order_tax_amount"),
    ("purchase_country", nil, "purchase_country"), ("order_lines[0].tax_rate", nil, "tax_rate"),
    ("order_lines[0].total_tax_amount", nil, "total_tax_amount"),
    ("order_lines[0].total_tax_amount", 4000, "total_tax_amount"),
    ("order_lines[0].unit_price", 100_000_001, "unit_price"), ("order_lines[1]", 7, "order_lines"),
    ("order_amount", 24_999, "order_amount"), ("merchant_urls", nil, "merchant_urls"),
    ("merchant_urls.push", nil, "merchant_urls.push"), ("merchant_urls.terms", "", "merchant_urls.terms"),
    ("merchant_urls.validation", "http://shop.example/v", "merchant_urls.validation"),
    ("options", ["color_header": "red"], "options.color_header"),
    (
        "purchase_currency", "EUR",
        "purchase_currency (order billing country is: SE, configured currencies are: SEK)",
    ),
]
