import KlarnaSandbox
import Testing
import Wire

@Suite("The sandbox's behaviour")
struct BehaviourTests {
    @Test func `gives the answer to a known idempotency key again when keys count, for a day`() throws {
        let merchant = Merchant()
        merchant.world.behaviour.honoursIdempotencyKeys = true
        let first = merchant.place(try merchant.authorize(), key: "key-1")
        let otherToken = try merchant.authorize(.mug.with("merchant_reference1", "order-1002"))
        #expect(merchant.place(otherToken, key: "key-1").json == first.json)
        #expect(merchant.orderCount == 1)
        merchant.wait(.seconds(24 * 3600))
        #expect(merchant.place(otherToken, key: "key-1").status == 404)
    }

    @Test func `pays no attention to idempotency keys otherwise`() throws {
        let merchant = Merchant()
        let first = merchant.place(try merchant.authorize(), key: "key-1")
        let second = merchant.place(try merchant.authorize(), key: "key-1")
        #expect(second.status == 200)
        #expect(second.json["order_id"] != first.json["order_id"])
    }

    @Test func `does not keep a refusal for its idempotency key`() throws {
        let merchant = Merchant()
        merchant.world.behaviour.honoursIdempotencyKeys = true
        let token = try merchant.authorize()
        #expect(merchant.place(token, .mug.with("order_amount", 1), key: "key-1").status == 400)
        #expect(merchant.place(token, key: "key-1").status == 200)
    }

    @Test(arguments: [400, 403, 404, 409, 429, 500, 503], [true, false])
    func `refuses an order without reason once, or as long as the token lives`(status: Int, isSticky: Bool) throws {
        let merchant = Merchant()
        merchant.world.behaviour.placeTrouble = .init(status: status, isSticky: isSticky)
        let token = try merchant.authorize()
        #expect(merchant.place(token).status == status)
        for _ in 0..<2 { #expect(merchant.place(token).status == (isSticky ? status : 200)) }
        #expect(merchant.orderCount == (isSticky ? 0 : 1))
    }

    @Test(arguments: [true, false])
    func `may place the order that it seems to refuse`(isSticky: Bool) throws {
        let merchant = Merchant()
        merchant.world.behaviour.placeTrouble = .init(status: 500, isSticky: isSticky, ordersAnyway: true)
        let session = try merchant.open()
        _ = try merchant.act(.approve, session.hppSession)
        let token = try #require(merchant.token(of: session.hppSession))
        #expect(merchant.place(token).status == 500)
        #expect(merchant.orderCount == 1)
        #expect(merchant.call("GET", "/payments/v1/sessions/\(session.paymentSession)").json["status"] == "complete")
        #expect(merchant.place(token).status == (isSticky ? 500 : 200))
        #expect(merchant.orderCount == 1)
    }

    @Test func `lets only some tokens meet with trouble`() throws {
        let merchant = Merchant()
        merchant.world.behaviour.placeTrouble = .init(percent: 30)
        var refused = 0
        for _ in 0..<100 {
            let answer = merchant.place(try merchant.authorize())
            if answer.status == 500 { refused += 1 }
        }
        #expect((10...50).contains(refused))
        #expect(merchant.orderCount == 100 - refused)
    }

    @Test func `leaves calls unanswered and does them later, each once`() throws {
        let merchant = Merchant()
        let session = try merchant.open()
        _ = try merchant.act(.approve, session.hppSession)
        let token = try #require(merchant.token(of: session.hppSession))
        merchant.world.behaviour.lateEffects = .init(percent: 100)
        #expect(!merchant.place(token).isAnswered)
        #expect(!merchant.place(token).isAnswered)
        let due = try #require(merchant.world.nextLateWork)
        #expect(due >= merchant.now && due <= merchant.now + SandboxWorld.LateEffects.longest)
        merchant.wait(due - merchant.now - .milliseconds(1))
        #expect(merchant.orderCount == 0)
        let reading = merchant.call("GET", "/payments/v1/sessions/\(session.paymentSession)")
        #expect(reading.json["status"] == "incomplete")
        merchant.wait(.milliseconds(1))
        #expect(merchant.orderCount == 1)
        #expect(
            merchant.call("GET", "/payments/v1/sessions/\(session.paymentSession)").json["status"] == "complete"
        )
        merchant.wait(SandboxWorld.LateEffects.longest)
        #expect(merchant.orderCount == 1)
        merchant.world.settle(at: merchant.now)
        #expect(merchant.world.nextLateWork == nil)
        #expect(merchant.world.orders(at: merchant.now).first?["created_at"]?.string == due.description)
    }

    @Test func `does late work in the order of its times`() throws {
        let merchant = Merchant()
        let token = try merchant.authorize()
        let release = KlarnaCall(
            method: "DELETE",
            path: "/payments/v1/authorizations/\(token)",
            authorization: "Basic dXNlcjpwYXNzd29yZA==",
            baseURL: Merchant.base,
        )
        merchant.world.leaveUnanswered(release, workAt: merchant.now + .seconds(40))
        merchant.world.leaveUnanswered(Merchant.placeCall(token), workAt: merchant.now + .seconds(30))
        merchant.wait(.seconds(60))
        #expect(merchant.orderCount == 1)
        #expect(merchant.world.sessions(at: merchant.now).first?.authorizations.map(\.state) == [.consumed])
    }

    @Test(arguments: SandboxWorld.OrderShown.allCases)
    func `shows the order that the merchant placed as it is told to`(shown: SandboxWorld.OrderShown) throws {
        let merchant = Merchant()
        merchant.world.behaviour.orderShown = shown
        let session = try merchant.open()
        _ = try merchant.act(.approve, session.hppSession)
        let token = try #require(merchant.token(of: session.hppSession))
        let orderID = merchant.place(token).json["order_id"]
        let reading = merchant.call("GET", "/hpp/v1/sessions/\(session.hppSession)").json
        #expect(reading["order_id"] == (shown == .never ? nil : orderID))
        #expect(reading["authorization_token"] == (shown == .insteadOfToken ? nil : .string(token)))
    }

    @Test(arguments: SandboxWorld.Omission.allCases)
    func `leaves out of some readings what it is told to`(omission: SandboxWorld.Omission) throws {
        let merchant = Merchant()
        merchant.world.behaviour.omissions = [omission]
        let id = try merchant.open().hppSession
        _ = try merchant.act(.approve, id)
        let readings = (0..<40).map { _ in merchant.call("GET", "/hpp/v1/sessions/\(id)").json }
        for name in SandboxWorld.Omission.allCases.map(\.rawValue) {
            let missing = readings.filter { $0[name] == nil }.count
            #expect(name == omission.rawValue ? (1..<40).contains(missing) : missing == 0)
        }
    }

    @Test(arguments: [
        (ShopperAction.timeout, "TIMEOUT"), (.manualIDCheck, "MANUAL_ID_CHECK"), (.unheardOf, "PONDERING"),
    ])
    func `has words for a session that nobody expects, and goes on from there`(
        action: ShopperAction,
        word: String,
    ) throws {
        let merchant = Merchant()
        let id = try merchant.open().hppSession
        let outcome = try merchant.act(action, id)
        #expect(outcome.callbacks.last?.body["session"]?["status"]?.string == word)
        #expect(merchant.call("GET", "/hpp/v1/sessions/\(id)").json["status"]?.string == word)
        #expect(try merchant.act(.approve, id).status == .completed)
    }

    @Test func `runs the same for the same seed`() throws {
        func run() throws -> [JSON] {
            var seed = SeededGenerator(seed: 7)
            let merchant = Merchant(behaviour: .drawn(using: &seed))
            merchant.world.behaviour.enforcesRateLimits = false
            for _ in 0..<20 {
                merchant.world.behaviour.lateEffects = nil
                let session = try merchant.open()
                _ = try merchant.act(.approve, session.hppSession)
                merchant.world.behaviour.lateEffects = .init(percent: 40)
                merchant.world.behaviour.placeTrouble = .init(percent: 40, ordersAnyway: true)
                if let token = merchant.token(of: session.hppSession) { _ = merchant.place(token) }
                merchant.wait(.seconds(10))
            }
            merchant.wait(.seconds(100))
            return merchant.world.orders(at: merchant.now)
        }
        let first = try run()
        #expect(!first.isEmpty)
        #expect(try run() == first)
    }

    @Test func `is drawn with every switch in every position`() {
        var seed = SeededGenerator(seed: 1)
        let drawn = (0..<2000).map { _ in SandboxWorld.Behaviour.drawn(using: &seed) }
        #expect(Set(drawn.map(\.repeatedOrder)).count == SandboxWorld.RepeatedOrder.allCases.count)
        #expect(Set(drawn.map(\.orderShown)).count == SandboxWorld.OrderShown.allCases.count)
        #expect(Set(drawn.map(\.tokensPerPage)) == [1, 2, 3])
        #expect(Set(drawn.map(\.omissions)).count == 8)
        for isOn in [
            \SandboxWorld.Behaviour.honoursIdempotencyKeys, \.keepsOlderTokens, \.showsFirstToken, \.enforcesRateLimits,
        ] {
            #expect(Set(drawn.map { $0[keyPath: isOn] }).count == 2)
        }
        #expect(Set(drawn.map { $0.placeTrouble == nil }).count == 2)
        #expect(Set(drawn.compactMap { $0.placeTrouble.map { [$0.isSticky, $0.ordersAnyway] } }).count == 4)
        #expect(drawn.contains { $0.lateEffects?.within == SandboxWorld.LateEffects.longest })
        #expect(Set(drawn.map { $0.tokenRenewal == nil }).count == 2)
        #expect(drawn.contains { $0.completionDelay == .seconds(30) })
    }
}

extension Merchant {
    var orderCount: Int { world.orders(at: now).count }

    func place(_ token: String, _ body: JSON = .mug, key: String) -> KlarnaAnswer {
        call("POST", "/payments/v1/authorizations/\(token)/order", body, idempotencyKey: key)
    }

    static func placeCall(_ token: String) -> KlarnaCall {
        KlarnaCall(
            method: "POST",
            path: "/payments/v1/authorizations/\(token)/order",
            authorization: "Basic dXNlcjpwYXNzd29yZA==",
            contentType: "application/json",
            body: JSON.mug.bytes,
            baseURL: Merchant.base,
        )
    }
}
