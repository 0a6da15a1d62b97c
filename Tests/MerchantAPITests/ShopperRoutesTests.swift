import Checkouts
import Klarna
import Testing
import Wire

@Suite("A shopper's checkout")
struct ShopperRoutesTests {
    private static let form =
        "items%5B0%5D%5Breference%5D=MUG&items[0][quantity]=2&items[1][reference]=GONE&items[1][quantity]="

    @Test func `leads from a form to Klarna's page`() async throws {
        try await Site.open(works: false) { site in
            let answer = try await site.send("POST", "/checkout", [form()], body: Array(Self.form.utf8))
            #expect(answer.status == 303)
            #expect(answer["Location"]?.hasPrefix("https://pay.example/") == true)
            #expect(answer["Cache-Control"] == "no-store")
            let sent = try #require(site.klarna.bodies(of: "POST /payments/v1/sessions").first)
            #expect(sent["order_amount"] == 29_900 && sent["order_tax_amount"] == 5980)
        }
    }

    @Test func `has the page of the account that serves its country`() async throws {
        try await Site.open(page: PageOptions(purchaseType: "RENT", pageTitle: "Mugs"), works: false) { site in
            let answer = try await site.send("POST", "/checkout", [form()], body: Array(Self.form.utf8))
            #expect(answer.status == 303)
            let sent = try #require(site.klarna.bodies(of: "POST /hpp/v1/sessions").first)
            #expect(sent["options"]?["page_title"] == "Mugs" && sent["options"]?["purchase_type"] == "RENT")
        }
    }

    @Test func `leads from a script to Klarna's page`() async throws {
        try await Site.open(works: false) { site in
            let basket: JSON = ["items": [["reference": "MUG", "quantity": 1, "unit_price": 1]]]
            let fields = [("Content-Type", "application/json"), ("Accept", "application/json, text/plain, */*")]
            let answer = try await site.send("POST", "/checkout", fields, body: basket.bytes)
            #expect(answer.status == 201 && answer["Content-Type"] == "application/json")
            #expect(answer.json.object?.names == ["redirect_url"])
            #expect(site.klarna.bodies(of: "POST /payments/v1/sessions").first?["order_amount"] == 17_400)
        }
    }

    @Test(
        arguments: [
            ("", 422), ("items[0][reference]=MUG&items[0][quantity]=0", 422),
            ("items[0][reference]=YACHT&items[0][quantity]=1", 422),
            ("items[0][reference]=MUG&items[0][quantity]=100", 422),
            ("items[0][reference]=MUG&items[0][quantity]=-1", 422),
            ("items[0][reference]=MUG&items[0][quantity]=1.5", 422),
            ("items[0][reference]=MUG&items[0][quantity]=99999999999999999999", 422), ("items[0][reference]=%zz", 400),
            ("items[0][quantity]=3", 422), ("items[-1][reference]=MUG&items[-1][quantity]=1", 422),
        ]
    )
    func `is refused for a basket that cannot be paid`(text: String, status: Int) async throws {
        try await Site.open(works: false) { site in
            let answer = try await site.send("POST", "/checkout", [form()], body: Array(text.utf8))
            #expect(answer.status == status && answer["Content-Type"] == "application/problem+json")
            #expect(site.klarna.calls.isEmpty)
        }
    }

    @Test(
        arguments: [
            ("items[0][quantity]=3", "/items/0/reference", "is required"),
            ("items[0][reference]=MUG&items[0][quantity]=-1", "/items/0/quantity", "must be from 0 to 99"),
            ("items[0][reference]=MUG&items[0][quantity]=two", "/items/0/quantity", "must be an integer"),
        ]
    )
    func `says what is wrong with an item of a form`(text: String, pointer: String, detail: String) async throws {
        try await Site.open(works: false) { site in
            let answer = try await site.send("POST", "/checkout", [form()], body: Array(text.utf8))
            #expect(answer.status == 422 && answer.pointers == [pointer])
            #expect(answer.json["errors"]?.array?.first?["detail"]?.string?.hasPrefix(detail) == true)
            #expect(!answer.text.contains("quotation"))
        }
    }

    @Test func `is refused in words for a person who sits before a browser`() async throws {
        try await Site.open(works: false) { site in
            let fields = [form(), ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")]
            let empty = try await site.send("POST", "/checkout", fields)
            #expect(empty.status == 422 && empty["Content-Type"] == "text/html; charset=utf-8")
            #expect(empty.text.contains("Your basket is empty"))
            let odd = try await site.send(
                "POST",
                "/checkout",
                fields,
                body: Array("items[0][reference]=X&items[0][quantity]=1".utf8),
            )
            #expect(odd.status == 422 && odd.text.contains("This basket cannot be paid"))
            site.klarna.fail("/payments/v1/sessions", .answer(401, [:]))
            let refused = try await site.send("POST", "/checkout", fields, body: Array(Self.form.utf8))
            #expect(refused.status == 502 && refused.text.contains("We cannot reach Klarna just now"))
            #expect(empty["Content-Security-Policy"]?.contains("default-src 'self'") == true)
        }
    }

    @Test func `takes forms and JSON only, and does not exist without a catalog`() async throws {
        try await Site.open(works: false) { site in
            let answer = try await site.send(
                "POST",
                "/checkout",
                [("Content-Type", "text/plain")],
                body: [0x7B, 0x7D],
            )
            #expect(answer.status == 415)
        }
        try await Site.open(catalog: nil, works: false) { site in
            let answer = try await site.send("POST", "/checkout", [form()], body: Array(Self.form.utf8))
            #expect(answer.status == 404)
        }
    }

    private func form() -> (String, String) { ("Content-Type", "application/x-www-form-urlencoded") }
}

@Suite("A shopper who is back")
struct ReturnTests {
    private static let urls: JSON = [
        "success": "https://shop.example/thanks?a=1#top", "cancel": "https://shop.example/basket",
        "failure": "https://shop.example/failed?",
    ]

    @Test func `has paid, and is sent to the merchant's page with the order placed once`() async throws {
        try await Site.open { site in
            let open = try await site.openCheckout(["return_urls": Self.urls])
            site.klarna.approve(open.page)
            let place = "https://shop.example/thanks?a=1&checkout_id=\(open.id)&status=order_placed#top"
            for _ in 1...3 {
                let answer = try await site.send("GET", site.returnPath(open.id, "success"))
                #expect(answer.status == 303 && answer["Location"] == place)
                #expect(answer["Cache-Control"] == "no-store" && answer["Referrer-Policy"] == "no-referrer")
            }
            // What Klarna says counts, not the path that was called.
            #expect(try await site.send("GET", site.returnPath(open.id, "cancel"))["Location"] == place)
            #expect(site.klarna.calls.filter { $0.hasSuffix("/order") }.count == 1)
        }
    }

    @Test func `has paid, and sees Kassa's page where the merchant has none`() async throws {
        try await Site.open { site in
            let open = try await site.openCheckout()
            site.klarna.approve(open.page)
            let answer = try await site.send("GET", site.returnPath(open.id, "success"))
            #expect(answer.status == 200 && answer["Content-Type"] == "text/html; charset=utf-8")
            #expect(answer.text.contains("data-face=\"paid\""))
            #expect(answer.text.contains("order-1001") && answer.text.contains("250.00 SEK"))
            #expect(answer["Content-Security-Policy"]?.contains("frame-ancestors 'none'") == true)
            #expect(!answer.text.contains("http-equiv=\"refresh\""))
        }
    }

    @Test(
        arguments: [
            ("cancel", "https://shop.example/basket?checkout_id="),
            ("failure", "https://shop.example/failed?checkout_id="),
            ("error", "https://shop.example/failed?checkout_id="),
        ]
    )
    func `has not paid, and is sent to the merchant's page for that`(outcome: String, place: String) async throws {
        try await Site.open { site in
            let open = try await site.openCheckout(["return_urls": Self.urls])
            site.klarna.page(open.page, "IN_PROGRESS")
            let answer = try await site.send("GET", site.returnPath(open.id, outcome))
            #expect(answer.status == 303 && answer["Location"] == "\(place)\(open.id)&status=in_progress")
        }
    }

    @Test func `has not paid, and can go on to Klarna's page`() async throws {
        try await Site.open { site in
            let open = try await site.openCheckout(["return_urls": Self.urls])
            let answer = try await site.send("GET", site.returnPath(open.id, "back"))
            #expect(answer.status == 200 && answer.text.contains("data-face=\"unpaid\""))
            #expect(answer.text.contains("href=\"https://pay.example/\(open.page)\""))
        }
    }

    @Test func `waits while the truth is unknown, for a while and not for ever`() async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout(["return_urls": Self.urls])
            let path = site.returnPath(open.id, "success")
            let first = try await site.send("GET", path)
            #expect(first.status == 200 && first.text.contains("data-face=\"checking\""))
            #expect(first.text.contains("<meta http-equiv=\"refresh\" content=\"2; url=?try=1\">"))
            #expect(try await site.send("GET", "\(path)?try=5").text.contains("content=\"10; url=?try=6\""))
            for query in ["try=6", "try=7", "try=0", "try=-1", "try=x", "try=99999999999999999999", "try="] {
                let last = try await site.send("GET", "\(path)?\(query)")
                #expect(last.text.contains("We are still checking"), "\(query)")
                #expect(!last.text.contains("http-equiv=\"refresh\""), "\(query)")
            }
        }
    }

    @Test(arguments: Checkout.Outcome.allCases)
    func `never sees an error, whatever is broken`(outcome: Checkout.Outcome) async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout(["return_urls": Self.urls])
            let path = site.returnPath(open.id, outcome.rawValue)
            site.klarna.fail("/hpp/v1/sessions", .lost, .answer(500, [:]), .answer(401, [:]), .answer(429, [:]))
            for _ in 1...4 {
                let answer = try await site.send("GET", path)
                #expect(answer.status == 200 && answer.text.contains("data-face=\"checking\""))
            }
            site.store.fail()
            let answer = try await site.send("GET", path)
            #expect(answer.status == 200 && answer.text.contains("data-face=\"checking\""))
        }
    }

    @Test func `is not somebody who only peeks`() async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            site.klarna.approve(open.page)
            let before = site.klarna.calls.count
            let path = site.returnPath(open.id, "success")
            let head = try await site.send("HEAD", path)
            #expect(head.status == 200 && head.body.isEmpty)
            for field in [("Sec-Purpose", "prefetch;prerender"), ("Purpose", "prefetch")] {
                #expect(try await site.send("GET", path, [field]).status == 200)
            }
            #expect(site.klarna.calls.count == before)
        }
    }

    @Test func `learns nothing from a path that was not made here`() async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            let token = site.pathSecret.token(for: open.id, .returning)
            let callback = site.pathSecret.token(for: open.id, .callback)
            let other = Checkout.ID(ULID(at: Timestamp(milliseconds: 0)))
            let before = site.klarna.calls.count
            let unknown = try await site.send("GET", "/nothing/at/all")
            #expect(unknown.status == 404)
            let forged = [
                "\(open.id)", "\(open.id).", "\(token)x", String(token.dropLast()),
                "\(other).\(token.split(separator: ".")[1])",
                callback, "x", ".", "%2e%2e", "\(token).\(token)", token.uppercased(),
            ]
            for token in forged {
                let answer = try await site.send("GET", "/return/\(token)/success")
                #expect(answer.status == 404 && answer.body == unknown.body, "\(token)")
                #expect(answer.fieldsButDate == unknown.fieldsButDate)
            }
            let odd = try await site.send("GET", "/return/\(token)/whatever")
            #expect(odd.body == unknown.body && odd.fieldsButDate == unknown.fieldsButDate)
            // Made here, for a checkout that is gone.
            let gone = try await site.send("GET", site.returnPath(other, "success"))
            #expect(gone.body == unknown.body && gone.fieldsButDate == unknown.fieldsButDate)
            #expect(site.klarna.calls.count == before)
        }
    }
}
