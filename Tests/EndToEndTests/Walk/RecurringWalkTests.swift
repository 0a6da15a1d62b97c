import Foundation
import Testing
import Wire

/// Customer tokens and Klarna Checkout, through the merchant API and over sockets.
@Suite("A walk through recurring payments")
struct RecurringWalkTests {
    private static let charge: JSON = [
        "purchase_currency": "SEK", "order_amount": 10_000, "merchant_reference": "june",
        "order_lines": [
            ["name": "Plan", "quantity": 1, "unit_price": 10_000, "tax_rate": 2500, "total_amount": 10_000]
        ],
    ]

    @Test func `a token is charged once for each key, and its orders are orders`() async throws {
        let street = try await Street()
        defer { street.close() }
        let path = "/customer_tokens/\(try await street.customerToken())"
        #expect(try await street.send("GET", path, expecting: 200)["status"] == "active")
        try await street.send("POST", "\(path)/orders", RecurringWalkTests.charge, expecting: 400)
        let june = try await street.send(
            "POST",
            "\(path)/orders",
            RecurringWalkTests.charge,
            key: "june",
            expecting: 201,
        )
        let again = try await street.send(
            "POST",
            "\(path)/orders",
            RecurringWalkTests.charge,
            key: "june",
            expecting: 201,
        )
        let july = try await street.send(
            "POST",
            "\(path)/orders",
            RecurringWalkTests.charge,
            key: "july",
            expecting: 201,
        )
        #expect(again["order_id"] == june["order_id"] && july["order_id"] != june["order_id"])
        let made = try await street.orders()
        #expect(made.compactMap { $0["order_id"] } == [june, july].compactMap { $0["order_id"] })
        let checkout = "/checkouts/\(june["checkout_id"]?.string ?? "")"
        let paid = try await street.send("GET", checkout, expecting: 200)
        #expect(paid["status"] == "order_placed" && paid["redirect_url"] == .null)
        try await street.send("POST", "\(checkout)/captures", [:], key: "c", expecting: 201)
        try await street.send("POST", "\(checkout)/refunds", ["amount": 2500], key: "r", expecting: 201)
        #expect(try await street.orders().map(\.sums) == ["10000/2500/0", "0/0/10000"])
    }

    @Test(arguments: [
        ("PAYMENT_METHOD_FAILED", "payment-method-failed"),
        ("UNAVAILABLE_PAYMENT_METHOD", "payment-method-unavailable"),
        ("PAYMENT_METHOD_CURRENCY_MISMATCH", "payment-method-unavailable"),
        ("TOKEN_SUSPENDED", "customer-token-suspended"), ("TOKEN_CANCELED", "customer-token-cancelled"),
        ("TOKEN_CANCELLED", "customer-token-cancelled"), ("TOKEN_FORBIDDEN", "customer-token-cancelled"),
    ])
    func `why a token cannot be charged is told apart`(word: String, type: String) async throws {
        let street = try await Street()
        defer { street.close() }
        let path = "/customer_tokens/\(try await street.customerToken())/orders"
        let klarnas = try await street.tokens().first?["token_id"]?.string ?? ""
        _ = try await street.pull("tokens/\(klarnas)/fail", ["error_code": .string(word), "count": 5])
        let refused = try await street.send("POST", path, RecurringWalkTests.charge, key: "june", expecting: 502)
        #expect(refused["type"]?.string == "urn:kassa:problem:\(type)", "\(refused.text)")
        #expect(refused["klarna"]?["error_code"]?.string == word)
        #expect(try await street.orders().isEmpty)
    }

    @Test func `a token is suspended, goes on, and is cancelled for good`() async throws {
        let street = try await Street()
        defer { street.close() }
        let path = "/customer_tokens/\(try await street.customerToken())"
        let klarnas = try await street.tokens().first?["token_id"]?.string ?? ""
        _ = try await street.pull("tokens/\(klarnas)/suspend")
        #expect(try await street.send("GET", path, expecting: 200)["status"] == "suspended")
        let refused = try await street.send(
            "POST",
            "\(path)/orders",
            RecurringWalkTests.charge,
            key: "a",
            expecting: 502,
        )
        #expect(refused["type"] == "urn:kassa:problem:customer-token-suspended")
        _ = try await street.pull("tokens/\(klarnas)/resume")
        try await street.send("POST", "\(path)/orders", RecurringWalkTests.charge, key: "b", expecting: 201)
        #expect(try await street.send("DELETE", path, expecting: 200)["status"] == "cancelled")
        #expect(try await street.send("DELETE", path, expecting: 200)["status"] == "cancelled")
        #expect(try await street.tokens().first?["status"] == "CANCELLED")
        try await street.send("POST", "\(path)/orders", RecurringWalkTests.charge, key: "c", expecting: 409)
        #expect(try await street.orders().count == 1)
    }

    @Test(arguments: ["close_after", "close_before", "status:503"])
    func `a charge whose answer is lost is one order`(effect: String) async throws {
        let street = try await Street()
        defer { street.close() }
        let path = "/customer_tokens/\(try await street.customerToken())/orders"
        try await street.fault("POST", "/customer-token/v1/tokens", effect, count: 2)
        let answer = try await street.send("POST", path, RecurringWalkTests.charge, key: "june")
        #expect([201, 202].contains(answer.status), "\(answer.text)")
        let checkout = try answer.json["checkout_id"]?.string ?? ""
        try await street.insistOnOrder(of: checkout)
        #expect(try await street.orders().count == 1)
        let sends = try await street.requests().filter { $0["path"]?.string?.hasPrefix("/customer-token/") == true }
        #expect(Set(sends.compactMap { $0["idempotency_key"]?.string }).count == 1)
        #expect(Set(sends.compactMap { $0["body"]?.text }).count == 1)
    }
}

@Suite("A walk through Klarna Checkout")
struct CheckoutWalkTests {
    @Test func `its order is taken over, acknowledged, captured and refunded`() async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.open(["provider": "klarna_checkout"])
        #expect(checkout["provider"] == "klarna_checkout")
        let sent = try await street.lastBody("POST", "/checkout/v3/orders")
        #expect(sent["merchant_urls"]?["push"]?.string?.contains("/callbacks/") == true)
        let page = try await street.lastBody("POST", "/hpp/v1/sessions")["payment_session_url"]?.string ?? ""
        #expect(page.contains("/checkout/v3/orders/"))
        _ = try await street.ask("GET", try await street.act("approve", on: checkout))
        let paid = try await street.waitForStatus("order_placed", of: checkout)
        #expect(paid["order"]?["order_id"] == checkout["klarna"]?["payment_session_id"])
        try await street.waitForEvent("order.acknowledged", of: checkout)
        #expect(try await street.order(of: paid)["acknowledged"] == true)
        #expect(try await street.requests().allSatisfy { $0["path"]?.string?.hasPrefix("/payments/") == false })
        let path = street.path(paid)
        try await street.send("POST", "\(path)/captures", [:], key: "c", expecting: 201)
        try await street.send("POST", "\(path)/refunds", ["amount": 5000], key: "r", expecting: 201)
        #expect(try await street.order(of: paid).sums == "25000/5000/0")
    }

    /// The push comes two minutes after the order, again and again, until it is acknowledged.
    @Test func `a push is enough to find its order`() async throws {
        let street = try await Street(settings: ["KASSA_POLLING_WAITING": "1h", "KASSA_POLLING_IN_PROGRESS": "1h"])
        defer { street.close() }
        try await street.fault("POST", "/callbacks", "callback_drop", count: 2)
        let checkout = try await street.open(["provider": "klarna_checkout"])
        let push = try await street.lastBody("POST", "/checkout/v3/orders")["merchant_urls"]?["push"]?.string ?? ""
        _ = try await street.act("approve", on: checkout)
        #expect(try await street.ask("POST", push.replacing("{checkout.order.id}", with: "x")).status == 204)
        let paid = try await street.waitForStatus("order_placed", of: checkout)
        try await street.waitForEvent("order.acknowledged", of: checkout)
        #expect(try await street.order(of: paid)["acknowledged"] == true)
        try await street.expectOneOrder(paid)
    }
}

extension Street {
    /// Of a shopper who agreed to be charged later.
    fileprivate func customerToken() async throws -> String {
        let checkout = try await post(Street.plan("plan-1", intent: "tokenize")).json
        _ = try await act("approve", on: checkout)
        return try await waitForStatus("tokenized", of: checkout)["customer_token"]?.string ?? ""
    }
}
