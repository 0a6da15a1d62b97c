import KlarnaSandbox
import Testing
import Wire

@Suite("The sandbox's faults", .timeLimit(.minutes(2)))
struct FaultTests {
    @Test(arguments: [
        JSON.object([:]), ["effect": "status:200"], ["effect": "status"], ["effect": "explode"],
        ["effect": "delay_ms:-1"],
        ["effect": "rate_limit:-1"], ["effect": "late_ms"], ["effect": "html:204"], ["effect": "truncated:3"],
        ["effect": "garbage", "percent": 0], ["effect": "garbage", "percent": 101], ["effect": "garbage", "count": 0],
        ["effect": "garbage", "path": "payments"], ["effect": "close_before:1"], [],
    ])
    func `refuses trouble that it does not know`(fault: JSON) async throws {
        try await RunningSandbox.serve { sandbox in
            let answer = try await sandbox.send("POST", "/sandbox/faults", fault)
            #expect(answer.status == 400)
        }
    }

    @Test func `makes trouble as often as it was ordered, and only there`() async throws {
        try await RunningSandbox.serve { sandbox in
            try await sandbox.order(["method": "POST", "path": "/payments", "count": 2, "effect": "status:503"])
            #expect(try await sandbox.send("GET", "/payments/v1/sessions/unknown").status == 404)
            for status in [503, 503, 200] {
                let answer = try await sandbox.send("POST", "/payments/v1/sessions", .mug)
                #expect(answer.status == status)
                #expect((answer.json["error_code"] == nil) == (status == 200))
            }
            try await sandbox.order(["effect": "garbage"])
            let garbage = try await sandbox.send("POST", "/payments/v1/sessions", .mug)
            #expect(garbage.status == 200)
            #expect(garbage.json == .null)
            try await sandbox.order(["effect": "delay_ms:1"])
            #expect(try await sandbox.send("POST", "/payments/v1/sessions", .mug).status == 200)
            let faults = try await sandbox.data("requests").compactMap { $0["fault"]?.string }
            #expect(faults == ["status:503", "status:503", "garbage", "delay_ms:1"])
        }
    }

    @Test(arguments: [("close_before", 0), ("close_after", 1)])
    func `closes the connection before or after the work`(effect: String, orders: Int) async throws {
        try await RunningSandbox.serve { sandbox in
            let path = try await sandbox.authorize()
            try await sandbox.order(["method": "POST", "path": .string(path), "effect": .string(effect)])
            await #expect(throws: (any Error).self) { try await sandbox.send("POST", path, .mug) }
            #expect(try await sandbox.data("orders").count == orders)
            #expect(try await sandbox.data("requests").last?["status"] == JSON.null)
            #expect(try await sandbox.send("POST", path, .mug).status == 200)
            #expect(try await sandbox.data("orders").count == 1)
        }
    }

    @Test(arguments: [401, 502, 200])
    func `shows a page for people instead of an answer`(status: Int) async throws {
        try await RunningSandbox.serve { sandbox in
            try await sandbox.order(["effect": .string("html:\(status)")])
            let answer = try await sandbox.send("POST", "/payments/v1/sessions", .mug)
            #expect(answer.status == status)
            #expect(answer.fields["content-type"] == "text/html")
            #expect(answer.text.hasPrefix("<html>"))
            #expect(try await sandbox.send("POST", "/payments/v1/sessions", .mug).status == 200)
        }
    }

    @Test func `tells how long to wait when it is asked too much`() async throws {
        try await RunningSandbox.serve { sandbox in
            let path = try await sandbox.authorize()
            try await sandbox.order(["path": "/payments", "effect": "rate_limit:7"])
            let refused = try await sandbox.send("POST", path, .mug)
            #expect(refused.status == 429)
            #expect(refused.fields["retry-after"] == "7")
            #expect(refused.json["error_code"] == "TOO_MANY_REQUESTS")
            #expect(try await sandbox.data("orders").isEmpty)
        }
    }

    @Test func `cuts an answer short of its length`() async throws {
        try await RunningSandbox.serve { sandbox in
            let path = try await sandbox.authorize()
            try await sandbox.order(["path": .string(path), "effect": "truncated"])
            await #expect(throws: (any Error).self) { try await sandbox.send("POST", path, .mug) }
            #expect(try await sandbox.data("orders").count == 1)
        }
    }

    @Test func `makes an answer longer than anybody should read`() async throws {
        try await RunningSandbox.serve { sandbox in
            let path = try await sandbox.authorize()
            try await sandbox.order(["path": .string(path), "effect": "oversized"])
            let answer = try await sandbox.send("POST", path, .mug)
            #expect(answer.body.count > 4_000_000)
            #expect(answer.json["order_id"] == (try await sandbox.data("orders").first?["order_id"]))
        }
    }

    @Test func `does the work long after the connection was closed`() async throws {
        try await RunningSandbox.serve { sandbox in
            let path = try await sandbox.authorize()
            try await sandbox.order(["method": "POST", "path": .string(path), "effect": "late_ms:600000"])
            await #expect(throws: (any Error).self) { try await sandbox.send("POST", path, .mug) }
            #expect(try await sandbox.data("requests").last?["status"] == JSON.null)
            #expect(try await sandbox.data("orders").isEmpty)
            _ = try await sandbox.send("POST", "/sandbox/clock", ["advance_seconds": 600])
            #expect(try await sandbox.data("orders").count == 1)
            #expect(
                try await sandbox.data("sessions").map { $0["authorizations"]?.array?.first?["state"] } == ["consumed"]
            )
        }
    }

    @Test func `happens in so many of a hundred cases, until its count is used up`() async throws {
        try await RunningSandbox.serve(profile: try .seeded("default")) { sandbox in
            try await sandbox.order(["path": "/payments", "effect": "status:503", "percent": 50, "count": 10])
            var refused = 0
            var calls = 0
            while refused < 10, calls < 1000 {
                if try await sandbox.send("GET", "/payments/v1/sessions/unknown").status == 503 { refused += 1 }
                calls += 1
            }
            #expect(refused == 10)
            #expect(calls > 10)
            #expect(try await sandbox.send("GET", "/payments/v1/sessions/unknown").status == 404)
        }
    }
}
