import Testing
import Wire

@testable import Checkouts

/// Races between several nodes on one store, and against the clock of an authorization. Those over sockets are among
/// the end to end tests.
@Suite("Races between nodes")
struct NodeRaceTests {
    @Test(arguments: 0..<20)
    func `R1 redirect, callback and poll on three nodes at once: one order, one event, equal answers`(
        round: Int
    ) async throws {
        let nodes = try Nodes(3)
        let checkout = try await nodes.open()
        nodes.klarna.approve()
        let workers = nodes.desks.map { Worker(desk: $0, logger: $0.logger) }
        let working = workers.map { worker in Task { await worker.run() } }
        let answers: [Checkout] = try await withThrowingTaskGroup(of: Checkout.self) { group in
            for (number, desk) in nodes.desks.enumerated() {
                group.addTask {
                    try await desk.receive(
                        callback: "event-1",
                        sessionID: "hpp-1",
                        status: "COMPLETED",
                        for: checkout.id,
                    )
                    return try await desk.observe(checkout.id, because: .callback)
                }
                group.addTask {
                    var seen = try await desk.observe(checkout.id, because: number == 0 ? .redirect : .poll)
                    while !seen.status.isFinal {
                        await Task.yield()
                        seen = try await desk.checkout(checkout.id)
                    }
                    return seen
                }
            }
            return try await group.reduce(into: [Checkout]()) { if $1.status.isFinal { $0.append($1) } }
        }
        for worker in workers { worker.drain() }
        for task in working { await task.value }
        #expect(answers.count >= 3)
        #expect(Set(answers.map(\.status)) == [.orderPlaced])
        #expect(Set(answers.map(\.order?.orderID)).count == 1)
        let events = try await nodes.events(checkout.id)
        #expect(events.count { $0 == "order.placed" } == 1)
        #expect(events.count { $0 == "callback.received" } == 1)
        #expect(nodes.klarna.placed.count == 1)
    }

    @Test func `R10 an authorization of 59 minutes and 59 seconds becomes an order`() async throws {
        let nodes = try Nodes(1)
        let checkout = try await nodes.open()
        nodes.klarna.approve()
        try await nodes.desks[0].observe(checkout.id, because: .poll)
        nodes.clock.advance(.seconds(3599))
        try await nodes.workUntilQuiet()
        #expect(try await nodes.store.checkout(checkout.id)?.status == .orderPlaced)
    }

    @Test func `R10 one of 60 minutes and 1 second does not, and another is to be asked for`() async throws {
        let nodes = try Nodes(1)
        let checkout = try await nodes.open()
        nodes.klarna.approve()
        try await nodes.desks[0].observe(checkout.id, because: .poll)
        nodes.clock.advance(.seconds(3601))
        for _ in 0..<100 {
            try await nodes.workUntilQuiet()
            nodes.clock.advance(.seconds(10))
        }
        let ended = try await nodes.store.checkout(checkout.id)
        #expect(ended?.status == .orderFailed)
        #expect(ended?.problem?.type == .authorizationExpired)
        #expect(!nodes.klarna.isOrdered)
        // Nor was Klarna hammered meanwhile.
        #expect(nodes.klarna.placed.count <= 30)
    }

    @Test(arguments: [true, false])
    func `R19 a lease that ends in the middle of a call: the stale writer is refused`(isLost: Bool) async throws {
        let nodes = try Nodes(2)
        let checkout = try await nodes.open()
        nodes.klarna.approve()
        try await nodes.desks[0].observe(checkout.id, because: .poll)
        nodes.klarna.holdPlacing(losingItsAnswer: isLost)
        let stale = try #require(try await nodes.claimPlacing(0))
        let slow = Task { try await nodes.desks[0].place(stale) }
        while !nodes.klarna.isHolding { await Task.yield() }
        #expect(try await nodes.claimPlacing(1) == nil)
        nodes.clock.advance(nodes.desks[0].policy.lease)
        let fresh = try #require(try await nodes.claimPlacing(1))
        #expect(fresh.epoch > stale.epoch)
        try await nodes.desks[1].place(fresh)
        let placed = try #require(try await nodes.store.checkout(checkout.id))
        #expect(placed.status == .orderPlaced)
        nodes.klarna.answer()
        // The slow node knows an order or nothing; either way nothing moves any more.
        _ = await slow.result
        let after = try #require(try await nodes.store.checkout(checkout.id))
        #expect(after.status == .orderPlaced)
        #expect(after.order?.orderID == placed.order?.orderID)
        let events = try await nodes.events(checkout.id)
        #expect(events.count { $0 == "order.placed" } == 1)
        #expect(!events.contains("order.unknown"))
        let sends = nodes.klarna.placed
        #expect(sends.count == 2)
        #expect(Set(sends).count == 1)
        await #expect(throws: StoreError.leaseLost) { try await nodes.store.end(stale, .done) }
    }
}
