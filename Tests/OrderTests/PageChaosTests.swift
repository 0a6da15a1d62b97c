import Klarna
import KlarnaSandbox
import Money
import Testing
import Wire

@testable import Checkouts

/// Shoppers who press every button, a merchant who closes, reopens and changes the basket, two processes, and calls that fail in
/// every way: never two pages that can be paid, never two orders, and none that nobody knows of.
@Suite("Pages in disorder")
struct PageChaosTests {
    @Test(arguments: 0..<12 as Range<UInt64>)
    func `end in one order at the most, which is known`(seed: UInt64) async throws {
        var chaos = try await PageChaos(seed: seed)
        for _ in 0..<22 {
            chaos.trouble()
            try await chaos.act()
            #expect(chaos.openPages <= 1)
        }
        let town = chaos.town
        town.klarna.heal()
        try await town.pass(.seconds(60 * 3600))
        _ = try? await town.desk.refresh(chaos.id)
        try await town.pass(.seconds(3600))
        let end = try await town.checkout(chaos.id)
        #expect(end.status.isFinal)
        #expect(end.status != .needsReview)
        let orders = town.klarna.orders
        #expect(orders.count <= 1)
        if let order = orders.first {
            #expect(end.order?.orderID.rawValue == order["order_id"]?.string)
            #expect(end.purchase.orderAmount.value == order["order_amount"]?.integer)
            #expect(end.purchase.orderLines.map(\.name) == order["order_lines"]?.array?.map { $0["name"]?.string })
        } else if chaos.isPaid {
            // What the shopper agreed to was seen and given back.
            let seen: Set = ["checkout.authorized", "authorization.kept", "authorization.released"]
            #expect(try await town.events(chaos.id).contains { seen.contains($0.type) })
        }
    }
}

private struct PageChaos {
    let town: Town
    let id: Checkout.ID
    private(set) var isPaid = false
    private let desks: [CheckoutDesk]
    private var pages: [Checkout.Sessions]
    private var hints = 0
    private var dice: SplitMix

    init(seed: UInt64) async throws {
        dice = SplitMix(state: seed &* 104_729 &+ 1)
        var behaviour = SandboxWorld.Behaviour()
        behaviour.tokensPerPage = dice.roll(1...2)
        behaviour.completionDelay = dice.pick(.zero, .seconds(30))
        behaviour.honoursIdempotencyKeys = Bool.random(using: &dice)
        let ahead = dice.pick(Duration.zero, .seconds(-7200), .seconds(7200))
        town = try Town(behaviour, klarnaAhead: ahead, seed: seed)
        desks = [town.desk, try town.anotherDesk()]
        let kinds: [JSONObject] = [
            [:], ["place_order_mode": "PLACE_ORDER"], ["provider": "klarna_checkout"],
            ["place_order_mode": "CAPTURE_ORDER"],
        ]
        let opened = try await town.open(.basket(adding: kinds[Int(seed % 4)]))
        id = opened.id
        pages = [try #require(opened.sessions)]
    }

    mutating func trouble() {
        let path = dice.pick(
            "GET /hpp",
            "DELETE /hpp",
            "POST /hpp",
            "GET /payments",
            "POST /payments/v1/sessions",
            "/order",
            "GET /ordermanagement",
            "checkout/v3",
            "DELETE /payments",
        )
        for _ in 0..<dice.roll(0...3) {
            let fault = dice.pick(
                WorldKlarna.Fault.lostAnswer,
                .lostRequest,
                .notSent,
                .status(503),
                .status(429),
                .late(.seconds(59)),
            )
            town.klarna.fail(path, fault)
        }
    }

    mutating func act() async throws {
        let desk = dice.pick(desks[0], desks[1])
        switch dice.roll(0...12) {
        case 0, 1:
            let page = pages[dice.roll(0...(pages.count - 1))]
            let action = dice.pick(ShopperAction.enter, .enter, .decline, .back, .cancel, .approve)
            let outcome = try? town.klarna.act(action, on: page)
            if action == .approve, outcome?.status == .completed { isPaid = true }
        case 2: _ = try? await desk.disable(id)
        case 3: _ = try? await desk.reopen(id)
        case 4: _ = try? await desk.revise(id, .mug(Int64(dice.roll(1000...9000))))
        case 5: _ = try? await desk.refresh(id)
        case 6: _ = try? await desk.returned(id, waitingAtMost: .seconds(4))
        case 7, 8:
            hints += 1
            let kinds = CheckoutDesk.CallbackKind.allCases
            let kind = kinds[dice.roll(0...(kinds.count - 1))]
            try await desk.receive(kind, callback: "e-\(hints)", sessionID: nil, status: nil, for: id)
        case 9: try await town.work(desks[1])
        case 10: try await town.work()
        case 11: try await town.pass(.seconds(dice.roll(1...4000)))
        case _: town.clock.advance(.seconds(dice.roll(1...200)))
        }
        if let page = try await town.checkout(id).sessions, !pages.contains(page) { pages.append(page) }
    }

    /// Pages at which a shopper could still pay.
    var openPages: Int {
        pages.count { page in
            let answer = town.klarna.elsewhere("GET", "/hpp/v1/sessions/\(page.hppSessionID.rawValue)")
            guard answer.status == 200, let status = answer.json?["status"]?.string else { return false }
            return !["COMPLETED", "CANCELLED", "DISABLED"].contains(status)
        }
    }
}
