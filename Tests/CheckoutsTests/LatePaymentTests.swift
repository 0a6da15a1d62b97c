import Klarna
import Synchronization
import Testing
import Wire

@testable import Checkouts

/// Payments that come when nothing was to be paid any more, or twice.
@Suite("A payment that comes too late")
struct LatePaymentTests {
    private static func policy(_ late: Checkout.LatePayment, same: Checkout.LatePayment = .release) -> Policy {
        var policy = Policy()
        policy.latePayment = late
        policy.sameReference = same
        return policy
    }

    /// A checkout that its merchant disabled, and whose shopper was quicker all the same.
    private func paidAfterDisabling(_ shop: Shop) async throws -> Checkout {
        let checkout = try await shop.desk.open(.mug)
        #expect(try await shop.desk.disable(checkout.id).status == .disabled)
        shop.klarna.approve()
        try await shop.desk.receive(callback: "event-1", sessionID: "hpp-1", status: "COMPLETED", for: checkout.id)
        try await shop.workUntilQuiet()
        return try await shop.desk.checkout(checkout.id)
    }

    @Test func `is given back, and the merchant is told`() async throws {
        let shop = try Shop(policy: LatePaymentTests.policy(.release))
        let checkout = try await paidAfterDisabling(shop)
        #expect(checkout.status == .disabled)
        #expect(checkout.problem?.type == .authorizationReleased)
        #expect(shop.klarna.state.withLock(\.released) == ["token-1"])
        #expect(checkout.surplusAuthorizations == [])
        #expect(shop.placed.isEmpty)
    }

    @Test func `is placed where that is wanted`() async throws {
        let shop = try Shop(policy: LatePaymentTests.policy(.place))
        let checkout = try await paidAfterDisabling(shop)
        #expect(checkout.status == .orderPlaced)
        #expect(checkout.problem == nil)
        #expect(shop.placed.count == 1)
        #expect(shop.klarna.state.withLock(\.released) == [])
    }

    @Test func `is found without any callback, within the life of the authorization`() async throws {
        let shop = try Shop(policy: LatePaymentTests.policy(.release))
        let checkout = try await shop.desk.open(.mug)
        _ = try await shop.desk.disable(checkout.id)
        shop.klarna.approve()
        for _ in 0..<3 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(900))
        }
        #expect(try await shop.desk.checkout(checkout.id).problem?.type == .authorizationReleased)
        #expect(shop.klarna.state.withLock(\.released) == ["token-1"])
    }

    @Test func `is given back once, however often it is seen`() async throws {
        let shop = try Shop(policy: LatePaymentTests.policy(.release))
        let checkout = try await paidAfterDisabling(shop)
        for _ in 0..<3 {
            _ = try await shop.desk.refresh(checkout.id)
            try await shop.workUntilQuiet()
        }
        #expect(shop.klarna.state.withLock(\.released) == ["token-1"])
    }
}

/// Two checkouts of one purchase: `order-1001` stands on both.
@Suite("Two checkouts with one merchant reference")
struct RivalTests {
    /// Opens two checkouts and has the shopper approve both, before anything is placed.
    private func twoTabs(_ shop: Shop) async throws -> (first: Checkout, second: Checkout) {
        let first = try await shop.desk.open(.mug)
        let second = try await shop.desk.open(.mug, because: .api, session: "hpp-2", in: shop)
        shop.klarna.approve(token: "token-1")
        try await shop.desk.observe(first.id, because: .poll)
        shop.klarna.approve(token: "token-2")
        try await shop.desk.observe(second.id, because: .poll)
        return (first, second)
    }

    @Test func `become one order where only one may, and the other authorization is given back`() async throws {
        let shop = try Shop(policy: .sameReference(.release))
        let (first, second) = try await twoTabs(shop)
        for _ in 0..<5 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(10))
        }
        let ends = [try await shop.desk.checkout(first.id), try await shop.desk.checkout(second.id)]
        #expect(Set(ends.map(\.status)) == [.orderPlaced, .orderFailed])
        #expect(ends.first { $0.status == .orderFailed }?.problem?.type == .authorizationReleased)
        #expect(shop.placed.count == 1)
        #expect(shop.klarna.state.withLock(\.released).count == 1)
        #expect(shop.klarna.state.withLock(\.released) != shop.placed.map(\.token))
    }

    @Test func `let the second one in when the first is proved not placed`() async throws {
        let shop = try Shop(policy: .sameReference(.release))
        let (first, second) = try await twoTabs(shop)
        let refusal = FakeKlarna.Fault.answer(403, ["error_code": "REJECTED"])
        for _ in 0..<20 { shop.klarna.fail("token-1/order", refusal) }
        for _ in 0..<8 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(20))
        }
        #expect(try await shop.desk.checkout(first.id).status == .orderFailed)
        #expect(try await shop.desk.checkout(second.id).status == .orderPlaced)
        #expect(shop.placed.map(\.token) == ["token-2"])
    }

    @Test func `wait for each other when two processes begin at the same moment`() async throws {
        let shop = try Shop(policy: .sameReference(.release))
        let (first, second) = try await twoTabs(shop)
        let jobs = try await shop.store.claimJobs(
            JobCapacity(placing: 2, other: 0),
            lease: .seconds(90),
            at: shop.desk.now,
        )
        #expect(jobs.count == 2)
        let desks = [shop.desk, try shop.anotherDesk()]
        await withDiscardingTaskGroup { group in
            for (desk, job) in zip(desks, jobs) {
                group.addTask { await Worker(desk: desk, logger: desk.logger).work(job) }
            }
        }
        for _ in 0..<5 {
            shop.advance(.seconds(10))
            try await shop.workUntilQuiet()
        }
        let ends = [try await shop.desk.checkout(first.id), try await shop.desk.checkout(second.id)]
        #expect(Set(ends.map(\.status)) == [.orderPlaced, .orderFailed])
        #expect(shop.placed.count == 1)
    }

    @Test func `become two orders where that is wanted, and the merchant is told`() async throws {
        let shop = try Shop(policy: .sameReference(.place))
        let (first, second) = try await twoTabs(shop)
        try await shop.workUntilQuiet()
        let ends = [try await shop.desk.checkout(first.id), try await shop.desk.checkout(second.id)]
        #expect(ends.map(\.status) == [.orderPlaced, .orderPlaced])
        #expect(ends.count(where: \.isPaidTwice) == 1)
        let third = try await shop.desk.open(.mug, because: .api, session: "hpp-3", in: shop)
        shop.klarna.approve(token: "token-3")
        try await shop.desk.observe(third.id, because: .poll)
        try await shop.workUntilQuiet()
        #expect(try await shop.events(third.id).contains { $0.type == "checkout.paid_twice" })
    }
}
