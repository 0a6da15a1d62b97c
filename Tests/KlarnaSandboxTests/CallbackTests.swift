import KlarnaSandbox
import Testing
import Wire

@Suite("The sandbox's callbacks", .timeLimit(.minutes(2)))
struct CallbackTests {
    @Test func `tell the merchant of every step as it can be read`() async throws {
        try await Receiver.serve { receiver, urls in
            try await RunningSandbox.serve { sandbox in
                let session = try await sandbox.open(urls: urls)
                _ = try await sandbox.send("GET", session.page)
                _ = try await sandbox.send("POST", session.page, form: "action=approve")
                let callbacks = try await sandbox.settledCallbacks()
                #expect(callbacks.map { $0["status"] } == ["IN_PROGRESS", "COMPLETED"])
                #expect(callbacks.allSatisfy { $0["state"] == "delivered" && $0["attempts"]?.array?.count == 1 })
                let bodies = receiver.bodies
                #expect(bodies.count == 2)
                #expect(Set(bodies.map { $0["event_id"] }).count == 2)
                let completed = bodies.first { $0["session"]?["status"] == "COMPLETED" }
                #expect(
                    completed?["session"] == (try await sandbox.send("GET", "/hpp/v1/sessions/\(session.id)").json)
                )
            }
        }
    }

    @Test func `are repeated with the same event id until they are accepted`() async throws {
        try await Receiver.serve(answering: [500, 302, 404, 204]) { receiver, urls in
            try await RunningSandbox.serve(timing: .quick) { sandbox in
                let session = try await sandbox.open(urls: urls)
                _ = try await sandbox.send("POST", "/sandbox/hpp/\(session.id)/enter")
                let callback = try #require(try await sandbox.settledCallbacks().first)
                #expect(callback["state"] == "delivered")
                #expect(callback["attempts"]?.array?.map { $0["status"] } == [500, 302, 404, 204])
                #expect(receiver.bodies.count == 4)
                #expect(Set(receiver.bodies).count == 1)
            }
        }
    }

    @Test func `end after four calls`() async throws {
        try await Receiver.serve(answering: Array(repeating: 503, count: 9)) { receiver, urls in
            try await RunningSandbox.serve(timing: .quick) { sandbox in
                let session = try await sandbox.open(urls: urls)
                _ = try await sandbox.send("POST", "/sandbox/hpp/\(session.id)/enter")
                #expect(try await sandbox.settledCallbacks().map { $0["state"] } == ["abandoned"])
                #expect(receiver.bodies.count == 4)
            }
        }
    }

    @Test func `count silence as no answer`() async throws {
        try await Receiver.serve(answering: Array(repeating: nil, count: 4)) { receiver, urls in
            var timing = SandboxService.Timing.quick
            timing.callbackTimeout = .milliseconds(100)
            try await RunningSandbox.serve(timing: timing) { sandbox in
                let session = try await sandbox.open(urls: urls)
                _ = try await sandbox.send("POST", "/sandbox/hpp/\(session.id)/enter")
                let callback = try #require(try await sandbox.settledCallbacks().first)
                #expect(callback["state"] == "abandoned")
                #expect(callback["attempts"]?.array?.count == 4)
                #expect(callback["attempts"]?.array?.allSatisfy { $0["error"] != nil } == true)
            }
        }
    }

    @Test(arguments: [("callback_drop", 1, 1), ("callback_duplicate", 3, 2), ("callback_delay_ms:20", 2, 2)])
    func `can be dropped, doubled and delayed`(effect: String, calls: Int, events: Int) async throws {
        try await Receiver.serve { receiver, urls in
            try await RunningSandbox.serve { sandbox in
                let session = try await sandbox.open(urls: urls)
                try await sandbox.order(["method": "POST", "path": "/status", "effect": .string(effect)])
                _ = try await sandbox.send("POST", "/sandbox/hpp/\(session.id)/approve")
                let callbacks = try await sandbox.settledCallbacks()
                #expect(callbacks.first?["fault"]?.string == effect)
                #expect(callbacks.filter { $0["state"] == "delivered" }.count == calls)
                #expect(receiver.bodies.count == calls)
                #expect(Set(receiver.bodies.map { $0["event_id"] }).count == events)
            }
        }
    }

    @Test func `can be kept back as if four calls had failed`() async throws {
        try await Receiver.serve { receiver, urls in
            try await RunningSandbox.serve { sandbox in
                let session = try await sandbox.open(urls: urls)
                try await sandbox.order(["effect": "callback_silence", "count": 2])
                _ = try await sandbox.send("POST", "/sandbox/hpp/\(session.id)/approve")
                let callbacks = try await sandbox.settledCallbacks()
                #expect(callbacks.map { $0["state"] } == ["abandoned", "abandoned"])
                #expect(callbacks.allSatisfy { $0["attempts"]?.array?.count == 4 })
                #expect(receiver.bodies.isEmpty)
            }
        }
    }

    @Test func `can change places with the next one`() async throws {
        try await Receiver.serve { receiver, urls in
            var timing = SandboxService.Timing.quick
            timing.callbackReorderPatience = .seconds(3600)
            try await RunningSandbox.serve(timing: timing) { sandbox in
                let session = try await sandbox.open(urls: urls)
                try await sandbox.order(["effect": "callback_reorder"])
                _ = try await sandbox.send("POST", "/sandbox/hpp/\(session.id)/approve")
                let callbacks = try await sandbox.settledCallbacks()
                #expect(callbacks.map { $0["status"] } == ["IN_PROGRESS", "COMPLETED"])
                #expect(callbacks.allSatisfy { $0["state"] == "delivered" })
                #expect(receiver.bodies.map { $0["session"]?["status"] } == ["COMPLETED", "IN_PROGRESS"])
            }
        }
    }

    @Test func `do not wait for ever for a next one`() async throws {
        try await Receiver.serve { receiver, urls in
            var timing = SandboxService.Timing.quick
            timing.callbackReorderPatience = .milliseconds(10)
            try await RunningSandbox.serve(timing: timing) { sandbox in
                let session = try await sandbox.open(urls: urls)
                try await sandbox.order(["effect": "callback_reorder"])
                _ = try await sandbox.send("POST", "/sandbox/hpp/\(session.id)/enter")
                #expect(try await sandbox.settledCallbacks().map { $0["state"] } == ["delivered"])
                #expect(receiver.bodies.count == 1)
            }
        }
    }
}

extension SandboxService.Timing {
    /// Hardly any pause between calls, and plenty of time for each.
    static var quick: SandboxService.Timing {
        var timing = SandboxService.Timing()
        timing.callbackTimeout = .seconds(60)
        timing.callbackRetryPause = .milliseconds(1)
        return timing
    }
}
