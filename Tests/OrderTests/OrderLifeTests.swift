import Klarna
import KlarnaSandbox
import Money
import Testing
import Wire

@testable import Checkouts

@Suite("A placed order")
struct OrderLifeTests {
    @Test func `is cancelled once, however often it is asked for`() async throws {
        let town = try Town()
        let id = try await town.buy()
        let done = try await town.desk.cancelOrder(id)
        #expect(done.checkout.order?.status == "cancelled")
        #expect(done.checkout.order?.remainingAuthorizedAmount == .zero)
        await #expect(throws: DeskError.self) { try await town.desk.cancelOrder(id) }
        await #expect(throws: DeskError.self) { try await town.desk.capture(id, try NewCapture(json: [:])) }
        await #expect(throws: DeskError.self) { try await town.desk.refund(id, try NewRefund(json: [:])) }
        await #expect(throws: DeskError.self) { try await town.desk.extendAuthorization(id) }
        await #expect(throws: DeskError.self) { try await town.desk.change(id, ["merchant_reference1": "o-2"]) }
        #expect(town.klarna.calls("/merchant-references").isEmpty)
        #expect(town.klarna.calls("/cancel").count == 1)
        #expect(try await town.order(id)["status"] == "CANCELLED")
    }

    @Test func `is not cancelled once some of it is captured, but the rest can be released`() async throws {
        let town = try Town()
        let id = try await town.buy()
        await #expect(throws: DeskError.self) { try await town.desk.releaseRemaining(id) }
        _ = try await town.desk.capture(id, try NewCapture(json: ["amount": 10_000]))
        await #expect(throws: DeskError.self) { try await town.desk.cancelOrder(id) }
        let released = try await town.desk.releaseRemaining(id)
        #expect(released.checkout.order?.remainingAuthorizedAmount == .zero)
        #expect(released.checkout.order?.status == "closed")
        await #expect(throws: DeskError.self) { try await town.desk.capture(id, try NewCapture(json: [:])) }
        #expect(town.klarna.calls("/cancel").isEmpty)
        try await town.work()
        #expect(try await town.order(id)["remaining_authorized_amount"] == 0)
    }

    @Test(arguments: [WorldKlarna.Fault.lostAnswer, .lostRequest, .status(500)])
    func `is cancelled although the answer was lost`(_ fault: WorldKlarna.Fault) async throws {
        let town = try Town()
        let id = try await town.buy()
        town.klarna.fail("/cancel", fault)
        _ = try await town.desk.cancelOrder(id)
        try await town.pass(.seconds(600))
        #expect(try await town.checkout(id).order?.status == "cancelled")
        #expect(try await town.checkout(id).operations.allSatisfy { !$0.isPending })
        #expect(try await town.order(id)["status"] == "CANCELLED")
    }

    @Test func `keeps its authorization for longer when that is asked for`() async throws {
        let town = try Town()
        let id = try await town.buy()
        try await town.work()
        let before = try #require(try await town.checkout(id).order?.expiresAt)
        town.clock.advance(.seconds(10 * 86_400))
        let extended = try await town.desk.extendAuthorization(id)
        let after = try #require(extended.checkout.order?.expiresAt)
        #expect(after > before)
        let events = try await town.events(id).filter { $0.type == "order.extended" }
        #expect(events.count == 1)
        #expect(events.first?.detail["origin"] == nil)
    }

    @Test func `takes other lines and another amount, and never loses lines`() async throws {
        let town = try Town()
        let id = try await town.buy()
        await #expect(throws: DeskError.self) { try await town.desk.change(id, ["order_amount": 25_000]) }
        let lines = try #require(JSON.basket["order_lines"]?.array)
        let change: JSON = ["order_amount": 25_000, "order_lines": [lines[0]], "description": "No shipping"]
        let done = try await town.desk.change(id, change)
        #expect(done.checkout.order?.authorizedAmount == 25_000)
        #expect(done.checkout.orderLines.map(\.reference) == ["MUG"])
        let rest = try await town.desk.capture(id, try NewCapture(json: [:]))
        #expect(rest.operation.amount == 25_000)
        #expect(try await town.order(id)["status"] == "CAPTURED")
    }

    @Test func `takes other references, another address and how it travels, each with a call of its own`() async throws
    {
        let town = try Town()
        let id = try await town.buy()
        let change: JSON = [
            "merchant_reference1": "order-1001-B",
            "shipping_address": [
                "given_name": "Ada", "family_name": "Person", "street_address": "Storgatan 1", "postal_code": "111 48",
                "city": "Stockholm", "country": "SE", "email": "customer@email.se", "phone": "+46701740615",
            ],
            "shipping_info": [["shipping_company": "PostNord", "tracking_number": "1", "shipping_method": "Home"]],
        ]
        let done = try await town.desk.change(id, change)
        #expect(done.checkout.merchantReference == "order-1001-B")
        #expect(done.checkout.operations.allSatisfy { $0.klarnaID == nil && !$0.isPending })
        let order = try await town.order(id)
        #expect(order["merchant_reference1"] == "order-1001-B")
        #expect(order["shipping_address"]?["city"] == "Stockholm")
        #expect(order["shipping_info"]?.array?.count == 1)
        #expect(town.klarna.calls("PATCH").count == 2)
        // The bodies are gone once they are done with: they hold personal data.
        #expect(done.checkout.operations.allSatisfy { $0.body.isEmpty })
    }

    @Test func `takes all that one request names although the first call fails for a while`() async throws {
        let town = try Town()
        let id = try await town.buy()
        town.klarna.fail("/merchant-references", [WorldKlarna.Fault](repeating: .status(503), count: 30))
        let change: JSON = [
            "merchant_reference1": "order-1001-B",
            "shipping_info": [["shipping_company": "PostNord", "tracking_number": "1", "shipping_method": "Home"]],
        ]
        let pending = try await town.desk.change(id, change)
        #expect(pending.operation.isPending)
        try await town.pass(.seconds(12 * 3600))
        #expect(try await town.checkout(id).operations.allSatisfy { !$0.isPending })
        #expect(try await town.order(id)["merchant_reference1"] == "order-1001-B")
        #expect(try await town.order(id)["shipping_info"]?.array?.count == 1)
    }

    @Test func `takes other lines of the same amount only when Klarna says so`() async throws {
        let town = try Town()
        let id = try await town.buy()
        town.klarna.fail("PATCH /ordermanagement", .lostRequest)
        var lines = try #require(JSON.basket["order_lines"]?.array)
        guard var line = lines[0].object else { return }
        line["name"] = "Another mug"
        lines[0] = .object(line)
        _ = try await town.desk.change(id, ["order_amount": 29_900, "order_lines": .array(lines)])
        try await town.pass(.seconds(3600))
        #expect(try await town.order(id)["order_lines"]?.array?.first?["name"] == "Another mug")
        #expect(try await town.checkout(id).orderLines.first?.name == "Another mug")
    }

    @Test func `has its captures looked after`() async throws {
        let town = try Town()
        let id = try await town.buy()
        let capture = try await town.desk.capture(id, try NewCapture(json: [:])).operation
        let info = try ShippingInfo.list(json: [
            "shipping_info": [["shipping_company": "PostNord", "tracking_number": "7", "shipping_method": "Home"]]
        ])
        _ = try await town.desk.addShippingInfo(info, to: capture.id, of: id)
        _ = try await town.desk.sendOut(capture.id, of: id)
        let options = try await town.desk.dueDateOptions(of: capture.id, of: id)
        let days = try #require(options.options.first?.days)
        _ = try await town.desk.extendDueDate(by: days, of: capture.id, of: id)
        #expect(
            try await town.checkout(id).operations.allSatisfy {
                if case .succeeded = $0.outcome { true } else { false }
            }
        )
        #expect(try await town.order(id)["captures"]?.array?.first?["shipping_info"]?.array?.count == 1)
    }

    @Test(arguments: [OrderAction.capture, .cancel, .release, .expire], ["refresh", "watch"])
    func `changed in the portal is known by refreshing and by a sweep`(
        _ action: OrderAction,
        _ way: String,
    ) async throws {
        let town = try Town()
        let id = try await town.buy()
        try await town.work()
        if action == .release { _ = try await town.desk.capture(id, try NewCapture(json: ["amount": 100])) }
        let orderID = try #require(try await town.checkout(id).order?.orderID.rawValue)
        _ = try town.klarna.meddle { world, now in try world.act(action, onOrder: orderID, at: now) }
        if way == "refresh" {
            _ = try await town.desk.refresh(id)
        } else {
            try await town.pass(.seconds(6 * 3600 + 1800))
        }
        let expected =
            switch action {
            case .capture: "order.captured"
            case .cancel: "order.cancelled"
            case .release: "order.released"
            case .expire, .refund, .accept, .reject, .stop: "order.expired"
            }
        let told = try await town.events(id).filter { $0.type == expected }
        #expect(told.filter { $0.detail["origin"] == "elsewhere" || action == .expire }.count == 1)
        let order = try await town.order(id)
        let known = try #require(try await town.checkout(id).order)
        #expect(known.capturedAmount.value == order["captured_amount"]?.integer)
        #expect(known.status == order["status"]?.string?.lowercased())
        #expect(known.remainingAuthorizedAmount.value == order["remaining_authorized_amount"]?.integer)
    }

    @Test func `refunded in the portal leaves less to be refunded here`() async throws {
        let town = try Town()
        let id = try await town.buy()
        _ = try await town.desk.capture(id, try NewCapture(json: [:]))
        let orderID = try #require(try await town.checkout(id).order?.orderID.rawValue)
        _ = try town.klarna.meddle { world, now in
            try world.act(.refund, onOrder: orderID, body: ["amount": 9900], at: now)
        }
        _ = try await town.desk.refresh(id)
        #expect(try await town.checkout(id).refundableAmount == 20_000)
        let rest = try await town.desk.refund(id, try NewRefund(json: [:]))
        #expect(rest.operation.amount == 20_000)
    }

    @Test func `that Klarna captured as it was placed says so`() async throws {
        let town = try Town()
        let id = try await town.buy(.basket(email: "customer@email.se", adding: ["auto_capture": true]))
        try await town.work()
        let checkout = try await town.checkout(id)
        #expect(checkout.order?.status == "captured")
        #expect(checkout.operations.map(\.origin) == [.placing])
        #expect(try await town.desk.refund(id, try NewRefund(json: [:])).operation.amount == 29_900)
    }

    @Test func `is left alone once nothing can happen to it any more`() async throws {
        let town = try Town()
        let id = try await town.buy()
        _ = try await town.desk.cancelOrder(id)
        try await town.pass(.seconds(8 * 3600))
        let reads = town.klarna.calls("GET /ordermanagement").count
        try await town.pass(.seconds(3 * 86_400))
        #expect(town.klarna.calls("GET /ordermanagement").count == reads)
        #expect(try await town.store.nextJobDue() == nil)
    }

    @Test func `is watched for 45 days and no longer`() async throws {
        let town = try Town()
        let id = try await town.buy()
        _ = try await town.desk.capture(id, try NewCapture(json: [:]))
        for _ in 0..<50 {
            town.clock.advance(.seconds(86_400))
            try await town.work()
        }
        #expect(try await town.store.nextJobDue() == nil)
    }
}
