import Klarna
import KlarnaSandbox
import Money
import Synchronization
import Testing
import Wire

@testable import Checkouts

@Suite("Following a page by another")
struct ReopeningTests {
    @Test func `succeeds for one of two who do it at once`() async throws {
        let town = try Town()
        let checkout = try await town.open()
        _ = try await town.desk.disable(checkout.id)
        let other = try town.anotherDesk()
        let won = Mutex<Checkout?>(nil)
        town.klarna.meanwhile("POST /hpp/v1/sessions", .after) {
            let reopened = try? await other.reopen(checkout.id)
            won.withLock { $0 = reopened }
        }
        await #expect(throws: DeskError.self) { try await town.desk.reopen(checkout.id) }
        let winner = won.withLock(\.self)
        #expect(winner != nil)
        #expect(try await town.checkout(checkout.id).sessions == winner?.sessions)
        // The page of the one who lost is closed again.
        #expect(town.klarna.calls("POST /hpp/v1/sessions").count == 3)
        #expect(town.klarna.calls("DELETE /hpp/v1/sessions").count == 2)
    }

    @Test func `is refused when the shopper pays in the same moment`() async throws {
        let town = try Town()
        let checkout = try await town.open()
        // The page calls itself cancelled while the shopper is still at it.
        answerPage(of: checkout, "CANCELLED", town)
        _ = try await town.desk.observe(checkout.id, because: .callback)
        #expect(try await town.checkout(checkout.id).status == .cancelled)
        town.klarna.meanwhile("GET /payments/v1/sessions", .after) { try? town.klarna.act(.approve, on: checkout) }
        await #expect(throws: DeskError.self) { try await town.desk.reopen(checkout.id) }
        #expect(town.klarna.calls("POST /hpp/v1/sessions").count == 1)
        _ = try await town.desk.observe(checkout.id, because: .callback)
        try await town.work()
        #expect(try await town.checkout(checkout.id).problem?.type == .authorizationReleased)
    }

    @Test(arguments: ["WAITING", "IN_PROGRESS", "TIMEOUT"])
    func `is allowed past the old page's end, whatever that still calls itself`(_ status: String) async throws {
        let town = try Town()
        let checkout = try await town.open()
        try await town.pass(.seconds(50 * 3600))
        #expect(try await town.checkout(checkout.id).status == .expired)
        answerPage(of: checkout, status, town)
        #expect(try await town.desk.reopen(checkout.id).status == .waiting)
        #expect(town.klarna.calls("POST /hpp/v1/sessions").count == 2)
    }

    private func answerPage(of checkout: Checkout, _ status: String, _ town: Town) {
        let id = checkout.sessions?.hppSessionID.rawValue ?? ""
        let answer: JSON = ["session_id": .string(id), "status": .string(status)]
        town.klarna.fail("GET /hpp/v1/sessions/\(id)", [WorldKlarna.Fault](repeating: .answer(answer), count: 50))
    }
}

@Suite("Closing a page")
struct ClosingTests {
    /// Klarna Checkout's order lives for two days after its page, and would place itself.
    @Test(
        arguments: ["/abort", "DELETE /hpp"],
        [WorldKlarna.Fault.status(503), .status(401), .lostAnswer, .lostRequest],
    )
    func `of Klarna Checkout ends the order behind it as well`(
        _ call: String,
        _ fault: WorldKlarna.Fault,
    ) async throws {
        let town = try Town()
        let checkout = try await town.open(.basket(adding: ["provider": "klarna_checkout"]))
        town.klarna.fail(call, fault)
        _ = try? await town.desk.disable(checkout.id)
        try await town.pass(.seconds(7200))
        #expect(try await town.checkout(checkout.id).status == .disabled)
        let order = try #require(checkout.sessions?.paymentSessionID.rawValue)
        #expect(town.klarna.elsewhere("GET", "/checkout/v3/orders/\(order)").status == 404)
    }

    /// The payment session is complete without an authorization that could be seen: Klarna placed an order that nobody shows.
    @Test(arguments: ["CANCELLED", "DISABLED"])
    func `leaves it to a person when an order may exist behind it`(_ status: String) async throws {
        let town = try Town()
        let checkout = try await town.open()
        let page: JSON = ["session_id": "page", "status": .string(status)]
        town.klarna.fail("GET /hpp", [WorldKlarna.Fault](repeating: .answer(page), count: 500))
        let session: JSON = ["status": "complete"]
        town.klarna.fail("GET /payments", [WorldKlarna.Fault](repeating: .answer(session), count: 500))
        _ = try await town.desk.observe(checkout.id, because: .callback)
        try await town.pass(.seconds(3 * 3600))
        let after = try await town.checkout(checkout.id)
        #expect(after.status == .needsReview)
        #expect(after.problem?.type == .orderUnidentified)
    }
}
