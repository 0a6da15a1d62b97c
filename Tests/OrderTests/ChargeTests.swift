import Klarna
import KlarnaSandbox
import Money
import Synchronization
import Testing
import TimeAndChance
import Wire

@testable import Checkouts

/// Klarna keeps the key of a charge for a day by its own clock. What is told by anything else is not believed.
@Suite("A charge whose answer is lost")
struct ChargeTests {
    @Test(arguments: [Duration.seconds(-3 * 3600), .zero, .seconds(3 * 3600)])
    func `is not sent again once Klarna has forgotten its key`(_ ahead: Duration) async throws {
        let town = try Town(klarnaAhead: ahead)
        let token = try await town.token()
        town.klarna.fail("/customer-token/v1", [WorldKlarna.Fault](repeating: .lostAnswer, count: 5000))
        let charge = try await town.desk.charge(token, try NewCharge(json: .charge))
        try await town.pass(.seconds(30 * 3600))
        town.klarna.heal()
        try await town.pass(.seconds(3600))
        #expect(town.klarna.orders.count == 1)
        #expect(try await town.checkout(charge.id).status == .needsReview)
    }

    @Test func `is found again whatever an edge in front of Klarna says meanwhile`() async throws {
        let town = try Town()
        let token = try await town.token()
        town.klarna.fail("/customer-token/v1", .lostAnswer)
        town.klarna.fail("/customer-token/v1", [WorldKlarna.Fault](repeating: .status(403), count: 1000))
        let charge = try await town.desk.charge(token, try NewCharge(json: .charge))
        try await town.pass(.seconds(3600))
        #expect(try await town.checkout(charge.id).status == .authorized)
        town.klarna.heal()
        try await town.pass(.seconds(3600))
        #expect(try await town.checkout(charge.id).status == .orderPlaced)
        #expect(town.klarna.orders.count == 1)
    }

    @Test(arguments: [Duration.seconds(-7200), .seconds(7200)])
    func `is not given up for a refusal while it may still be done`(_ ahead: Duration) async throws {
        var behaviour = SandboxWorld.Behaviour()
        behaviour.repeatsRefusals = false
        let town = try Town(behaviour, klarnaAhead: ahead)
        let token = try await town.token()
        town.klarna.fail("/customer-token/v1", .late(.seconds(59)))
        town.klarna.fail("/customer-token/v1", [WorldKlarna.Fault](repeating: .notSent, count: 1000))
        let charge = try await town.desk.charge(token, try NewCharge(json: .charge))
        #expect(charge.status == .authorized)
        // A process that was just started goes on, by a clock that is not Klarna's, and is refused.
        town.klarna.heal()
        try town.klarna.fail(charges: "PAYMENT_METHOD_FAILED")
        town.clock.advance(.seconds(16))
        try await town.work(town.anotherDesk())
        #expect(try await town.checkout(charge.id).status == .authorized)
        try await town.pass(.seconds(3600))
        #expect(try await town.checkout(charge.id).status == .orderPlaced)
        #expect(town.klarna.orders.count == 1)
    }

    @Test func `is settled although the checkout that made its token is gone`() async throws {
        let forgetful = Mutex<ForgetfulStore?>(nil)
        let town = try Town(store: { base in
            let store = ForgetfulStore(base)
            forgetful.withLock { $0 = store }
            return store
        })
        let token = try await town.token()
        let origin = try #require(token.checkoutID)
        try town.klarna.fail(charges: "TOKEN_SUSPENDED")
        town.klarna.meanwhile("/customer-token/v1", .after) { forgetful.withLock(\.self)?.forget(origin) }
        let charge = try await town.desk.charge(token, try NewCharge(json: .charge))
        #expect(charge.status == .orderFailed)
        #expect(charge.problem?.type == .customerTokenSuspended)
        try await town.pass(.seconds(3600))
        #expect(town.klarna.calls("/customer-token/v1").count == 1)
    }
}

/// A store that can be told to forget a checkout.
private final class ForgetfulStore: StoreDecorator {
    let base: any Store
    private let forgotten = Mutex<Set<Checkout.ID>>([])

    init(_ base: any Store) { self.base = base }

    func forget(_ id: Checkout.ID) { _ = forgotten.withLock { $0.insert(id) } }

    func perform<Value: Sendable>(
        _ call: StoreCall,
        _ work: () async throws(StoreError) -> Value,
    ) async throws(StoreError) -> Value {
        try await work()
    }

    func checkout(_ id: Checkout.ID) async throws(StoreError) -> Checkout? {
        if forgotten.withLock({ $0.contains(id) }) { return nil }
        return try await base.checkout(id)
    }
}
