import Klarna
import KlarnaSandbox
import Money
import Testing
import Wire

@testable import Checkouts

@Suite("A hosted page")
struct PageTests {
    @Test func `is followed by another only once it is closed`() async throws {
        let town = try Town()
        let checkout = try await town.open()
        await #expect(throws: DeskError.self) { try await town.desk.reopen(checkout.id) }
        _ = try await town.desk.disable(checkout.id)
        let reopened = try await town.desk.reopen(checkout.id)
        #expect(reopened.status == .waiting)
        #expect(reopened.sessions?.hppSessionID != checkout.sessions?.hppSessionID)
        #expect(reopened.sessions?.redirectURL != checkout.sessions?.redirectURL)
        // Whoever kept the old link finds a page that is closed.
        try? town.klarna.act(.approve, on: checkout)
        #expect(try await town.desk.observe(checkout.id, because: .callback).status == .waiting)
        try town.klarna.act(.approve, on: reopened)
        _ = try await town.desk.observe(checkout.id, because: .callback)
        try await town.work()
        #expect(try await town.checkout(checkout.id).status == .orderPlaced)
        #expect(town.klarna.orders.count == 1)
    }

    @Test func `is closed soon after an attempt of which Klarna heard nothing`() async throws {
        let town = try Town()
        let checkout = try await town.open()
        town.klarna.fail("DELETE /hpp/v1/sessions", .lostRequest)
        await #expect(throws: DeskError.self) { try await town.desk.disable(checkout.id) }
        try await town.pass(.seconds(20), inStepsOf: .seconds(1))
        #expect(try await town.checkout(checkout.id).status == .disabled)
    }

    @Test func `tells by what Klarna knows both answers that opened it`() async throws {
        let town = try Town()
        let checkout = try await town.open()
        let opened = try #require(try await town.events(checkout.id).first { $0.type == "checkout.waiting" })
        let ids = [opened.detail["payment_correlation_id"], opened.detail["correlation_id"]]
        #expect(ids.allSatisfy { $0?.string?.isEmpty == false } && ids[0] != ids[1])
    }

    @Test func `M6 M7 is opened for a basket whose unit price was divided out of its total`() async throws {
        let town = try Town()
        let line: JSON = ["name": "Mug", "quantity": 3, "unit_price": 333, "tax_rate": 2500, "total_amount": 1000]
        let basket: JSONObject = ["order_amount": 1000, "order_tax_amount": 200, "order_lines": [line]]
        #expect(try await town.open(.basket(adding: basket)).status == .waiting)
    }

    @Test func `is not opened while Klarna has too many calls, and is when it is asked again`() async throws {
        let town = try Town()
        town.klarna.fail("POST /payments/v1/sessions", .status(429))
        await #expect {
            _ = try await town.open()
        } throws: { error in
            if case .klarnaBusy? = error as? DeskError { true } else { false }
        }
        let id = try #require(try await town.store.checkouts(.init()).first?.id)
        #expect(try await town.desk.resumeOpening(id).status == .waiting)
    }

    @Test func `is followed by another after it expired`() async throws {
        let town = try Town()
        let checkout = try await town.open()
        try await town.pass(.seconds(48 * 3600))
        #expect(try await town.checkout(checkout.id).status == .expired)
        let reopened = try await town.desk.reopen(checkout.id)
        #expect(reopened.status == .waiting)
        #expect(try #require(reopened.sessions?.expiresAt) > town.clock.now)
    }

    @Test func `is followed by none while Klarna does not answer, or shows it open`() async throws {
        let town = try Town()
        let checkout = try await town.open()
        _ = try await town.desk.disable(checkout.id)
        town.klarna.fail("GET /hpp", .status(503))
        await #expect(throws: DeskError.self) { try await town.desk.reopen(checkout.id) }
        #expect(town.klarna.calls("POST /hpp/v1/sessions").count == 1)
    }

    @Test func `is followed by none after the shopper paid late`() async throws {
        let town = try Town()
        let checkout = try await town.open()
        try town.klarna.act(.approve, on: checkout)
        // Our own disabling lost against the shopper, and we did not hear of it.
        try await town.desk.settle(checkout, because: .worker) { _ in [.pageDisabled] }
        await #expect(throws: DeskError.self) { try await town.desk.reopen(checkout.id) }
        #expect(town.klarna.calls("POST /hpp/v1/sessions").count == 1)
    }

    @Test func `is sent to the shopper while it is open`() async throws {
        let town = try Town()
        let checkout = try await town.open()
        try await town.desk.distribute(checkout.id, .email("customer@email.se"))
        #expect(town.klarna.calls("/distribution").count == 1)
        let event = try #require(try await town.events(checkout.id).last)
        #expect(event.type == "checkout.distributed")
        #expect(event.detail["method"] == "email")
        #expect(event.detail["email"] == nil)
        _ = try await town.desk.disable(checkout.id)
        await #expect(throws: DeskError.self) {
            try await town.desk.distribute(checkout.id, .email("customer@email.se"))
        }
    }

    @Test func `offers no category that Klarna does not offer`() async throws {
        let town = try Town()
        let page: JSON = ["payment_method_category": "direct_bank_transfer"]
        await #expect(throws: DeskError.self) {
            _ = try await town.open(.basket(email: "customer@email.se", adding: ["page": page]))
        }
        #expect(town.klarna.calls("POST /hpp").isEmpty)
    }

    @Test(arguments: ["PLACE_ORDER", "CAPTURE_ORDER"])
    func `places the order itself where it is told to`(_ mode: String) async throws {
        let town = try Town()
        let id = try await town.buy(
            .basket(email: "customer@email.se", adding: ["place_order_mode": .string(mode)])
        )
        try await town.work()
        let checkout = try await town.checkout(id)
        #expect(checkout.status == .orderPlaced)
        #expect(town.klarna.calls("POST /payments/v1/authorizations").isEmpty)
        #expect(checkout.order?.status == (mode == "PLACE_ORDER" ? "authorized" : "captured"))
        #expect(checkout.operations.map(\.origin) == (mode == "PLACE_ORDER" ? [] : [.placing]))
    }

    @Test func `of Klarna Checkout has its order taken over and acknowledged`() async throws {
        let town = try Town()
        let id = try await town.buy(
            .basket(email: "customer@email.se", adding: ["provider": "klarna_checkout"])
        )
        try await town.work()
        let checkout = try await town.checkout(id)
        #expect(checkout.status == .orderPlaced)
        #expect(checkout.order?.orderID.rawValue == checkout.sessions?.paymentSessionID.rawValue)
        #expect(town.klarna.calls("/acknowledge").count == 1)
        #expect(town.klarna.calls("/payments/").isEmpty)
        #expect(try await town.desk.capture(id, try NewCapture(json: [:])).operation.klarnaID != nil)
    }

    @Test func `of Klarna Checkout is closed and expires as any other`() async throws {
        let town = try Town()
        let basket = JSON.basket(email: "customer@email.se", adding: ["provider": "klarna_checkout"])
        let closed = try await town.open(basket)
        #expect(try await town.desk.disable(closed.id).status == .disabled)
        let left = try await town.open(basket)
        try await town.pass(.seconds(50 * 3600))
        #expect(try await town.checkout(left.id).status == .expired)
    }
}

@Suite("A callback")
struct CallbackTests {
    @Test(arguments: [CheckoutDesk.CallbackKind.status, .authorization])
    func `of either kind gets the order placed once`(_ kind: CheckoutDesk.CallbackKind) async throws {
        let town = try Town()
        let checkout = try await town.open()
        try town.klarna.act(.approve, on: checkout)
        for number in 0..<3 {
            try await town.desk.receive(kind, callback: "e-\(number)", sessionID: nil, status: nil, for: checkout.id)
        }
        try await town.work()
        town.clock.advance(.seconds(2))
        try await town.work()
        #expect(try await town.checkout(checkout.id).status == .orderPlaced)
        #expect(town.klarna.orders.count == 1)
    }

    @Test func `about the risk of an order has the order read, and is not believed`() async throws {
        let town = try Town()
        let id = try await town.buy(.basket(email: "customer+pend-accept-30@email.se"))
        try await town.work()
        town.clock.advance(.seconds(60))
        // Whoever sent this, Klarna still looks at it.
        try await town.desk.receive(.notification, callback: "n-1", sessionID: nil, status: nil, for: id)
        try await town.work()
        #expect(try await town.checkout(id).order?.fraudStatus == "PENDING")
        let orderID = try #require(try await town.checkout(id).order?.orderID.rawValue)
        _ = try town.klarna.meddle { world, now in try world.act(.accept, onOrder: orderID, at: now) }
        town.clock.advance(.seconds(60))
        try await town.desk.receive(.notification, callback: "n-2", sessionID: nil, status: nil, for: id)
        try await town.work()
        #expect(try await town.checkout(id).order?.fraudStatus == "ACCEPTED")
    }

    @Test func `that pushes an order has it acknowledged`() async throws {
        let town = try Town()
        let id = try await town.buy()
        try await town.desk.receive(.push, callback: "p-1", sessionID: nil, status: nil, for: id)
        try await town.work()
        #expect(town.klarna.calls("/acknowledge").count == 1)
        #expect(try await town.events(id).contains { $0.type == "order.acknowledged" })
    }
}

@Suite("A basket")
struct RevisionTests {
    private static let smaller: JSON = [
        "order_amount": 12_500, "order_tax_amount": 2500,
        "order_lines": [
            [
                "type": "physical", "reference": "MUG", "name": "Mug", "quantity": 1, "unit_price": 12_500,
                "tax_rate": 2500, "total_amount": 12_500, "total_tax_amount": 2500,
            ]
        ],
    ]

    @Test(arguments: [nil, WorldKlarna.Fault.lostAnswer, .lostRequest, .status(400)], ["NONE", "PLACE_ORDER"])
    func `is charged as the shopper saw it, whatever became of the update`(
        _ fault: WorldKlarna.Fault?,
        _ mode: String,
    ) async throws {
        let town = try Town()
        let basket = JSON.basket(email: "customer@email.se", adding: ["place_order_mode": .string(mode)])
        let checkout = try await town.open(basket)
        let session = try #require(checkout.sessions?.paymentSessionID.rawValue)
        if let fault { town.klarna.fail("POST /payments/v1/sessions/\(session)", fault) }
        let revised = try? await town.desk.revise(checkout.id, Self.smaller)
        #expect((revised == nil) == (fault != nil))
        try town.klarna.act(.approve, on: checkout)
        _ = try await town.desk.observe(checkout.id, because: .callback)
        try await town.work()
        let isTaken =
            switch fault {
            case nil, .lostAnswer: true
            case .lostRequest, .late, .status, .notSent, .answer, .without: false
            }
        let placed = try await town.checkout(checkout.id)
        #expect(placed.status == .orderPlaced)
        #expect(placed.revision == nil)
        #expect(placed.purchase.orderAmount == (isTaken ? 12_500 : 29_900))
        #expect(placed.order?.authorizedAmount == placed.purchase.orderAmount)
        #expect(try await town.order(checkout.id)["order_amount"]?.integer == placed.purchase.orderAmount.value)
    }

    @Test func `is final once the shopper has paid`() async throws {
        let town = try Town()
        let id = try await town.buy()
        await #expect(throws: DeskError.self) { try await town.desk.revise(id, Self.smaller) }
    }

    @Test func `has to add up`() async throws {
        let town = try Town()
        let checkout = try await town.open()
        await #expect(throws: DeskError.self) {
            try await town.desk.revise(checkout.id, ["order_amount": 1, "order_lines": []])
        }
        #expect(town.klarna.calls("POST /payments/v1/sessions/").isEmpty)
        #expect(try await town.checkout(checkout.id).revision == nil)
    }

    @Test func `of Klarna Checkout is changed as well`() async throws {
        let town = try Town()
        let checkout = try await town.open(
            .basket(email: "customer@email.se", adding: ["provider": "klarna_checkout"])
        )
        _ = try await town.desk.revise(checkout.id, Self.smaller)
        try town.klarna.act(.approve, on: checkout)
        _ = try await town.desk.observe(checkout.id, because: .callback)
        #expect(try await town.checkout(checkout.id).order?.authorizedAmount == 12_500)
    }
}

@Suite("A page that was followed by another")
struct FollowedPageTests {
    /// Whatever is still heard of the old page is heard while the new one is open.
    @Test func `says nothing of the new one`() async throws {
        let town = try Town()
        let old = try await town.open()
        _ = try await town.desk.disable(old.id)
        let closed = try await town.checkout(old.id)
        let new = try await town.desk.reopen(old.id)
        // A reading of the old page that began before the new one was there.
        _ = try await town.desk.observe(closed, because: .worker)
        #expect(try await town.checkout(old.id).status == .waiting)
        // And the wish to close the old one.
        town.clock.advance(.seconds(120))
        try await town.work()
        #expect(try await town.checkout(old.id).status == .waiting)
        #expect(town.klarna.calls("DELETE /hpp").count == 1)
        try town.klarna.act(.approve, on: new)
        _ = try await town.desk.observe(old.id, because: .callback)
        try await town.work()
        #expect(try await town.checkout(old.id).status == .orderPlaced)
    }
}

@Suite("A payment in the moment in which its page is closed")
struct ClosingPaymentTests {
    /// Klarna closes the page and holds an authorization, or an order, all the same.
    @Test(arguments: ["klarna_payments", "klarna_checkout"])
    func `is found behind the page`(_ provider: String) async throws {
        let town = try Town()
        let checkout = try await town.open(
            .basket(email: "customer@email.se", adding: ["provider": .string(provider)])
        )
        try town.klarna.act(.approve, on: checkout)
        let page = try #require(checkout.sessions?.hppSessionID.rawValue)
        town.klarna.fail("GET /hpp", .answer(["session_id": .string(page), "status": "DISABLED"]))
        _ = try await town.desk.observe(checkout.id, because: .callback)
        try await town.work()
        let after = try await town.checkout(checkout.id)
        if provider == "klarna_checkout" {
            #expect(after.status == .orderPlaced)
        } else {
            #expect(after.status == .disabled)
            #expect(after.problem?.type == .authorizationReleased)
            #expect(town.klarna.calls("DELETE /payments/v1/authorizations").count == 1)
        }
    }
}

@Suite("A basket that is changed too late")
struct LateRevisionTests {
    /// The shopper has paid, and nobody has told us yet.
    @Test func `leaves the payment as it was agreed to`() async throws {
        let town = try Town()
        let checkout = try await town.open()
        try town.klarna.act(.approve, on: checkout)
        let basket: JSON = [
            "order_amount": 12_500,
            "order_lines": [
                [
                    "reference": "MUG", "name": "Mug", "quantity": 1, "unit_price": 12_500, "tax_rate": 2500,
                    "total_amount": 12_500,
                ]
            ],
        ]
        await #expect(throws: DeskError.self) { try await town.desk.revise(checkout.id, basket) }
        try await town.work()
        let after = try await town.checkout(checkout.id)
        #expect(after.status == .orderPlaced)
        #expect(after.order?.authorizedAmount == 29_900)
    }
}
