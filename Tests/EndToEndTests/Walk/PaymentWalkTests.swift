import Foundation
import Testing
import Wire

/// What can be said of a purchase, and what Klarna hears of it.
@Suite("A walk through Klarna Payments")
struct PaymentWalkTests {
    @Test(arguments: [
        ("buy", "order_placed", false), ("tokenize", "tokenized", true), ("buy_and_tokenize", "order_placed", true),
        ("buy_and_default_tokenize", "order_placed", true),
    ])
    func `each intent has its end`(intent: String, status: String, hasToken: Bool) async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.post(Street.plan("plan-1", intent: intent)).json
        _ = try await street.act("approve", on: checkout)
        let ended = try await street.waitForStatus(status, of: checkout)
        #expect((ended["customer_token"] == .null) != hasToken)
        #expect(try await street.orders().count == (status == "order_placed" ? 1 : 0))
        #expect(try await street.tokens().count == (hasToken ? 1 : 0))
        let sent = try await street.lastBody("POST", "/payments/v1/sessions")
        #expect(sent["intent"]?.string == intent)
        #expect(sent["order_lines"]?.array?.first?["subscription"]?["interval"] == "MONTH")
    }

    @Test(arguments: ["IN_STORE", "telesales"])
    func `in a shop and by telephone there are no redirects`(channel: String) async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.open(["acquiring_channel": .string(channel), "return_urls": .null])
        let sent = try await street.lastBody("POST", "/payments/v1/sessions")
        #expect(sent["acquiring_channel"]?.string == channel.uppercased())
        let told = try await street.lastBody("POST", "/hpp/v1/sessions")["merchant_urls"]?.object?.names
        #expect(told == ["status_update"])
        let email: JSON = ["method": "email", "email": "ada@customer.example"]
        try await street.send("POST", "\(street.path(checkout))/distribution", email, expecting: 204)
        _ = try await street.act("approve", on: checkout)
        _ = try await street.waitForStatus("order_placed", of: checkout)
        let urls: JSON = ["success": .string("\(street.shop)/thanks")]
        let body = try Street.mugs(["acquiring_channel": .string(channel), "return_urls": urls])
        try await street.send("POST", "/checkouts", body, expecting: 422)
    }

    @Test func `people, references and extra data arrive at Klarna`() async throws {
        let street = try await Street()
        defer { street.close() }
        let billing: JSON = [
            "given_name": "Ada", "family_name": "Berg", "email": "ada@customer.example", "phone": "+46701740615",
            "street_address": "Gatan 1", "postal_code": "11122", "city": "Stockholm", "country": "SE",
        ]
        let attachment: JSON = [
            "content_type": "application/vnd.klarna.internal.emd-v2+json", "body": ["other_delivery": [["a": 1]]],
        ]
        let checkout = try await street.open([
            "billing_address": billing, "shipping_address": ["city": "Stockholm"], "attachment": attachment,
            "customer": ["date_of_birth": "1980-01-01", "type": "person"], "merchant_reference2": "second",
            "merchant_data": "{\"till\":4}",
        ])
        _ = try await street.act("approve", on: checkout)
        let paid = try await street.waitForStatus("order_placed", of: checkout)
        let sent = try await street.lastBody("POST", "/payments/v1/sessions")
        #expect(sent["billing_address"]?["city"] == "Stockholm")
        #expect(sent["shipping_address"] == nil, "half an address was sent")
        #expect(sent["customer"]?["date_of_birth"] == "1980-01-01")
        let body = try JSON.parse(Array((sent["attachment"]?["body"]?.string ?? "").utf8))
        #expect(body == ["other_delivery": [["a": 1]]])
        let placed = try await street.lastBody("POST", "/payments/v1/authorizations", suffix: "/order")
        for sent in [sent, placed] {
            #expect(sent["merchant_reference1"] == "order-1001" && sent["merchant_reference2"] == "second")
            #expect(sent["merchant_data"] == "{\"till\":4}")
        }
        let warned = try await street.events(of: paid).first { $0["detail"]?["warnings"] != nil }
        #expect(warned?["detail"]?["warnings"]?.array?.first?["pointer"] == "/shipping_address")
        #expect(try await street.order(of: paid)["merchant_reference2"] == "second")
    }

    /// Each with its sum, which is what is authorized.
    @Test(arguments: [
        (
            "SE", "SEK", 21_500,
            #"""
            [{"type": "physical", "name": "Mug", "reference": "SKU-1", "quantity": 2, "quantity_unit": "pcs",
              "unit_price": 12500, "tax_rate": 2500, "total_discount_amount": 2500, "total_amount": 22500,
              "product_url": "https://shop.example/mug", "image_url": "https://shop.example/mug.jpg",
              "product_identifiers": {"brand": "Norr", "global_trade_item_number": "4912345678904"}},
             {"type": "shipping_fee", "name": "Parcel", "quantity": 1, "unit_price": 4900, "tax_rate": 2500,
              "total_amount": 4900},
             {"type": "surcharge", "name": "Gift wrap", "quantity": 1, "unit_price": 1100, "tax_rate": 2500,
              "total_amount": 1100},
             {"type": "discount", "name": "Autumn", "quantity": 1, "unit_price": -1000, "tax_rate": 2500,
              "total_amount": -1000},
             {"type": "gift_card", "name": "Card 1", "quantity": 1, "unit_price": -5000, "tax_rate": 0,
              "total_amount": -5000},
             {"type": "store_credit", "name": "Return", "quantity": 1, "unit_price": -1000, "tax_rate": 0,
              "total_amount": -1000}]
            """#,
        ),
        (
            "US", "USD", 21_825,
            #"""
            [{"type": "physical", "name": "Lamp", "quantity": 1, "unit_price": 20000, "total_amount": 20000},
             {"type": "sales_tax", "name": "State tax", "quantity": 1, "unit_price": 1250, "total_amount": 1250},
             {"type": "sales_tax", "name": "City tax", "quantity": 1, "unit_price": 575, "total_amount": 575}]
            """#,
        ),
    ])
    func `every kind of line is bought, captured and refunded to the cent`(
        country: String,
        currency: String,
        amount: Int64,
        lines: String,
    ) async throws {
        let street = try await Street()
        defer { street.close() }
        let members: JSONObject = [
            "purchase_country": .string(country), "purchase_currency": .string(currency),
            "locale": .string("en-\(country)"), "order_amount": .integer(amount), "order_tax_amount": .null,
            "order_lines": try .parse(Array(lines.utf8)),
        ]
        let paid = try await street.buy(members)
        let sent = try await street.lastBody("POST", "/payments/v1/authorizations", suffix: "/order")
        let sum = (sent["order_lines"]?.array ?? []).reduce(0) { $0 + ($1["total_amount"]?.integer ?? 0) }
        #expect(sum == amount && sent["order_amount"]?.integer == amount)
        if country == "US" { #expect(sent["order_tax_amount"] == 1825) }
        let path = street.path(paid)
        try await street.send("POST", "\(path)/captures", [:], key: "all", expecting: 201)
        try await street.send("POST", "\(path)/refunds", [:], key: "all", expecting: 201)
        #expect(try await street.order(of: paid).sums == "\(amount)/\(amount)/0")
        let captured = try await street.order(of: paid)["captures"]?.array?.first?["order_lines"]?.array
        #expect(captured?.count == sent["order_lines"]?.array?.count)
    }

    @Test func `every fault of a basket is told at once, before any call`() async throws {
        let street = try await Street()
        defer { street.close() }
        let line: JSON = [
            "name": "Mug", "quantity": 2, "unit_price": 12_500, "tax_rate": 2500, "total_amount": 25_100,
            "total_tax_amount": 4000,
        ]
        let members: JSONObject = ["purchase_currency": "EUR", "order_amount": 25_099, "order_lines": [line]]
        let problem = try await street.send("POST", "/checkouts", try Street.mugs(members), expecting: 422)
        let errors = Dictionary(grouping: problem["errors"]?.array ?? []) { $0["pointer"]?.string ?? "" }
        let pointers = [
            "/purchase_currency", "/order_amount", "/order_tax_amount", "/order_lines/0/total_amount",
            "/order_lines/0/total_tax_amount",
        ]
        #expect(Set(errors.keys) == Set(pointers), "\(problem.text)")
        let amount = errors["/order_lines/0/total_amount"]?.first
        #expect(amount?["expected"] == 25_000 && amount?["given"] == 25_100 && amount?["tolerance"] == 2)
        #expect(try await street.requests().isEmpty)
    }

    @Test func `an order is captured at once where that is asked for`() async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.buy(["auto_capture": true])
        let path = "\(street.path(checkout))/refresh"
        let read = try await street.send("POST", path, expecting: 200)
        #expect(read["order"]?.sums == "25000/0/0")
        #expect(try await street.order(of: checkout).sums == "25000/0/0")
    }

    @Test func `the authorization callback is a hint, and its token is not used`() async throws {
        let street = try await Street()
        defer { street.close() }
        try await street.fault("POST", "/", "callback_drop", count: 100)
        let checkout = try await street.open()
        let urls = try await street.lastBody("POST", "/payments/v1/sessions")["merchant_urls"]
        _ = try await street.act("approve", on: checkout)
        let body: JSON = ["authorization_token": "somebody-elses", "session_id": "another"]
        let headers = ["Content-Type": "application/json"]
        let told = try await street.ask(
            "POST",
            try #require(urls?["authorization"]?.string),
            headers: headers,
            body: body.text,
        )
        #expect(told.status == 204)
        _ = try await street.waitForStatus("order_placed", of: checkout)
        try await street.expectOneOrder(checkout)
        #expect(try await street.requests().allSatisfy { $0["path"]?.string?.contains("somebody-elses") == false })
    }
}
