import Checkouts
import Testing
import Wire

@Suite("A capture and a refund over HTTP")
struct CaptureRoutesTests {
    @Test func `take all that remains unless they say how much`() async throws {
        try await Site.open { site in
            let open = try await site.placedCheckout()
            let path = "/v1/checkouts/\(open.id)"
            let first = try await site.call("POST", "\(path)/captures", ["amount": 5000], idempotencyKey: "c1")
            #expect(first.status == 201)
            #expect(first.json.object?.names == ["id", "klarna_id", "amount", "status", "checkout"])
            let id = try #require(first.json["id"]?.string)
            #expect(id.hasPrefix("cap_") && first["Location"] == "\(path)/captures/\(id)")
            #expect(first.json["amount"] == 5000 && first.json["status"] == "succeeded")
            #expect(first.json["klarna_id"]?.string?.hasPrefix("capture-") == true)
            #expect(first.json["checkout"]?["order"]?["remaining_authorized_amount"] == 20_000)
            let rest = try await site.call("POST", "\(path)/captures", [:], idempotencyKey: "c2")
            #expect(rest.status == 201 && rest.json["amount"] == 20_000)
            #expect(rest.json["checkout"]?["order"]?["status"] == "captured")
            let part = try await site.call("POST", "\(path)/refunds", ["amount": 1000], idempotencyKey: "r1")
            let refund = try #require(part.json["id"]?.string)
            #expect(part.status == 201 && part.json.object?.names == first.json.object?.names)
            #expect(refund.hasPrefix("ref_") && part["Location"] == "\(path)/refunds/\(refund)")
            let all = try await site.call("POST", "\(path)/refunds", [:], idempotencyKey: "r2")
            #expect(all.json["amount"] == 24_000)
            #expect(all.json["checkout"]?["order"]?["refunded_amount"] == 25_000)
        }
    }

    @Test func `are sent once, however often the same key asks`() async throws {
        try await Site.open { site in
            let open = try await site.placedCheckout()
            let path = "/v1/checkouts/\(open.id)/captures"
            let first = try await site.call("POST", path, ["amount": 5000], idempotencyKey: "c1")
            for _ in 1...3 {
                let again = try await site.call("POST", path, ["amount": 5000], idempotencyKey: "c1")
                #expect(again.status == 201 && again.body == first.body && again["Idempotent-Replayed"] == "true")
            }
            let other = try await site.call("POST", path, ["amount": 6000], idempotencyKey: "c1")
            #expect(other.status == 422 && other.problem == "idempotency-key-reused")
            #expect(site.klarna.calls.filter { $0.hasSuffix("/captures") }.count == 1)
        }
    }

    @Test func `asked for by two at once take no more than there is`() async throws {
        try await Site.open { site in
            let open = try await site.placedCheckout()
            let path = "/v1/checkouts/\(open.id)/captures"
            async let first = site.call("POST", path, ["amount": 20_000], idempotencyKey: "c1")
            async let second = site.call("POST", path, ["amount": 20_000], idempotencyKey: "c2")
            let answers = try await [first, second]
            #expect(Set(answers.map(\.status)) == [201, 422])
            #expect(answers.first { $0.status == 422 }?.pointers == ["/amount"])
            #expect(site.klarna.calls.filter { $0.hasPrefix("POST") && $0.hasSuffix("/captures") }.count == 1)
        }
    }

    @Test func `are pending while their outcome is not known, and found out`() async throws {
        try await Site.open(patience: .zero) { site in
            let open = try await site.placedCheckout()
            let path = "/v1/checkouts/\(open.id)/captures"
            let gate = site.klarna.close()
            let answer = try await site.call("POST", path, ["amount": 5000], idempotencyKey: "c1")
            #expect(answer.status == 202 && answer.json["status"] == "pending")
            #expect(answer.json["klarna_id"] == .null && answer.json["amount"] == 5000)
            let place = try #require(answer["Location"])
            let pending = try await site.call("GET", place)
            #expect(pending.json["status"] == "pending" && pending.json["settled_at"] == .null)
            let more = try await site.call("POST", path, ["amount": 20_001], idempotencyKey: "c2")
            #expect(more.status == 422 && more.pointers == ["/amount"])
            gate.open()
            while try await site.call("GET", place).json["status"] != "succeeded" {
                try await Task.sleep(for: .milliseconds(10))
            }
            let again = try await site.call("POST", path, ["amount": 5000], idempotencyKey: "c1")
            #expect(again.status == 202 && again.body == answer.body)
            #expect(site.klarna.calls.filter { $0.hasPrefix("POST") && $0.hasSuffix("/captures") }.count == 1)
        }
    }

    @Test(arguments: ["captures", "refunds"])
    func `that Klarna refuses are told in its words, and the key may try again`(kind: String) async throws {
        try await Site.open { site in
            let open = try await site.placedCheckout()
            let path = "/v1/checkouts/\(open.id)"
            if kind == "refunds" { _ = try await site.call("POST", "\(path)/captures", [:], idempotencyKey: "c0") }
            let refusal: JSON = [
                "error_code": "NOT_NOW", "error_messages": ["Not allowed."], "correlation_id": "corr-1",
            ]
            site.klarna.fail("/ordermanagement/v1/orders/order-token-of-\(open.page)/\(kind)", .answer(403, refusal))
            let answer = try await site.call("POST", "\(path)/\(kind)", ["amount": 100], idempotencyKey: "k1")
            #expect(answer.status == 502 && answer.problem == "klarna-refused")
            #expect(answer.json["klarna"]?["status"] == 403 && answer.json["klarna"]?["error_code"] == "NOT_NOW")
            #expect(answer.json["klarna"]?["error_messages"] == ["Not allowed."])
            #expect(answer.json["klarna"]?["correlation_id"] == "corr-1")
            let failed = try await site.call("GET", "\(path)/\(kind)")
            let listed = try #require(failed.json["data"]?.array?.last)
            #expect(listed["status"] == "failed" && listed["klarna_id"] == .null)
            #expect(listed["problem"]?["type"] == "urn:kassa:problem:operation-refused")
            let again = try await site.call("POST", "\(path)/\(kind)", ["amount": 100], idempotencyKey: "k1")
            #expect(again.status == 201 && again["Idempotent-Replayed"] == nil)
            #expect(again.json["amount"] == 100)
        }
    }

    @Test(
        arguments: [
            ("captures", ["amount": 25_001], "/amount"), ("captures", ["amount": 0], "/amount"),
            ("captures", ["amount": .number("1.5")], "/amount"), ("captures", ["amount": "100"], "/amount"),
            ("captures", ["order_lines": [["reference": "SKU-2", "quantity": 1]]], "/order_lines/0/reference"),
            ("captures", ["order_lines": [["reference": "SKU-1", "quantity": 3]]], "/order_lines/0/quantity"),
            ("captures", ["shipping_info": [["shipping_method": "Rocket"]]], "/shipping_info/0/shipping_method"),
            ("captures", ["captured_amount": 100], "/captured_amount"), ("refunds", ["amount": 1], "/amount"),
            ("refunds", ["shipping_info": []], "/shipping_info"),
        ] as [(String, JSON, String)]
    )
    func `that do not fit are refused where they do not`(kind: String, body: JSON, pointer: String) async throws {
        try await Site.open { site in
            let open = try await site.placedCheckout()
            let answer = try await site.call("POST", "/v1/checkouts/\(open.id)/\(kind)", body, idempotencyKey: "k1")
            #expect(answer.status == 422 && answer.problem == "validation")
            #expect(answer.pointers == [pointer])
            #expect(try await site.desk.checkout(open.id).operations.isEmpty)
        }
    }

    @Test func `by lines name what they take`() async throws {
        try await Site.open { site in
            let open = try await site.placedCheckout()
            let path = "/v1/checkouts/\(open.id)/captures"
            let body: JSON = ["order_lines": [["reference": "SKU-1", "quantity": 1]], "reference": "parcel-1"]
            let answer = try await site.call("POST", path, body, idempotencyKey: "c1")
            #expect(answer.status == 201 && answer.json["amount"] == 12_500)
            let list = try await site.call("GET", path)
            let listed = try #require(list.json["data"]?.array?.first)
            #expect(
                listed.object?.names == [
                    "id", "klarna_id", "amount", "status", "origin", "reference", "order_lines", "created_at",
                    "settled_at", "problem",
                ]
            )
            #expect(listed["origin"] == "api" && listed["reference"] == "parcel-1")
            #expect(listed["order_lines"]?.array?.first?["quantity"] == 1)
            #expect(listed["order_lines"]?.array?.first?["total_tax_amount"] == 2500)
            let id = try #require(listed["id"]?.string)
            #expect(try await site.call("GET", "\(path)/\(id)").json == listed)
            // A capture is no refund, whatever is asked for by its id.
            #expect(try await site.call("GET", "/v1/checkouts/\(open.id)/refunds/\(id)").status == 404)
            #expect(try await site.call("GET", "/v1/checkouts/\(open.id)/refunds").json == ["data": []])
        }
    }

    @Test func `that somebody else made are seen by a refresh`() async throws {
        try await Site.open { site in
            let open = try await site.placedCheckout()
            site.klarna.change("order-token-of-\(open.page)") { order in
                order["captures"] = [["capture_id": "portal-1", "captured_amount": 4000]]
                order["captured_amount"] = 4000
                order["remaining_authorized_amount"] = 21_000
                order["status"] = "PART_CAPTURED"
            }
            let seen = try await site.call("POST", "/v1/checkouts/\(open.id)/refresh")
            #expect(seen.json["order"]?["captured_amount"] == 4000)
            let list = try await site.call("GET", "/v1/checkouts/\(open.id)/captures")
            #expect(list.json["data"]?.array?.count == 1)
            let capture = list.json["data"]?.array?.first
            #expect(capture?["origin"] == "elsewhere" && capture?["klarna_id"] == "portal-1")
            #expect(capture?["amount"] == 4000 && capture?["status"] == "succeeded")
        }
    }

    @Test func `are followed by what is done with the capture`() async throws {
        try await Site.open { site in
            let open = try await site.placedCheckout()
            let captured = try await site.call(
                "POST",
                "/v1/checkouts/\(open.id)/captures",
                [:],
                idempotencyKey: "c1",
            )
            let path = try #require(captured["Location"])
            let parcel: JSON = ["shipping_info": [["tracking_number": "T1", "shipping_method": "home"]]]
            #expect(try await site.call("POST", "\(path)/shipping_info", parcel).status == 200)
            let options = try await site.call("GET", "\(path)/due_date_options")
            #expect(options.json == ["currency": "SEK", "options": [["number_of_days": 14, "amount": 990]]])
            let extended = try await site.call("POST", "\(path)/due_date", ["number_of_days": 14])
            #expect(extended.status == 200 && extended.json["id"] == .string(open.id.rawValue))
            #expect(try await site.call("POST", "\(path)/send_out").status == 200)
            let capture = captured.json["klarna_id"]?.string ?? ""
            let base = "/ordermanagement/v1/orders/order-token-of-\(open.page)/captures/\(capture)"
            let sent = site.klarna.bodies(of: "POST \(base)/shipping-info")
            #expect(sent == [["shipping_info": [["shipping_method": "Home", "tracking_number": "T1"]]]])
            #expect(site.klarna.bodies(of: "PATCH \(base)/extend-due-date") == [["number_of_days": 14]])
            #expect(site.klarna.calls.contains("POST \(base)/trigger-send-out"))
            for body: JSON in [["shipping_info": []], [:]] {
                let answer = try await site.call("POST", "\(path)/shipping_info", body)
                #expect(answer.status == 422 && answer.pointers == ["/shipping_info"])
            }
            let days = try await site.call("POST", "\(path)/due_date", ["number_of_days": 0])
            #expect(days.status == 422 && days.pointers == ["/number_of_days"])
        }
    }
}
