import Klarna
import KlarnaSandbox
import Money
import Testing
import Wire

@testable import Checkouts

/// Everything that can be done with an order, by two processes and in the portal, while calls fail in every way: in the end the
/// books here are Klarna's.
@Suite("Operations in disorder")
struct OperationChaosTests {
    @Test(arguments: 0..<12 as Range<UInt64>)
    func `leave books that agree`(seed: UInt64) async throws {
        var chaos = try await OperationChaos(seed: seed)
        for _ in 0..<25 {
            await chaos.trouble()
            await chaos.operate()
            try await chaos.passTime()
        }
        let town = chaos.town
        town.klarna.heal()
        try await town.pass(.seconds(26 * 3600))
        let checkout = try await town.desk.refresh(chaos.id)
        let order = try await town.order(chaos.id)
        #expect(checkout.operations.allSatisfy { !$0.isPending })
        #expect(checkout.problem == nil)
        #expect(order["captured_amount"]?.integer == checkout.order?.capturedAmount.value)
        #expect(order["refunded_amount"]?.integer == checkout.order?.refundedAmount.value)
        #expect(order["order_amount"]?.integer == checkout.order?.authorizedAmount.value)
        #expect(order["remaining_authorized_amount"]?.integer == checkout.order?.remainingAuthorizedAmount.value)
        #expect(order["order_lines"]?.array?.map { $0["name"]?.string } == checkout.orderLines.map(\.name))
        let events = try await town.events(chaos.id)
        for (effect, list, done) in [(OrderEffect.capture, "captures", "captured"), (.refund, "refunds", "refunded")] {
            let ours = checkout.operations(effect).filter(\.mayCount)
            let theirs = order[list]?.array ?? []
            let amounts = theirs.compactMap { $0["\(done)_amount"]?.integer }
            #expect(ours.compactMap(\.amount?.value).sorted() == amounts.sorted())
            #expect(Set(ours.map(\.klarnaID)).count == theirs.count)
            // Each is told once.
            #expect(events.count { $0.type == "order.\(done)" } == theirs.count)
        }
    }
}

private struct OperationChaos {
    let town: Town
    let id: Checkout.ID
    private let desks: [CheckoutDesk]
    private let order: String
    private let late: WorldKlarna.Fault
    private var dice: SplitMix

    init(seed: UInt64) async throws {
        dice = SplitMix(state: seed &* 7919)
        let honoursKeys = seed % 4 != 0
        var behaviour = SandboxWorld.Behaviour()
        behaviour.honoursOrderManagementKeys = honoursKeys
        behaviour.repeatsRefusals = Bool.random(using: &dice)
        behaviour.statusAfterRelease = dice.pick(.closed, .captured)
        let ahead = dice.pick(Duration.zero, .seconds(-7200), .seconds(7200))
        town = try Town(behaviour, klarnaAhead: ahead, seed: seed)
        desks = [town.desk, try town.anotherDesk()]
        id = try await town.buy()
        order = "/ordermanagement/v1/orders/\(try await town.checkout(id).order?.orderID.rawValue ?? "")"
        // Without keys nothing could tell a late effect from a second one.
        late = honoursKeys ? .late(.seconds(59)) : .lostAnswer
    }

    mutating func trouble() async {
        let path = dice.pick(
            "/captures",
            "/refunds",
            "/cancel",
            "/authorization",
            "GET \(order)",
            "/release",
            "/extend",
            "/merchant-ref",
        )
        for _ in 0..<dice.roll(0...4) {
            let fault = dice.pick(
                WorldKlarna.Fault.lostAnswer,
                .lostRequest,
                .notSent,
                .status(503),
                .status(429),
                .status(409),
                late,
            )
            town.klarna.fail(path, fault)
        }
    }

    mutating func operate() async {
        let desk = dice.pick(desks[0], desks[1])
        let amount = JSON.integer(Int64(dice.roll(1...15_000)))
        switch dice.roll(0...11) {
        case 0, 1: _ = try? await desk.capture(id, try NewCapture(json: ["amount": amount]))
        case 2:
            let one: JSON = ["order_lines": [["reference": "MUG", "quantity": 1]], "reference": "same"]
            _ = try? await desk.capture(id, try NewCapture(json: one))
        case 3: _ = try? await desk.capture(id, try NewCapture(json: ["amount": 3000, "reference": "same"]))
        case 4, 5: _ = try? await desk.refund(id, try NewRefund(json: ["amount": amount]))
        case 6: _ = try? await desk.refund(id, try NewRefund(json: [:]))
        case 7 where dice.roll(0...3) == 0: _ = try? await desk.cancelOrder(id)
        case 7: _ = try? await desk.extendAuthorization(id)
        case 8 where dice.roll(0...3) == 0: _ = try? await desk.releaseRemaining(id)
        case 8, 9: _ = try? await desk.change(id, ["merchant_reference2": .string("r\(dice.roll(0...9))")])
        case 10: _ = try? await desk.change(id, .mug(Int64(dice.roll(20_000...40_000))))
        case _:
            if Bool.random(using: &dice) {
                town.klarna.elsewhere("POST", "\(order)/captures", ["captured_amount": amount])
            } else {
                town.klarna.elsewhere("POST", "\(order)/refunds", ["refunded_amount": amount])
            }
        }
    }

    mutating func passTime() async throws {
        switch dice.roll(0...5) {
        case 0: town.clock.advance(.seconds(dice.roll(1...200)))
        case 1: try await town.work(desks[1])
        case 2: try await town.work()
        case 3: try await town.pass(.seconds(dice.roll(1...30_000)))
        case 4: _ = try? await dice.pick(desks[0], desks[1]).refresh(id)
        case _: break
        }
    }
}
