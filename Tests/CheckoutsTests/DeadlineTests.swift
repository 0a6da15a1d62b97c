import Klarna
import Synchronization
import Testing
import Wire

@testable import Checkouts

/// Deadlines that pass, are told before they pass, and are Klarna's however our clock goes.
@Suite("A deadline")
struct DeadlineTests {
    @Test func `is told at ten, thirty and forty-five minutes of an authorization without an order`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        for _ in 0..<60 { shop.klarna.fail("/order", .answer(401, [:])) }
        try await shop.desk.observe(checkout.id, because: .poll)
        for _ in 0..<50 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(73))
        }
        let told = try await shop.events(checkout.id).filter { $0.type == "authorization.expiring" }
        #expect(told.map { $0.detail["age_minutes"] } == [10, 30, 45])
    }

    @Test func `of the hosted page is told once, an hour before`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        for _ in 0..<300 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(600))
        }
        let told = try await shop.events(checkout.id).filter { $0.type == "checkout.expiring" }
        #expect(told.count == 1)
        let at = try #require(told.first?.at)
        let end = try #require(checkout.sessions?.expiresAt)
        #expect(at >= end - .seconds(3601) && at < end - .seconds(2000))
    }

    @Test(arguments: [-7200, 7200])
    func `is Klarna's when the process starts again on a clock that is hours off`(error: Int) async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        shop.klarna.fail("/order", .lostAnswer)
        try await shop.desk.observe(checkout.id, because: .poll)
        let placing = try await shop.store.claimJobs(
            JobCapacity(placing: 1, other: 0),
            lease: .seconds(90),
            at: shop.desk.now,
        )
        await Worker(desk: shop.desk, logger: shop.desk.logger).work(try #require(placing.first))
        #expect(try await shop.desk.checkout(checkout.id).problem?.type == .placementUnknown)
        // The machine's clock is set, Klarna's is not.
        shop.advance(.seconds(error))
        shop.klarna.state.withLock { $0.skew -= .seconds(error) }
        let restarted = try shop.anotherDesk()
        try await shop.store.resume(at: restarted.now)
        try await shop.workUntilQuiet(restarted)
        #expect(try await shop.desk.checkout(checkout.id).status == .orderPlaced)
    }

    @Test(arguments: [-86_400, -7200, 7200, 86_400])
    func `of an authorization is judged by Klarna's clock`(skew: Int) async throws {
        let shop = try Shop()
        shop.klarna.state.withLock { $0.skew = .seconds(skew) }
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        let gone = FakeKlarna.Fault.answer(404, ["error_code": "NOT_FOUND"])
        for _ in 0..<200 { shop.klarna.fail("/order", gone) }
        try await shop.desk.observe(checkout.id, because: .poll)
        for _ in 0..<10 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(20))
        }
        let failed = try await shop.desk.checkout(checkout.id)
        #expect(failed.status == .orderFailed)
        #expect(failed.problem?.type == .authorizationExpired)
    }

    @Test(arguments: [-7200, 7200])
    func `of the page is Klarna's: it does not expire early, and it does expire`(skew: Int) async throws {
        let shop = try Shop()
        shop.klarna.state.withLock { $0.skew = .seconds(skew) }
        let checkout = try await shop.desk.open(.mug)
        let end = try #require(checkout.sessions?.expiresAt)
        shop.advance(.seconds(3600 * 46))
        for _ in 0..<4 { shop.klarna.fail("/hpp/v1/sessions/hpp-1", .answer(404, [:])) }
        for _ in 0..<4 { shop.klarna.fail("/payments/v1/sessions/kp-1", .answer(404, [:])) }
        try await shop.desk.observe(checkout.id, because: .poll)
        #expect(try await shop.desk.checkout(checkout.id).status == .waiting)
        shop.advance(end - shop.klarna.now + .seconds(121))
        try await shop.desk.observe(checkout.id, because: .poll)
        #expect(try await shop.desk.checkout(checkout.id).status == .expired)
    }
}

@Suite("An authorization beyond the first")
struct SpareAuthorizationTests {
    @Test func `takes its turn once the first is proved not placed`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve(token: "token-1")
        try await shop.desk.observe(checkout.id, because: .poll)
        shop.klarna.state.withLock {
            $0.paymentSession = ["status": "incomplete", "authorization_token": "token-2"]
        }
        for _ in 0..<20 { shop.klarna.fail("token-1/order", .answer(404, ["error_code": "NOT_FOUND"])) }
        for _ in 0..<8 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(20))
        }
        let placed = try await shop.desk.checkout(checkout.id)
        #expect(placed.status == .orderPlaced)
        #expect(shop.placed.map(\.token) == ["token-2"])
        #expect(shop.klarna.state.withLock(\.released) == ["token-1"])
        #expect(try await shop.events(checkout.id).contains { $0.type == "order.next_authorization" })
    }

    @Test func `is not sent while the first may have become an order`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve(token: "token-1")
        try await shop.desk.observe(checkout.id, because: .poll)
        shop.klarna.state.withLock {
            $0.paymentSession = ["status": "incomplete", "authorization_token": "token-2"]
        }
        for _ in 0..<3 { shop.klarna.fail("token-1/order", .lostRequest) }
        for _ in 0..<6 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(15))
        }
        #expect(try await shop.desk.checkout(checkout.id).status == .orderPlaced)
        #expect(Set(shop.placed.map(\.token)) == ["token-1"])
        #expect(shop.klarna.state.withLock(\.released) == ["token-2"])
    }
}

@Suite("Whoever looks at a checkout")
struct LookTests {
    @Test func `heals it`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        try await shop.workUntilQuiet()
        shop.klarna.approve()
        shop.advance(.seconds(20))
        try await shop.workUntilQuiet()
        #expect(try await shop.desk.look(at: checkout.id).status == .waiting)
        try await shop.workUntilQuiet()
        #expect(try await shop.desk.look(at: checkout.id).status == .orderPlaced)
    }

    @Test func `causes one reading in fifteen seconds, and none of what has ended`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.advance(.seconds(20))
        let before = shop.calls.count
        for _ in 0..<10 {
            _ = try await shop.desk.look(at: checkout.id)
            try await shop.workUntilQuiet()
        }
        #expect(shop.calls.count == before + 1)
        _ = try await shop.desk.disable(checkout.id)
        shop.advance(.seconds(60))
        let closed = shop.calls.count
        _ = try await shop.desk.look(at: checkout.id)
        try await shop.workUntilQuiet()
        #expect(shop.calls.count == closed)
    }
}
