import Klarna
import Money
import Synchronization
import Testing
import Wire

@testable import Checkouts

/// What Klarna can say of a session, and what must never be lost of it.
@Suite("News of a session")
struct NewsTests {
    @Test(arguments: ["MANUAL_ID_CHECK", "TIMEOUT", "BACK", "FAILED", "ERROR", "SOMETHING_NEW"])
    func `keeps the page open on a word that is no end, and places what comes after it`(word: String) async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.page(word)
        #expect(try await shop.desk.observe(checkout.id, because: .redirect).status == .inProgress)
        shop.klarna.approve()
        shop.advance(.seconds(20))
        try await shop.workUntilQuiet()
        #expect(try await shop.desk.checkout(checkout.id).status == .orderPlaced)
    }

    @Test func `reads on in turn while Klarna fails, so that an authorization is found within its life`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        for _ in 0..<9 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(725))
        }
        shop.klarna.fail("/hpp/v1/sessions/hpp-1", .answer(503, [:]), .notSent, .answer(401, [:]))
        for _ in 0..<3 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(725))
        }
        shop.klarna.approve()
        try await shop.workUntilQuiet()
        #expect(try await shop.desk.checkout(checkout.id).status == .orderPlaced)
    }

    @Test func `gives a person a completed page without authorization and order`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.page("COMPLETED")
        shop.klarna.state.withLock { $0.paymentSession = ["status": "complete"] }
        #expect(try await shop.desk.observe(checkout.id, because: .poll).hppStatus == "COMPLETED")
        shop.advance(.seconds(3899))
        #expect(try await shop.desk.observe(checkout.id, because: .poll).status == .inProgress)
        shop.advance(.seconds(48 * 3600))
        shop.klarna.fail("/sessions/", .answer(404, [:]), .answer(404, [:]))
        let reviewed = try await shop.desk.observe(checkout.id, because: .poll)
        #expect(reviewed.status == .needsReview)
        #expect(reviewed.problem?.type == .orderUnidentified)
        shop.klarna.state.withLock {
            $0.hpp = ["status": "COMPLETED", "order_id": "found"]
            $0.orders["found"] = ["order_id": "found", "order_amount": 25_000]
        }
        #expect(try await shop.desk.refresh(checkout.id).status == .orderPlaced)
    }

    @Test(arguments: [("NONE", "found"), ("PLACE_ORDER", "hidden"), ("CAPTURE_ORDER", "foreign")])
    func `tells an order that the page names from one it may not see or that is not ours`(
        mode: String,
        id: String,
    ) async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.state.withLock {
            $0.hpp = ["status": "COMPLETED", "order_id": .string(id)]
            $0.orders["found"] = ["order_id": "found", "order_amount": 25_000, "status": "CAPTURED"]
            $0.orders["foreign"] = ["order_id": "foreign", "order_amount": 1]
        }
        let seen = try await shop.desk.observe(checkout.id, because: .poll)
        switch id {
        case "found": #expect(seen.status == .orderPlaced)
        case "foreign":
            #expect(seen.status == .needsReview)
            #expect(seen.problem?.detail.contains("foreign") == true)
        case _:
            #expect(seen.status == .inProgress)
            shop.advance(.seconds(3900))
            #expect(try await shop.desk.observe(checkout.id, because: .poll).status == .needsReview)
        }
        #expect(shop.placed.isEmpty)
    }

    @Test func `gives a person the order that another checkout has`() async throws {
        let shop = try Shop()
        let order: JSON = ["order_id": "one", "order_amount": 25_000]
        let first = try await shop.desk.open(.mug)
        shop.klarna.state.withLock {
            $0.hpp = ["status": "COMPLETED", "order_id": "one"]
            $0.orders["one"] = order
        }
        #expect(try await shop.desk.observe(first.id, because: .poll).status == .orderPlaced)
        let second = try await shop.desk.open(.mug, because: .api, session: "hpp-2", in: shop)
        shop.klarna.state.withLock { $0.hpp = ["status": "COMPLETED", "order_id": "one"] }
        let reviewed = try await shop.desk.observe(second.id, because: .poll)
        #expect(reviewed.status == .needsReview)
        #expect(reviewed.problem?.type == .orderMismatch)
    }

    @Test func `reads again after the end when a callback comes, and gives the late authorization back`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.page("CANCELLED")
        #expect(try await shop.desk.observe(checkout.id, because: .redirect).status == .cancelled)
        shop.klarna.approve()
        #expect(try await shop.desk.returned(checkout.id, waitingAtMost: .seconds(600)).spareAuthorizations == [])
        try await shop.desk.receive(callback: "late", sessionID: nil, status: nil, for: checkout.id)
        try await shop.workUntilQuiet()
        #expect(shop.klarna.state.withLock(\.released) == ["token-1"])
        #expect(try await shop.desk.checkout(checkout.id).status == .cancelled)
        #expect(shop.placed.isEmpty)
    }

    @Test func `records an order that exists although the page was closed`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        #expect(try await shop.desk.disable(checkout.id).status == .disabled)
        shop.klarna.state.withLock {
            $0.hpp = ["status": "COMPLETED", "order_id": "late"]
            $0.orders["late"] = ["order_id": "late", "order_amount": 25_000]
        }
        #expect(try await shop.desk.refresh(checkout.id).order?.orderID.rawValue == "late")
    }

    @Test func `keeps the id of a second order in the history`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        try await shop.desk.observe(checkout.id, because: .poll)
        try await shop.workUntilQuiet()
        let other = Order(
            orderID: OrderID(rawValue: "second"),
            authorizedAmount: 1,
            remainingAuthorizedAmount: 1,
            placedAt: .start,
        )
        let after = try await shop.desk.settle(checkout, because: .worker) { _ in [.orderFound(other)] }
        #expect(after.order?.orderID.rawValue == "order-of-token-1")
        let ignored = try #require(try await shop.events(checkout.id).last)
        #expect(ignored.type == "news.ignored")
        #expect(ignored.detail["order_id"] == "second")
    }

    @Test(arguments: [-7200, 0, 7200, 86_400])
    func `dates the authorization by Klarna's clock, however ours goes`(skew: Int) async throws {
        let shop = try Shop()
        shop.klarna.state.withLock { $0.skew = .seconds(skew) }
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        let approvedAt = shop.klarna.now - .seconds(1200)
        shop.klarna.state.withLock {
            $0.hpp = [
                "status": "COMPLETED", "authorization_token": "token-1", "updated_at": .string(approvedAt.description),
            ]
        }
        let authorized = try await shop.desk.observe(checkout.id, because: .poll)
        #expect(authorized.authorizationExpiresAt == approvedAt + .seconds(3600))
    }

    @Test func `does not forget what an order reading leaves out`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        try await shop.desk.observe(checkout.id, because: .poll)
        try await shop.workUntilQuiet()
        shop.klarna.state.withLock { $0.orders["order-of-token-1"] = ["order_id": "order-of-token-1"] }
        let read = try await shop.desk.refresh(checkout.id)
        #expect(read.order?.klarnaReference == "KR1")
        #expect(read.order?.fraudStatus == "ACCEPTED")
        #expect(read.order == (try await shop.desk.checkout(checkout.id)).order)
    }

    @Test func `keeps a callback for a checkout it does not have, once`() async throws {
        let shop = try Shop()
        let unknown = Checkout.ID(ULID(at: .start))
        for _ in 0..<2 {
            try await shop.desk.receive(callback: "event", sessionID: "hpp-9", status: "COMPLETED", for: unknown)
        }
        #expect(try await shop.store.backlog(at: shop.desk.now).orphanCallbacks == 1)
    }

    @Test func `returns at once to a shopper who went away`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        let waiting = Task { try await shop.desk.returned(checkout.id, waitingAtMost: .seconds(86_400)) }
        waiting.cancel()
        _ = await waiting.result
    }
}
