import KlarnaSandbox
import Testing
import Wire

@Suite("A customer token in the sandbox")
struct CustomerTokenTests {
    @Test(arguments: ["tokenize", "buy_and_tokenize", "buy_and_default_tokenize"])
    func `comes of a session that was meant for it`(intent: String) throws {
        let merchant = Merchant()
        let authorization = try merchant.authorize(.subscription(intent))
        let created = merchant.createToken(authorization)
        #expect(created.status == 200)
        let id = try #require(created.json["token_id"]?.string)
        #expect(created.json["billing_address"]?["city"] == "Stockholm")
        let reading = merchant.call("GET", "/customer-token/v1/tokens/\(id)")
        #expect(reading.status == 200)
        #expect(reading.json == ["status": "ACTIVE", "payment_method_type": "INVOICE"])
        let placed = merchant.place(authorization, .subscription(intent))
        #expect(placed.status == (intent == "tokenize" ? 403 : 200))
    }

    @Test func `does not come of a session that was meant for a purchase`() throws {
        let merchant = Merchant()
        let refused = merchant.createToken(try merchant.authorize(.subscription("buy")))
        #expect(refused.status == 403)
        #expect(refused.errorCode == "INVALID_OPERATION")
        #expect(refused.errorMessages == ["Not allowed to create customer token for intent buy"])
    }

    @Test func `needs an authorization that is alive`() throws {
        let merchant = Merchant()
        #expect(merchant.createToken(Merchant.unknownID).errorMessages == ["Invalid authorization token"])
        let released = try merchant.authorize(.subscription("tokenize"))
        #expect(merchant.call("DELETE", "/payments/v1/authorizations/\(released)").status == 204)
        #expect(merchant.createToken(released).status == 404)
        let old = try merchant.authorize(.subscription("tokenize"))
        merchant.wait(.seconds(3600))
        #expect(merchant.createToken(old).status == 404)
    }

    @Test(
        arguments: [
            ("purchase_country", .null, 400, "Bad value: purchase_country"),
            ("purchase_currency", "EUR", 400, "Bad value: purchase_currency"),
            ("locale", .null, 400, "Bad value: locale"),
            ("description", "", 400, "Bad value: description"),
            ("description", .string(String(repeating: "d", count: 256)), 400, "Bad value: description"),
            ("intended_use", "GIFT", 400, "Bad value: intended_use"),
            ("billing_address.city", "Lund", 409, "Not matching fields: [billing_address.city]"),
        ] as [(String, JSON, Int, String)]
    )
    func `is refused on other terms`(path: String, value: JSON, status: Int, message: String) throws {
        let merchant = Merchant()
        let purchase = JSON.subscription("tokenize").with("billing_address", .address)
        let authorization = try merchant.authorize(purchase)
        let refused = merchant.createToken(authorization, JSON.tokenTerms.with(path, value))
        #expect(refused.status == status)
        #expect(refused.errorMessages == [message])
        #expect(merchant.createToken(authorization, .tokenTerms.with("intended_use", "subscription")).status == 200)
    }

    @Test(arguments: SandboxWorld.RepeatedToken.allCases)
    func `is given again as the behaviour has it`(behaviour: SandboxWorld.RepeatedToken) throws {
        let merchant = Merchant()
        merchant.world.behaviour.repeatedToken = behaviour
        let authorization = try merchant.authorize(.subscription("tokenize"))
        let first = merchant.createToken(authorization)
        let second = merchant.createToken(authorization)
        switch behaviour {
        case .sameToken: #expect(second.json == first.json)
        case .anotherToken:
            #expect(second.status == 200)
            #expect(second.json["token_id"] != first.json["token_id"])
        case .consumed: #expect(second.errorMessages == ["Authorization token already consumed"])
        }
        #expect(merchant.world.tokens(at: merchant.now).count == (behaviour == .anotherToken ? 2 : 1))
    }

    @Test(arguments: [true, false])
    func `may come after the order`(makesTokensAfterOrders: Bool) throws {
        let merchant = Merchant()
        merchant.world.behaviour.makesTokensAfterOrders = makesTokensAfterOrders
        let authorization = try merchant.authorize(.subscription("buy_and_tokenize"))
        #expect(merchant.place(authorization, .subscription("buy_and_tokenize")).status == 200)
        #expect(merchant.createToken(authorization).status == (makesTokensAfterOrders ? 200 : 403))
    }

    @Test func `is charged, and each charge is an order`() throws {
        let merchant = Merchant()
        let token = try merchant.token()
        let urls: JSON = ["confirmation": "https://shop.example/c?oid={order.id}", "push": "https://shop.example/p"]
        let placed = merchant.charge(token, .charge.with("auto_capture", true).with("merchant_urls", urls))
        #expect(placed.status == 200)
        #expect(placed.json["fraud_status"] == "ACCEPTED")
        let id = try #require(placed.json["order_id"]?.string)
        #expect(placed.json["redirect_url"]?.string == "https://shop.example/c?oid=\(id)")
        let order = "/ordermanagement/v1/orders/\(id)"
        #expect(
            merchant.read(order, "status", "order_amount", "purchase_country", "locale") == "CAPTURED 12500 SE sv-SE"
        )
        #expect(merchant.call("GET", order).json["billing_address"]?["city"] == "Stockholm")
        #expect(merchant.refund(order, 12_500).status == 201)
        #expect(merchant.world.orders(at: merchant.now).first?["customer_token"]?.string == token)
        #expect(merchant.world.takeCallbacks().map(\.orderID) == [id])
        #expect(merchant.charge(token).json["redirect_url"] == nil)
        #expect(merchant.world.tokens(at: merchant.now).first?["order_ids"]?.array?.count == 2)
    }

    @Test func `is charged once for each key`() throws {
        let merchant = Merchant()
        let token = try merchant.token()
        let first = merchant.charge(token, key: "april")
        #expect(merchant.charge(token, .charge.with("order_amount", 1), key: "april").json == first.json)
        #expect(merchant.charge(token, key: "may").json["order_id"] != first.json["order_id"])
        #expect(merchant.world.orders(at: merchant.now).count == 2)
    }

    @Test(
        arguments: [
            ("order_amount", 0, "order_amount"), ("order_amount", 12_501, "order_amount"),
            ("order_tax_amount", .null, "order_tax_amount"), ("purchase_currency", .null, "purchase_currency"),
            ("order_lines", [], "order_lines"), ("merchant_urls", [:], "merchant_urls.confirmation"),
            (
                "order_lines[0].merchant_data", .string(String(repeating: "m", count: 256)),
                "order_lines[0].merchant_data",
            ),
            ("order_lines[0].total_amount", 100_000_001, "order_lines[0].total_amount"),
            ("order_lines[0].tax_rate", .integer(.max), "order_lines[0].tax_rate"),
            ("attachment", ["content_type": "x", "body": "{"], "attachment.attachment"),
        ] as [(String, JSON, String)]
    )
    func `is not charged by an order that is wrong`(path: String, value: JSON, wrong: String) throws {
        let merchant = Merchant()
        let token = try merchant.token()
        let refused = merchant.charge(token, JSON.charge.with(path, value))
        #expect(refused.status == 400)
        #expect(refused.errorCode == "BAD_REQUEST")
        #expect(refused.errorMessages == ["Bad value: \(wrong)"])
        #expect(merchant.world.orders(at: merchant.now) == [])
    }

    @Test func `keeps its own terms whatever an order says of them`() throws {
        let merchant = Merchant()
        let token = try merchant.token()
        let foreign = JSON.charge.with("purchase_country", "US").with("billing_address", ["city": "Lund"])
        let order = "/ordermanagement/v1/orders/\(merchant.charge(token, foreign).json["order_id"]?.string ?? "")"
        #expect(merchant.read(order, "purchase_country") == "SE")
        #expect(merchant.call("GET", order).json["billing_address"]?["city"] == "Stockholm")
        let mismatch = merchant.charge(token, .charge.with("purchase_currency", "USD"))
        #expect(mismatch.errorCode == "PAYMENT_METHOD_CURRENCY_MISMATCH")
    }

    @Test(arguments: TokenTrouble.allCases)
    func `fails as often as it was told to`(trouble: TokenTrouble) throws {
        let merchant = Merchant()
        let token = try merchant.token()
        let order: JSONObject = ["error_code": .string(trouble.rawValue), "count": 2]
        _ = try merchant.world.act(.fail, onToken: token, body: order, at: merchant.now)
        for _ in 1...2 {
            let refused = merchant.charge(token)
            #expect(refused.status >= 403)
            #expect(refused.errorCode == trouble.rawValue)
        }
        #expect(merchant.charge(token).status == 200)
        #expect(merchant.world.orders(at: merchant.now).count == 1)
    }

    @Test func `keeps a refusal for its key and lets a failure go`() throws {
        let merchant = Merchant()
        let token = try merchant.token()
        for trouble in [TokenTrouble.serviceUnavailable, .paymentMethodFailed] {
            let body: JSONObject = ["error_code": .string(trouble.rawValue)]
            _ = try merchant.world.act(.fail, onToken: token, body: body, at: merchant.now)
        }
        #expect(merchant.charge(token, key: "k").status == 503)
        for _ in 1...2 { #expect(merchant.charge(token, key: "k").errorCode == "PAYMENT_METHOD_FAILED") }
        #expect(merchant.charge(token, key: "other").status == 200)
    }

    @Test func `can be suspended and resumed by Klarna, and cancelled for good`() throws {
        let merchant = Merchant()
        let token = try merchant.token()
        _ = try merchant.world.act(.suspend, onToken: token, at: merchant.now)
        #expect(merchant.status(token) == "SUSPENDED")
        #expect(merchant.charge(token).errorCode == "TOKEN_SUSPENDED")
        _ = try merchant.world.act(.resume, onToken: token, at: merchant.now)
        #expect(merchant.charge(token).status == 200)
        let path = "/customer-token/v1/tokens/\(token)/status"
        let refused = merchant.call("PATCH", path, ["status": "ACTIVE"])
        #expect(refused.status == 400)
        #expect(refused.errorCode == "BAD_VALUE")
        for _ in 1...2 {
            let answer = merchant.call("PATCH", path, ["status": "CANCELLED"])
            #expect(answer.status == 202)
            #expect(answer.body == [])
        }
        #expect(merchant.status(token) == "CANCELLED")
        #expect(merchant.charge(token).errorCode == "TOKEN_CANCELLED")
        #expect(throws: KlarnaRefusal.self) { try merchant.world.act(.resume, onToken: token, at: merchant.now) }
    }

    @Test func `may take its time to be cancelled`() throws {
        let merchant = Merchant()
        let token = try merchant.token()
        merchant.world.behaviour.tokenCancellationDelay = .seconds(30)
        let path = "/customer-token/v1/tokens/\(token)/status"
        #expect(merchant.call("PATCH", path, ["status": "CANCELLED"]).status == 202)
        #expect(merchant.status(token) == "ACTIVE")
        #expect(merchant.charge(token).status == 200)
        merchant.wait(.seconds(30))
        #expect(merchant.status(token) == "CANCELLED")
    }

    @Test func `is missed in words about what was wanted`() {
        let merchant = Merchant()
        let path = "/customer-token/v1/tokens/\(Merchant.unknownID)"
        let reading = merchant.call("GET", path)
        #expect(reading.status == 404)
        #expect(reading.errorMessages == ["Invalid customer-token ID"])
        #expect(
            merchant.call("PATCH", "\(path)/status", ["status": "CANCELLED"]).errorMessages == ["Invalid token ID"]
        )
        #expect(merchant.call("POST", "\(path)/order", .charge).errorCode == "TOKEN_NOT_FOUND")
        #expect(throws: KlarnaRefusal.self) {
            try merchant.world.act(.suspend, onToken: Merchant.unknownID, at: merchant.now)
        }
    }

    @Test(arguments: [("PAY_NOW", "CARD", "card"), ("pay_over_time", "FIXED_AMOUNT", "fixed_amount")])
    func `is paid as the page's category says`(category: String, type: String, ordered: String) throws {
        let merchant = Merchant()
        let options: JSON = ["payment_method_category": .string(category)]
        let session = try merchant.open(.subscription("tokenize"), options: options)
        _ = try merchant.act(.approve, session.hppSession)
        let created = merchant.createToken(try #require(merchant.token(of: session.hppSession)))
        let token = try #require(created.json["token_id"]?.string)
        let reading = merchant.call("GET", "/customer-token/v1/tokens/\(token)").json
        #expect(reading["payment_method_type"]?.string == type)
        #expect(merchant.charge(token).json["authorized_payment_method"]?["type"]?.string == ordered)
    }

    @Test(arguments: SandboxWorld.PaymentMethod.allCases)
    func `shows what it is charged to`(method: SandboxWorld.PaymentMethod) throws {
        let merchant = Merchant()
        merchant.world.behaviour.paymentMethod = method
        let token = try merchant.token()
        let reading = merchant.call("GET", "/customer-token/v1/tokens/\(token)").json
        #expect((reading["card"] != nil) == (method == .card))
        #expect((reading["direct_debit"] != nil) == (method == .directDebit))
        let placed = merchant.charge(token).json
        #expect(placed["authorized_payment_method"]?["type"]?.string == method.rawValue)
        let order = "/ordermanagement/v1/orders/\(try #require(placed["order_id"]?.string))"
        #expect(merchant.call("GET", order).json["initial_payment_method"]?["type"] == reading["payment_method_type"])
    }
}

extension Merchant {
    /// A token of a shopper who agreed.
    func token() throws -> String {
        let created = createToken(try authorize(.subscription("tokenize")))
        return try #require(created.json["token_id"]?.string)
    }

    func createToken(_ authorization: String, _ terms: JSON = .tokenTerms) -> KlarnaAnswer {
        call("POST", "/payments/v1/authorizations/\(authorization)/customer-token", terms)
    }

    func charge(_ token: String, _ order: JSON = .charge, key: String? = nil) -> KlarnaAnswer {
        call("POST", "/customer-token/v1/tokens/\(token)/order", order, idempotencyKey: key)
    }

    fileprivate func status(_ token: String) -> String? {
        call("GET", "/customer-token/v1/tokens/\(token)").json["status"]?.string
    }
}

extension JSON {
    /// A month of something for SEK 125.00.
    static func subscription(_ intent: String) -> JSON {
        charge.with("purchase_country", "SE").with("locale", "sv-SE").with("intent", .string(intent))
    }

    static let charge: JSON = [
        "purchase_currency": "SEK", "order_amount": 12_500, "order_tax_amount": 2500,
        "order_lines": [
            [
                "type": "digital", "reference": "CLUB", "name": "Club, one month", "quantity": 1,
                "unit_price": 12_500, "tax_rate": 2500, "total_amount": 12_500, "total_tax_amount": 2500,
                "subscription": ["name": "Club", "interval": "MONTH", "interval_count": 1],
            ]
        ],
    ]

    static let tokenTerms: JSON = [
        "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE", "description": "Club, every month",
        "intended_use": "SUBSCRIPTION", "billing_address": .address,
    ]
}
