import Klarna
import Logging
import Synchronization
import Testing
import Wire

@testable import Checkouts

/// The desk and the worker on a real database, with Klarna as a few variables and time as a parameter.
@Suite("The checkout desk")
struct CheckoutDeskTests {
    @Test func `opens a checkout with exactly two calls and keeps no placeholder in its URLs`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        #expect(checkout.status == .waiting)
        #expect(checkout.sessions?.redirectURL == "https://pay.example/1")
        #expect(shop.calls == ["POST /payments/v1/sessions", "POST /hpp/v1/sessions"])
        #expect(try await shop.desk.checkout(checkout.id) == checkout)
    }

    @Test func `leaves a checkout that Klarna refuses created, with Klarna's words, and resumes it`() async throws {
        let shop = try Shop()
        shop.klarna.fail(
            "/payments/v1/sessions",
            .answer(400, ["error_code": "BAD_VALUE", "error_messages": ["no"]]),
        )
        await #expect(throws: DeskError.self) { try await shop.desk.open(.mug) }
        let created = try #require(try await shop.desk.store.checkouts(CheckoutFilter()).first)
        #expect(created.status == .created)
        #expect(created.problem?.klarna?.errorCode == "BAD_VALUE")
        #expect(try await shop.desk.refresh(created.id).status == .waiting)
    }

    @Test func `places one order with frozen bytes when the shopper approved`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        #expect(try await shop.desk.observe(checkout.id, because: .redirect).status == .authorized)
        try await shop.workUntilQuiet()
        let placed = try await shop.desk.checkout(checkout.id)
        #expect(placed.status == .orderPlaced)
        #expect(placed.order?.orderID.rawValue == "order-of-token-1")
        #expect(placed.order?.klarnaReference == "KR1")
        #expect(shop.placed.count == 1)
        #expect(shop.placed.first?.body == placed.purchase.placeOrderBody())
    }

    @Test func `finishes a purchase by polling alone`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        try await shop.workUntilQuiet()
        shop.klarna.approve()
        shop.advance(.seconds(80))
        try await shop.workUntilQuiet()
        #expect(try await shop.desk.checkout(checkout.id).status == .orderPlaced)
    }

    @Test func `reads at once after a callback, whatever the callback says`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        for _ in 0..<3 {
            try await shop.desk.receive(callback: "event-1", sessionID: "hpp-1", status: "CANCELLED", for: checkout.id)
        }
        try await shop.workUntilQuiet()
        #expect(try await shop.desk.checkout(checkout.id).status == .orderPlaced)
        let events = try await shop.desk.store.events(of: checkout.id)
        #expect(events.filter { $0.event.eventID == "event-1" }.count == 1)
    }

    @Test(arguments: [FakeKlarna.Fault.lostAnswer, .lostRequest])
    func `finds out by reading what became of a lost answer, and sends the same bytes again`(
        fault: FakeKlarna.Fault
    ) async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        shop.klarna.fail("/order", fault)
        try await shop.desk.observe(checkout.id, because: .poll)
        try await shop.workUntilQuiet()
        let unknown = try await shop.desk.checkout(checkout.id)
        #expect(unknown.status == .authorized)
        #expect(unknown.problem?.type == .placementUnknown)
        shop.advance(.seconds(3))
        try await shop.workUntilQuiet()
        let placed = try await shop.desk.checkout(checkout.id)
        #expect(placed.status == .orderPlaced)
        #expect(placed.problem == nil)
        #expect(Set(shop.placed.map(\.key)).count == 1)
        #expect(Set(shop.placed.map(\.body)).count == 1)
    }

    @Test func `takes the order that the HPP session names instead of sending again`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        shop.klarna.fail("/order", .lostAnswer)
        try await shop.desk.observe(checkout.id, because: .poll)
        try await shop.workUntilQuiet()
        shop.klarna.state.withLock { $0.hpp = ["status": "COMPLETED", "order_id": "order-of-token-1"] }
        shop.advance(.seconds(3))
        try await shop.workUntilQuiet()
        #expect(try await shop.desk.checkout(checkout.id).status == .orderPlaced)
        #expect(shop.placed.count == 1)
    }

    @Test func `gives a person the order that is not ours`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        shop.klarna.fail("/order", .lostRequest)
        try await shop.desk.observe(checkout.id, because: .poll)
        try await shop.workUntilQuiet()
        shop.klarna.state.withLock {
            $0.hpp = ["status": "COMPLETED", "order_id": "foreign"]
            $0.orders["foreign"] = ["order_id": "foreign", "order_amount": 1, "merchant_reference1": "order-1001"]
        }
        shop.advance(.seconds(3))
        try await shop.workUntilQuiet()
        let reviewed = try await shop.desk.checkout(checkout.id)
        #expect(reviewed.status == .needsReview)
        #expect(reviewed.problem?.type == .orderMismatch)
    }

    @Test func `fails the order after refusals that are believed, and releases the authorization`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        let refusal = FakeKlarna.Fault.answer(403, ["error_code": "REJECTED", "error_messages": ["Rejected"]])
        shop.klarna.fail("/order", refusal, refusal, refusal, refusal, refusal, refusal, refusal, refusal)
        try await shop.desk.observe(checkout.id, because: .poll)
        for _ in 0..<8 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(20))
        }
        let failed = try await shop.desk.checkout(checkout.id)
        #expect(failed.status == .orderFailed)
        #expect(failed.problem?.type == .orderRejected)
        #expect(failed.problem?.klarna?.errorCode == "REJECTED")
        #expect(shop.klarna.state.withLock(\.released) == ["token-1"])
        #expect(failed.spareAuthorizations == [])
    }

    @Test func `keeps trying while Klarna's answers are about us and not about the order`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        for _ in 0..<5 { shop.klarna.fail("/order", .answer(401, [:]), .notSent) }
        try await shop.desk.observe(checkout.id, because: .poll)
        for _ in 0..<14 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(80))
        }
        #expect(try await shop.desk.checkout(checkout.id).status == .orderPlaced)
        #expect(shop.placed.count == 1)
    }

    @Test func `closes the page for the merchant, and only while it is open`() async throws {
        let shop = try Shop()
        let first = try await shop.desk.open(.mug)
        #expect(try await shop.desk.disable(first.id).status == .disabled)
        #expect(try await shop.desk.disable(first.id).status == .disabled)
        let second = try await shop.desk.open(.mug, because: .api, session: "hpp-2", in: shop)
        shop.klarna.approve()
        let error = await #expect(throws: DeskError.self) { try await shop.desk.disable(second.id) }
        guard case .notAllowed(let checkout, _)? = error else {
            Issue.record("a completed checkout can be disabled")
            return
        }
        #expect(checkout.status == .authorized)
        try await shop.workUntilQuiet()
        #expect(try await shop.desk.checkout(second.id).status == .orderPlaced)
    }

    @Test func `goes on closing a page when Klarna did not answer`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.fail("/hpp/v1/sessions/hpp-1", .lostRequest)
        await #expect(throws: DeskError.self) { try await shop.desk.disable(checkout.id) }
        #expect(try await shop.desk.checkout(checkout.id).status == .waiting)
        shop.advance(.seconds(91))
        try await shop.workUntilQuiet()
        #expect(try await shop.desk.checkout(checkout.id).status == .disabled)
    }

    @Test func `expires only when Klarna was asked after the end`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.advance(.seconds(47 * 3600 + 60))
        shop.klarna.fail("/hpp/v1/sessions/hpp-1", .answer(404, [:]))
        shop.klarna.fail("/payments/v1/sessions/kp-1", .answer(404, [:]))
        try await shop.workUntilQuiet()
        #expect(try await shop.desk.checkout(checkout.id).status == .waiting)
        shop.advance(.seconds(1800))
        shop.klarna.fail("/hpp/v1/sessions/hpp-1", .answer(404, [:]))
        shop.klarna.fail("/payments/v1/sessions/kp-1", .answer(404, [:]))
        try await shop.workUntilQuiet()
        #expect(try await shop.desk.checkout(checkout.id).status == .expired)
    }

    @Test func `finds the authorization in the payment session when the HPP session is gone`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.fail("/hpp/v1/sessions/hpp-1", .answer(404, [:]))
        shop.klarna.state.withLock { $0.paymentSession = ["status": "incomplete", "authorization_token": "token-1"] }
        #expect(try await shop.desk.observe(checkout.id, because: .poll).status == .authorized)
    }

    @Test func `places one order when redirect, callback and poll all come at once`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        let worker = Worker(desk: shop.desk, logger: shop.desk.logger)
        let working = Task { await worker.run() }
        await withTaskGroup { group in
            for index in 0..<30 {
                group.addTask { _ = try? await shop.desk.returned(checkout.id, waitingAtMost: .seconds(600)) }
                group.addTask { _ = try? await shop.desk.observe(checkout.id, because: .poll) }
                group.addTask {
                    try? await shop.desk.receive(
                        callback: "event-\(index % 3)",
                        sessionID: nil,
                        status: nil,
                        for: checkout.id,
                    )
                }
            }
        }
        while try await !shop.desk.checkout(checkout.id).status.isFinal { await Task.yield() }
        worker.drain()
        await working.value
        #expect(try await shop.desk.checkout(checkout.id).status == .orderPlaced)
        #expect(shop.placed.count == 1)
        let events = try await shop.desk.store.events(of: checkout.id).map(\.event.type)
        #expect(events.filter { $0 == "order.placed" }.count == 1)
        #expect(events.filter { $0 == "callback.received" }.count == 3)
    }
}
