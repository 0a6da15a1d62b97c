import KlarnaSandbox
import Testing
import Wire

@Suite("Placing an order in the sandbox")
struct PlaceOrderTests {
    @Test func `completes the payment session and makes one order`() throws {
        let merchant = Merchant()
        let session = try merchant.open()
        _ = try merchant.act(.approve, session.hppSession)
        let token = try #require(merchant.token(of: session.hppSession))
        let placed = merchant.place(token)
        #expect(placed.status == 200)
        #expect(placed.json["fraud_status"] == "ACCEPTED")
        #expect(placed.json["redirect_url"] == nil)
        let orderID = try #require(placed.json["order_id"]?.string)
        #expect(merchant.call("GET", "/payments/v1/sessions/\(session.paymentSession)").json["status"] == "complete")
        let order = merchant.call("GET", "/ordermanagement/v1/orders/\(orderID)")
        #expect(order.status == 200)
        #expect(order.json["status"] == "AUTHORIZED")
        #expect(order.json["remaining_authorized_amount"] == 25_000)
        #expect(order.json["merchant_reference1"] == "order-1001")
        #expect(order.json["expires_at"] == "2023-12-12T00:00:00.000Z")
        #expect(merchant.world.orders(at: merchant.now).map { $0["order_id"]?.string } == [orderID])
        #expect(merchant.world.orders(at: merchant.now).first?["hpp_session_id"]?.string == session.hppSession)
        #expect(merchant.call("POST", "/ordermanagement/v1/orders/\(orderID)/acknowledge", [:]).status == 204)
        #expect(merchant.world.orders(at: merchant.now).first?["acknowledged"] == true)
    }

    @Test func `answers the same order to the same body again and refuses another body`() throws {
        let merchant = Merchant()
        let token = try merchant.authorize()
        let first = merchant.place(token)
        guard case .object(let members) = JSON.mug else { return }
        let reordered = JSON.object(JSONObject(members.members.reversed().map { ($0.name, $0.value) }))
        #expect(merchant.place(token, reordered).json["order_id"] == first.json["order_id"])
        let other = merchant.place(token, .mug.with("merchant_reference2", "changed"))
        #expect(other.status == 409)
        #expect(other.errorCode == "BAD_VALUE")
        #expect(other.errorMessages == ["The order has been already completed with different request body"])
        merchant.wait(.seconds(3600))
        let late = merchant.place(token)
        #expect(late.status == 403)
        #expect(late.errorCode == "INVALID_OPERATION")
        #expect(late.errorMessages == ["Authorization token already consumed"])
        #expect(merchant.world.orders(at: merchant.now).count == 1)
    }

    @Test(arguments: [
        (SandboxWorld.RepeatedOrder.consumed, 403, "INVALID_OPERATION"), (.gone, 404, "NOT_FOUND"),
        (.conflict, 409, "BAD_VALUE"),
    ])
    func `may be told to answer a repeated order otherwise`(
        behaviour: SandboxWorld.RepeatedOrder,
        status: Int,
        code: String,
    ) throws {
        let merchant = Merchant()
        merchant.world.behaviour.repeatedOrder = behaviour
        let token = try merchant.authorize()
        #expect(merchant.place(token).status == 200)
        let again = merchant.place(token)
        #expect(again.status == status)
        #expect(again.errorCode == code)
        #expect(merchant.world.orders(at: merchant.now).count == 1)
    }

    @Test func `may be told to read complete only later`() throws {
        let merchant = Merchant()
        merchant.world.behaviour.completionDelay = .seconds(30)
        let session = try merchant.open()
        _ = try merchant.act(.approve, session.hppSession)
        #expect(merchant.place(try #require(merchant.token(of: session.hppSession))).status == 200)
        #expect(merchant.call("GET", "/payments/v1/sessions/\(session.paymentSession)").json["status"] == "incomplete")
        merchant.wait(.seconds(30))
        #expect(merchant.call("GET", "/payments/v1/sessions/\(session.paymentSession)").json["status"] == "complete")
    }

    @Test(arguments: mismatches)
    func `refuses an order that differs from what was authorized`(mismatch: Mismatch) throws {
        let merchant = Merchant()
        let token = try merchant.authorize(mismatch.authorized)
        let answer = merchant.place(token, mismatch.ordered)
        #expect(answer.status == 409)
        #expect(answer.errorCode == "BAD_VALUE")
        #expect(answer.errorMessages == ["Not matching fields: [\(mismatch.fields)]"])
        #expect(merchant.place(token, mismatch.authorized).status == 200)
    }

    @Test func `takes an address that is first given with the order`() throws {
        let merchant = Merchant()
        let token = try merchant.authorize()
        #expect(merchant.place(token, .mug.with("billing_address", ["city": "Stockholm"])).status == 200)
    }

    @Test func `checks the body before it compares`() throws {
        let merchant = Merchant()
        let token = try merchant.authorize()
        #expect(merchant.place(token, [:]).errorMessages == ["Bad value: purchase_currency, purchase_country"])
        #expect(merchant.place(token, .mug.with("auto_capture", "yes")).errorMessages == ["Bad value: auto_capture"])
        #expect(merchant.place(token).status == 200)
    }

    @Test func `knows a token for sixty minutes`() throws {
        let merchant = Merchant()
        let token = try merchant.authorize()
        merchant.wait(.seconds(3600))
        let late = merchant.place(token)
        #expect(late.status == 404)
        #expect(late.errorCode == "NOT_FOUND")
        #expect(late.errorMessages == ["Invalid authorization token"])
        #expect(merchant.place("unknown").errorMessages == ["Invalid authorization token"])
    }

    @Test func `takes only the newest of several tokens`() throws {
        let merchant = Merchant()
        let session = try merchant.open()
        _ = try merchant.act(.approve, session.hppSession)
        let older = try #require(merchant.token(of: session.hppSession))
        let second = merchant.call(
            "POST",
            "/hpp/v1/sessions",
            ["payment_session_url": .string("\(Merchant.base)/payments/v1/sessions/\(session.paymentSession)")],
        )
        let secondID = try #require(second.json["session_id"]?.string)
        _ = try merchant.act(.approve, secondID)
        let newer = try #require(merchant.token(of: secondID))
        #expect(older != newer)
        #expect(merchant.place(older).errorMessages == ["Invalid authorization token"])
        #expect(merchant.place(newer).status == 200)
        let tooLate = merchant.place(older)
        #expect(tooLate.status == 404)
        #expect(tooLate.errorCode == "SESSION_COMPLETED")
        #expect(tooLate.errorMessages == ["Session has already been completed"])
    }

    @Test func `is not possible with a released authorization`() throws {
        let merchant = Merchant()
        let token = try merchant.authorize()
        #expect(merchant.call("DELETE", "/payments/v1/authorizations/\(token)").status == 204)
        #expect(merchant.place(token).errorMessages == ["Invalid authorization token"])
        let again = merchant.call("DELETE", "/payments/v1/authorizations/\(token)")
        #expect(again.errorMessages == ["Invalid authorization token"])
    }

    @Test func `keeps its authorization from being released`() throws {
        let merchant = Merchant()
        let token = try merchant.authorize()
        _ = merchant.place(token)
        let answer = merchant.call("DELETE", "/payments/v1/authorizations/\(token)")
        #expect(answer.status == 404)
        #expect(answer.errorMessages == ["Authorization cannot be deleted"])
    }

    @Test func `closes the payment session for updates and new pages`() throws {
        let merchant = Merchant()
        let session = try merchant.open()
        let second = try merchant.open()
        _ = try merchant.act(.approve, session.hppSession)
        _ = merchant.place(try #require(merchant.token(of: session.hppSession)))
        let update = merchant.call("POST", "/payments/v1/sessions/\(session.paymentSession)", ["order_amount": 1])
        #expect(update.errorCode == "SESSION_COMPLETED")
        let url = JSON.string("\(Merchant.base)/payments/v1/sessions/\(session.paymentSession)")
        #expect(merchant.call("POST", "/hpp/v1/sessions", ["payment_session_url": url]).status == 404)
        #expect(try merchant.act(.enter, second.hppSession).status == .inProgress)
    }

    @Test func `captures at once when asked to, and leads to the confirmation`() throws {
        let merchant = Merchant()
        let token = try merchant.authorize()
        let confirmation: JSON = ["confirmation": "https://shop.example/done?s={session.id}&o={order.id}"]
        let body = JSON.mug.with("auto_capture", true).with("merchant_urls", confirmation)
        let placed = merchant.place(token, body).json
        let id = try #require(placed["order_id"]?.string)
        #expect(placed["redirect_url"]?.string?.hasSuffix("&o=\(id)") == true)
        let order = merchant.call("GET", "/ordermanagement/v1/orders/\(id)").json
        #expect(order["status"] == "CAPTURED")
        #expect(order["captured_amount"] == 25_000)
        #expect(order["remaining_authorized_amount"] == 0)
        #expect(order["captures"]?.array?.count == 1)
    }

    @Test func `reads as expired after 28 days`() throws {
        let merchant = Merchant()
        let id = try #require(merchant.place(try merchant.authorize()).json["order_id"]?.string)
        merchant.wait(.seconds(28 * 86_400))
        let order = merchant.call("GET", "/ordermanagement/v1/orders/\(id)").json
        #expect(order["status"] == "EXPIRED")
        #expect(order["remaining_authorized_amount"] == 0)
    }

    @Test func `is not possible for a purchase that is only tokenized`() throws {
        let merchant = Merchant()
        let token = try merchant.authorize(.mug.with("intent", "tokenize"))
        #expect(merchant.place(token).status == 403)
    }

    @Test(arguments: [
        ("not-an-id", 400, "INVALID_ORDER_ID"), ("e4a7d3f0-5b18-4c62-a9f7-0d3e81b6c295", 404, "NO_SUCH_ORDER"),
    ])
    func `leaves other orders unknown`(id: String, status: Int, code: String) {
        let merchant = Merchant()
        let answer = merchant.call("GET", "/ordermanagement/v1/orders/\(id)")
        #expect(answer.status == status)
        #expect(answer.errorCode == code)
    }
}

struct Mismatch: Sendable {
    var authorized = JSON.mug
    let ordered: JSON
    let fields: String
}

private let mismatches: [Mismatch] = [
    Mismatch(
        ordered: .mug.with("order_lines[0].total_discount_amount", 5000).with("order_lines[0].total_amount", 20_000)
            .with("order_lines[0].total_tax_amount", 4000).with("order_amount", 20_000).with("order_tax_amount", 4000),
        fields: "order_amount, order_tax_amount, order_lines[0].total_amount, order_lines[0].total_discount_amount, "
            + "order_lines[0].total_tax_amount",
    ),
    Mismatch(ordered: .mug.with("order_lines[0].name", "Cup"), fields: "order_lines[0].name"),
    Mismatch(
        ordered: .mug.with("order_lines[1]", ["name": "Card", "quantity": 1, "unit_price": 0, "total_amount": 0]),
        fields: "Incorrect number of items in the cart. Expected: 1, Actual: 2",
    ),
    Mismatch(
        authorized: .mug.with("billing_address", ["postal_code": "111 48"]),
        ordered: .mug.with("billing_address", ["postal_code": "111 49"]),
        fields: "billing_address.postal_code",
    ),
    Mismatch(
        authorized: .mug.with("shipping_address", ["city": "Stockholm"]),
        ordered: .mug.with("shipping_address", ["city": "Stockholm", "phone": "1"]),
        fields: "shipping_address.phone",
    ),
]

extension Merchant {
    func place(_ token: String, _ body: JSON = .mug) -> KlarnaAnswer {
        call("POST", "/payments/v1/authorizations/\(token)/order", body)
    }

    func token(of hppSession: String) -> String? {
        call("GET", "/hpp/v1/sessions/\(hppSession)").json["authorization_token"]?.string
    }
}
