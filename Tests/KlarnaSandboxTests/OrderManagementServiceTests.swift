import KlarnaSandbox
import Testing
import Wire

@Suite("Order Management over HTTP in the sandbox", .timeLimit(.minutes(2)))
struct OrderManagementServiceTests {
    @Test(arguments: [("close_before", 0), ("close_after", 10), ("late_ms:60000", 10)])
    func `loses answers to captures as to anything else, and a key finds them again`(
        effect: String,
        captured: Int64,
    ) async throws {
        try await RunningSandbox.serve { sandbox in
            let placed = try await sandbox.send("POST", sandbox.authorize(), .mug).json
            let order = "/ordermanagement/v1/orders/\(try #require(placed["order_id"]?.string))"
            let body: JSON = ["captured_amount": 10]
            try await sandbox.order(["method": "POST", "path": .string(order), "effect": .string(effect)])
            await #expect(throws: (any Error).self) {
                try await sandbox.send("POST", "\(order)/captures", body, idempotencyKey: "k")
            }
            _ = try await sandbox.send("POST", "/sandbox/clock", ["advance_seconds": 60])
            let reading = try await sandbox.send("GET", order).json
            #expect(reading["captured_amount"]?.integer == captured)
            let again = try await sandbox.send("POST", "\(order)/captures", body, idempotencyKey: "k")
            #expect(again.status == 201)
            let captures = try await sandbox.send("GET", "\(order)/captures").json
            #expect(captures.array?.map { $0["capture_id"]?.string } == [again.fields["capture-id"]])
            #expect(again.fields["location"] == "\(sandbox.base)\(order)/captures/\(again.fields["capture-id"] ?? "")")
        }
    }

    @Test func `has every operation on its path`() async throws {
        try await RunningSandbox.serve { sandbox in
            let placed = try await sandbox.send("POST", sandbox.authorize(), .mug).json
            let order = "/ordermanagement/v1/orders/\(try #require(placed["order_id"]?.string))"
            let captured = try await sandbox.send("POST", "\(order)/captures", ["captured_amount": 10])
            let id = try #require(captured.fields["capture-id"])
            for operation in operations where operation.path != "cancel" {
                let path = "\(order)/\(operation.path.replacing("{capture_id}", with: id))"
                let answer = try await sandbox.send(operation.method, path, operation.body)
                #expect((200...204).contains(answer.status), "\(operation)")
                #expect(answer.body == [])
            }
            #expect(try await sandbox.send("POST", "\(order)/cancel").status == 403)
            #expect(try await sandbox.send("DELETE", order).status == 405)
            #expect(try await sandbox.send("GET", "\(order)/captures/\(id)/nothing").status == 404)
            #expect(try await sandbox.send("GET", order).json["status"] == "CLOSED")
        }
    }
}
