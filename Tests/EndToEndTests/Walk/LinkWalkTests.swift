import Foundation
import Testing
import Wire

/// The link to the page: how it reaches shoppers, and how long it lasts.
@Suite("A walk along the page's link")
struct LinkWalkTests {
    @Test(
        arguments: [
            (["method": "email", "email": "ada@customer.example"], "EMAIL", ["email": "ada@customer.example"]),
            (
                ["method": "SMS", "phone": "0701740615", "phone_country": "se"], "SMS",
                ["phone": "0701740615", "phone_country": "SE"],
            ),
            (["method": "token", "access_id": "klarna:5d0e6c12"], "TOKEN", ["access_id": "klarna:5d0e6c12"]),
        ] as [(JSON, String, JSON)]
    )
    func `is sent by Klarna`(distribution: JSON, method: String, contact: JSON) async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.open()
        let path = "\(street.path(checkout))/distribution"
        let sent = try await street.send("POST", path, distribution)
        #expect(sent.status == 204 && sent.body.isEmpty, "\(sent.text)")
        let links = try await street.list("distributions")
        #expect(links.count == 1)
        #expect(links[0]["method"]?.string == method)
        #expect(links[0]["contact_information"] == contact)
        #expect(links[0]["url"] == checkout["redirect_url"])
        // Whom it went to is nobody else's business.
        let events = try await street.events(of: checkout)
        let event = try #require(events.first { $0["type"] == "checkout.distributed" })
        #expect(!event.text.contains("0701740615") && !event.text.contains("customer.example"))
        try await street.send("POST", path, ["method": "sms", "phone": "0701740615"], expecting: 422)
        try await street.send("DELETE", street.path(checkout), expecting: 200)
        try await street.send("POST", path, distribution, expecting: 409)
        #expect(try await street.list("distributions").count == 1)
    }

    @Test func `is drawn as a picture to be photographed`() async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.open()
        let picture = try await street.ask("GET", try #require(checkout["qr_code_url"]?.string))
        #expect(picture.status == 200)
        #expect(picture.headers["content-type"]?.hasPrefix("image/") == true)
        #expect(picture.text.contains("<svg"))
    }

    @Test func `is dead once the page is closed, and another one is opened for the same purchase`() async throws {
        let street = try await Street()
        defer { street.close() }
        let first = try await street.open()
        let path = street.path(first)
        try await street.send("POST", "\(path)/reopening", expecting: 409)
        #expect(try await street.send("DELETE", path, expecting: 200)["status"] == "disabled")
        let second = try await street.send("POST", "\(path)/reopening", expecting: 200)
        #expect(second["status"] == "waiting" && second["id"] == first["id"])
        #expect(second["redirect_url"] != first["redirect_url"])
        let old = first["klarna"]?["hpp_session_id"]?.string ?? ""
        #expect(try await street.shopperActs("approve", on: old).status == "DISABLED")
        _ = try await street.act("approve", on: second)
        let paid = try await street.waitForStatus("order_placed", of: second)
        try await street.expectOneOrder(paid)
        try await street.send("POST", "\(path)/reopening", expecting: 409)
    }

    @Test func `expires, says so, and can be renewed`() async throws {
        let street = try await Street()
        defer { street.close() }
        let first = try await street.open()
        let path = street.path(first)
        try await street.advanceKlarnasClock(seconds: 49 * 3600)
        #expect(try await street.send("POST", "\(path)/refresh", expecting: 200)["status"] == "expired")
        let second = try await street.send("POST", "\(path)/reopening", expecting: 200)
        #expect(second["status"] == "waiting")
        #expect((second["expires_at"]?.string ?? "") > (first["expires_at"]?.string ?? "~"))
        _ = try await street.act("approve", on: second)
        let paid = try await street.waitForStatus("order_placed", of: second)
        try await street.expectOneOrder(paid)
        #expect(try await street.types(of: paid).contains("checkout.reopened"))
    }

    @Test func `leads to another basket after that was changed`() async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.open()
        var line = try #require(checkout["order_lines"]?.array?.first?.object)
        line["quantity"] = 1
        line["total_amount"] = 12_500
        line["total_tax_amount"] = 2500
        let basket: JSON = ["order_amount": 12_500, "order_tax_amount": 2500, "order_lines": [.object(line)]]
        let changed = try await street.send("PATCH", street.path(checkout), basket, expecting: 200)
        #expect(changed["order_amount"] == 12_500)
        _ = try await street.act("approve", on: checkout)
        let paid = try await street.waitForStatus("order_placed", of: checkout)
        #expect(paid["order"]?["authorized_amount"] == 12_500)
        #expect(try await street.order(of: paid).sums == "0/0/12500")
        try await street.send("PATCH", street.path(checkout), basket, expecting: 409)
    }
}
