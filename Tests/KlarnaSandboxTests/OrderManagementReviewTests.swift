import KlarnaSandbox
import Testing
import Wire

@Suite("Klarna's review of an order in the sandbox")
struct OrderManagementReviewTests {
    @Test(arguments: [
        ("customer+pend-accept-05@email.us", 300, "ACCEPTED"), ("customer+pend-reject-05@email.us", 300, "REJECTED"),
        ("customer+pend-rejected-15@email.us", 900, "REJECTED"), ("customer+pend-accept@email.us", 0, "ACCEPTED"),
        ("Customer+Pend-Accept-01@email.us", 60, "ACCEPTED"), ("customer+pend@email.us", 0, "ACCEPTED"),
    ])
    func `ends after the minutes that the shopper's address names`(
        email: String,
        seconds: Int64,
        decision: String,
    ) throws {
        let merchant = Merchant()
        let purchase = JSON.mug(email: email).with("merchant_urls", .callbackURLs)
        let placed = merchant.place(try merchant.authorize(purchase), purchase)
        #expect(placed.json["fraud_status"] == "PENDING")
        let id = try #require(placed.json["order_id"]?.string)
        let order = "/ordermanagement/v1/orders/\(id)"
        #expect(merchant.world.takeCallbacks().map(\.kind) == [.push])
        if seconds > 0 {
            merchant.wait(.seconds(seconds - 1))
            #expect(merchant.read(order, "fraud_status") == "PENDING")
            #expect(merchant.world.takeCallbacks() == [])
            merchant.wait(.seconds(1))
        }
        #expect(merchant.read(order, "fraud_status", "status") == "\(decision) AUTHORIZED")
        let callbacks = merchant.world.takeCallbacks()
        #expect(callbacks.map(\.kind) == [.notification])
        let notification = try #require(callbacks.first)
        #expect(notification.orderID == id)
        #expect(notification.url == "https://shop.example/fraud?oid=\(id)")
        #expect(
            notification.body == [
                "order_id": .string(id), "event_type": .string("FRAUD_RISK_\(decision)"),
                "timestamp": .string(merchant.now.description),
            ]
        )
        #expect(merchant.world.takeCallbacks() == [])
    }

    @Test(arguments: [true, false])
    func `cancels what it rejected after four hours, unless it was captured`(isCaptured: Bool) throws {
        let merchant = Merchant()
        let order = try merchant.order(.mug(email: "customer+pend-reject-05@email.se"))
        merchant.wait(.seconds(300))
        #expect(merchant.read(order, "fraud_status") == "REJECTED")
        if isCaptured { #expect(merchant.capture(order, 25_000).status == 201) }
        merchant.wait(.seconds(4 * 3600 - 1))
        #expect(merchant.read(order, "status") == (isCaptured ? "CAPTURED" : "AUTHORIZED"))
        merchant.wait(.seconds(1))
        #expect(merchant.read(order, "status") == (isCaptured ? "CAPTURED" : "CANCELLED"))
    }

    @Test func `may be told to keep an order from being captured`() throws {
        let merchant = Merchant()
        let purchase = JSON.mug(email: "customer+pend-accept-05@email.se")
        let free = try merchant.order(purchase)
        #expect(merchant.capture(free, 10_000).status == 201)
        merchant.world.behaviour.capturesPending = false
        let held = try merchant.order(purchase)
        #expect(merchant.capture(held, 10_000).errorCode == "CAPTURE_NOT_ALLOWED")
        let token = try merchant.authorize(purchase)
        let placed = merchant.place(token, purchase.with("auto_capture", true))
        let automatic = "/ordermanagement/v1/orders/\(try #require(placed.json["order_id"]?.string))"
        #expect(merchant.read(automatic, "status") == "AUTHORIZED")
        merchant.wait(.seconds(300))
        #expect(merchant.capture(held, 10_000).status == 201)
        #expect(merchant.read(automatic, "status", "fraud_status") == "CAPTURED ACCEPTED")
    }

    @Test func `can be ended by hand, and a stop comes to any order`() throws {
        let merchant = Merchant()
        let purchase = JSON.mug(email: "customer+pend-accept-60@email.se").with("merchant_urls", .callbackURLs)
        for (action, status) in [(OrderAction.accept, "ACCEPTED"), (.reject, "REJECTED"), (.stop, "STOPPED")] {
            let order = try merchant.order(purchase)
            let id = String(order.split(separator: "/").last ?? "")
            _ = merchant.world.takeCallbacks()
            let record = try merchant.world.act(action, onOrder: id, at: merchant.now)
            #expect(record["fraud_status"]?.string == status)
            let events = merchant.world.takeCallbacks().map { $0.body?["event_type"]?.string }
            #expect(events == ["FRAUD_RISK_\(status)"])
            #expect(throws: KlarnaRefusal.self) { try merchant.world.act(.accept, onOrder: id, at: merchant.now) }
            // What was decided by hand is not decided again when the time has come.
            merchant.wait(.seconds(3600))
            #expect(merchant.read(order, "fraud_status") == status)
            #expect(merchant.world.takeCallbacks() == [])
        }
        let plain = try merchant.order(.mug.with("merchant_urls", .callbackURLs))
        _ = merchant.world.takeCallbacks()
        let id = String(plain.split(separator: "/").last ?? "")
        #expect(try merchant.world.act(.stop, onOrder: id, at: merchant.now)["fraud_status"] == "STOPPED")
        #expect(merchant.world.takeCallbacks().map(\.kind) == [.notification])
    }

    @Test func `tells nobody where there is no URL that Klarna would call`() throws {
        let merchant = Merchant()
        let urls: JSON = ["notification": "http://shop.example/fraud", "push": ""]
        let order = try merchant.order(.mug(email: "customer+pend-accept-00@email.se").with("merchant_urls", urls))
        #expect(merchant.read(order, "fraud_status") == "ACCEPTED")
        #expect(merchant.world.takeCallbacks() == [])
    }

    @Test func `asks for pushes until the order is acknowledged`() throws {
        let merchant = Merchant()
        for effect in ["acknowledge", "captures"] {
            let order = try merchant.order(.mug.with("merchant_urls", .callbackURLs))
            let push = try #require(merchant.world.takeCallbacks().first)
            #expect(push.kind == .push)
            #expect(push.body == nil)
            #expect(order.hasSuffix(push.orderID))
            #expect(push.url == "https://shop.example/push?oid=\(push.orderID)")
            #expect(!merchant.world.isAcknowledged(push.orderID))
            #expect(merchant.call("POST", "\(order)/\(effect)", ["captured_amount": 100]).status < 300)
            #expect(merchant.world.isAcknowledged(push.orderID))
        }
    }
}

extension JSON {
    static let callbackURLs: JSON = [
        "notification": "https://shop.example/fraud?oid={order.id}", "push": "https://shop.example/push?oid={order.id}",
    ]
}
