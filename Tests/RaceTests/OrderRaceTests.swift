import Klarna
import Money
import Testing
import Wire

@testable import Checkouts

/// Races for the money of one order, between several nodes on one store.
@Suite("Races for an order")
struct OrderRaceTests {
    @Test(arguments: 0..<10)
    func `R11 one key on three nodes at once: one capture, and the same answer to all`(round: Int) async throws {
        let nodes = try Nodes(3)
        let id = try await nodes.buy()
        let asker = try await nodes.asker("a")
        let part = try NewCapture(json: ["amount": 10_000])
        let answers = try await nodes.working {
            try await withThrowingTaskGroup(of: CheckoutDesk.Operated.self) { group in
                for desk in nodes.desks { group.addTask { try await desk.capture(id, part, for: asker) } }
                return try await group.reduce(into: []) { $0.append($1.operation) }
            }
        }
        #expect(answers.count == 3)
        #expect(Set(answers.map(\.id)).count == 1)
        #expect(answers.allSatisfy { $0.klarnaID == "capture-1" })
        #expect(nodes.klarna.captured == [10_000])
        #expect(try await nodes.events(id).count { $0 == "operation.requested" } == 1)
        #expect(try await nodes.store.checkout(id)?.order?.capturedAmount == 10_000)
    }

    @Test(arguments: 0..<10)
    func `R11 a key for each of three nodes: what would be more than remains is refused before it is sent`(
        round: Int
    ) async throws {
        let nodes = try Nodes(3)
        let id = try await nodes.buy()
        let part = try NewCapture(json: ["amount": 10_000])
        let refusals = try await nodes.working {
            await withTaskGroup(of: Bool.self) { group in
                for desk in nodes.desks {
                    group.addTask {
                        do throws(DeskError) {
                            _ = try await desk.capture(id, part)
                            return false
                        } catch {
                            if case .invalid = error { return true }
                            return false
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
        }
        #expect(refusals == 1)
        #expect(nodes.klarna.captured == [10_000, 10_000])
        #expect(nodes.klarna.captureKeys.count == 2)
        #expect(try await nodes.store.checkout(id)?.order?.remainingAuthorizedAmount == 5000)
    }

    @Test(arguments: OneKlarna.Loss.allCases)
    func `R12 a capture that timed out, taken up by another node after 25 hours: read first, and never made twice`(
        _ loss: OneKlarna.Loss
    ) async throws {
        let nodes = try Nodes(2)
        let id = try await nodes.buy()
        nodes.klarna.loseNextCapture(loss)
        let desk = nodes.desks[0]
        let part = try NewCapture(json: ["amount": 10_000])
        let asking = Task { try await desk.capture(id, part) }
        while try await nodes.store.checkout(id)?.operations.isEmpty ?? true { await Task.yield() }
        // One attempt; then the node is heard of no more.
        let job = try #require(try await nodes.claim(.operate, 0))
        try await desk.operate(job)
        asking.cancel()
        let asked = try await asking.value.operation
        #expect(asked.isPending && asked.attempts.uncertainSince != nil)
        nodes.clock.advance(.seconds(25 * 3600))
        nodes.klarna.forgetKeys()
        try await nodes.workUntilQuiet(1)
        let done = try #require(try await nodes.store.checkout(id)?.operation(asked.id))
        #expect(done.klarnaID == "capture-1")
        #expect(nodes.klarna.captured == [10_000])
        // What was lost on its way is asked for anew, under another key; what was done is found.
        let keys = nodes.klarna.captureKeys
        switch loss {
        case .request: #expect(keys.count == 2 && Set(keys).count == 2)
        case .answer: #expect(keys.count == 1)
        }
    }

    @Test(arguments: ["REJECTED", "ACCEPTED"])
    func `R17 captures on three nodes while Klarna looks at the risk, and while it makes up its mind`(
        _ verdict: String
    ) async throws {
        let nodes = try Nodes(3)
        nodes.klarna.think("PENDING")
        let id = try await nodes.buy()
        let all = try NewCapture(json: [:])
        for desk in nodes.desks {
            await #expect(throws: DeskError.self) { try await desk.capture(id, all) }
        }
        #expect(nodes.klarna.captureKeys.isEmpty)
        nodes.klarna.think(verdict)
        try await nodes.working {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (number, desk) in nodes.desks.enumerated() {
                    group.addTask {
                        try await desk.receive(
                            .notification,
                            callback: "event-\(number)",
                            sessionID: nil,
                            status: "FRAUD_RISK_\(verdict)",
                            for: id,
                        )
                    }
                    // Before the news is read or after it.
                    group.addTask { _ = try? await desk.capture(id, all) }
                }
                try await group.waitForAll()
            }
            while try await nodes.store.checkout(id)?.order?.fraudStatus == "PENDING" { await Task.yield() }
        }
        #expect(try await nodes.events(id).count { $0 == "order.fraud_status" } == 1)
        switch verdict {
        case "REJECTED": #expect(nodes.klarna.captureKeys.isEmpty)
        case _:
            if nodes.klarna.captureKeys.isEmpty {
                _ = try await nodes.working { try await nodes.desks[1].capture(id, all) }
            }
            #expect(nodes.klarna.captured == [25_000])
        }
    }
}
