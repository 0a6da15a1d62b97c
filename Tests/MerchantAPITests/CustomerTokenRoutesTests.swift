import Checkouts
import Testing
import Wire

@Suite("A customer token over HTTP")
struct CustomerTokenRoutesTests {
    private let charge: JSON = [
        "purchase_currency": "SEK", "order_amount": 10_000, "order_tax_amount": 2000, "merchant_reference": "june",
        "order_lines": [
            [
                "name": "Plan", "quantity": 1, "unit_price": 10_000, "tax_rate": 2500, "total_amount": 10_000,
                "total_tax_amount": 2000,
            ]
        ],
    ]

    @Test func `is shown without Klarna's own`() async throws {
        try await Site.open { site in
            let (id, open) = try await site.customerToken()
            let checkout = try await site.call("GET", "/v1/checkouts/\(open.id)")
            #expect(checkout.json["status"] == "tokenized")
            #expect(checkout.json["customer_token"] == .string(id.rawValue) && checkout.json["order"] == .null)
            let token = try await site.call("GET", "/v1/customer_tokens/\(id)")
            #expect(
                token.json.object?.names == [
                    "id", "status", "checkout_id", "account", "purchase_country", "purchase_currency", "locale",
                    "payment_method_type", "masked_number", "created_at",
                ]
            )
            #expect(token.json["status"] == "active" && token.json["payment_method_type"] == "CARD")
            #expect(token.json["checkout_id"] == .string(open.id.rawValue))
            #expect(!token.text.contains("ct-") && !checkout.text.contains("\"ct-"))
            let list = try await site.call("GET", "/v1/checkouts?status=tokenized")
            #expect(list.json["data"]?.array?.count == 1)
            // Who comes back sees that it is done.
            let page = try await site.send("GET", site.returnPath(open.id, "success"))
            #expect(page.status == 200 && page.text.contains("data-face=\"paid\""))
        }
    }

    @Test func `is charged once for each key`() async throws {
        try await Site.open { site in
            let (id, _) = try await site.customerToken()
            let path = "/v1/customer_tokens/\(id)/orders"
            let answer = try await site.call("POST", path, charge, idempotencyKey: "june")
            #expect(answer.status == 201)
            #expect(
                answer.json.object?.names == [
                    "order_id", "klarna_reference", "fraud_status", "status", "authorized_amount", "captured_amount",
                    "refunded_amount", "remaining_authorized_amount", "placed_at", "expires_at", "checkout_id",
                    "customer_token", "merchant_reference", "checkout",
                ]
            )
            let checkout = try #require(answer.json["checkout_id"]?.string)
            #expect(answer["Location"] == "/v1/checkouts/\(checkout)")
            #expect(answer.json["customer_token"] == .string(id.rawValue))
            #expect(answer.json["merchant_reference"] == "june" && answer.json["authorized_amount"] == 10_000)
            #expect(answer.json["checkout"]?["status"] == "order_placed")
            #expect(answer.json["checkout"]?["customer_token"] == .string(id.rawValue))
            let again = try await site.call("POST", path, charge, idempotencyKey: "june")
            #expect(again.body == answer.body && again["Idempotent-Replayed"] == "true")
            #expect(site.klarna.calls.filter { $0.hasPrefix("POST /customer-token/") }.count == 1)
            let captured = try await site.call("POST", "/v1/checkouts/\(checkout)/captures", [:], idempotencyKey: "c1")
            #expect(captured.status == 201 && captured.json["amount"] == 10_000)
        }
    }

    @Test(
        arguments: [
            ("TOKEN_SUSPENDED", "customer-token-suspended"), ("TOKEN_CANCELLED", "customer-token-cancelled"),
            ("TOKEN_CANCELED", "customer-token-cancelled"), ("TOKEN_FORBIDDEN", "customer-token-cancelled"),
            ("PAYMENT_METHOD_FAILED", "payment-method-failed"),
            ("UNAVAILABLE_PAYMENT_METHOD", "payment-method-unavailable"),
            ("PAYMENT_METHOD_CURRENCY_MISMATCH", "payment-method-unavailable"), ("SOMETHING", "klarna-refused"),
        ]
    )
    func `that gives no order says why not`(code: String, problem: String) async throws {
        try await Site.open { site in
            let (id, _) = try await site.customerToken()
            // The first call only asks for the time.
            let refusal = FakeKlarna.Fault.answer(403, ["error_code": .string(code)])
            site.klarna.fail("/customer-token/v1/tokens/", refusal, refusal)
            let path = "/v1/customer_tokens/\(id)/orders"
            let answer = try await site.call("POST", path, charge, idempotencyKey: "june")
            #expect(answer.status == 502 && answer.problem == problem)
            #expect(answer.json["klarna"]?["error_code"] == .string(code))
            #expect(!answer.text.contains("ct-"))
            #expect(site.klarna.calls.filter { $0.hasPrefix("POST /customer-token/") }.count == 1)
            // Nothing was charged, so the key is free for another try; and that one stands.
            let again = try await site.call("POST", path, charge, idempotencyKey: "june")
            guard !["TOKEN_CANCELLED", "TOKEN_CANCELED"].contains(code) else { return #expect(again.status == 409) }
            #expect(again.status == 201 && again.json["checkout_id"] != answer.json["checkout_id"])
            let replayed = try await site.call("POST", path, charge, idempotencyKey: "june")
            #expect(replayed.body == again.body && replayed["Idempotent-Replayed"] == "true")
            #expect(site.klarna.calls.filter { $0.hasPrefix("POST /customer-token/") }.count == 2)
        }
    }

    @Test func `that is cancelled is charged no more`() async throws {
        try await Site.open { site in
            let (id, _) = try await site.customerToken()
            let path = "/v1/customer_tokens/\(id)"
            for _ in 1...2 {
                let cancelled = try await site.call("DELETE", path)
                #expect(cancelled.status == 200 && cancelled.json["status"] == "cancelled")
            }
            #expect(site.klarna.calls.filter { $0.hasPrefix("PATCH /customer-token/") }.count == 1)
            let answer = try await site.call("POST", "\(path)/orders", charge, idempotencyKey: "june")
            #expect(answer.status == 409 && answer.problem == "customer-token-cancelled")
            #expect(!site.klarna.calls.contains { $0.hasPrefix("POST /customer-token/") })
        }
    }

    @Test func `whose charge is not answered is pending, and is charged once`() async throws {
        try await Site.open(patience: .zero) { site in
            let (id, _) = try await site.customerToken()
            let gate = site.klarna.close()
            let path = "/v1/customer_tokens/\(id)/orders"
            let answer = try await site.call("POST", path, charge, idempotencyKey: "june")
            #expect(answer.status == 202 && answer.json["order_id"] == .null && answer.json["status"] == "pending")
            #expect(answer.json["checkout"]?["status"] == "authorized")
            let checkout = try #require(answer["Location"])
            gate.open()
            while try await site.call("GET", checkout).json["status"] != "order_placed" {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(site.klarna.calls.filter { $0.hasPrefix("POST /customer-token/") }.count == 1)
        }
    }

    @Test(
        arguments: [
            ("order_amount", 9000, "/order_amount"), ("purchase_currency", "NOK", "/purchase_currency"),
            ("order_lines", [], "/order_lines"), ("purchase_country", "SE", "/purchase_country"),
            ("auto_capture", "yes", "/auto_capture"),
        ] as [(String, JSON, String)]
    )
    func `is charged nothing that is wrong`(name: String, value: JSON, pointer: String) async throws {
        try await Site.open { site in
            let (id, _) = try await site.customerToken()
            var body = try #require(charge.object)
            body[name] = value
            let path = "/v1/customer_tokens/\(id)/orders"
            let answer = try await site.call("POST", path, .object(body), idempotencyKey: "june")
            #expect(answer.status == 422 && answer.pointers.contains(pointer))
            #expect(!site.klarna.calls.contains { $0.hasPrefix("POST /customer-token/") })
        }
    }

    @Test func `that is made with an order is beside it`() async throws {
        try await Site.open { site in
            let line: JSON = [
                "type": "digital", "reference": "PLAN", "name": "Plan", "quantity": 1, "unit_price": 10_000,
                "tax_rate": 2500, "total_amount": 10_000, "total_tax_amount": 2000,
                "subscription": ["name": "Plan", "interval": "MONTH", "interval_count": 1],
            ]
            let open = try await site.placedCheckout([
                "intent": "buy_and_tokenize", "order_amount": 10_000, "order_tax_amount": 2000, "order_lines": [line],
            ])
            let checkout = try await site.call("GET", "/v1/checkouts/\(open.id)")
            #expect(checkout.json["status"] == "order_placed" && checkout.json["order"] != .null)
            #expect(checkout.json["customer_token"] == .string(CustomerToken.ID(madeBy: open.id).rawValue))
        }
    }
}
