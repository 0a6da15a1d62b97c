import KlarnaSandbox
import Testing
import Wire

@Suite("The sandbox's profiles", .timeLimit(.minutes(2)))
struct ProfileTests {
    @Test func `have names of their own and say what they are for`() {
        let names = SandboxProfile.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.first == "default")
        for profile in SandboxProfile.all {
            #expect(SandboxProfile.named(profile.name)?.summary == profile.summary)
            #expect(!profile.summary.isEmpty)
        }
        #expect(SandboxProfile.named("") == nil)
        #expect(SandboxProfile.named("Default") == nil)
    }

    @Test(
        arguments: [
            ("strict", ["repeated_order": "consumed", "enforces_rate_limits": true]),
            (
                "forgetful",
                ["repeated_order": "gone", "omissions": ["authorization_token", "updated_at", "expires_at"]],
            ),
            ("sticky", ["repeated_order": "conflict", "order_shown": "beside_token"]),
            ("refusing", ["place_trouble": ["percent": 30, "status": 403, "sticky": true, "orders_anyway": false]]),
            ("late", ["late_effects": ["percent": 30, "within_ms": 89_000], "completion_delay_ms": 30_000]),
            ("tokens", ["tokens_per_page": 3, "token_renewal_ms": 5000, "shows_first_token": true]),
            ("throttled", ["enforces_rate_limits": true]),
        ] as [(String, JSON)]
    )
    func `turn the switches`(name: String, switches: JSON) async throws {
        try await RunningSandbox.serve(profile: try #require(SandboxProfile.named(name))) { sandbox in
            let behaviour = try await sandbox.send("GET", "/sandbox/behaviour").json
            for member in switches.object?.members ?? [] { #expect(behaviour[member.name] == member.value) }
            _ = try await sandbox.send("POST", "/sandbox/behaviour", ["repeated_order": "gone"])
            _ = try await sandbox.send("DELETE", "/sandbox")
            #expect(try await sandbox.send("GET", "/sandbox/behaviour").json == behaviour)
        }
    }

    @Test func `keep every callback back in silence`() async throws {
        try await RunningSandbox.serve(profile: try #require(SandboxProfile.named("silent"))) { sandbox in
            for _ in 0..<3 {
                let session = try await sandbox.open(urls: ["status_update": "http://127.0.0.1:1/{{session_id}}"])
                _ = try await sandbox.send("POST", "/sandbox/hpp/\(session.id)/approve")
            }
            let callbacks = try await sandbox.data("callbacks")
            #expect(callbacks.map { $0["state"] } == Array(repeating: "abandoned", count: 6))
            #expect(callbacks.allSatisfy { $0["fault"] == "callback_silence" })
        }
    }

    @Test func `bring callbacks into disorder`() async throws {
        try await RunningSandbox.serve(profile: try .seeded("storm")) { sandbox in
            for _ in 0..<20 {
                let session = try await sandbox.open(urls: ["status_update": "http://127.0.0.1:1/{{session_id}}"])
                _ = try await sandbox.send("POST", "/sandbox/hpp/\(session.id)/approve")
            }
            let faults = Set(try await sandbox.data("callbacks").compactMap { $0["fault"]?.string })
            #expect(faults == ["callback_duplicate", "callback_reorder", "callback_delay_ms:2000"])
        }
    }

    @Test(arguments: ["flaky", "throttled"])
    func `let most calls through, and pages and levers always`(name: String) async throws {
        try await RunningSandbox.serve(profile: try .seeded(name)) { sandbox in
            _ = try await sandbox.send("POST", "/sandbox/behaviour", ["enforces_rate_limits": false])
            for _ in 0..<30 {
                _ = try? await sandbox.send("GET", "/payments/v1/sessions/unknown")
                #expect(try await sandbox.send("GET", "/eu/hpp/payments/unknown").status == 404)
                #expect(try await sandbox.send("GET", "/sandbox/orders").status == 200)
            }
            let calls = try await sandbox.data("requests").filter { $0["path"]?.string?.hasPrefix("/payments") == true }
            #expect(calls.count == 30)
            let troubled = calls.filter { $0["fault"] != nil }
            #expect((1..<25).contains(troubled.count))
        }
    }

    @Test func `of chaos do the same for the same seed, and again when all is forgotten`() async throws {
        @Sendable func run(_ sandbox: RunningSandbox) async throws -> [JSON?] {
            for _ in 0..<40 { _ = try? await sandbox.send("GET", "/payments/v1/sessions/unknown") }
            return try await sandbox.data("requests").map { $0["fault"] }
        }
        let runs = Runs()
        for seed: UInt64 in [1, 1, 2] {
            try await RunningSandbox.serve(profile: .chaos(seed: seed)) { sandbox in
                let behaviour = try await sandbox.send("GET", "/sandbox/behaviour").json
                let first = try await run(sandbox)
                #expect(try await sandbox.send("DELETE", "/sandbox").status == 204)
                #expect(try await run(sandbox) == first)
                await runs.append([behaviour] + first.map { $0 ?? .null })
            }
        }
        let all = await runs.all
        #expect(all[0] == all[1])
        #expect(all[0] != all[2])
        #expect(all[0].contains { $0.string != nil })
    }

    @Test func `of chaos do to other requests what they would have done without an order in between`() async throws {
        try await RunningSandbox.serve(profile: .chaos(seed: 5)) { sandbox in
            var runs: [[JSON?]] = []
            for order in [false, true] {
                _ = try await sandbox.send("DELETE", "/sandbox")
                if order {
                    try await sandbox.order([
                        "path": "/payments", "effect": "status:418", "percent": 50, "count": 10,
                    ])
                }
                for _ in 0..<40 { _ = try? await sandbox.send("GET", "/payments/v1/sessions/unknown") }
                runs.append(try await sandbox.data("requests").map { $0["fault"] })
            }
            #expect(runs[1].filter { $0 == "status:418" }.count == 10)
            #expect(zip(runs[0], runs[1]).allSatisfy { $1 == $0 || $1 == "status:418" })
            #expect(runs[0].contains { $0 != nil })
        }
    }

    @Test(arguments: UInt64(0)..<8)
    func `of chaos keep true books`(seed: UInt64) async throws {
        try await RunningSandbox.serve(profile: .chaos(seed: seed)) { sandbox in
            func insist(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> JSON {
                for _ in 0..<200 {
                    if let answer = try? await sandbox.send(method, path, body), (200...201).contains(answer.status),
                        answer.json != .null
                    {
                        return answer.json
                    }
                    _ = try await sandbox.send("POST", "/sandbox/clock", ["advance_seconds": 1])
                }
                throw Stubborn()
            }
            let id = try #require(try await insist("POST", "/payments/v1/sessions", .mug)["session_id"]?.string)
            let url = JSON.string("\(sandbox.base)/payments/v1/sessions/\(id)")
            let hosted = try await insist("POST", "/hpp/v1/sessions", ["payment_session_url": url])
            let page = try #require(hosted["redirect_url"]?.string)
            #expect(try await sandbox.send("GET", page).status == 200)
            #expect(try await sandbox.send("POST", page, form: "action=approve").status == 303)
            let token = try await insist("GET", "/payments/v1/sessions/\(id)")["authorization_token"]?.string
            let path = "/payments/v1/authorizations/\(try #require(token))/order"
            let placed = try? await sandbox.send("POST", path, .mug)
            _ = try await sandbox.send("POST", "/sandbox/clock", ["advance_seconds": 200])
            let orders = try await sandbox.data("orders")
            let status = try await insist("GET", "/payments/v1/sessions/\(id)")["status"]
            #expect(status?.string == (orders.isEmpty ? "incomplete" : "complete"))
            #expect(orders.count <= 1)
            if let orderID = placed?.json["order_id"] { #expect(orders.first?["order_id"] == orderID) }
            let record = try await sandbox.data("sessions").first { $0["hpp_session_id"] == hosted["session_id"] }
            #expect(record?["order_id"] == orders.first?["order_id"])
            let states = (record?["authorizations"]?.array ?? []).map { $0["state"] }
            #expect(states.contains("consumed") == !orders.isEmpty)
        }
    }
}

extension SandboxProfile {
    /// One that is the same in each run of a test.
    static func seeded(_ name: String) throws -> SandboxProfile {
        var profile = try #require(SandboxProfile.named(name))
        profile.seed = 1
        return profile
    }
}

private struct Stubborn: Error {}

private actor Runs {
    private(set) var all: [[JSON]] = []

    func append(_ run: [JSON]) { all.append(run) }
}
