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
