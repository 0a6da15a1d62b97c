import Foundation
import Testing
import Wire

/// Everything that the hosted page offers, through the merchant API and over sockets.
@Suite("A walk through the hosted page")
struct PageWalkTests {
    @Test func `all of its options arrive, over those of the account`() async throws {
        let street = try await Street(settings: [
            "KASSA_KLARNA_PAGE_PAGE_TITLE": "The account's title", "KASSA_KLARNA_PAGE_PURCHASE_TYPE": "RENT",
        ])
        defer { street.close() }
        let profile: JSON = "0b1d9815-165e-42e2-8867-35bc03789e00"
        let page: JSON = [
            "payment_method_categories": ["pay_later", "PAY_NOW"], "payment_fallback": true,
            "logo_url": "https://shop.example/logo.svg", "page_title": "Your mugs", "show_subtotal_detail": "hide",
            "background_images": [["url": "https://shop.example/small.jpg", "width": 800]], "profile_id": profile,
        ]
        let checkout = try await street.open(["page": page])
        let sent = try await street.lastBody("POST", "/hpp/v1/sessions")
        let options: JSON = [
            "place_order_mode": "NONE", "payment_method_categories": ["PAY_LATER", "PAY_NOW"],
            "payment_fallback": true, "purchase_type": "RENT", "page_title": "Your mugs",
            "logo_url": "https://shop.example/logo.svg",
            "background_images": [["url": "https://shop.example/small.jpg", "width": 800]],
            "show_subtotal_detail": "HIDE",
        ]
        #expect(sent["options"] == options.sorted(like: sent["options"]))
        #expect(sent["profile_id"] == profile)
        let shown = try await street.ask("GET", checkout["redirect_url"]?.string ?? "")
        #expect(shown.status == 200 && shown.text.contains("Your mugs"))
    }

    @Test(arguments: ["BUY", "RENT", "BOOK", "SUBSCRIBE", "DOWNLOAD", "ORDER", "CONTINUE", "PAY"])
    func `its button says what it is told to`(word: String) async throws {
        let street = try await Street()
        defer { street.close() }
        _ = try await street.open(["page": ["purchase_type": .string(word.lowercased())]])
        let options = try await street.lastBody("POST", "/hpp/v1/sessions")["options"]
        #expect(options?["purchase_type"]?.string == word)
    }

    @Test func `two ways of naming categories are refused before any call`() async throws {
        let street = try await Street()
        defer { street.close() }
        let page: JSON = ["payment_method_category": "PAY_NOW", "payment_method_categories": ["PAY_NOW"]]
        let body = try Street.mugs(["page": page])
        let problem = try await street.send("POST", "/checkouts", body, expecting: 422)
        #expect(problem["errors"]?.array?.compactMap { $0["pointer"] } == ["/page/payment_method_categories"])
        #expect(try await street.requests().isEmpty)
    }

    @Test func `only what Klarna offers is offered`() async throws {
        let street = try await Street()
        defer { street.close() }
        let one: JSON = ["payment_method_category": "DIRECT_BANK_TRANSFER"]
        try await street.send("POST", "/checkouts", try Street.mugs(["page": one]), expecting: 422)
        #expect(try await street.requests().allSatisfy { $0["path"]?.string?.hasPrefix("/hpp") == false })
        _ = try await street.open(["page": ["payment_method_categories": ["DIRECT_BANK_TRANSFER", "PAY_NOW"]]])
        let options = try await street.lastBody("POST", "/hpp/v1/sessions")["options"]
        #expect(options?["payment_method_categories"] == ["PAY_NOW"])
    }

    /// Who places, who captures, and what is left for the merchant to do.
    @Test(arguments: [
        ("NONE", 1, "0/0/25000", []), ("PLACE_ORDER", 0, "0/0/25000", []),
        ("CAPTURE_ORDER", 0, "25000/0/0", ["placing"]),
    ])
    func `the order is placed as the mode says`(
        mode: String,
        sends: Int,
        sums: String,
        origins: [String],
    ) async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.open(["place_order_mode": .string(mode)])
        let location = try await street.act("approve", on: checkout)
        #expect(!location.contains("authorization_token"))
        _ = try await street.ask("GET", location)
        _ = try await street.waitForStatus("order_placed", of: checkout)
        let path = street.path(checkout)
        let captures = try await street.wait(for: "the order's details") {
            let order = try await street.send("POST", "\(path)/refresh", expecting: 200)["order"]
            guard order?.sums == sums else { return nil as [JSON]? }
            return try await street.send("GET", "\(path)/captures", expecting: 200)["data"]?.array
        }
        #expect(captures.compactMap { $0["origin"]?.string } == origins)
        let asked = try await street.requests().count { $0["path"]?.string?.hasSuffix("/order") == true }
        #expect(asked == sends)
        if mode == "CAPTURE_ORDER" {
            let again = try await street.send("POST", "\(path)/captures", [:], key: "again")
            #expect([409, 422].contains(again.status))
        } else {
            try await street.send("POST", "\(path)/captures", [:], key: "all", expecting: 201)
        }
        try await street.send("POST", "\(path)/refunds", ["amount": 1], key: "little", expecting: 201)
        let paid = try await street.send("GET", path, expecting: 200)
        #expect(paid["order"]?.sums == "25000/1/0")
        #expect(try await street.order(of: paid).sums == "25000/1/0")
    }

    @Test(arguments: [["intent": "tokenize"], ["provider": "klarna_checkout"]] as [JSONObject])
    func `no other mode goes with what cannot be placed by Klarna`(members: JSONObject) async throws {
        let street = try await Street()
        defer { street.close() }
        let body = try Street.mugs(members.merging(["place_order_mode": "PLACE_ORDER"]))
        let problem = try await street.send("POST", "/checkouts", body, expecting: 422)
        let pointers = problem["errors"]?.array?.compactMap { $0["pointer"]?.string } ?? []
        #expect(pointers.contains("/place_order_mode"))
        #expect(try await street.requests().isEmpty)
    }

    @Test(arguments: [
        ("approve", "success", "order_placed"), ("back", "back", "in_progress"), ("cancel", "cancel", "in_progress"),
        ("decline", "failure", "in_progress"), ("error", "error", "in_progress"),
    ])
    func `each way out leads to the merchant's page for it`(
        action: String,
        name: String,
        status: String,
    ) async throws {
        let street = try await Street(settings: ["KASSA_RETURN_ORIGINS": "https://shop.example"])
        defer { street.close() }
        let names = ["success", "cancel", "back", "failure", "error"]
        var urls = JSONObject()
        for name in names { urls[name] = .string("https://shop.example/\(name)?cart=7") }
        let checkout = try await street.open(["return_urls": .object(urls)])
        let told = try await street.lastBody("POST", "/hpp/v1/sessions")["merchant_urls"]?.object?.names ?? []
        #expect(Set(told) == Set(names + ["status_update"]))
        let answer = try await street.ask("GET", try await street.act(action, on: checkout))
        #expect(answer.status == 303)
        let location = answer.headers["location"] ?? ""
        #expect(location == "https://shop.example/\(name)?cart=7&checkout_id=\(street.id(checkout))&status=\(status)")
    }

    @Test func `without redirects the outcome comes all the same`() async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.open(["return_urls": .null])
        let told = try await street.lastBody("POST", "/hpp/v1/sessions")["merchant_urls"]?.object?.names
        #expect(told == ["status_update"])
        _ = try await street.act("approve", on: checkout)
        _ = try await street.waitForStatus("order_placed", of: checkout)
    }
}

extension JSON {
    /// The same members in the order of another object.
    fileprivate func sorted(like other: JSON?) -> JSON {
        var sorted = JSONObject()
        for name in other?.object?.names ?? [] { sorted[name] = self[name] }
        for member in object?.members ?? [] where sorted[member.name] == nil { sorted[member.name] = member.value }
        return .object(sorted)
    }
}
