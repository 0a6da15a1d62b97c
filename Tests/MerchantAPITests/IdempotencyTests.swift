import Testing
import Wire

@Suite("An idempotency key")
struct IdempotencyTests {
    @Test func `gives the same answer to the same request`() async throws {
        try await Site.open(works: false) { site in
            let first = try await site.call("POST", "/v1/checkouts", Site.mugs(), idempotencyKey: "key-1")
            let second = try await site.call("POST", "/v1/checkouts", Site.mugs(), idempotencyKey: "key-1")
            #expect(first.status == 201 && first["Idempotent-Replayed"] == nil)
            #expect(second.status == 201 && second["Idempotent-Replayed"] == "true")
            #expect(second.body == first.body)
            #expect(second["Location"] == first["Location"] && second["Content-Type"] == first["Content-Type"])
            #expect(site.klarna.calls.count == 2)
        }
    }

    @Test func `keeps a refusal of the values too`() async throws {
        try await Site.open(works: false) { site in
            let body = Site.mugs(["locale": .null])
            let first = try await site.call("POST", "/v1/checkouts", body, idempotencyKey: "key-1")
            let second = try await site.call("POST", "/v1/checkouts", body, idempotencyKey: "key-1")
            #expect(first.status == 422 && second.status == 422)
            #expect(second["Idempotent-Replayed"] == "true" && second.body == first.body)
            #expect(second["Content-Type"] == "application/problem+json")
        }
    }

    @Test func `is refused with another body, were it one blank`() async throws {
        try await Site.open(works: false) { site in
            _ = try await site.call("POST", "/v1/checkouts", Site.mugs(), idempotencyKey: "key-1")
            let fields = [
                ("Authorization", "Bearer \(Site.key)"), ("Content-Type", "application/json"),
                ("Idempotency-Key", "key-1"),
            ]
            let answer = try await site.send("POST", "/v1/checkouts", fields, body: Site.mugs().bytes + [0x20])
            #expect(answer.status == 422 && answer.problem == "idempotency-key-reused")
        }
    }

    @Test func `belongs to one API key and one path`() async throws {
        try await Site.open(works: false) { site in
            let first = try await site.call("POST", "/v1/checkouts", Site.mugs(), idempotencyKey: "key-1")
            let fields = [
                ("Authorization", "Bearer another-key"), ("Content-Type", "application/json"),
                ("Idempotency-Key", "key-1"),
            ]
            let other = try await site.send("POST", "/v1/checkouts", fields, body: Site.mugs().bytes)
            #expect(other.status == 201 && other["Idempotent-Replayed"] == nil && other.body != first.body)
            let (one, two) = (first.json["id"]?.string ?? "", other.json["id"]?.string ?? "")
            let refreshed = try await site.call("POST", "/v1/checkouts/\(one)/refresh", idempotencyKey: "key-1")
            let refreshedOther = try await site.call("POST", "/v1/checkouts/\(two)/refresh", idempotencyKey: "key-1")
            #expect(refreshed.json["id"] == .string(one) && refreshedOther.json["id"] == .string(two))
        }
    }

    @Test func `is told to wait while the first request is under way`() async throws {
        try await Site.open(works: false) { site in
            let gate = site.klarna.close()
            async let first = site.call("POST", "/v1/checkouts", Site.mugs(), idempotencyKey: "key-1")
            await gate.arrival()
            let second = try await site.call("POST", "/v1/checkouts", Site.mugs(), idempotencyKey: "key-1")
            #expect(second.status == 409 && second.problem == "idempotency-key-in-flight")
            #expect(second["Retry-After"] == "1")
            gate.open()
            let answer = try await first
            #expect(answer.status == 201)
            #expect(try await site.call("POST", "/v1/checkouts", Site.mugs(), idempotencyKey: "key-1").status == 201)
        }
    }

    @Test func `goes on where a try without an answer stopped`() async throws {
        try await Site.open(works: false) { site in
            site.klarna.fail("/hpp/v1/sessions", .answer(400, ["error_code": "BAD_VALUE"]))
            let first = try await site.call("POST", "/v1/checkouts", Site.mugs(), idempotencyKey: "key-1")
            #expect(first.status == 502)
            let second = try await site.call("POST", "/v1/checkouts", Site.mugs(), idempotencyKey: "key-1")
            #expect(second.status == 201 && second["Idempotent-Replayed"] == nil)
            #expect(second.json["status"] == "waiting" && second.json["problem"] == .null)
            let list = try await site.call("GET", "/v1/checkouts")
            #expect(list.json["data"]?.array?.count == 1)
        }
    }

    @Test(arguments: ["", "a b", "ä", String(repeating: "k", count: 256)])
    func `is visible ASCII of at most 255 characters`(key: String) async throws {
        try await Site.open(works: false) { site in
            let answer = try await site.call("POST", "/v1/checkouts", Site.mugs(), idempotencyKey: key)
            #expect(answer.status == 400 && answer.problem == "malformed-request")
            #expect(site.klarna.calls.isEmpty)
        }
    }

    @Test func `is honoured for browsers as well`() async throws {
        try await Site.open(works: false) { site in
            let basket: JSON = ["items": [["reference": "MUG", "quantity": 1]]]
            let fields = [
                ("Content-Type", "application/json"), ("Accept", "application/json"), ("Idempotency-Key", "b-1"),
            ]
            let first = try await site.send("POST", "/checkout", fields, body: basket.bytes)
            let second = try await site.send("POST", "/checkout", fields, body: basket.bytes)
            #expect(first.status == 201 && second.status == 201)
            #expect(second.body == first.body && second["Idempotent-Replayed"] == "true")
        }
    }
}
