import Checkouts
import Testing
import Wire

@Suite("A hosted page over HTTP")
struct PageRoutesTests {
    @Test(
        arguments: [
            (["method": "email", "email": "ada@shop.example"], ["email": "ada@shop.example"]),
            (
                ["method": "sms", "phone": "0701740615", "phone_country": "se"],
                ["phone": "0701740615", "phone_country": "SE"],
            ),
            (["method": "token", "access_id": "klarna:1"], ["access_id": "klarna:1"]),
        ] as [(JSON, JSON)]
    )
    func `is sent to the shopper, once for each key`(body: JSON, contact: JSON) async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            let path = "/v1/checkouts/\(open.id)/distribution"
            let answer = try await site.call("POST", path, body, idempotencyKey: "k1")
            #expect(answer.status == 204 && answer.body.isEmpty)
            let again = try await site.call("POST", path, body, idempotencyKey: "k1")
            #expect(again.status == 204 && again["Idempotent-Replayed"] == "true")
            let sent = site.klarna.bodies(of: "POST /hpp/v1/sessions/\(open.page)/distribution")
            #expect(sent.count == 1 && sent.first?["contact_information"] == contact)
            let events = try await site.call("GET", "/v1/checkouts/\(open.id)/events")
            #expect(events.text.contains("checkout.distributed"))
            #expect(!events.text.contains("ada@") && !events.text.contains("0701740615"))
        }
    }

    @Test(
        arguments: [
            ([:], ["/method"]), (["method": "pigeon"], ["/method"]), (["method": "email"], ["/email"]),
            (["method": "sms", "phone": "0701740615"], ["/phone_country"]),
            (["method": "sms"], ["/phone", "/phone_country"]),
            (["method": "email", "email": "no address"], ["/email"]),
        ] as [(JSON, [String])]
    )
    func `is sent nowhere that is no place`(body: JSON, pointers: [String]) async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            let answer = try await site.call("POST", "/v1/checkouts/\(open.id)/distribution", body)
            #expect(answer.status == 422 && answer.pointers == pointers)
            #expect(!site.klarna.calls.contains { $0.hasSuffix("/distribution") })
        }
    }

    @Test func `that Klarna does not send says why`() async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            let path = "/v1/checkouts/\(open.id)/distribution"
            let body: JSON = ["method": "email", "email": "ada@shop.example"]
            let place = "/hpp/v1/sessions/\(open.page)/distribution"
            site.klarna.fail(place, .answer(400, ["error_code": "MISSING_CONTACT_DATA"]), .lost)
            let refused = try await site.call("POST", path, body)
            #expect(refused.status == 502 && refused.json["klarna"]?["error_code"] == "MISSING_CONTACT_DATA")
            let lost = try await site.call("POST", path, body)
            #expect(lost.status == 504 && lost.problem == "klarna-unreachable")
            #expect(!refused.text.contains("ada@") && !lost.text.contains("ada@"))
        }
    }

    @Test func `is opened anew once it is closed`() async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            #expect(try await site.call("DELETE", "/v1/checkouts/\(open.id)").status == 200)
            let path = "/v1/checkouts/\(open.id)/reopening"
            let answer = try await site.call("POST", path, idempotencyKey: "k1")
            #expect(answer.status == 200 && answer.json["status"] == "waiting")
            #expect(answer.json["klarna"]?["hpp_session_id"]?.string != open.page)
            let again = try await site.call("POST", path, idempotencyKey: "k1")
            #expect(again.body == answer.body && again["Idempotent-Replayed"] == "true")
            #expect(site.klarna.calls.filter { $0 == "POST /hpp/v1/sessions" }.count == 2)
        }
    }

    @Test func `shows another basket once Klarna has taken it`() async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            let basket: JSON = [
                "order_amount": 10_000,
                "order_lines": [
                    ["name": "Mug", "quantity": 1, "unit_price": 10_000, "tax_rate": 2500, "total_amount": 10_000]
                ],
            ]
            let path = "/v1/checkouts/\(open.id)"
            let wrong = try await site.call("PATCH", path, ["order_amount": 1, "order_lines": []])
            #expect(wrong.status == 422)
            let answer = try await site.call("PATCH", path, basket)
            #expect(answer.status == 200)
            #expect(answer.json["order_amount"] == 10_000)
            #expect(answer.json["order_tax_amount"] == 2000)
            #expect(answer.json["order_lines"]?.array?.count == 1)
        }
    }
}
