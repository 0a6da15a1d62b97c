import Klarna
import Logging
import Synchronization
import Testing
import Wire

@testable import Checkouts

/// Several workers, lost leases, and authorizations that run out.
@Suite("Placing an order")
struct PlacingTests {
    @Test func `sends once when two processes hear of the authorization and race to place it`() async throws {
        let shop = try Shop()
        let desks = [shop.desk, try shop.anotherDesk()]
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        let workers = desks.map { Worker(desk: $0, logger: $0.logger) }
        await withTaskGroup { group in
            for worker in workers { group.addTask { await worker.run() } }
            for desk in desks + desks + desks {
                group.addTask { _ = try? await desk.observe(checkout.id, because: .poll) }
            }
            group.addTask {
                while (try? await shop.desk.checkout(checkout.id).status.isFinal) == false { await Task.yield() }
                for worker in workers { worker.drain() }
            }
        }
        #expect(try await shop.desk.checkout(checkout.id).status == .orderPlaced)
        #expect(shop.placed.count == 1)
        let events = try await shop.events(checkout.id).map(\.type)
        #expect(events.filter { $0 == "order.sending" }.count == 1)
        #expect(events.filter { $0 == "order.placed" }.count == 1)
    }

    @Test func `sends nothing but the same when a worker lost its lease in the middle of a call`() async throws {
        let shop = try Shop()
        let checkout = try await shop.authorized()
        shop.klarna.close("/order")
        let slow = try await shop.beginPlacing(on: shop.desk)
        shop.advance(.seconds(91))
        let next = try await shop.beginPlacing(on: try shop.anotherDesk())
        shop.klarna.open()
        await slow.value
        await next.value
        let placed = try await shop.desk.checkout(checkout.id)
        #expect(placed.order?.orderID.rawValue == "order-of-token-1")
        #expect(shop.placed.count == 2)
        #expect(Set(shop.placed.map(\.token)).count == 1)
        #expect(Set(shop.placed.map(\.key)).count == 1)
        #expect(Set(shop.placed.map(\.body)).count == 1)
        #expect(try await shop.events(checkout.id).filter { $0.type == "order.placed" }.count == 1)
    }

    @Test func `lets a worker that lost its lease write nothing but an order`() async throws {
        let shop = try Shop()
        let checkout = try await shop.authorized()
        shop.klarna.close("/order")
        let slow = try await shop.beginPlacing(on: shop.desk)
        shop.advance(.seconds(91))
        shop.klarna.fail("/payments/v1/sessions/kp-1", .answer(503, [:]))
        try await shop.workUntilQuiet()
        let before = try await shop.events(checkout.id)
        shop.klarna.fail("/order", .answer(403, ["error_code": "REJECTED"]))
        shop.klarna.open()
        await slow.value
        #expect(try await shop.events(checkout.id) == before)
        #expect(try await shop.desk.checkout(checkout.id).placement?.attempts.refusals == 0)
        let sentAt = try #require(shop.klarnaNow) - .seconds(91)
        #expect(try await shop.desk.checkout(checkout.id).placement?.attempts.uncertainSince == sentAt)
    }

    @Test func `ends an authorization that lapsed while Klarna would not hear of it, after a look`() async throws {
        let shop = try Shop()
        let checkout = try await shop.authorized()
        for _ in 0..<200 { shop.klarna.fail("/order", .answer(401, [:])) }
        for _ in 0..<60 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(73))
        }
        let failed = try await shop.desk.checkout(checkout.id)
        #expect(failed.status == .orderFailed)
        #expect(failed.problem?.type == .authorizationExpired)
        #expect(shop.klarna.state.withLock(\.released) == ["token-1"])
        #expect(shop.placed.isEmpty)
    }

    @Test func `does not take a refusal to listen for proof that nothing was placed`() async throws {
        let shop = try Shop()
        let checkout = try await shop.authorized()
        // The order is made, and the answer speaks of too many calls; so do all after it.
        shop.klarna.fail("/order", .lostAnswer)
        try await shop.workUntilQuiet()
        shop.klarna.state.withLock { $0.hpp = ["session_id": "hpp-1", "status": "COMPLETED"] }
        for _ in 0..<400 { shop.klarna.fail("/order", .later(429, 1)) }
        for _ in 0..<70 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(73))
        }
        let doubtful = try await shop.desk.checkout(checkout.id)
        #expect(doubtful.status == .authorized)
        #expect(shop.klarna.state.withLock(\.released) == [])
    }

    @Test func `ends what never left after a day, when Klarna cannot be reached at all`() async throws {
        let shop = try Shop()
        let checkout = try await shop.authorized()
        for _ in 0..<2000 { shop.klarna.fail("/", .notSent) }
        for _ in 0..<28 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(3600))
        }
        let failed = try await shop.desk.checkout(checkout.id)
        #expect(failed.status == .orderFailed)
        #expect(failed.problem?.type == .authorizationExpired)
    }

    @Test func `tries at least once, however late it is by our clock`() async throws {
        let shop = try Shop()
        let checkout = try await shop.authorized()
        shop.advance(.seconds(3 * 3600))
        try await shop.workUntilQuiet()
        #expect(try await shop.desk.checkout(checkout.id).status == .orderPlaced)
    }

    @Test(arguments: [408, 500, 503, 302])
    func `takes an answer that may not be the last word for none`(status: Int) async throws {
        let shop = try Shop()
        let checkout = try await shop.authorized()
        shop.klarna.fail("/order", .answer(status, [:]))
        try await shop.workUntilQuiet()
        let unknown = try await shop.desk.checkout(checkout.id)
        #expect(unknown.problem?.type == .placementUnknown)
        #expect(unknown.placement?.attempts.unansweredAt == shop.klarnaNow)
    }

    @Test(arguments: [429, 503])
    func `waits as long as Klarna asks`(status: Int) async throws {
        let shop = try Shop()
        let checkout = try await shop.authorized()
        shop.klarna.fail("/order", .later(status, 25))
        try await shop.workUntilQuiet()
        shop.advance(.seconds(24))
        try await shop.workUntilQuiet()
        #expect(shop.placed.isEmpty)
        shop.advance(.seconds(1))
        try await shop.workUntilQuiet()
        #expect(try await shop.desk.checkout(checkout.id).status == .orderPlaced)
    }
}

extension Shop {
    /// A checkout whose shopper approved, with its order yet to be placed.
    fileprivate func authorized() async throws -> Checkout {
        let checkout = try await desk.open(.mug)
        klarna.approve()
        return try await desk.observe(checkout.id, because: .poll)
    }

    /// Claims the placing, as another process would, and returns once its call is held up at Klarna.
    fileprivate func beginPlacing(on desk: CheckoutDesk) async throws -> Task<Void, Never> {
        let job = try #require(
            try await store.claimJobs(JobCapacity(placing: 10, other: 10), lease: desk.policy.lease, at: desk.now)
                .first { $0.kind == .place }
        )
        let held = klarna.held
        let work = Task { await Worker(desk: desk, logger: desk.logger).work(job) }
        while klarna.held == held { await Task.yield() }
        return work
    }
}
