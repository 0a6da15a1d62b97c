import Klarna
import KlarnaSandbox
import Money
import Testing
import Wire

@testable import Checkouts

/// A customer token that is made, charged and cancelled while calls fail in every way: nobody is charged twice, and no charge
/// that was made is unknown.
@Suite("Tokens in disorder")
struct TokenChaosTests {
    @Test(arguments: 0..<12 as Range<UInt64>)
    func `leave exactly the orders that are known`(seed: UInt64) async throws {
        var chaos = try TokenChaos(seed: seed)
        let id = try await chaos.buy()
        let town = chaos.town
        let made = try await town.checkout(id)
        #expect(made.status.isFinal)
        var checkouts = Set(made.terms.intent.placesOrder ? [id] : [])
        #expect(town.klarna.orders.count <= checkouts.count)
        if !town.klarna.orders.isEmpty { #expect(made.status == .orderPlaced) }
        if let token = made.customerToken?.id {
            for _ in 0..<8 { if let charge = try await chaos.use(token) { checkouts.insert(charge) } }
        }
        town.klarna.heal()
        try await town.pass(.seconds(30 * 3600))
        var placed: Set<String> = []
        for id in checkouts {
            let end = try await town.checkout(id)
            #expect(end.status.isFinal)
            #expect(end.status != .needsReview)
            if let order = end.order { placed.insert(order.orderID.rawValue) }
        }
        #expect(placed == Set(town.klarna.orders.compactMap { $0["order_id"]?.string }))
    }
}

private struct TokenChaos {
    let town: Town
    private let desks: [CheckoutDesk]
    private let intent: String
    private var dice: SplitMix

    init(seed: UInt64) throws {
        dice = SplitMix(state: seed &* 1_299_709 &+ 3)
        var behaviour = SandboxWorld.Behaviour()
        behaviour.repeatedToken = dice.pick(.sameToken, .consumed, .anotherToken)
        behaviour.makesTokensAfterOrders = Bool.random(using: &dice)
        behaviour.tokenCancellationDelay = dice.pick(.zero, .seconds(300))
        behaviour.repeatsRefusals = Bool.random(using: &dice)
        let ahead = dice.pick(Duration.zero, .seconds(-7200), .seconds(7200))
        town = try Town(behaviour, klarnaAhead: ahead, seed: seed)
        desks = [town.desk, try town.anotherDesk()]
        intent = dice.pick("tokenize", "buy_and_tokenize", "buy_and_default_tokenize")
    }

    mutating func buy() async throws -> Checkout.ID {
        trouble("/customer-token")
        if Bool.random(using: &dice) { trouble("/order") }
        let checkout = try await town.open(.subscription(intent))
        try town.klarna.act(.approve, on: checkout)
        _ = try? await town.desk.observe(checkout.id, because: .callback)
        try await town.pass(.seconds(5000), inStepsOf: .seconds(20))
        return checkout.id
    }

    /// Does something with the token; the charge, if it is one.
    mutating func use(_ token: CustomerToken.ID) async throws -> Checkout.ID? {
        town.klarna.heal()
        trouble("/customer-token/v1")
        let desk = dice.pick(desks[0], desks[1])
        var charge: Checkout?
        switch dice.roll(0...5) {
        case 0...2: charge = try? await desk.charge(token, try NewCharge(json: .charge))
        case 3: _ = try? await desk.readToken(token)
        case 4 where dice.roll(0...4) == 0: _ = try? await desk.cancelToken(token)
        case _: town.clock.advance(.seconds(dice.roll(1...300)))
        }
        if Bool.random(using: &dice) { try await town.work(desks[1]) }
        return charge?.id
    }

    private mutating func trouble(_ path: String) {
        for _ in 0..<dice.roll(0...5) {
            let fault = dice.pick(
                WorldKlarna.Fault.lostAnswer,
                .lostRequest,
                .notSent,
                .status(503),
                .status(429),
                .status(409),
                .status(401),
                .late(.seconds(59)),
            )
            town.klarna.fail(path, fault)
        }
    }
}
