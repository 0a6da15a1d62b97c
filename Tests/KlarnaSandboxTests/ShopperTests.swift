import KlarnaSandbox
import Testing
import Wire

@Suite("A shopper in the sandbox")
struct ShopperTests {
    @Test(arguments: [
        (ShopperAction.decline, HPPStatus.failed, "https://shop.example/failure"),
        (.error, .error, "https://shop.example/error"),
        (.back, .back, "https://shop.example/back?sid=SID&token="),
        (.cancel, .back, "https://shop.example/cancel?sid=SID"),
    ])
    func `is led to the merchant's page and may try again`(
        action: ShopperAction,
        status: HPPStatus,
        location: String,
    ) throws {
        let merchant = Merchant()
        let id = try merchant.open().hppSession
        let outcome = try merchant.act(action, id)
        #expect(outcome.status == status)
        #expect(outcome.location == location.replacing("SID", with: id))
        #expect(outcome.callbacks.map(\.status) == [.inProgress, status])
        #expect(try merchant.act(.enter, id).status == .inProgress)
        #expect(try merchant.act(.approve, id).status == .completed)
    }

    @Test func `who approves comes back with the token that the merchant reads`() throws {
        let merchant = Merchant()
        let session = try merchant.open()
        let entered = try merchant.act(.enter, session.hppSession)
        #expect(entered.status == .inProgress)
        #expect(entered.location.hasPrefix("\(Merchant.base)/eu/hpp/payments/"))
        #expect(try merchant.act(.enter, session.hppSession).callbacks.isEmpty)
        merchant.wait(.seconds(9))
        let outcome = try merchant.act(.approve, session.hppSession)
        let reading = merchant.call("GET", "/hpp/v1/sessions/\(session.hppSession)").json
        let token = try #require(reading["authorization_token"]?.string)
        #expect(reading["status"] == "COMPLETED")
        #expect(reading["updated_at"]?.string == merchant.now.description)
        #expect(reading["order_id"] == nil)
        #expect(outcome.location == "https://shop.example/ok?sid=\(session.hppSession)&token=\(token)&oid=")
        let callback = try #require(outcome.callbacks.first)
        #expect(outcome.callbacks.count == 1)
        #expect(callback.url == "https://shop.example/status/\(session.hppSession)")
        #expect(callback.body["session"] == reading)
        #expect(callback.body["event_id"]?.string == callback.eventID)
        #expect(try merchant.act(.approve, session.hppSession).location == outcome.location)
        #expect(try merchant.act(.decline, session.hppSession).status == .completed)
        #expect(try merchant.act(.approve, session.hppSession).callbacks.isEmpty)
    }

    @Test(arguments: [("PLACE_ORDER", "AUTHORIZED"), ("capture_order", "CAPTURED")])
    func `who approves gets the order placed when the page does that`(mode: String, status: String) throws {
        let merchant = Merchant()
        let session = try merchant.open(options: ["place_order_mode": .string(mode)])
        let outcome = try merchant.act(.approve, session.hppSession)
        let reading = merchant.call("GET", "/hpp/v1/sessions/\(session.hppSession)").json
        let orderID = try #require(reading["order_id"]?.string)
        #expect(reading["authorization_token"] == nil)
        #expect(reading["klarna_reference"]?.string?.count == 8)
        #expect(outcome.location.hasSuffix("&token=&oid=\(orderID)"))
        #expect(merchant.call("GET", "/ordermanagement/v1/orders/\(orderID)").json["status"]?.string == status)
        let paymentSession = merchant.call("GET", "/payments/v1/sessions/\(session.paymentSession)").json
        #expect(paymentSession["status"] == "complete")
        let token = try #require(paymentSession["authorization_token"]?.string)
        let again = merchant.call("POST", "/payments/v1/authorizations/\(token)/order", .mug)
        #expect(again.errorCode == "SESSION_COMPLETED")
    }

    @Test func `who cancels in telesales cannot come back`() throws {
        let merchant = Merchant()
        let session = try merchant.open(
            .mug.with("acquiring_channel", "TELESALES"),
            urls: ["cancel": "https://shop.example/cancel"],
        )
        let outcome = try merchant.act(.cancel, session.hppSession)
        #expect(outcome.status == .cancelled)
        #expect(outcome.location == "https://shop.example/cancel")
        #expect(try merchant.act(.approve, session.hppSession).status == .cancelled)
        #expect(merchant.call("DELETE", "/hpp/v1/sessions/\(session.hppSession)").status == 404)
    }

    @Test func `who cancels where there is no way back cannot come back either`() throws {
        let merchant = Merchant()
        let session = try merchant.open(.mug, urls: [:])
        #expect(try merchant.act(.cancel, session.hppSession).status == .cancelled)
    }

    @Test func `of the playground's denied kind is declined`() throws {
        let merchant = Merchant()
        let purchase = JSON.mug.with("billing_address", ["email": "customer+denied@email.se"])
        let id = try merchant.open(purchase).hppSession
        #expect(try merchant.act(.approve, id).status == .failed)
    }

    @Test func `without merchant URLs stays on the page's own pages`() throws {
        let merchant = Merchant()
        let id = try merchant.open(urls: nil).hppSession
        let page = try merchant.act(.enter, id).location
        for action in [ShopperAction.decline, .error, .back, .approve] {
            let outcome = try merchant.act(action, id)
            #expect(outcome.location == "\(page)/outcome")
            #expect(outcome.callbacks.isEmpty)
        }
    }

    @Test func `after an error goes to the failure page when there is no other`() throws {
        let merchant = Merchant()
        let id = try merchant.open(urls: ["failure": "https://shop.example/no"]).hppSession
        #expect(try merchant.act(.error, id).location == "https://shop.example/no")
    }

    @Test func `finds the page closed once the order came from another one`() throws {
        let merchant = Merchant()
        let session = try merchant.open()
        let url = JSON.string("\(Merchant.base)/payments/v1/sessions/\(session.paymentSession)")
        let other = merchant.call("POST", "/hpp/v1/sessions", ["payment_session_url": url]).json["session_id"]?.string
        _ = try merchant.act(.approve, session.hppSession)
        let token = try #require(merchant.token(of: session.hppSession))
        #expect(merchant.place(token).status == 200)
        let id = try #require(other)
        #expect(throws: KlarnaRefusal(404, "SESSION_COMPLETED", "Session has already been completed")) {
            try merchant.act(.approve, id)
        }
    }

    @Test func `whose consent is called back tells token and payment session`() throws {
        let merchant = Merchant()
        let purchase = JSON.mug.with("merchant_urls", ["authorization": "https://shop.example/authorized"])
        let session = try merchant.open(purchase, urls: nil)
        let callbacks = try merchant.act(.approve, session.hppSession).callbacks
        #expect(callbacks.map(\.kind) == [.authorization])
        #expect(callbacks.first?.body["session_id"]?.string == session.paymentSession)
        #expect(callbacks.first?.body["authorization_token"]?.string == merchant.token(of: session.hppSession))
    }
}
