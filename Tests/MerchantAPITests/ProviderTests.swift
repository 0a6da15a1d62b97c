import Checkouts
import Testing
import Wire

@Suite("An order that Klarna places by itself")
struct ProviderTests {
    private let order: JSON = [
        "order_amount": 25_000, "purchase_currency": "SEK", "merchant_reference1": "order-1001",
    ]

    @Test(arguments: ["PLACE_ORDER", "CAPTURE_ORDER"])
    func `is read and not placed again`(mode: String) async throws {
        try await Site.open { site in
            let open = try await site.openCheckout(["place_order_mode": .string(mode)])
            let page = try #require(site.klarna.bodies(of: "POST /hpp/v1/sessions").first)
            #expect(page["options"]?["place_order_mode"] == .string(mode))
            site.klarna.place(open.page, "order-of-klarna", order)
            if mode == "CAPTURE_ORDER" {
                site.klarna.change("order-of-klarna") { order in
                    order["status"] = "CAPTURED"
                    order["captured_amount"] = 25_000
                    order["remaining_authorized_amount"] = 0
                    order["captures"] = [["capture_id": "capture-of-klarna", "captured_amount": 25_000]]
                }
            }
            _ = try await site.send("GET", site.returnPath(open.id, "success"))
            let placed = try await site.call("POST", "/v1/checkouts/\(open.id)/refresh")
            #expect(placed.json["status"] == "order_placed")
            #expect(placed.json["order"]?["order_id"] == "order-of-klarna")
            #expect(!site.klarna.calls.contains { $0.hasSuffix("/order") })
            let captures = try await site.call("GET", "/v1/checkouts/\(open.id)/captures").json["data"]?.array
            #expect(captures?.map { $0["origin"] } == (mode == "CAPTURE_ORDER" ? ["placing"] : []))
            let amount = try await site.call(
                "POST",
                "/v1/checkouts/\(open.id)/\(mode == "CAPTURE_ORDER" ? "refunds" : "captures")",
                [:],
                idempotencyKey: "k1",
            )
            #expect(amount.status == 201 && amount.json["amount"] == 25_000)
        }
    }

    @Test func `may be one of Klarna Checkout`() async throws {
        try await Site.open { site in
            let answer = try await site.call("POST", "/v1/checkouts", Site.mugs(["provider": "klarna_checkout"]))
            #expect(answer.status == 201 && answer.json["provider"] == "klarna_checkout")
            let order = try #require(answer.json["klarna"]?["payment_session_id"]?.string)
            let page = try #require(answer.json["klarna"]?["hpp_session_id"]?.string)
            let id = try #require(Checkout.ID(rawValue: answer.json["id"]?.string ?? ""))
            let sent = try #require(site.klarna.bodies(of: "POST /checkout/v3/orders").first)
            #expect(sent["merchant_urls"]?["push"]?.string?.hasSuffix(site.callbackPath(id, .push)) == true)
            site.klarna.place(page, order, self.order)
            #expect(try await site.send("POST", site.callbackPath(id, .push)).status == 204)
            while try await site.desk.checkout(id).status != .orderPlaced {
                try await Task.sleep(for: .milliseconds(10))
            }
            let acknowledged = "POST /ordermanagement/v1/orders/\(order)/acknowledge"
            while !site.klarna.calls.contains(acknowledged) { try await Task.sleep(for: .milliseconds(10)) }
            #expect(try await site.call("GET", "/v1/checkouts/\(id)").json["order"]?["order_id"] == .string(order))
        }
    }

    @Test(
        arguments: [
            (["provider": "klarna_checkout", "place_order_mode": "PLACE_ORDER"], "/place_order_mode"),
            (["provider": "klarna_checkout", "intent": "tokenize"], "/intent"),
            (["provider": "klarna_checkout", "order_tax_amount": .null], "/order_tax_amount"),
            (["provider": "klarna_playground"], "/provider"), (["account": "nobody"], "/account"),
            (
                ["page": ["payment_method_category": "PAY_NOW", "payment_method_categories": ["PAY_LATER"]]],
                "/page/payment_method_categories",
            ),
            (["page": ["payment_method_category": "PAY_NOW"]], "/page/payment_method_category"),
            (["acquiring_channel": "IN_STORE", "return_urls": [:]], "/return_urls"),
        ] as [([String: JSON], String)]
    )
    func `or any other is refused where it cannot be`(members: [String: JSON], pointer: String) async throws {
        try await Site.open(works: false) { site in
            let answer = try await site.call("POST", "/v1/checkouts", Site.mugs(members))
            #expect(answer.status == 422 && answer.pointers.contains(pointer))
            #expect(!site.klarna.calls.contains("POST /hpp/v1/sessions"))
        }
    }
}
