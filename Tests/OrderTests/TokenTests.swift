import Klarna
import KlarnaSandbox
import Money
import Testing
import Wire

@testable import Checkouts

@Suite("A customer token")
struct TokenTests {
    @Test func `is what a tokenizing checkout ends with`() async throws {
        let town = try Town()
        let id = try await town.buy(.subscription("tokenize"))
        let checkout = try await town.checkout(id)
        #expect(checkout.status == .tokenized)
        #expect(checkout.order == nil)
        #expect(checkout.customerToken?.id.checkoutID == id)
        #expect(town.klarna.orders.isEmpty)
        #expect(try await town.events(id).contains { $0.type == "checkout.tokenized" })
    }

    @Test(arguments: ["buy_and_tokenize", "buy_and_default_tokenize"])
    func `comes beside the order where both are asked for`(_ intent: String) async throws {
        let town = try Town()
        let id = try await town.buy(.subscription(intent))
        let checkout = try await town.checkout(id)
        #expect(checkout.status == .orderPlaced)
        #expect(checkout.customerToken != nil)
        #expect(checkout.problem == nil)
        #expect(town.klarna.orders.count == 1)
    }

    @Test(arguments: [WorldKlarna.Fault.lostAnswer, .lostRequest, .status(503), .notSent])
    func `is made although an answer failed`(_ fault: WorldKlarna.Fault) async throws {
        let town = try Town()
        town.klarna.fail("/customer-token", fault)
        let id = try await town.buy(.subscription("buy_and_tokenize"))
        try await town.pass(.seconds(600))
        let checkout = try await town.checkout(id)
        #expect(checkout.status == .orderPlaced)
        #expect(checkout.customerToken != nil)
        #expect(town.klarna.orders.count == 1)
    }

    @Test(arguments: ["tokenize", "buy_and_tokenize"])
    func `is made although our clock was set beyond the authorization's end`(_ intent: String) async throws {
        let town = try Town()
        town.klarna.fail("/customer-token", .status(429))
        let id = try await town.buy(.subscription(intent))
        #expect(try await town.checkout(id).status == .authorized)
        town.klarna.clockIsSet(by: .seconds(2 * 3600))
        try await town.pass(.seconds(60), inStepsOf: .seconds(5))
        #expect(try await town.checkout(id).customerToken != nil)
    }

    @Test func `that Klarna refuses to make does not keep the order from being placed`() async throws {
        let town = try Town()
        town.klarna.fail("/customer-token", .status(400))
        let id = try await town.buy(.subscription("buy_and_tokenize"))
        let checkout = try await town.checkout(id)
        #expect(checkout.status == .orderPlaced)
        #expect(checkout.customerToken == nil)
        #expect(checkout.problem?.type == .customerTokenRefused)
        #expect(town.klarna.calls("/customer-token").count == 1)
    }

    @Test func `that Klarna refuses to make fails a checkout that wants nothing else`() async throws {
        let town = try Town()
        town.klarna.fail("/customer-token", .status(403))
        let id = try await town.buy(.subscription("tokenize"))
        try await town.work()
        #expect(try await town.checkout(id).status == .orderFailed)
        #expect(try await town.checkout(id).problem?.type == .customerTokenRefused)
    }

    @Test(arguments: [nil, WorldKlarna.Fault.lostAnswer, .lostRequest, .status(500), .notSent])
    func `is charged once, however the answer fails`(_ fault: WorldKlarna.Fault?) async throws {
        let town = try Town()
        let token = try await town.token()
        if let fault { town.klarna.fail("/customer-token/v1", fault) }
        let charged = try await town.desk.charge(token, try NewCharge(json: .charge))
        try await town.pass(.seconds(600))
        let checkout = try await town.checkout(charged.id)
        #expect(checkout.status == .orderPlaced)
        #expect(checkout.chargedToken == token)
        #expect(checkout.authorizationExpiresAt == nil)
        #expect(town.klarna.orders.count == 1)
        // What is charged is an order as any other.
        let capture = try await town.desk.capture(charged.id, try NewCapture(json: ["amount": 5000]))
        #expect(capture.operation.klarnaID != nil)
    }

    @Test(arguments: [
        ("TOKEN_SUSPENDED", Problem.Kind.customerTokenSuspended, "suspended"),
        ("PAYMENT_METHOD_FAILED", .paymentMethodFailed, "active"),
        ("UNAVAILABLE_PAYMENT_METHOD", .paymentMethodUnavailable, "active"),
    ])
    func `that cannot be charged says why`(_ code: String, _ kind: Problem.Kind, _ status: String) async throws {
        let town = try Town()
        let token = try await town.token()
        try town.klarna.fail(charges: code)
        let charged = try await town.desk.charge(token, try NewCharge(json: .charge))
        #expect(charged.status == .orderFailed)
        #expect(charged.problem?.type == kind)
        #expect(charged.problem?.klarna?.errorCode == code)
        #expect(try await town.desk.customerToken(token).1.status == status)
        #expect(town.klarna.orders.isEmpty)
        try await town.pass(.seconds(86_400))
        #expect(town.klarna.calls("DELETE").isEmpty)
    }

    @Test func `is cancelled for good`() async throws {
        let town = try Town()
        let token = try await town.token()
        #expect(try await town.desk.readToken(token).status == "active")
        #expect(try await town.desk.cancelToken(token).status == "cancelled")
        #expect(try await town.desk.cancelToken(token).status == "cancelled")
        await #expect(throws: DeskError.self) { try await town.desk.charge(token, try NewCharge(json: .charge)) }
        #expect(town.klarna.calls("PATCH").count == 1)
    }

    /// Klarna may refuse to cancel what it has cancelled already.
    @Test(arguments: [true, false])
    func `is cancelled when an answer was lost and the repetition is refused`(_ isDone: Bool) async throws {
        let town = try Town()
        let token = try await town.token()
        let refusal: JSON = ["error_code": "NOT_ALLOWED"]
        town.klarna.fail("PATCH", isDone ? .lostAnswer : .lostRequest, .answer(refusal, status: 403))
        await #expect(throws: DeskError.self) { try await town.desk.cancelToken(token) }
        if isDone {
            #expect(try await town.desk.cancelToken(token).status == "cancelled")
        } else {
            await #expect(throws: DeskError.self) { try await town.desk.cancelToken(token) }
            #expect(try await town.desk.customerToken(token).1.status == "active")
        }
    }

    /// The authorization is used up, perhaps by the token of which nobody heard.
    @Test(arguments: ["tokenize", "buy_and_tokenize"])
    func `that may have been made is not called refused`(_ intent: String) async throws {
        var behaviour = SandboxWorld.Behaviour()
        behaviour.repeatedToken = .consumed
        let town = try Town(behaviour)
        town.klarna.fail("/customer-token", .lostAnswer)
        let id = try await town.buy(.subscription(intent))
        try await town.pass(.seconds(600))
        let checkout = try await town.checkout(id)
        #expect(checkout.status == (intent == "tokenize" ? .needsReview : .orderPlaced))
        #expect(checkout.problem?.type == .customerTokenUnknown)
        #expect(checkout.customerToken == nil)
    }

    /// A process that was just started, and a clock that is two hours wrong.
    @Test(arguments: ["tokenize", "buy_and_tokenize"], [Duration.seconds(-7200), .seconds(7200)])
    func `is made by a process that has not heard Klarna's clock`(_ intent: String, _ ahead: Duration) async throws {
        let town = try Town(klarnaAhead: ahead)
        let checkout = try await town.open(.subscription(intent))
        try town.klarna.act(.approve, on: checkout)
        _ = try await town.desk.observe(checkout.id, because: .callback)
        try await town.work(town.anotherDesk())
        let after = try await town.checkout(checkout.id)
        #expect(after.customerToken != nil)
        #expect(after.status == (intent == "tokenize" ? .tokenized : .orderPlaced))
        #expect(after.problem == nil)
    }
}

extension WorldKlarna {
    func fail(charges code: String) throws {
        try meddle { world, now in
            let token = try #require(world.tokens(at: now).first?["token_id"]?.string)
            if code == "TOKEN_SUSPENDED" {
                _ = try world.act(.suspend, onToken: token, at: now)
            } else {
                _ = try world.act(.fail, onToken: token, body: ["error_code": .string(code)], at: now)
            }
        }
    }
}

@Suite("A charge that cannot be made")
struct LateChargeTests {
    @Test func `is given up after a day, whatever is mended later`() async throws {
        let town = try Town()
        let token = try await town.token()
        town.klarna.fail("/customer-token/v1", [WorldKlarna.Fault](repeating: .notSent, count: 2000))
        let charged = try await town.desk.charge(token, try NewCharge(json: .charge))
        #expect(charged.status == .authorized)
        try await town.pass(.seconds(25 * 3600))
        #expect(try await town.checkout(charged.id).status == .orderFailed)
        #expect(try await town.checkout(charged.id).problem?.type == .klarnaUnreachable)
        #expect(try await town.store.nextJobDue() == nil)
    }

    @Test(arguments: [("TOKEN_FORBIDDEN", 403), ("TOKEN_NOT_FOUND", 404)])
    func `because the credentials were wrong leaves the token as it is`(_ code: String, _ status: Int) async throws {
        let town = try Town()
        let token = try await town.token()
        town.klarna.fail("/customer-token/v1", .answer(["error_code": .string(code)], status: status))
        let charged = try await town.desk.charge(token, try NewCharge(json: .charge))
        #expect(charged.problem?.type == .customerTokenCancelled)
        #expect(try await town.desk.customerToken(token).1.status == "active")
        #expect(try await town.desk.charge(token, try NewCharge(json: .charge)).status == .orderPlaced)
    }

    @Test(arguments: ["TOKEN_CANCELLED", "TOKEN_CANCELED"])
    func `because the token is cancelled is the last one`(_ code: String) async throws {
        let town = try Town()
        let token = try await town.token()
        try town.klarna.fail(charges: code)
        let charged = try await town.desk.charge(token, try NewCharge(json: .charge))
        #expect(charged.problem?.type == .customerTokenCancelled)
        #expect(try await town.desk.customerToken(token).1.status == "cancelled")
        await #expect(throws: DeskError.self) { try await town.desk.charge(token, try NewCharge(json: .charge)) }
    }
}
