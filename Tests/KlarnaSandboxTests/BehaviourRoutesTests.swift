import KlarnaSandbox
import Testing
import Wire

@Suite("The sandbox's switches", .timeLimit(.minutes(2)))
struct BehaviourRoutesTests {
    @Test func `are shown and turned by name, each by itself`() async throws {
        try await RunningSandbox.serve { sandbox in
            let before = try await sandbox.send("GET", "/sandbox/behaviour").json
            #expect(before["repeated_order"] == "same_order")
            let changes: JSON = [
                "honours_idempotency_keys": true, "repeated_order": "gone",
                "place_trouble": ["percent": 10, "status": 503, "sticky": true, "orders_anyway": true],
                "late_effects": ["percent": 1, "within_ms": 59_000], "completion_delay_ms": 30_000,
                "order_shown": "beside_token", "tokens_per_page": 3, "token_renewal_ms": 5000,
                "keeps_older_tokens": true, "shows_first_token": true, "omissions": ["updated_at", "expires_at"],
                "enforces_rate_limits": true, "honours_order_management_keys": false, "repeats_refusals": false,
                "captures_pending": false, "status_after_release": "captured", "part_captured_expiry": "part_captured",
                "payment_method": "card", "repeated_token": "another_token", "makes_tokens_after_orders": false,
                "token_cancellation_delay_ms": 5000,
            ]
            for change in changes.object?.members ?? [] {
                let turned = try await sandbox.send(
                    "POST",
                    "/sandbox/behaviour",
                    .object([change.name: change.value]),
                ).json
                #expect(turned[change.name] == change.value)
                let restored = try await sandbox.send(
                    "POST",
                    "/sandbox/behaviour",
                    .object([change.name: before[change.name] ?? .null]),
                )
                #expect(restored.json == before)
            }
            #expect(try await sandbox.send("POST", "/sandbox/behaviour", changes).json == changes)
            #expect(before.object?.names == changes.object?.names)
            #expect(try await sandbox.send("DELETE", "/sandbox").status == 204)
            #expect(try await sandbox.send("GET", "/sandbox/behaviour").json == before)
        }
    }

    @Test func `take effect at once`() async throws {
        try await RunningSandbox.serve { sandbox in
            let path = try await sandbox.authorize()
            _ = try await sandbox.send("POST", "/sandbox/behaviour", ["place_trouble": ["status": 503]])
            #expect(try await sandbox.send("POST", path, .mug).status == 503)
            #expect(try await sandbox.send("POST", path, .mug).status == 200)
            _ = try await sandbox.send("POST", "/sandbox/behaviour", ["repeated_order": "conflict"])
            #expect(try await sandbox.send("POST", path, .mug).status == 409)
            _ = try await sandbox.send("POST", "/sandbox/behaviour", ["late_effects": ["within_ms": 89_000]])
            await #expect(throws: (any Error).self) {
                try await sandbox.send("POST", "/payments/v1/sessions", .mug)
            }
            #expect(try await sandbox.data("requests").last?["status"] == JSON.null)
        }
    }

    @Test(
        arguments: [
            ["mood": "bad"], ["repeated_order": "never"], ["tokens_per_page": 4], ["tokens_per_page": "1"],
            ["place_trouble": true], ["place_trouble": ["status": 200]], ["late_effects": ["percent": 0]],
            ["omissions": ["status"]], ["enforces_rate_limits": 1], ["status_after_release": "cancelled"],
            ["part_captured_expiry": "lost"], ["payment_method": "cash"], ["repeated_token": "gone"], [],
        ] as [JSON]
    )
    func `are left alone by what they do not understand`(changes: JSON) async throws {
        try await RunningSandbox.serve { sandbox in
            let before = try await sandbox.send("GET", "/sandbox/behaviour").json
            #expect(try await sandbox.send("POST", "/sandbox/behaviour", changes).status == 400)
            #expect(try await sandbox.send("GET", "/sandbox/behaviour").json == before)
        }
    }
}
