import Klarna
import KlarnaSandbox
import Money
import Testing
import Wire

@testable import Checkouts

@Suite("A reading that comes late")
struct StaleReadingTests {
    @Test func `says nothing of a page that was opened meanwhile`() async throws {
        let town = try Town()
        let checkout = try await town.open()
        _ = try await town.desk.disable(checkout.id)
        let other = try town.anotherDesk()
        town.klarna.meanwhile("GET /hpp/v1/sessions", .after) { _ = try? await other.reopen(checkout.id) }
        _ = try await town.desk.refresh(checkout.id)
        #expect(town.klarna.calls("POST /hpp/v1/sessions").count == 2)
        #expect(try await town.checkout(checkout.id).status == .waiting)
    }

    @Test func `of what closing the old page came to says nothing of the new one`() async throws {
        let town = try Town()
        let checkout = try await town.open()
        let other = try town.anotherDesk()
        town.klarna.meanwhile("DELETE /hpp/v1/sessions", .after) {
            _ = try? await other.observe(checkout.id, because: .callback)
            _ = try? await other.reopen(checkout.id)
        }
        _ = try? await town.desk.disable(checkout.id)
        #expect(town.klarna.calls("POST /hpp/v1/sessions").count == 2)
        #expect(try await town.checkout(checkout.id).status == .waiting)
    }

    /// The shopper agrees to another basket than was known when the reading began.
    @Test(
        arguments: ["NONE", "PLACE_ORDER"],
        [nil, WorldKlarna.Fault.lostAnswer],
    )
    func `leaves a basket of which it knew nothing to the next one`(
        _ mode: String,
        _ fault: WorldKlarna.Fault?,
    ) async throws {
        let town = try Town()
        let checkout = try await town.open(.basket(adding: ["place_order_mode": .string(mode)]))
        let session = try #require(checkout.sessions?.paymentSessionID.rawValue)
        let other = try town.anotherDesk()
        if let fault { town.klarna.fail("POST /payments/v1/sessions/\(session)", fault) }
        town.klarna.meanwhile("GET /hpp/v1/sessions", .before) {
            _ = try? await other.revise(checkout.id, .mug(1000))
            try? town.klarna.act(.approve, on: checkout)
        }
        _ = try await town.desk.observe(checkout.id, because: .poll)
        _ = try await town.desk.observe(checkout.id, because: .poll)
        try await town.work()
        let after = try await town.checkout(checkout.id)
        #expect(after.status == .orderPlaced)
        #expect(after.order?.authorizedAmount == 1000)
        #expect(after.purchase.orderAmount == 1000)
    }

    /// Klarna's readers may lag behind its writers, and may leave out what is optional.
    @Test(arguments: [[], ["captures", "refunds"]])
    func `takes nothing back that is known to have been done`(_ omitted: [String]) async throws {
        let town = try Town()
        let id = try await town.buy()
        try await town.work()
        let orderID = try #require(try await town.checkout(id).order?.orderID.rawValue)
        let before = town.klarna.elsewhere("GET", "/ordermanagement/v1/orders/\(orderID)").json
        var late = try #require(before?.object)
        for name in omitted { late[name] = nil }
        _ = try await town.desk.capture(id, try NewCapture(json: ["amount": 20_000]))
        _ = try await town.desk.refund(id, try NewRefund(json: ["amount": 5000]))
        town.klarna.fail("GET /ordermanagement", .answer(.object(late)))
        let after = try await town.desk.refresh(id)
        #expect(after.order?.capturedAmount == 20_000)
        #expect(after.order?.refundedAmount == 5000)
        #expect(after.refundableAmount == 15_000)
        #expect((after.problem?.type == .orderDisagrees) == omitted.isEmpty)
        guard omitted.isEmpty else { return }
        #expect(after.capturableAmount == 9900)
        await #expect(throws: DeskError.self) {
            try await town.desk.capture(id, try NewCapture(json: ["amount": 20_000]))
        }
        #expect(try await town.desk.refresh(id).problem == nil)
    }
}
