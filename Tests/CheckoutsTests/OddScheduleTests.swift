import Klarna
import Synchronization
import Testing
import Wire

@testable import Checkouts

/// Schedules in which money could be lost without anybody being careless.
@Suite("Odd schedules")
struct OddScheduleTests {
    @Test func `follow a callback before readings that merely fell due`() async throws {
        let shop = try Shop()
        let first = try await shop.desk.open(.mug)
        shop.advance(.seconds(1))
        try await shop.store.commit(Change(first.id, jobs: [JobOrder(.hint, at: shop.desk.now)]))
        shop.advance(.seconds(1))
        for index in 0..<40 {
            let other = try await shop.desk.open(.mug, because: .api, session: "hpp-x\(index)", in: shop)
            try await shop.store.commit(
                Change(other.id, jobs: [JobOrder(.observe, at: shop.desk.now, deadline: other.deadline)])
            )
        }
        shop.advance(.seconds(1))
        let jobs = try await shop.store.claimJobs(
            JobCapacity(placing: 0, other: 16),
            lease: .seconds(90),
            at: shop.desk.now,
        )
        #expect(jobs.contains { $0.kind == .hint })
    }

    @Test func `tell once of two orders that were placed at the same moment for one reference`() async throws {
        let shop = try Shop(policy: .sameReference(.place))
        let first = try await shop.desk.open(.mug)
        let second = try await shop.desk.open(.mug, because: .api, session: "hpp-2", in: shop)
        shop.klarna.approve(token: "token-1")
        try await shop.desk.observe(first.id, because: .poll)
        shop.klarna.approve(token: "token-2")
        try await shop.desk.observe(second.id, because: .poll)
        let jobs = try await shop.store.claimJobs(
            JobCapacity(placing: 2, other: 0),
            lease: .seconds(90),
            at: shop.desk.now,
        )
        shop.klarna.close("/order")
        let desk = shop.desk
        let tasks = jobs.map { job in Task { await Worker(desk: desk, logger: desk.logger).work(job) } }
        while shop.klarna.held < 2 { await Task.yield() }
        shop.klarna.open()
        for task in tasks { await task.value }
        try await shop.workUntilQuiet()
        let ends = [try await shop.desk.checkout(first.id), try await shop.desk.checkout(second.id)]
        #expect(ends.map(\.status) == [.orderPlaced, .orderPlaced])
        #expect(ends.count(where: \.isPaidTwice) == 1)
    }

    @Test(arguments: [429, 401])
    func `do not take an answer about us for proof that there is no order`(status: Int) async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        try await shop.desk.observe(checkout.id, because: .poll)
        shop.klarna.fail("/order", .doneAnd(status))
        for _ in 0..<200 { shop.klarna.fail("token-1/order", .answer(status, [:])) }
        let before = shop.calls.count
        for _ in 0..<80 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(61))
        }
        let end = try await shop.desk.checkout(checkout.id)
        #expect(end.status != .orderFailed)
        #expect(shop.calls.dropFirst(before).contains { $0.hasPrefix("GET") })
        #expect(shop.klarna.state.withLock(\.released) == [])
    }

    @Test func `end what waits for a reference that another checkout took for good`() async throws {
        let shop = try Shop(policy: .sameReference(.place))
        let first = try await shop.desk.open(.mug)
        shop.klarna.approve(token: "token-1")
        try await shop.desk.observe(first.id, because: .poll)
        for _ in 0..<3 { shop.klarna.fail("token-1/order", .notSent) }
        try await shop.workUntilQuiet()
        // Restart with `release`, and a second tab that pays.
        let strict = try shop.anotherDesk(policy: .sameReference(.release))
        let second = try await strict.open(.mug, because: .api, session: "hpp-2", in: shop)
        shop.klarna.approve(token: "token-2")
        try await strict.observe(second.id, because: .poll)
        try await shop.workUntilQuiet(strict)
        #expect(try await strict.checkout(second.id).status == .orderPlaced)
        for _ in 0..<(3 * 24 * 6) {
            try await shop.workUntilQuiet(strict)
            shop.advance(.seconds(600))
        }
        let end = try await strict.checkout(first.id)
        #expect(end.status != .authorized)
    }

    @Test func `place the second authorization when the first lapsed at a wrong password`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        try await shop.desk.observe(checkout.id, because: .poll)
        for _ in 0..<200 { shop.klarna.fail("token-1/order", .answer(401, [:])) }
        let early = try await shop.desk.checkout(checkout.id)
        shop.advance(.seconds(3000))
        let spare = OrderPlacement(
            for: early,
            token: AuthorizationToken(rawValue: "token-2"),
            authorizedAt: shop.desk.now,
        )
        try await shop.desk.settle(early, because: .worker) { _ in [.authorized(spare, ifEnded: .release)] }
        for _ in 0..<30 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(61))
        }
        let end = try await shop.desk.checkout(checkout.id)
        #expect(end.status == .orderPlaced)
    }

    @Test func `find a late payment however often the program was started`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        _ = try await shop.desk.disable(checkout.id)
        for _ in 0..<4 {
            try await shop.store.resume(at: shop.desk.now)
            try await shop.workUntilQuiet()
            shop.advance(.seconds(2))
        }
        shop.klarna.approve()
        for _ in 0..<12 {
            shop.advance(.seconds(600))
            try await shop.workUntilQuiet()
        }
        #expect(shop.klarna.state.withLock(\.released) == ["token-1"])
    }

    @Test func `find a late payment although Klarna was silent for a while`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        _ = try await shop.desk.disable(checkout.id)
        shop.klarna.approve()
        for _ in 0..<3 { shop.klarna.fail("GET", .notSent); shop.klarna.fail("/hpp/v1/sessions/", .notSent) }
        for _ in 0..<30 {
            shop.advance(.seconds(600))
            try await shop.workUntilQuiet()
        }
        #expect(shop.klarna.state.withLock(\.released) == ["token-1"])
    }

    @Test func `do not send more often because a merchant refreshes`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        try await shop.desk.observe(checkout.id, because: .poll)
        for _ in 0..<200 { shop.klarna.fail("token-1/order", .later(503, 30)) }
        try await shop.workUntilQuiet()
        let before = shop.calls.filter { $0.hasPrefix("POST") }.count
        for _ in 0..<20 {
            _ = try await shop.desk.refresh(checkout.id)
            try await shop.workUntilQuiet()
        }
        let sent = shop.calls.filter { $0.hasPrefix("POST") }.count - before
        #expect(sent <= 1)
    }

    @Test func `give back what came while another authorization could not be given back`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        _ = try await shop.desk.disable(checkout.id)
        let late = OrderPlacement(
            for: checkout,
            token: AuthorizationToken(rawValue: "old"),
            authorizedAt: shop.desk.now,
        )
        try await shop.desk.settle(checkout, because: .worker) { _ in [.authorized(late, ifEnded: .release)] }
        shop.advance(.seconds(3700))
        shop.klarna.fail("/authorizations/old", .notSent)
        shop.klarna.close("/authorizations/old")
        let jobs = try await shop.store.claimJobs(
            JobCapacity(placing: 9, other: 9),
            lease: .seconds(90),
            at: shop.desk.now,
        )
        let job = try #require(jobs.first { $0.kind == .release })
        let desk = shop.desk
        let task = Task { await Worker(desk: desk, logger: desk.logger).work(job) }
        while shop.klarna.held < 1 { await Task.yield() }
        let now = try await shop.desk.checkout(checkout.id)
        let newer = OrderPlacement(
            for: checkout,
            token: AuthorizationToken(rawValue: "new"),
            authorizedAt: shop.desk.now,
        )
        try await shop.desk.settle(now, because: .worker) { _ in [.authorized(newer, ifEnded: .release)] }
        shop.klarna.open()
        await task.value
        for _ in 0..<20 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(300))
        }
        #expect(shop.klarna.state.withLock(\.released).contains("new"))
    }

    @Test func `leave time to correct a wrong account while the authorization lives`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        try await shop.desk.observe(checkout.id, because: .poll)
        let again = try shop.anotherDesk(policy: Policy())
        for _ in 0..<20 {
            shop.klarna.fail("GET", .answer(404, [:]))
            for path in ["/hpp/v1/sessions/", "/payments/v1/sessions/", "token-1/order"] {
                shop.klarna.fail(path, .answer(404, [:]))
            }
        }
        for _ in 0..<5 {
            try await shop.workUntilQuiet(again)
            shop.advance(.seconds(10))
        }
        let end = try await again.checkout(checkout.id)
        #expect(end.status == .authorized)
    }

    @Test func `do not fail an order that is named and cannot be read`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        try await shop.desk.observe(checkout.id, because: .poll)
        for _ in 0..<20 { shop.klarna.fail("token-1/order", .answer(403, ["error_code": "REJECTED"])) }
        try await shop.workUntilQuiet()
        shop.klarna.state.withLock {
            $0.hpp = ["session_id": "hpp-1", "status": "COMPLETED", "order_id": "order-9"]
            $0.paymentSession = ["status": "incomplete"]
        }
        for _ in 0..<20 { shop.klarna.fail("/orders/order-9", .lostRequest) }
        for _ in 0..<8 {
            shop.advance(.seconds(20))
            try await shop.workUntilQuiet()
        }
        #expect(try await shop.desk.checkout(checkout.id).status == .authorized)
    }

    @Test func `send nothing after standing still between writing an attempt down and sending it`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        try await shop.desk.observe(checkout.id, because: .poll)
        let still = try shop.anotherDesk(on: StandingStill(shop.store) { shop.advance(.seconds(200)) })
        let jobs = try await shop.store.claimJobs(
            JobCapacity(placing: 1, other: 0),
            lease: .seconds(90),
            at: shop.desk.now,
        )
        await Worker(desk: still, logger: still.logger).work(try #require(jobs.first))
        #expect(shop.placed.isEmpty)
        #expect(try await shop.desk.checkout(checkout.id).placement?.attempts.uncertainSince != nil)
        try await shop.workUntilQuiet()
        #expect(try await shop.desk.checkout(checkout.id).status == .orderPlaced)
    }
}

/// A store whose process stands still once an attempt is written down.
private final class StandingStill: StoreDecorator {
    let base: any Store
    private let pass: @Sendable () -> Void

    init(_ base: any Store, _ pass: @escaping @Sendable () -> Void) {
        self.base = base
        self.pass = pass
    }

    func perform<Value: Sendable>(
        _ call: StoreCall,
        _ work: () async throws(StoreError) -> Value,
    ) async throws(StoreError) -> Value {
        let value = try await work()
        if case .commit(let change) = call, change.events.contains(where: { $0.type == "order.sending" }) { pass() }
        return value
    }
}
