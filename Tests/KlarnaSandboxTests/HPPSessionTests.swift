import KlarnaSandbox
import Testing
import Wire

@Suite("An HPP session in the sandbox")
struct HPPSessionTests {
    @Test func `is answered with 201 and URLs below the base URL`() throws {
        let merchant = Merchant()
        let id = try #require(merchant.call("POST", "/payments/v1/sessions", .mug).json["session_id"]?.string)
        let url = JSON.string("\(Merchant.base)/payments/v1/sessions/\(id)")
        let answer = merchant.call("POST", "/hpp/v1/sessions", ["payment_session_url": url])
        #expect(answer.status == 201)
        let sessionID = try #require(answer.json["session_id"]?.string)
        #expect(answer.json["session_url"]?.string == "\(Merchant.base)/hpp/v1/sessions/\(sessionID)")
        #expect(answer.json["redirect_url"]?.string?.hasPrefix("\(Merchant.base)/eu/hpp/payments/") == true)
        #expect(answer.json["expires_at"]?.string == (merchant.now + .seconds(47 * 3600)).description)
        let reading = merchant.call("GET", "/hpp/v1/sessions/\(sessionID)")
        #expect(reading.status == 200)
        #expect(reading.json.object?.names == ["session_id", "status", "updated_at", "expires_at"])
        #expect(reading.json["status"] == "WAITING")
    }

    @Test(arguments: badValues)
    func `refuses a value that Klarna refuses, by its path`(path: String, value: JSON?, paths: String) throws {
        let merchant = Merchant()
        let answer = merchant.call("POST", "/hpp/v1/sessions", try merchant.hosting().with(path, value))
        #expect(answer.status == 400)
        #expect(answer.errorCode == "BAD_VALUE")
        #expect(answer.errorMessages == ["Bad value: \(paths)"])
    }

    @Test(arguments: goodValues)
    func `accepts what Klarna accepts`(path: String, value: JSON?) throws {
        let merchant = Merchant()
        #expect(merchant.call("POST", "/hpp/v1/sessions", try merchant.hosting().with(path, value)).status == 201)
    }

    @Test func `needs a payment session that has more than an hour to live`() throws {
        let merchant = Merchant()
        let body = try merchant.hosting()
        merchant.wait(.seconds(47 * 3600 - 1))
        #expect(merchant.call("POST", "/hpp/v1/sessions", body).status == 201)
        merchant.wait(.seconds(1))
        let answer = merchant.call("POST", "/hpp/v1/sessions", body)
        #expect(answer.status == 404)
        #expect(answer.errorMessages == ["Payment session has expired"])
        for path in ["payments/v1/sessions/unknown", "checkout/v3/orders/unknown"] {
            let url = JSON.string("\(Merchant.base)/\(path)")
            #expect(merchant.call("POST", "/hpp/v1/sessions", ["payment_session_url": url]).status == 404)
        }
    }

    @Test func `is gone after its time`() throws {
        let merchant = Merchant()
        let id = try merchant.open().hppSession
        merchant.wait(.seconds(47 * 3600))
        #expect(merchant.call("GET", "/hpp/v1/sessions/\(id)").status == 404)
        #expect(merchant.call("DELETE", "/hpp/v1/sessions/\(id)").status == 404)
        #expect(throws: KlarnaRefusal.self) { try merchant.act(.approve, id) }
    }

    @Test(arguments: [
        (ShopperAction?.none, 204, "DISABLED"), (.enter, 204, "DISABLED"), (.back, 204, "DISABLED"),
        (.decline, 204, "DISABLED"), (.error, 204, "DISABLED"), (.approve, 400, "COMPLETED"),
    ])
    func `can be disabled unless it is completed`(action: ShopperAction?, status: Int, after: String) throws {
        let merchant = Merchant()
        let id = try merchant.open().hppSession
        if let action { _ = try merchant.act(action, id) }
        #expect(merchant.call("DELETE", "/hpp/v1/sessions/\(id)").status == status)
        #expect(merchant.call("GET", "/hpp/v1/sessions/\(id)").json["status"]?.string == after)
    }

    @Test func `stays disabled whatever the shopper does`() throws {
        let merchant = Merchant()
        let id = try merchant.open().hppSession
        _ = merchant.call("DELETE", "/hpp/v1/sessions/\(id)")
        for action in ShopperAction.allCases {
            let outcome = try merchant.act(action, id)
            #expect(outcome.status == .disabled)
            #expect(outcome.callbacks.isEmpty)
        }
        #expect(merchant.call("DELETE", "/hpp/v1/sessions/\(id)").status == 404)
    }

    @Test(arguments: distributions)
    func `can be distributed`(body: JSON, status: Int, code: String?) throws {
        let merchant = Merchant()
        let path = "/hpp/v1/sessions/\(try merchant.open().hppSession)/distribution"
        let answer = merchant.call("POST", path, body)
        #expect(answer.status == status)
        #expect(answer.errorCode == code)
        #expect(merchant.call("POST", "/hpp/v1/sessions/unknown/distribution", body).status == 404)
    }

    @Test func `cannot be distributed once it is closed`() throws {
        let merchant = Merchant()
        let id = try merchant.open().hppSession
        _ = merchant.call("DELETE", "/hpp/v1/sessions/\(id)")
        let body: JSON = ["method": "email", "contact_information": ["email": "customer@email.se"]]
        #expect(merchant.call("POST", "/hpp/v1/sessions/\(id)/distribution", body).status == 400)
    }
}

extension Merchant {
    /// The body that makes a page around a fresh payment session.
    fileprivate func hosting() throws -> JSON {
        let id = try #require(call("POST", "/payments/v1/sessions", .mug).json["session_id"]?.string)
        return [
            "payment_session_url": .string("\(Merchant.base)/payments/v1/sessions/\(id)"),
            "merchant_urls": .merchantURLs,
        ]
    }
}

private let badValues: [(String, JSON?, String)] = [
    ("payment_session_url", nil, "payment_session_url"), ("payment_session_url", 7, "payment_session_url"),
    ("payment_session_url", "not a url", "payment_session_url"),
    ("payment_session_url", "https://api.klarna.com/payments/v1/sessions/1", "payment_session_url"),
    ("payment_session_url", "http://127.0.0.1:8081/hpp/v1/sessions/1", "payment_session_url"),
    ("merchant_urls", "https://shop.example", "merchant_urls"),
    ("merchant_urls.success", "shop.example/ok", "merchant_urls.success"),
    ("merchant_urls.success", "javascript:alert(1)", "merchant_urls.success"),
    ("merchant_urls.back", 1, "merchant_urls.back"),
    ("merchant_urls.status_update", "http://shop.example/status", "merchant_urls.status_update"),
    (
        "options", ["payment_method_category": "PAY_NOW", "payment_method_categories": ["PAY_NOW"]],
        "options.payment_method_category, options.payment_method_categories",
    ),
    ("options", ["payment_method_category": "CASH"], "options.payment_method_category"),
    ("options", ["payment_method_categories": ["PAY_NOW", "CASH"]], "options.payment_method_categories[1]"),
    ("options", ["place_order_mode": "LATER"], "options.place_order_mode"),
    ("options", ["purchase_type": "GIVE"], "options.purchase_type"),
    ("options", ["payment_fallback": "true"], "options.payment_fallback"),
    ("options", ["show_subtotal_detail": "SHOW"], "options.show_subtotal_detail"),
    ("options", ["background_images": [["url": "http://shop.example/a.jpg"]]], "options.background_images[0].url"),
    (
        "options", ["background_images": [["url": "https://shop.example/a", "width": "9"]]],
        "options.background_images[0].width",
    ),
    ("profile_id", "none", "profile_id"),
]

private let goodValues: [(String, JSON?)] = [
    ("merchant_urls", nil), ("merchant_urls", .null), ("merchant_urls", ["success": .null, "back": ""]),
    (
        "merchant_urls",
        ["terms": "https://shop.example/terms", "back": "https://a.example", "cancel": "https://b.example"],
    ),
    ("merchant_urls.status_update", "http://127.0.0.1:1/s"), ("merchant_urls.status_update", "http://localhost/s"),
    ("merchant_urls.status_update", "http://[::1]:8080/s"),
    ("options", ["payment_method_category": "pay_later", "purchase_type": "buy", "place_order_mode": "none"]),
    ("options", ["payment_method_category": .null, "payment_method_categories": ["PAY_NOW"]]),
    ("options", ["purchase_type": "PAY", "payment_fallback": true, "show_subtotal_detail": "HIDE"]),
    ("profile_id", "87ab3565-5e06-4006-9ada-8eedc6926703"),
]

private let distributions: [(JSON, Int, String?)] = [
    (["method": "email", "contact_information": ["email": "customer@email.se"]], 204, nil),
    (["method": "sms", "contact_information": ["phone": "0701740615", "phone_country": "SE"]], 204, nil),
    (["method": "token", "contact_information": ["access_id": "anything"]], 204, nil),
    (["method": "sms", "contact_information": ["phone": "0701740615"]], 400, "MISSING_CONTACT_DATA"),
    (["method": "email", "contact_information": ["email": "nobody"]], 400, "MISSING_CONTACT_DATA"),
    (["method": "pigeon", "contact_information": [:]], 400, "BAD_VALUE"),
    (["method": "email"], 400, "BAD_VALUE"), (["contact_information": ["email": "a@b"]], 400, "BAD_VALUE"),
]
