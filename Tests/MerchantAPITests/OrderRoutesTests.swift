import Checkouts
import Testing
import Wire

@Suite("A placed order over HTTP")
struct OrderRoutesTests {
    @Test func `is cancelled for good`() async throws {
        try await Site.open { site in
            let open = try await site.placedCheckout()
            let path = "/v1/checkouts/\(open.id)"
            let answer = try await site.call("POST", "\(path)/cancellation")
            #expect(answer.status == 200 && answer.json["id"] == .string(open.id.rawValue))
            #expect(answer.json["order"]?["status"] == "cancelled")
            #expect(answer.json["order"]?["remaining_authorized_amount"] == 0)
            let refused = [
                ("POST", "\(path)/captures", [:] as JSON?), ("POST", "\(path)/cancellation", nil),
                ("POST", "\(path)/extension", nil), ("POST", "\(path)/release", nil),
            ]
            for (method, path, body) in refused {
                let answer = try await site.call(method, path, body, idempotencyKey: "k1")
                #expect(answer.status == 409 && answer.problem == "conflict", "\(path)")
            }
        }
    }

    @Test func `is released once some of it is captured, and extended before`() async throws {
        try await Site.open { site in
            let open = try await site.placedCheckout()
            let path = "/v1/checkouts/\(open.id)"
            #expect(try await site.call("POST", "\(path)/extension").status == 200)
            #expect(try await site.call("POST", "\(path)/release").status == 409)
            _ = try await site.call("POST", "\(path)/captures", ["amount": 5000], idempotencyKey: "c1")
            #expect(try await site.call("POST", "\(path)/cancellation").status == 409)
            let released = try await site.call("POST", "\(path)/release")
            #expect(released.status == 200 && released.json["order"]?["remaining_authorized_amount"] == 0)
            let more = try await site.call("POST", "\(path)/captures", ["amount": 1], idempotencyKey: "c2")
            #expect(more.status == 422 || more.status == 409)
        }
    }

    @Test(arguments: ["PENDING", "REJECTED", "STOPPED"])
    func `is not captured while its risk is not accepted`(fraud: String) async throws {
        try await Site.open { site in
            let open = try await site.placedCheckout()
            site.klarna.change("order-token-of-\(open.page)") { $0["fraud_status"] = .string(fraud) }
            _ = try await site.call("POST", "/v1/checkouts/\(open.id)/refresh")
            let answer = try await site.call(
                "POST",
                "/v1/checkouts/\(open.id)/captures",
                [:],
                idempotencyKey: "c1",
            )
            #expect(answer.status == 409 && answer.problem == "conflict")
        }
    }

    @Test func `takes every change that one request names`() async throws {
        try await Site.open { site in
            let open = try await site.placedCheckout()
            let lines: JSON = [
                [
                    "type": "physical", "reference": "SKU-1", "name": "Mug", "quantity": 1, "unit_price": 12_500,
                    "tax_rate": 2500, "total_amount": 12_500, "total_tax_amount": 2500,
                ]
            ]
            let address: JSON = [
                "given_name": "Ada", "family_name": "Berg", "street_address": "Gata 1", "postal_code": "11122",
                "city": "Stockholm", "country": "SE", "email": "ada@shop.example",
            ]
            let body: JSON = [
                "merchant_reference1": "order-2", "shipping_address": address, "order_amount": 12_500,
                "order_tax_amount": 2500, "order_lines": lines,
                "shipping_info": [["tracking_number": "T1"]],
            ]
            let path = "/v1/checkouts/\(open.id)/order"
            let answer = try await site.call("PATCH", path, body, idempotencyKey: "k1")
            #expect(answer.status == 200)
            #expect(answer.json["merchant_reference"] == "order-2")
            #expect(answer.json["order"]?["authorized_amount"] == 12_500)
            #expect(answer.json["order_lines"] == lines)
            let base = "/ordermanagement/v1/orders/order-token-of-\(open.page)"
            for call in ["PATCH \(base)/merchant-references", "PATCH \(base)/customer-details"] {
                #expect(site.klarna.bodies(of: call).count == 1, "\(call)")
            }
            let update = site.klarna.bodies(of: "PATCH \(base)/authorization")
            #expect(update.count == 1 && update.first?["order_lines"]?.array?.count == 1)
            #expect(site.klarna.bodies(of: "POST \(base)/shipping-info").count == 1)
            let again = try await site.call("PATCH", path, body, idempotencyKey: "k1")
            #expect(again.status == 200 && again["Idempotent-Replayed"] == "true" && again.body == answer.body)
        }
    }

    @Test(
        arguments: [
            ([:], ""), (["order_amount": 100], "/order_lines"), (["billing_address": [:]], "/billing_address"),
            (["merchant_reference1": 7], "/merchant_reference1"), (["status": "CAPTURED"], "/status"),
            (["shipping_address": ["city": "Lund"]], "/shipping_address/street_address"),
        ] as [(JSON, String)]
    )
    func `is changed by nothing that is wrong`(body: JSON, pointer: String) async throws {
        try await Site.open { site in
            let open = try await site.placedCheckout()
            let answer = try await site.call("PATCH", "/v1/checkouts/\(open.id)/order", body)
            #expect(answer.status == 422 && answer.pointers.contains(pointer))
            #expect(!site.klarna.calls.contains { $0.hasPrefix("PATCH") })
        }
    }

    @Test(
        arguments: [
            ("POST", "cancellation", nil), ("POST", "extension", nil),
            ("PATCH", "order", ["merchant_reference1": "x"]),
        ] as [(String, String, JSON?)]
    )
    func `that Klarna does not answer about is gone on with`(method: String, word: String, body: JSON?) async throws {
        try await Site.open(patience: .zero) { site in
            let open = try await site.placedCheckout()
            let gate = site.klarna.close()
            let path = "/v1/checkouts/\(open.id)/\(word)"
            let answer = try await site.call(method, path, body, idempotencyKey: "k1")
            #expect(answer.status == 504 && answer.problem == "klarna-unreachable")
            let again = try await site.call(method, path, body, idempotencyKey: "k1")
            #expect(again.status == 504 && again["Idempotent-Replayed"] == nil)
            #expect(try await site.desk.checkout(open.id).operations.count == 1)
            gate.open()
            while try await site.desk.checkout(open.id).operations.contains(where: \.isPending) {
                try await Task.sleep(for: .milliseconds(10))
            }
            let done = try await site.call(method, path, body, idempotencyKey: "k1")
            #expect(done.status == 200)
            let effects = site.klarna.calls.filter { !$0.hasPrefix("GET") && $0.contains("/ordermanagement/") }
            #expect(effects.count == 1)
        }
    }

    @Test func `that Klarna refuses to change says so in its words`() async throws {
        try await Site.open { site in
            let open = try await site.placedCheckout()
            let refusal: JSON = ["error_code": "CANCEL_NOT_ALLOWED", "error_messages": [], "correlation_id": "corr-1"]
            site.klarna.fail(
                "/ordermanagement/v1/orders/order-token-of-\(open.page)/cancel",
                .answer(403, refusal),
            )
            let answer = try await site.call("POST", "/v1/checkouts/\(open.id)/cancellation")
            #expect(answer.status == 502 && answer.problem == "klarna-refused")
            #expect(answer.json["klarna"]?["error_code"] == "CANCEL_NOT_ALLOWED")
        }
    }
}
