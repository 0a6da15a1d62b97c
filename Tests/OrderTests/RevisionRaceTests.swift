import Klarna
import KlarnaSandbox
import Money
import Testing
import Wire

@testable import Checkouts

/// The shopper agrees to what Klarna's session holds: that basket is placed, whatever was under way.
@Suite("Changes of a basket that cross")
struct RevisionRaceTests {
    @Test(arguments: [WorldKlarna.Moment.before, .after])
    func `leave the one that Klarna holds`(_ moment: WorldKlarna.Moment) async throws {
        let town = try Town()
        let checkout = try await town.open()
        let other = try town.anotherDesk()
        let session = try #require(checkout.sessions?.paymentSessionID.rawValue)
        town.klarna.meanwhile("POST /payments/v1/sessions/\(session)", moment) {
            _ = try? await other.revise(checkout.id, .mug(2000))
        }
        _ = try? await town.desk.revise(checkout.id, .mug(1000))
        try await expectPlaced(checkout, town)
    }

    /// Too many calls, a password that was changed, an edge: none of it says what became of the first try.
    @Test(arguments: [429, 401, 403, 400])
    func `leave the one whose answer was lost, although its repetition is refused`(_ status: Int) async throws {
        let town = try Town()
        let checkout = try await town.open()
        let session = try #require(checkout.sessions?.paymentSessionID.rawValue)
        town.klarna.fail("POST /payments/v1/sessions/\(session)", .lostAnswer, .status(status))
        for _ in 0..<2 {
            await #expect(throws: DeskError.self) { try await town.desk.revise(checkout.id, .mug(1000)) }
        }
        try await expectPlaced(checkout, town, amount: 1000)
    }

    @Test func `leave the one that lands after a reading did not show it`() async throws {
        let town = try Town()
        let checkout = try await town.open()
        let session = try #require(checkout.sessions?.paymentSessionID.rawValue)
        town.klarna.fail("POST /payments/v1/sessions/\(session)", .late(.seconds(59)))
        await #expect(throws: DeskError.self) { try await town.desk.revise(checkout.id, .mug(1000)) }
        // Not seen yet, which proves nothing yet.
        await #expect(throws: DeskError.self) { try await town.desk.revise(checkout.id, .mug(2000)) }
        town.clock.advance(.seconds(60))
        try await expectPlaced(checkout, town, amount: 1000)
    }

    @Test func `give way to another once nothing can be under way any more`() async throws {
        let town = try Town()
        let checkout = try await town.open()
        let session = try #require(checkout.sessions?.paymentSessionID.rawValue)
        town.klarna.fail("POST /payments/v1/sessions/\(session)", .lostRequest)
        await #expect(throws: DeskError.self) { try await town.desk.revise(checkout.id, .mug(1000)) }
        town.clock.advance(.seconds(200))
        _ = try await town.desk.revise(checkout.id, .mug(2000))
        try await expectPlaced(checkout, town, amount: 2000)
    }

    /// The page closes in the moment in which the shopper pays, and nobody knows for which basket.
    @Test func `do not keep an authorization behind a closed page from being given back`() async throws {
        let town = try Town()
        let checkout = try await town.open()
        let page = try #require(checkout.sessions)
        town.klarna.fail("POST /payments/v1/sessions/\(page.paymentSessionID.rawValue)", .lostAnswer)
        await #expect(throws: DeskError.self) { try await town.desk.revise(checkout.id, .mug(1000)) }
        try town.klarna.act(.approve, on: checkout)
        let closed: JSON = ["session_id": .string(page.hppSessionID.rawValue), "status": "DISABLED"]
        town.klarna.fail("GET /hpp", [WorldKlarna.Fault](repeating: .answer(closed), count: 50))
        _ = try await town.desk.observe(checkout.id, because: .callback)
        try await town.pass(.seconds(600))
        let after = try await town.checkout(checkout.id)
        #expect(after.status == .disabled)
        #expect(after.problem?.type == .authorizationReleased)
        #expect(town.klarna.calls("DELETE /payments/v1/authorizations").count == 1)
        #expect(town.klarna.orders.isEmpty)
    }

    private func expectPlaced(_ checkout: Checkout, _ town: Town, amount: MinorUnits? = nil) async throws {
        try town.klarna.act(.approve, on: checkout)
        _ = try await town.desk.observe(checkout.id, because: .callback)
        try await town.pass(.seconds(3000), inStepsOf: .seconds(20))
        let end = try await town.checkout(checkout.id)
        #expect(end.status == .orderPlaced)
        #expect(end.revision == nil)
        let order = try await town.order(checkout.id)
        #expect(end.order?.authorizedAmount.value == order["order_amount"]?.integer)
        #expect(end.purchase.orderAmount.value == order["order_amount"]?.integer)
        if let amount { #expect(end.order?.authorizedAmount == amount) }
    }
}
