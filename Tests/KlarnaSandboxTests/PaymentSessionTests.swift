import KlarnaSandbox
import Testing
import Wire

@Suite("A payment session in the sandbox")
struct PaymentSessionTests {
    @Test func `is answered with 200, an id, a client token and categories`() {
        let merchant = Merchant()
        let answer = merchant.call("POST", "/payments/v1/sessions", .mug)
        #expect(answer.status == 200)
        #expect(answer.json["session_id"]?.string?.count == 36)
        #expect(answer.json["client_token"]?.string?.split(separator: ".").count == 3)
        #expect(answer.json["payment_method_categories"]?.array?.isEmpty == false)
    }

    @Test func `refuses an empty object by naming currency and country only`() {
        let merchant = Merchant()
        let answer = merchant.call("POST", "/payments/v1/sessions", [:])
        #expect(answer.status == 400)
        #expect(answer.errorCode == "BAD_VALUE")
        #expect(answer.errorMessages == ["Bad value: purchase_currency, purchase_country"])
    }

    @Test(arguments: badValues)
    func `refuses a value that Klarna refuses, by its path`(change: BadValue) {
        let merchant = Merchant()
        let answer = merchant.call("POST", "/payments/v1/sessions", change.body)
        #expect(answer.status == 400)
        #expect(answer.errorCode == "BAD_VALUE")
        #expect(answer.errorMessages == ["Bad value: \(change.paths)"])
    }

    @Test(arguments: [
        JSON.mug.with("locale", nil), .mug.with("locale", "EN"), .mug.with("purchase_country", "se"),
        .mug.with("purchase_currency", "sek"), .mug.with("order_lines[0].total_tax_amount", 5001),
        .mug.with("order_tax_amount", 5001), .mug.with("customer", nil), .mug.with("customer", .null),
        .mug.with("something_new", ["a": 1]), .mug.with("acquiring_channel", "in_store"),
        .mug.with("order_lines[0].quantity", 0).with("order_lines[0].total_amount", 0)
            .with("order_lines[0].total_tax_amount", 0).with("order_amount", 0).with("order_tax_amount", 0),
        .line(9999, 2300, 1870), .line(9999, 2300, 1869), .line(12_300, 2300, 2300), .line(-10_000, 2500, -2000),
        .mug.with("billing_address", ["email": "customer@email.se", "given_name": "Test"]),
    ])
    func `accepts what Klarna accepts`(body: JSON) {
        let merchant = Merchant()
        #expect(merchant.call("POST", "/payments/v1/sessions", body).status == 200)
    }

    @Test func `can be cancelled with its pages and its authorization`() throws {
        let merchant = Merchant()
        let session = try merchant.open()
        let other = try merchant.open()
        _ = try merchant.act(.approve, session.hppSession)
        let token = try #require(
            merchant.call("GET", "/hpp/v1/sessions/\(session.hppSession)").json["authorization_token"]?.string
        )
        let path = "/payments/v1/sessions/\(session.paymentSession)"
        #expect(merchant.call("DELETE", path).status == 204)
        #expect(merchant.call("GET", path).status == 404)
        #expect(merchant.call("DELETE", path).status == 404)
        #expect(merchant.call("POST", "/payments/v1/authorizations/\(token)/order", .mug).status == 404)
        #expect(merchant.call("DELETE", "/payments/v1/sessions/\(other.paymentSession)").status == 204)
        let page = "/hpp/v1/sessions/\(other.hppSession)"
        #expect(merchant.call("GET", page).json["status"] == "CANCELLED")
        #expect(try merchant.act(.approve, other.hppSession).status == .cancelled)
    }

    @Test func `may have several pages, of which the newest consent counts`() throws {
        let merchant = Merchant()
        let session = try merchant.open()
        let url = JSON.string("\(Merchant.base)/payments/v1/sessions/\(session.paymentSession)")
        let hosted = merchant.call("POST", "/hpp/v1/sessions", ["payment_session_url": url])
        let second = try #require(hosted.json["session_id"]?.string)
        var tokens: [String] = []
        for page in [session.hppSession, second] {
            _ = try merchant.act(.approve, page)
            let reading = merchant.call("GET", "/hpp/v1/sessions/\(page)").json
            tokens.append(try #require(reading["authorization_token"]?.string))
        }
        let statuses = tokens.map { merchant.call("POST", "/payments/v1/authorizations/\($0)/order", .mug).status }
        #expect(statuses == [404, 200])
    }

    @Test(arguments: [("ECOMMERCE", 47), ("IN_STORE", 46), ("in_store", 46), ("TELESALES", 47)])
    func `keeps its pages open for so long`(channel: String, hours: Int64) throws {
        let merchant = Merchant()
        let id = try merchant.open(.mug.with("acquiring_channel", .string(channel))).paymentSession
        #expect(
            merchant.call("GET", "/payments/v1/sessions/\(id)").json["acquiring_channel"]?.string
                == channel.uppercased()
        )
        let url = JSON.string("\(Merchant.base)/payments/v1/sessions/\(id)")
        let hosted = merchant.call("POST", "/hpp/v1/sessions", ["payment_session_url": url])
        #expect(hosted.json["expires_at"]?.string == (merchant.now + .seconds(hours * 3600)).description)
    }

    @Test func `takes every intent, with or without a subscription`() throws {
        for intent in ["buy", "tokenize", "buy_and_tokenize", "buy_and_default_tokenize"] {
            let merchant = Merchant()
            let id = try merchant.open(.mug.with("intent", .string(intent))).paymentSession
            #expect(merchant.call("GET", "/payments/v1/sessions/\(id)").json["intent"]?.string == intent)
        }
    }

    @Test func `takes US purchases with a line for the sales tax`() {
        let merchant = Merchant()
        let purchase: JSON = [
            "purchase_country": "US", "purchase_currency": "USD", "order_amount": 3268, "order_tax_amount": 268,
            "order_lines": [
                ["name": "Bell", "quantity": 2, "unit_price": 1500, "total_amount": 3000],
                ["type": "sales_tax", "name": "Sales Tax", "quantity": 1, "unit_price": 268, "total_amount": 268],
            ],
        ]
        #expect(merchant.call("POST", "/payments/v1/sessions", purchase).status == 200)
        let wrong = merchant.call("POST", "/payments/v1/sessions", purchase.with("order_tax_amount", 0))
        #expect(wrong.errorMessages == ["Bad value: order_tax_amount"])
    }

    @Test func `lives 48 hours`() throws {
        let merchant = Merchant()
        let path = "/payments/v1/sessions/\(try merchant.open().paymentSession)"
        let reading = merchant.call("GET", path)
        #expect(reading.json["status"] == "incomplete")
        #expect(reading.json["expires_at"]?.string == (merchant.now + .seconds(48 * 3600)).description)
        merchant.wait(.seconds(48 * 3600 - 1))
        #expect(merchant.call("GET", path).status == 200)
        merchant.wait(.seconds(1))
        let gone = merchant.call("GET", path)
        #expect(gone.status == 404)
        #expect(gone.errorMessages == ["Invalid session id"])
    }

    @Test func `keeps what an update leaves out and checks the whole`() throws {
        let merchant = Merchant()
        let path = "/payments/v1/sessions/\(try merchant.open().paymentSession)"
        let update: JSON = ["merchant_reference2": "cart-7", "order_tax_amount": 5001]
        let updated = merchant.call("POST", path, update)
        #expect(updated.status == 204)
        #expect(updated.body.isEmpty)
        let reading = merchant.call("GET", path).json
        #expect(reading["merchant_reference1"] == "order-1001")
        #expect(reading["merchant_reference2"] == "cart-7")
        #expect(reading["order_tax_amount"] == 5001)
        #expect(merchant.call("POST", path, ["order_amount": 1]).errorMessages == ["Bad value: order_amount"])
        #expect(merchant.call("POST", "/payments/v1/sessions/unknown", update).errorMessages == ["Invalid session id"])
    }

    @Test func `tells who the shopper is only once the shopper has agreed`() throws {
        let merchant = Merchant()
        let purchase = JSON.mug.with("billing_address", ["email": "customer@email.se"])
            .with("customer", ["date_of_birth": "1941-03-21", "national_identification_number": "410321-9202"])
        let session = try merchant.open(purchase)
        let path = "/payments/v1/sessions/\(session.paymentSession)"
        #expect(merchant.call("GET", path).json["billing_address"] == nil)
        #expect(merchant.call("GET", path).json["customer"] == nil)
        _ = try merchant.act(.approve, session.hppSession)
        let reading = merchant.call("GET", path).json
        #expect(reading["billing_address"]?["email"] == "customer@email.se")
        #expect(reading["customer"] == ["date_of_birth": "1941-03-21"])
        #expect(reading["authorization_token"]?.string != nil)
    }
}

struct BadValue: Sendable, CustomTestStringConvertible {
    let body: JSON
    let paths: String

    init(_ path: String, _ value: JSON?, says paths: String? = nil) {
        body = .mug.with(path, value)
        self.paths = paths ?? path
    }

    init(_ body: JSON, says paths: String) {
        self.body = body
        self.paths = paths
    }

    var testDescription: String { "\(paths): \(body.text.suffix(80))" }
}

private let badValues: [BadValue] = [
    BadValue("purchase_country", nil), BadValue("purchase_country", "SWE"), BadValue("purchase_country", 46),
    BadValue("purchase_country", "XX"), BadValue("purchase_currency", "EUR"), BadValue("purchase_currency", .null),
    BadValue("billing_address", ["country": "DE"], says: "purchase_currency"),
    BadValue("locale", "sv_SE"), BadValue("locale", ""), BadValue("locale", "swe"),
    BadValue("order_amount", nil), BadValue("order_amount", "25000"), BadValue("order_amount", -1),
    BadValue("order_amount", .number("25000.0")), BadValue("order_amount", 24_999), BadValue("order_amount", true),
    BadValue("order_amount", .number("99999999999999999999")),
    BadValue("order_tax_amount", "5000"), BadValue("order_tax_amount", 5002), BadValue("order_tax_amount", 4998),
    BadValue("order_tax_amount", nil), BadValue("order_tax_amount", -5000),
    BadValue("order_lines", nil), BadValue("order_lines", []), BadValue("order_lines", [:]),
    BadValue("order_lines", .array(Array(repeating: JSON.mug["order_lines"]?.array?.first ?? .null, count: 1001))),
    BadValue("order_lines[0]", "mug"), BadValue("order_lines[0].name", nil), BadValue("order_lines[0].name", ""),
    BadValue("order_lines[0].name", .string(String(repeating: "m", count: 256))),
    BadValue("order_lines[0].quantity", nil), BadValue("order_lines[0].quantity", -1),
    BadValue("order_lines[0].quantity", "2"), BadValue("order_lines[0].quantity", .number("2.5")),
    BadValue("order_lines[0].unit_price", nil), BadValue("order_lines[0].unit_price", 200_000_001),
    BadValue("order_lines[0].total_amount", nil),
    BadValue(
        "order_lines[0].total_amount",
        24_000,
        says: "order_lines[0].total_amount, order_lines[0].total_tax_amount",
    ),
    BadValue("order_lines[0].quantity", 9_223_372_036_854_775_807, says: "order_lines[0].total_amount"),
    BadValue("order_lines[0].total_discount_amount", -1),
    BadValue("order_lines[0].total_discount_amount", 3, says: "order_lines[0].total_amount"),
    BadValue("order_lines[0].tax_rate", -1), BadValue("order_lines[0].tax_rate", 10_001),
    BadValue("order_lines[0].tax_rate", "2500"), BadValue("order_lines[0].total_tax_amount", 5002),
    BadValue("order_lines[0].total_tax_amount", 4998), BadValue("order_lines[0].total_tax_amount", nil),
    BadValue("order_lines[0].total_tax_amount", -9_223_372_036_854_775_807),
    BadValue("order_lines[0].tax_rate", nil, says: "order_lines[0].total_tax_amount"),
    BadValue("order_lines[0].type", "book"), BadValue("order_lines[0].quantity_unit", "kilograms"),
    BadValue("order_lines[0].quantity_unit", ""),
    BadValue("order_lines[0].product_url", .string(String(repeating: "u", count: 1025))),
    BadValue(
        "order_lines[0].product_identifiers",
        ["color": .string(String(repeating: "c", count: 65))],
        says: "order_lines[0].product_identifiers.color",
    ),
    BadValue(
        "order_lines[0].subscription",
        ["name": "Mugs", "interval": "MONTH"],
        says: "order_lines[0].subscription.interval_count",
    ),
    BadValue("merchant_reference1", .string(String(repeating: "r", count: 256))), BadValue("merchant_reference2", 7),
    BadValue("merchant_data", .string(String(repeating: "d", count: 6001))), BadValue("intent", "give"),
    BadValue("acquiring_channel", "MAIL"), BadValue("options", ["color_text": "red"], says: "options.color_text"),
    BadValue("attachment", ["content_type": "application/json"], says: "attachment.body"),
    BadValue("attachment", ["content_type": "application/json", "body": "{"], says: "attachment.attachment"),
    BadValue("merchant_urls", ["authorization": "http://shop.example/a"], says: "merchant_urls.authorization"),
    BadValue("billing_address", ["postal_code": "11148-11148"], says: "billing_address.postal_code"),
    BadValue("billing_address", ["given_name": "7777"], says: "billing_address.given_name"),
    BadValue("shipping_address", ["country": "AU", "city": "Perth"], says: "shipping_address.region"),
    BadValue("customer", ["date_of_birth": "21.3.1941"], says: "customer.date_of_birth"),
    BadValue(
        .mug.with("order_amount", "x").with("order_lines[0].tax_rate", "y").with("locale", 1),
        says: "locale, order_amount, order_lines[0].tax_rate",
    ),
    BadValue(.line(9999, 2300, 1871), says: "order_lines[1].total_tax_amount"),
    BadValue(.line(9999, 2300, 1868), says: "order_lines[1].total_tax_amount"),
]

extension JSON {
    /// The mugs and another line of that total, rate and tax.
    fileprivate static func line(_ total: Int64, _ rate: Int64, _ tax: Int64) -> JSON {
        mug.with(
            "order_lines[1]",
            [
                "type": total < 0 ? "discount" : "physical", "name": "Other", "quantity": 1,
                "unit_price": .integer(total),
                "tax_rate": .integer(rate), "total_amount": .integer(total), "total_tax_amount": .integer(tax),
            ],
        )
        .with("order_amount", .integer(25_000 + total)).with("order_tax_amount", .integer(5000 + tax))
    }
}
