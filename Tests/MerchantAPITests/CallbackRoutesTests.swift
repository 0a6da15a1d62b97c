import Checkouts
import Testing
import Wire

@Suite("A callback")
struct CallbackRoutesTests {
    @Test func `is on record when it is answered, and once however often it comes`() async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            let body: JSON = [
                "event_id": "event-1", "session": ["session_id": .string(open.page), "status": "COMPLETED"],
            ]
            for type in [nil, "application/json", "text/plain", "application/json;charset=utf-16"] as [String?] {
                let fields = type.map { [("Content-Type", $0)] } ?? []
                let answer = try await site.send("POST", site.callbackPath(open.id), fields, body: body.bytes)
                #expect(answer.status == 204 && answer.body.isEmpty)
            }
            let events = try await site.desk.store.events(of: open.id).filter { $0.event.source == .callback }
            #expect(events.map(\.event.eventID) == ["event-1"])
            // Its word is not taken for it: the checkout waits for what Klarna itself says.
            #expect(try await site.desk.checkout(open.id).status == .waiting)
        }
    }

    @Test func `leads to the order without anybody coming back`() async throws {
        try await Site.open { site in
            let open = try await site.openCheckout()
            site.klarna.approve(open.page)
            let body: JSON = ["event_id": "event-1", "session": [:]]
            #expect(try await site.send("POST", site.callbackPath(open.id), body: body.bytes).status == 204)
            while try await site.desk.checkout(open.id).status != .orderPlaced {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(site.klarna.calls.filter { $0.hasSuffix("/order") }.count == 1)
        }
    }

    @Test(arguments: ["{}", "{\"event_id\":7}", "{\"event_id\":null,\"session\":[],\"new\":{\"a\":1.5}}"])
    func `is taken with less or more than is documented`(text: String) async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            #expect(try await site.send("POST", site.callbackPath(open.id), body: Array(text.utf8)).status == 204)
            #expect(try await site.desk.store.events(of: open.id).contains { $0.event.source == .callback })
        }
    }

    @Test(arguments: ["", "{", "[]", "null", "\"x\"", "a=b", "\u{0}"])
    func `that is malformed is refused`(text: String) async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            let answer = try await site.send("POST", site.callbackPath(open.id), body: Array(text.utf8))
            #expect(answer.status == 400 && answer.problem == "malformed-request")
        }
    }

    @Test(
        arguments: [
            "back", "cancelled", "completed.place-order", "completed.place-order-mode-none", "disabled", "error",
            "failed", "in-progress", "manual-id-check", "timeout",
        ]
    )
    func `of every kind that Klarna's documents show is on record with its words`(name: String) async throws {
        let text = try document("Tests/Fixtures/klarna/hpp-status-callback.body.\(name).json")
        let body = try JSON.parse(text)
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            let answer = try await site.send("POST", site.callbackPath(open.id), body: Array(text.utf8))
            #expect(answer.status == 204)
            let event = try #require(try await site.desk.store.events(of: open.id).last?.event)
            #expect(event.eventID == body["event_id"]?.string && event.eventID != nil)
            #expect(event.detail["status"] == body["session"]?["status"])
            #expect(event.detail["hpp_session_id"] == body["session"]?["session_id"])
        }
    }

    @Test(arguments: ["accepted", "rejected", "stopped"])
    func `about a risk is on record with its word`(name: String) async throws {
        let text = try document("Tests/Fixtures/klarna/fraud-notification.\(name).body.json")
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            let answer = try await site.send(
                "POST",
                site.callbackPath(open.id, .notification),
                body: Array(text.utf8),
            )
            #expect(answer.status == 200)
            let event = try #require(try await site.desk.store.events(of: open.id).last?.event)
            #expect(event.detail["status"]?.string == "FRAUD_RISK_\(name.uppercased())")
        }
    }

    @Test func `about an authorization is on record without it`() async throws {
        let text = try document("Tests/Fixtures/klarna/kp-authorization-callback.body.json")
        let body = try JSON.parse(text)
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            let path = site.callbackPath(open.id, .authorization)
            #expect(try await site.send("POST", path, body: Array(text.utf8)).status == 204)
            let event = try #require(try await site.desk.store.events(of: open.id).last?.event)
            #expect(event.detail["payment_session_id"] == body["session_id"])
            let token = try #require(body["authorization_token"]?.string)
            #expect(!String(decoding: JSON.object(event.detail).bytes, as: UTF8.self).contains(token))
        }
    }

    @Test func `from somebody else is like any unknown path, whatever it holds`() async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            let unknown = try await site.send("POST", "/nothing", body: [0x7B, 0x7D])
            let returning = site.pathSecret.token(for: open.id, .returning)
            site.store.fail()
            for token in [returning, "\(open.id).x", "x", "%20"] {
                for body in ["{}", "{"] {
                    let answer = try await site.send("POST", "/callbacks/\(token)/status", body: Array(body.utf8))
                    #expect(answer.status == 404 && answer.body == unknown.body)
                    #expect(answer.fieldsButDate == unknown.fieldsButDate)
                }
            }
        }
    }

    @Test func `that cannot be recorded or is too large is not acknowledged`() async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            let large = [UInt8](repeating: UInt8(ascii: " "), count: 65_537)
            #expect(try await site.send("POST", site.callbackPath(open.id), body: large).status == 413)
            site.store.fail()
            let answer = try await site.send("POST", site.callbackPath(open.id), body: [0x7B, 0x7D])
            #expect(answer.status == 503 && answer["Retry-After"] != nil)
        }
    }
}

@Suite("Every kind of callback")
struct CallbackKindTests {
    private static func body(_ kind: CheckoutDesk.CallbackKind) -> JSON {
        switch kind {
        case .status: ["event_id": "event-1", "session": ["status": "COMPLETED"]]
        case .authorization: ["authorization_token": "secret-authorization", "session_id": "kp-1"]
        case .notification: ["order_id": "order-1", "event_type": "FRAUD_RISK_ACCEPTED"]
        case .push: [:]
        }
    }

    @Test(arguments: CheckoutDesk.CallbackKind.allCases)
    func `is on record once it is answered, and holds no token`(kind: CheckoutDesk.CallbackKind) async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            for type in [nil, "application/json", "text/plain"] as [String?] {
                let fields = type.map { [("Content-Type", $0)] } ?? []
                let body = CallbackKindTests.body(kind).bytes
                let answer = try await site.send("POST", site.callbackPath(open.id, kind), fields, body: body)
                // Klarna repeats a notification until a 200.
                #expect(answer.status == (kind == .notification ? 200 : 204) && answer.body.isEmpty)
            }
            let events = try await site.call("GET", "/v1/checkouts/\(open.id)/events")
            let callbacks = (events.json["data"]?.array ?? []).filter { $0["source"] == "callback" }
            #expect(callbacks.count == 1)
            let id = try #require(callbacks.first?["event_id"]?.string)
            #expect(kind == .status ? id == "event-1" : id.hasPrefix("\(kind.rawValue):sha256:"))
            #expect(!events.text.contains("secret-authorization"))
            #expect(try await site.desk.checkout(open.id).status == .waiting)
        }
    }

    @Test(arguments: CheckoutDesk.CallbackKind.allCases)
    func `that is forged is like any unknown path`(kind: CheckoutDesk.CallbackKind) async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            let unknown = try await site.send("POST", "/nothing", body: [0x7B, 0x7D])
            let returning = site.pathSecret.token(for: open.id, .returning)
            let stranger = Checkout.ID(ULID(at: Timestamp(milliseconds: 0)))
            let forged = site.pathSecret.token(for: stranger, .callback).split(separator: ".").last ?? ""
            for token in [returning, "\(open.id)", "\(open.id).x", "\(open.id).\(forged)", "x", "%20"] {
                for body in [CallbackKindTests.body(kind).bytes, Array("{".utf8), []] {
                    let path = "/callbacks/\(token)/\(kind.rawValue)"
                    let answer = try await site.send("POST", path, body: body)
                    #expect(answer.status == 404 && answer.body == unknown.body)
                    #expect(answer.fieldsButDate == unknown.fieldsButDate)
                }
            }
            #expect(try await site.desk.store.events(of: open.id).allSatisfy { $0.event.source != .callback })
        }
    }

    @Test(arguments: ["", "{}", "order_id=1", "{", "[]", "\u{0}"])
    func `a push says nothing, whatever it says`(text: String) async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            let answer = try await site.send("POST", site.callbackPath(open.id, .push), body: Array(text.utf8))
            #expect(answer.status == 204)
            #expect(try await site.desk.store.events(of: open.id).contains { $0.event.source == .callback })
        }
    }

    @Test(arguments: [CheckoutDesk.CallbackKind.authorization, .notification])
    func `that is malformed is refused`(kind: CheckoutDesk.CallbackKind) async throws {
        try await Site.open(works: false) { site in
            let open = try await site.openCheckout()
            for text in ["", "{", "[]", "a=b"] {
                let answer = try await site.send("POST", site.callbackPath(open.id, kind), body: Array(text.utf8))
                #expect(answer.status == 400 && answer.problem == "malformed-request")
            }
        }
    }

    @Test func `of an authorization leads to the order without anybody coming back`() async throws {
        try await Site.open { site in
            let open = try await site.openCheckout()
            site.klarna.approve(open.page)
            let body: JSON = ["authorization_token": "another-token", "session_id": "kp-1"]
            let path = site.callbackPath(open.id, .authorization)
            #expect(try await site.send("POST", path, body: body.bytes).status == 204)
            while try await site.desk.checkout(open.id).status != .orderPlaced {
                try await Task.sleep(for: .milliseconds(10))
            }
            // The token of the body is not believed: the one that was read is placed.
            #expect(!site.klarna.calls.contains { $0.contains("another-token") })
        }
    }

    @Test func `of a risk that changed is believed once it was read`() async throws {
        try await Site.open { site in
            let open = try await site.placedCheckout()
            let order = "order-token-of-\(open.page)"
            site.klarna.change(order) { $0["fraud_status"] = "PENDING" }
            _ = try await site.call("POST", "/v1/checkouts/\(open.id)/refresh")
            site.klarna.change(order) { $0["fraud_status"] = "ACCEPTED" }
            let body: JSON = ["order_id": .string(order), "event_type": "FRAUD_RISK_REJECTED"]
            let path = site.callbackPath(open.id, .notification)
            #expect(try await site.send("POST", path, body: body.bytes).status == 200)
            while try await site.desk.checkout(open.id).order?.fraudStatus != "ACCEPTED" {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }
}
