import Checkouts
import Testing
import Wire

@Suite("The merchant API")
struct MerchantRoutesTests {
    @Test func `opens a checkout and shows it in the shape of the contract`() async throws {
        try await Site.open { site in
            let body = Site.mugs([
                "metadata": ["cart_id": "77"], "return_urls": ["success": "https://shop.example/thanks"],
            ])
            let answer = try await site.call("POST", "/v1/checkouts", body)
            #expect(answer.status == 201)
            #expect(answer["Content-Type"] == "application/json")
            #expect(answer["Cache-Control"] == "no-store")
            #expect(answer["X-Content-Type-Options"] == "nosniff" && answer["Referrer-Policy"] == "no-referrer")
            let checkout = answer.json
            let id = try #require(checkout["id"]?.string)
            #expect(answer["Location"] == "/v1/checkouts/\(id)")
            #expect(
                checkout.object?.names == [
                    "id", "merchant_reference", "account", "provider", "status", "purchase_country",
                    "purchase_currency",
                    "locale", "order_amount", "order_tax_amount", "order_lines", "redirect_url", "qr_code_url",
                    "expires_at",
                    "authorization_expires_at", "created_at", "updated_at", "klarna", "order", "customer_token",
                    "problem",
                    "metadata",
                ]
            )
            #expect(checkout["status"] == "waiting" && checkout["order"] == .null && checkout["problem"] == .null)
            #expect(checkout["redirect_url"]?.string?.hasPrefix("https://pay.example/") == true)
            #expect(checkout["metadata"] == ["cart_id": "77"])
            #expect(checkout["order_lines"] == body["order_lines"])
            #expect(
                checkout["klarna"]?.object?.names
                    == ["payment_session_id", "hpp_session_id", "payment_method_categories"]
            )
            #expect(Timestamp(checkout["created_at"]?.string ?? "") != nil)
            #expect(!answer.text.contains("client"))
            let read = try await site.call("GET", "/v1/checkouts/\(id)")
            #expect(read.status == 200 && read.body == answer.body)
        }
    }

    @Test func `shows the order once it is placed, and no token`() async throws {
        try await Site.open { site in
            let open = try await site.openCheckout()
            site.klarna.approve(open.page)
            _ = try await site.send("GET", site.returnPath(open.id, "success"))
            let answer = try await site.call("POST", "/v1/checkouts/\(open.id)/refresh")
            #expect(answer.json["status"] == "order_placed")
            #expect(
                answer.json["order"]?.object?.names == [
                    "order_id", "klarna_reference", "fraud_status", "status", "authorized_amount", "captured_amount",
                    "refunded_amount", "remaining_authorized_amount", "placed_at", "expires_at",
                ]
            )
            #expect(answer.json["order"]?["authorized_amount"] == 25_000)
            #expect(!answer.text.contains("\"token-of-"))
            #expect(site.klarna.calls.filter { $0.hasSuffix("/order") }.count == 1)
        }
    }

    @Test(
        arguments: [
            nil, "", "Bearer", "Bearer ", "Bearer wrong", "Basic a2Fzc2EtdGVzdC1rZXk6", "Bearer kassa-test-key2",
            "Bearer KASSA-TEST-KEY", "kassa-test-key", "Bearer kassa-test-key kassa-test-key",
        ] as [String?]
    )
    func `is closed without a valid key`(authorization: String?) async throws {
        try await Site.open(works: false) { site in
            let id = Checkout.ID(ULID(at: Timestamp(milliseconds: 0)))
            let fields = authorization.map { [("Authorization", $0)] } ?? []
            let calls = [
                ("POST", "/v1/checkouts"), ("GET", "/v1/checkouts"), ("GET", "/v1/checkouts/\(id)"),
                ("GET", "/v1/checkouts/\(id)/events"), ("POST", "/v1/checkouts/\(id)/refresh"),
                ("DELETE", "/v1/checkouts/\(id)"),
            ]
            for (method, path) in calls {
                let answer = try await site.send(method, path, fields)
                #expect(answer.status == 401 && answer["WWW-Authenticate"] == "Bearer", "\(method) \(path)")
                #expect(answer.problem == "unauthorized")
            }
            #expect(site.klarna.calls.isEmpty)
        }
    }

    @Test func `takes the scheme of the key in either case`() async throws {
        try await Site.open(works: false) { site in
            let answer = try await site.send("GET", "/v1/checkouts", [("Authorization", "bearer \(Site.key)")])
            #expect(answer.status == 200)
        }
    }

    @Test func `refuses values with every fault and before any call`() async throws {
        try await Site.open(works: false) { site in
            let answer = try await site.call(
                "POST",
                "/v1/checkouts",
                Site.mugs(["order_amount": 24_000, "order_tax_amount": 4000, "purchase_currency": .null, "extra": 1]),
            )
            #expect(answer.status == 422 && answer["Content-Type"] == "application/problem+json")
            #expect(answer.problem == "validation")
            #expect(answer.json.object?.names == ["type", "title", "status", "detail", "errors"])
            #expect(Set(answer.pointers) == ["/purchase_currency", "/extra", "/order_amount", "/order_tax_amount"])
            let sums = try await site.call(
                "POST",
                "/v1/checkouts",
                Site.mugs(["order_amount": 24_000, "order_tax_amount": 4000]),
            )
            #expect(Set(sums.pointers) == ["/order_amount", "/order_tax_amount"])
            let fault = try #require(sums.json["errors"]?.array?.first)
            #expect(fault["expected"] == 25_000 && fault["given"] == 24_000 && fault["tolerance"] == 0)
            #expect(site.klarna.calls.isEmpty)
        }
    }

    @Test func `tells a hundred faults and counts the rest`() async throws {
        try await Site.open(works: false) { site in
            let odd = Dictionary(uniqueKeysWithValues: (1...200).map { ("odd\($0)", JSON.integer(1)) })
            let answer = try await site.call("POST", "/v1/checkouts", Site.mugs(odd))
            #expect(answer.status == 422 && answer.pointers.count == 100)
            #expect(answer.json["detail"] == "200 values are not valid.")
        }
    }

    @Test(arguments: ["", "{", "[1,]", "{\"a\":1,\"a\":2}", "\u{1}", "{\"locale\":\"\\ud800\"}", "nul"])
    func `refuses a body that is not JSON`(text: String) async throws {
        try await Site.open(works: false) { site in
            let fields = [
                ("Authorization", "Bearer \(Site.key)"), ("Content-Type", "application/json; charset=utf-8"),
            ]
            let answer = try await site.send("POST", "/v1/checkouts", fields, body: Array(text.utf8))
            #expect(answer.status == 400 && answer.problem == "malformed-request")
        }
    }

    @Test(arguments: [nil, "text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] as [String?])
    func `takes JSON and nothing else`(type: String?) async throws {
        try await Site.open(works: false) { site in
            let fields = [("Authorization", "Bearer \(Site.key)")] + (type.map { [("Content-Type", $0)] } ?? [])
            let answer = try await site.send("POST", "/v1/checkouts", fields, body: Site.mugs().bytes)
            #expect(answer.status == 415 && answer.problem == "unsupported-media-type")
        }
    }

    @Test(arguments: [("gzip", 415), ("identity", 201)])
    func `takes a body only as it is, not coded`(coding: String, status: Int) async throws {
        try await Site.open(works: false) { site in
            let fields = [
                ("Authorization", "Bearer \(Site.key)"), ("Content-Type", "application/json"),
                ("Content-Encoding", coding),
            ]
            let answer = try await site.send("POST", "/v1/checkouts", fields, body: Site.mugs().bytes)
            #expect(answer.status == status)
            let basket: JSON = ["items": [["reference": "MUG", "quantity": 1]]]
            let asScript = fields + [("Accept", "application/json")]
            let paid = try await site.send("POST", "/checkout", asScript, body: basket.bytes)
            #expect(paid.status == status)
        }
    }

    @Test func `refuses what is too large, unknown, or asked for in the wrong way`() async throws {
        try await Site.open(works: false) { site in
            let fields = [("Authorization", "Bearer \(Site.key)"), ("Content-Type", "application/json")]
            let large = [UInt8](repeating: UInt8(ascii: " "), count: (1 << 20) + 1)
            #expect(try await site.send("POST", "/v1/checkouts", fields, body: large).problem == "body-too-large")
            let method = try await site.send("PATCH", "/v1/checkouts", fields)
            #expect(method.status == 405 && method.problem == "method-not-allowed")
            #expect(Set((method["Allow"] ?? "").split(separator: ", ")).isSuperset(of: ["GET", "POST"]))
            let unknown = Checkout.ID(ULID(at: Timestamp(milliseconds: 0)))
            for id in ["\(unknown)", "chk_x", "..", "1%27%20OR%201"] {
                for path in ["/v1/checkouts/\(id)", "/v1/checkouts/\(id)/events"] {
                    let answer = try await site.call("GET", path)
                    #expect(answer.status == 404 && answer.problem == "not-found", "\(path)")
                }
            }
            #expect(try await site.call("DELETE", "/v1/checkouts/\(unknown)").status == 404)
            #expect(try await site.call("POST", "/v1/checkouts/\(unknown)/refresh").status == 404)
        }
    }

    @Test func `lists checkouts newest first, page by page`() async throws {
        try await Site.open(works: false) { site in
            for number in 1...5 { _ = try await site.openCheckout(["merchant_reference": .string("order-\(number)")]) }
            var references: [String] = []
            var target: String? = "/v1/checkouts?limit=2"
            while let page = target {
                let answer = try await site.call("GET", page)
                #expect(answer.status == 200 && answer.json.object?.names == ["data", "next"])
                references += (answer.json["data"]?.array ?? []).compactMap { $0["merchant_reference"]?.string }
                target = answer.json["next"]?.string.map { "/v1/checkouts?limit=2&after=\($0)" }
            }
            #expect(references == ["order-5", "order-4", "order-3", "order-2", "order-1"])
            let exact = try await site.call("GET", "/v1/checkouts?limit=5")
            #expect(exact.json["data"]?.array?.count == 5 && exact.json["next"] == .null)
            let one = try await site.call(
                "GET",
                "/v1/checkouts?status=waiting&merchant_reference=order-3&limit=&after=",
            )
            #expect(one.json["data"]?.array?.count == 1)
            #expect(try await site.call("GET", "/v1/checkouts?status=cancelled").json["data"] == [])
        }
    }

    @Test(
        arguments: [
            ("limit=0", "/limit"), ("limit=101", "/limit"), ("limit=-1", "/limit"), ("limit=x", "/limit"),
            ("limit=99999999999999999999", "/limit"), ("status=paid", "/status"), ("after=x", "/after"),
        ]
    )
    func `refuses a filter that says nothing`(query: String, pointer: String) async throws {
        try await Site.open(works: false) { site in
            let answer = try await site.call("GET", "/v1/checkouts?\(query)")
            #expect(answer.status == 422 && answer.pointers == [pointer])
        }
    }

    @Test func `tells the whole history`() async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            let callback: JSON = ["event_id": "event-1", "session": ["session_id": "hpp-2", "status": "IN_PROGRESS"]]
            #expect(try await site.send("POST", site.callbackPath(open.id), body: callback.bytes).status == 204)
            let answer = try await site.call("GET", "/v1/checkouts/\(open.id)/events")
            let events = try #require(answer.json["data"]?.array)
            #expect(events.first?["type"] == "checkout.created" && events.first?["source"] == "api")
            let last = try #require(events.last)
            #expect(last["source"] == "callback" && last["event_id"] == "event-1")
            #expect(last["detail"]?["event_id"] == "event-1")
            #expect(Timestamp(last["at"]?.string ?? "") != nil)
        }
    }

    @Test func `closes the page, unless the shopper has paid`() async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            let closed = try await site.call("DELETE", "/v1/checkouts/\(open.id)")
            #expect(closed.status == 200 && closed.json["status"] == "disabled")
            #expect(try await site.call("DELETE", "/v1/checkouts/\(open.id)").status == 200)
            let paid = try await site.openCheckout()
            site.klarna.approve(paid.page)
            let refused = try await site.call("DELETE", "/v1/checkouts/\(paid.id)")
            #expect(refused.status == 409 && refused.problem == "conflict")
        }
    }

    @Test func `passes on Klarna's refusal with Klarna's words`() async throws {
        try await Site.open(works: false) { site in
            let words: JSON = [
                "error_code": "BAD_VALUE", "error_messages": ["Bad value: locale"], "correlation_id": "correlation-1",
            ]
            site.klarna.fail("/payments/v1/sessions", .answer(400, words))
            let answer = try await site.call("POST", "/v1/checkouts", Site.mugs())
            #expect(answer.status == 502 && answer.problem == "klarna-refused")
            #expect(
                answer.json["klarna"] == [
                    "status": 400, "error_code": "BAD_VALUE", "error_messages": ["Bad value: locale"],
                    "correlation_id": "correlation-1",
                ]
            )
            let list = try await site.call("GET", "/v1/checkouts")
            #expect(list.json["data"]?.array?.first?["problem"]?["type"] == "urn:kassa:problem:klarna-refused")
        }
    }

    @Test func `says when Klarna did not answer`() async throws {
        try await Site.open(works: false) { site in
            site.klarna.fail("/payments/v1/sessions", .lost, .lost, .lost, .lost, .lost)
            let answer = try await site.call("POST", "/v1/checkouts", Site.mugs())
            #expect(answer.status == 504 && answer.problem == "klarna-unreachable")
        }
    }

    @Test func `asks for patience while the database is gone, and tells nobody where it was`() async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            site.store.fail()
            let calls: [(String, String, JSON?)] = [
                ("POST", "/v1/checkouts", Site.mugs()), ("GET", "/v1/checkouts", nil),
                ("GET", "/v1/checkouts/\(open.id)", nil), ("GET", "/v1/checkouts/\(open.id)/events", nil),
                ("POST", "/v1/checkouts/\(open.id)/refresh", nil), ("DELETE", "/v1/checkouts/\(open.id)", nil),
            ]
            for (method, path, body) in calls {
                let answer = try await site.call(method, path, body, idempotencyKey: method == "POST" ? "key" : nil)
                #expect(answer.status == 503 && answer.problem == "unavailable", "\(method) \(path)")
                #expect(answer["Retry-After"].flatMap { Int($0) } != nil)
                #expect(!answer.text.contains("secret"))
            }
        }
    }
}
