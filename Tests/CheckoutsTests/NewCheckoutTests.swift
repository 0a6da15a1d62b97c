import Klarna
import Money
import Testing
import Wire

@testable import Checkouts

@Suite("A new checkout")
struct NewCheckoutTests {
    @Test func `is read from a whole body`() throws {
        let new = try NewCheckout.read(
            NewCheckout.body([
                "account": "eu", "merchant_reference": "order-1001", "order_tax_amount": 5000, "auto_capture": true,
                "place_order_mode": "CAPTURE_ORDER", "provider": "klarna_payments", "intent": "buy",
                "billing_address": ["given_name": "Ann", "country": "se"], "shipping_address": [:], "customer": [:],
                "return_urls": ["success": "https://shop.example/thanks?a=1#top", "error": .null],
                "page": [
                    "payment_method_categories": ["pay_later", "PAY_NOW"], "purchase_type": "buy",
                    "payment_fallback": true,
                    "logo_url": "https://shop.example/logo.png", "page_title": "Pay", "show_subtotal_detail": "hide",
                    "background_images": [["url": "https://shop.example/1920.jpg", "width": 1920]],
                    "profile_id": "3d8b7e46-a1f9-4c05-92de-5b06c8e4f71a", "payment_method_category": .null,
                ],
                "metadata": ["cart_id": "77", "note": "two\nlines"],
            ])
        )
        #expect(new.account == "eu")
        #expect(new.purchase.country == "SE" && new.purchase.currency == "SEK" && new.purchase.locale == "sv-SE")
        #expect(new.purchase.orderAmount == 25_000 && new.purchase.orderTaxAmount == 5000)
        #expect(new.purchase.merchantReference1 == "order-1001" && new.purchase.autoCapture)
        #expect(new.purchase.billingAddress?.country == "SE")
        #expect(new.purchase.shippingAddress == nil && new.purchase.customer == nil)
        #expect(new.returnURLs == .merchant([.success: "https://shop.example/thanks?a=1#top"]))
        #expect(new.page.placeOrderMode == .captureOrder && new.page.purchaseType == "BUY")
        #expect(new.page.paymentMethodCategories == ["PAY_LATER", "PAY_NOW"])
        #expect(new.metadata["note"] == "two\nlines")
    }

    @Test func `needs no more than a market, an amount and lines`() throws {
        let new = try NewCheckout.read(NewCheckout.body())
        #expect(new.account == "default")
        #expect(new.returnURLs == .kassa)
        #expect(new.purchase.orderTaxAmount == 5000)
        #expect(new.page == PageOptions())
    }

    @Test func `asks for no redirects with null`() throws {
        #expect(try NewCheckout.read(NewCheckout.body(["return_urls": .null])).returnURLs == .none)
        #expect(try NewCheckout.read(NewCheckout.body(["return_urls": [:]])).returnURLs == .merchant([:]))
    }

    @Test func `reports every fault at once, each at its place`() {
        let faults = NewCheckout.pointers(
            NewCheckout.body([
                "purchase_currency": "EUR", "locale": "Swedish", "order_amount": .null, "nonsense": 1,
                "order_lines": [["quantity": 2, "unit_price": .number("12.5"), "total_amount": "25000", "a/b~c": 1]],
                "return_urls": ["success": "https://evil.example/"], "metadata": ["n": 1],
            ])
        )
        #expect(
            Set(faults) == [
                "/purchase_currency", "/locale", "/order_amount", "/nonsense", "/order_lines/0/name",
                "/order_lines/0/unit_price", "/order_lines/0/total_amount", "/order_lines/0/a~1b~0c",
                "/return_urls/success", "/metadata/n",
            ]
        )
    }

    @Test(arguments: ["purchase_country", "purchase_currency", "locale", "order_amount", "order_lines"])
    func `points at a required member that is missing by its own pointer`(name: String) {
        #expect(NewCheckout.pointers(NewCheckout.body([name: .null])) == ["/\(name)"])
    }

    @Test(arguments: ["12.34", "\"1234\"", "1234.0", "1e3", "-0", "99999999999999999999", "true", "[]"])
    func `M21 takes an amount only as an integer literal`(literal: String) throws {
        let text = NewCheckout.body().text.replacing("\"order_amount\":25000", with: "\"order_amount\":\(literal)")
        #expect(NewCheckout.pointers(try JSON.parse(text)) == ["/order_amount"])
    }

    @Test(
        arguments: [
            (0, 0), (1_000_000_000, 1), (Int64.max, Int64.max), (Int64.max, 2), (1, Int64.min), (-1, 1),
            (1, Int64.max),
        ] as [(Int64, Int64)]
    )
    func `M19 survives quantities and prices at the edge of 64 bits`(quantity: Int64, price: Int64) {
        let line: JSON = [
            "name": "A", "quantity": .integer(quantity), "unit_price": .integer(price), "total_amount": 1,
        ]
        #expect(!NewCheckout.pointers(NewCheckout.body(["order_lines": [line], "order_amount": 1])).isEmpty)
    }

    @Test(
        arguments: [
            ("SE", "SEK", true), ("se", "sek", true), ("HU", "HUF", true), ("CZ", "CZK", true), ("JP", "JPY", false),
            ("SE", "EUR", false), ("CH", "CHF", true), ("XX", "SEK", false), ("S", "SEK", false), ("DE", "JPY", false),
        ]
    )
    func `M17 takes a country's own currency and no other`(country: String, currency: String, isAccepted: Bool) {
        let json = NewCheckout.body(["purchase_country": .string(country), "purchase_currency": .string(currency)])
        #expect(NewCheckout.pointers(json).isEmpty == isAccepted)
    }

    @Test(arguments: [
        ("sv-SE", true), ("EN", true), ("pl", true), ("sv_SE", false), ("swe", false), ("sv-SE-", false),
    ])
    func `checks how a locale is written, not whose it is`(locale: String, isAccepted: Bool) {
        #expect(NewCheckout.pointers(NewCheckout.body(["locale": .string(locale)])).isEmpty == isAccepted)
    }

    @Test func `M15 refuses a shipping line whose tax is that of something else`() throws {
        let lines: JSON = [
            [
                "type": "shipping_fee", "name": "Delivery", "quantity": 1, "unit_price": 495, "tax_rate": 700,
                "total_amount": 495, "total_tax_amount": 41,
            ]
        ]
        let error = try #require(throws: Faults.self) {
            try NewCheckout.read(NewCheckout.body(["order_lines": lines, "order_amount": 495]))
        }
        let fault = try #require(error.all.first)
        #expect(fault.pointer == "/order_lines/0/total_tax_amount")
        #expect(fault.sum == Fault.Sum(expected: 32, given: 41, tolerance: 1))
        #expect(fault.detail.contains("expected 32") && fault.detail.contains("given 41"))
    }

    @Test(
        arguments: [
            "https://evil.example/", "http://shop.example/", "https://shop.example.evil.example/",
            "https://shop.example@evil.example/", "https://user:pw@shop.example/", "https://shop.example:444/",
            "//shop.example/", "/thanks", "javascript:alert(1)", "data:text/html,x", "https:/shop.example/",
            "https:\\\\shop.example\\", "https://shop.example\\@evil.example/", "https://shop.example\r\nX: y",
            "https://shop.example/\u{0}", "https://shop.example/ a", " https://shop.example/", "https://shop.example./",
            "https://SHOP.example%2eevil.example/", "https://evil.example/?https://shop.example/", "https://",
            "https://shop.example:0/", "https://shop.example:99999/", "ftp://shop.example/", "https://shöp.example/",
            "https://evil.example#shop.example", "https://shop.example:443@evil.example/", "https://[::1/", "",
            "http://127.0.0.1.evil.example/", "http://localhost.evil.example/", "https://shop.example:44 3/",
        ]
    )
    func `sends shoppers nowhere but to allowed origins`(url: String) {
        #expect(
            NewCheckout.pointers(NewCheckout.body(["return_urls": ["failure": .string(url)]])) == [
                "/return_urls/failure"
            ]
        )
    }

    @Test(
        arguments: [
            "https://shop.example", "https://shop.example/", "HTTPS://Shop.Example/Thanks?x=1#y",
            "https://shop.example:443/",
            "http://127.0.0.1:8080/x", "https://shop.example?x", "https://other.example:8443/a//b",
        ]
    )
    func `sends shoppers to allowed origins however they are written`(url: String) throws {
        #expect(
            try NewCheckout.read(NewCheckout.body(["return_urls": ["back": .string(url)]])).returnURLs
                == .merchant([.back: url])
        )
    }

    @Test(
        "refuses what Klarna would refuse",
        arguments: [
            ("provider", "klarna", "/provider"), ("intent", "sell", "/intent"),
            ("account", "mars", "/account"),
            ("place_order_mode", "MAYBE", "/place_order_mode"), ("auto_capture", "yes", "/auto_capture"),
            ("return_urls", "https://shop.example/", "/return_urls"),
            ("return_urls", ["status_update": "https://shop.example/"], "/return_urls/status_update"),
            (
                "page", ["payment_method_category": "PAY_NOW", "payment_method_categories": ["PAY_NOW"]],
                "/page/payment_method_categories",
            ),
            ("page", ["payment_method_categories": ["PAY_NOW", "CASH"]], "/page/payment_method_categories/1"),
            ("page", ["logo_url": "http://shop.example/logo.png"], "/page/logo_url"),
            ("page", ["background_images": [["url": "https://shop.example/a"]]], "/page/background_images/0/width"),
            ("page", ["profile_id": "x"], "/page/profile_id"),
            ("page", ["purchase_type": "STEAL"], "/page/purchase_type"),
            ("billing_address", ["given_name": "1"], "/billing_address/given_name"),
            ("billing_address", ["email": "nobody"], "/billing_address/email"),
            ("billing_address", ["phone": "nobody@shop.example"], "/billing_address/phone"),
            ("billing_address", ["country": "SWE"], "/billing_address/country"),
            ("billing_address", ["country": "DE"], "/billing_address/country"),
            ("billing_address", ["postal_code": "12345678901"], "/billing_address/postal_code"),
            ("shipping_address", ["street": "x"], "/shipping_address/street"),
            ("customer", ["date_of_birth": "1980-02-30"], "/customer/date_of_birth"),
            ("customer", ["gender": "x"], "/customer/gender"),
            ("customer", ["last_four_ssn": "12345"], "/customer/last_four_ssn"),
            ("merchant_reference", .string(String(repeating: "x", count: 256)), "/merchant_reference"),
            ("metadata", ["k": .string(String(repeating: "x", count: 501))], "/metadata/k"),
            ("metadata", ["k": .null], "/metadata/k"),
            ("metadata", .object(JSONObject((0..<51).map { ("k\($0)", .string("v")) })), "/metadata"),
            ("merchant_reference", "a\u{7}b", "/merchant_reference"),
            ("order_lines", [], "/order_lines"),
            ("order_lines", [1], "/order_lines/0"),
            ("order_tax_amount", -1, "/order_tax_amount"),
            ("order_amount", 200_000_001, "/order_amount"),
        ] as [(String, JSON, String)],
    )
    func refusals(name: String, value: JSON, pointer: String) {
        #expect(NewCheckout.pointers(NewCheckout.body([name: value])) == [pointer])
    }

    @Test func `holds no more than 1000 lines`() {
        let line: JSON = ["name": "A", "quantity": 1, "unit_price": 1, "total_amount": 1]
        func lines(_ count: Int) -> JSON { .array(Array(repeating: line, count: count)) }
        #expect(NewCheckout.pointers(NewCheckout.body(["order_lines": lines(1000), "order_amount": 1000])) == [])
        #expect(
            NewCheckout.pointers(NewCheckout.body(["order_lines": lines(1001), "order_amount": 1001])) == [
                "/order_lines"
            ]
        )
    }

    @Test(
        arguments: [
            "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "card 5555555555554444!",
            "378282246310005", "2223003122003222", "no 12 6011111111111117",
        ]
    )
    func `refuses text that looks like a card number`(text: String) {
        #expect(
            NewCheckout.pointers(NewCheckout.body(["merchant_reference": .string(text)])) == ["/merchant_reference"]
        )
        #expect(NewCheckout.pointers(NewCheckout.body(["metadata": ["note": .string(text)]])) == ["/metadata/note"])
        #expect(
            NewCheckout.pointers(NewCheckout.body(["billing_address": ["street_address": .string(text)]])) == [
                "/billing_address/street_address"
            ]
        )
    }

    @Test(
        arguments: [
            "4111111111111112", "order-1732190400000", "1732190400000000000", "20251121103000123",
            "3d8b7e46-a1f9-4c05-92de-5b06c8e4f71a", "4111 1111", "+46 70 123 45 67",
        ]
    )
    func `takes numbers that are no card numbers`(text: String) {
        #expect(NewCheckout.pointers(NewCheckout.body(["merchant_reference": .string(text)])) == [])
    }

    @Test(
        arguments: [
            ("type", "mug"), ("tax_rate", 10_001), ("total_discount_amount", -1), ("total_tax_amount", "5000"),
        ] as [(String, JSON)]
    )
    func `does not add up what could not be read`(name: String, value: JSON) {
        var line: JSONObject = [
            "name": "A", "quantity": 1, "unit_price": 25_000, "tax_rate": 2500, "total_amount": 25_000,
            "total_tax_amount": 5000,
        ]
        line[name] = value
        let json = NewCheckout.body(["order_lines": [.object(line)], "order_tax_amount": 5000])
        #expect(NewCheckout.pointers(json) == ["/order_lines/0/\(name)"])
    }

    @Test func `takes an article number that would pass for a card number`() {
        let line: JSON = [
            "name": "A", "reference": "4006381333931", "quantity": 1, "unit_price": 1, "total_amount": 1,
            "product_identifiers": ["global_trade_item_number": "4006381333931"],
        ]
        #expect(NewCheckout.pointers(NewCheckout.body(["order_lines": [line], "order_amount": 1])) == [])
    }

    @Test(arguments: [.null, [], "x", 1] as [JSON])
    func `is an object`(json: JSON) {
        #expect(NewCheckout.pointers(json) == [""])
    }
}
