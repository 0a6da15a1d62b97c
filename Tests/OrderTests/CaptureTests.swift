import Klarna
import KlarnaSandbox
import Money
import Testing
import Wire

@testable import Checkouts

@Suite("A capture")
struct CaptureTests {
    @Test func `takes all that remains when nothing is named`() async throws {
        let town = try Town()
        let id = try await town.buy()
        let done = try await town.desk.capture(id, try NewCapture(json: [:]))
        #expect(done.operation.amount == 29_900)
        #expect(done.operation.klarnaID != nil)
        #expect(done.checkout.order?.status == "captured")
        #expect(done.checkout.order?.capturedAmount == 29_900)
        #expect(done.checkout.order?.remainingAuthorizedAmount == .zero)
        let sent = try #require(town.klarna.calls("/captures").first?.body)
        #expect(sent["captured_amount"] == 29_900)
        #expect(sent["order_lines"]?.array?.count == 2)
        #expect(sent["reference"]?.string == done.operation.id.rawValue)
        let event = try #require(try await town.events(id).last { $0.type == "order.captured" })
        #expect(event.detail["correlation_id"]?.string != nil)
        #expect(event.detail["amount"] == 29_900)
    }

    @Test func `takes nothing for an empty list of lines`() throws {
        #expect(throws: Faults.self) { try NewCapture(json: ["order_lines": []]) }
        #expect(throws: Faults.self) { try NewRefund(json: ["order_lines": []]) }
    }

    @Test func `takes parts of lines, the last of which takes what remains`() async throws {
        let town = try Town()
        let id = try await town.buy()
        let one: JSON = ["order_lines": [["reference": "MUG", "quantity": 1]], "reference": "parcel-1"]
        let first = try await town.desk.capture(id, try NewCapture(json: one))
        #expect(first.operation.amount == 12_500)
        #expect(first.checkout.order?.status == "part_captured")
        let rest = try await town.desk.capture(id, try NewCapture(json: [:]))
        #expect(rest.operation.amount == 17_400)
        #expect(rest.checkout.order?.status == "captured")
        let order = try await town.order(id)
        #expect(order["captured_amount"] == 29_900)
        #expect(order["captures"]?.array?.map { $0["reference"]?.string } == ["parcel-1", rest.operation.id.rawValue])
    }

    @Test func `M10 is not sent when it is more than remains`() async throws {
        let town = try Town()
        let id = try await town.buy()
        await #expect(throws: DeskError.self) {
            try await town.desk.capture(id, try NewCapture(json: ["amount": 29_901]))
        }
        #expect(town.klarna.calls("/captures").isEmpty)
        #expect(try await town.checkout(id).operations.isEmpty)
    }

    @Test func `R11 asked for twice by one request is made once, by two requests twice`() async throws {
        let town = try Town()
        let id = try await town.buy()
        let half = try NewCapture(json: ["amount": 20_000])
        let asker = try await town.asker("a")
        let first = try await town.desk.capture(id, half, for: asker)
        let again = try await town.desk.capture(id, half, for: asker)
        #expect(first.operation.id == again.operation.id)
        #expect(town.klarna.calls("/captures").count == 1)
        let other = try await town.asker("b")
        await #expect(throws: DeskError.self) {
            try await town.desk.capture(id, half, for: other)
        }
        #expect(try await town.order(id)["captured_amount"] == 20_000)
    }

    @Test(arguments: [true, false], [WorldKlarna.Fault.lostAnswer, .lostRequest, .status(503), .status(429)])
    func `is made once however the answer fails, whether or not Klarna honours keys`(
        _ honoursKeys: Bool,
        _ fault: WorldKlarna.Fault,
    ) async throws {
        let town = try Town()
        town.klarna.meddle { world, _ in world.behaviour.honoursOrderManagementKeys = honoursKeys }
        let id = try await town.buy()
        town.klarna.fail("POST /ordermanagement", fault)
        let done = try await town.desk.capture(id, try NewCapture(json: ["amount": 10_000]))
        try await town.pass(.seconds(3600))
        #expect(try await town.checkout(id).operation(done.operation.id)?.klarnaID != nil)
        #expect(try await town.order(id)["captured_amount"] == 10_000)
        #expect(try await town.checkout(id).order?.capturedAmount == 10_000)
    }

    @Test(arguments: [WorldKlarna.Fault.lostAnswer, .lostRequest])
    func `R12 that timed out is looked for a day later before it is made again`(_ fault: WorldKlarna.Fault) async throws
    {
        let town = try Town()
        let id = try await town.buy()
        // Klarna is away for longer than it keeps keys.
        town.klarna.fail("POST /ordermanagement", fault)
        town.klarna.fail("GET /ordermanagement", [WorldKlarna.Fault](repeating: .status(503), count: 8))
        let done = try await town.desk.capture(id, try NewCapture(json: ["amount": 10_000]))
        #expect(done.operation.isPending)
        town.clock.advance(.seconds(25 * 3600))
        try await town.pass(.seconds(7200))
        let operation = try #require(try await town.checkout(id).operation(done.operation.id))
        #expect(operation.klarnaID != nil)
        #expect(try await town.order(id)["captured_amount"] == 10_000)
        let keys = Set(town.klarna.calls("POST /ordermanagement").compactMap(\.key))
        switch fault {
        case .lostAnswer: #expect(keys.count == 1)
        case .lostRequest, .late, .notSent, .status, .answer, .without: #expect(keys.count == 2)
        }
    }

    @Test func `that Klarna refuses has failed, and what was done elsewhere is known from then on`() async throws {
        let town = try Town()
        let id = try await town.buy()
        let orderID = try #require(try await town.checkout(id).order?.orderID.rawValue)
        _ = try town.klarna.meddle { world, now in
            try world.act(.capture, onOrder: orderID, body: ["amount": 20_000], at: now)
        }
        let refused = try await town.desk.capture(id, try NewCapture(json: ["amount": 15_000]))
        guard case .failed(let problem) = refused.operation.outcome else {
            Issue.record("the capture is \(refused.operation.outcome)")
            return
        }
        #expect(problem.type == .operationRefused)
        #expect(problem.klarna?.errorCode == "CAPTURE_NOT_ALLOWED")
        let checkout = try await town.checkout(id)
        #expect(checkout.order?.capturedAmount == 20_000)
        #expect(checkout.operations.map(\.origin) == [.api, .elsewhere])
        let rest = try await town.desk.capture(id, try NewCapture(json: [:]))
        #expect(rest.operation.amount == 9900)
    }

    @Test func `without a name in Klarna's answer is known by the next reading, and counted once`() async throws {
        let town = try Town()
        let id = try await town.buy()
        try await town.work()
        town.klarna.fail("/captures", .without(["Capture-Id", "Location"]))
        let done = try await town.desk.capture(id, try NewCapture(json: ["amount": 10_000]))
        #expect(!done.operation.isPending)
        try await town.work()
        let read = try await town.desk.refresh(id)
        #expect(read.operations.count == 1)
        #expect(read.operations[0].id == done.operation.id)
        #expect(read.operations[0].klarnaID != nil)
        #expect(try await town.events(id).count { $0.type == "order.captured" } == 1)
        #expect(read.order?.capturedAmount == 10_000)
        #expect(try await town.desk.capture(id, try NewCapture(json: [:])).operation.amount == 19_900)
    }

    @Test func `waits for a change of what is authorized`() async throws {
        let town = try Town()
        let id = try await town.buy()
        town.klarna.fail("PATCH", [WorldKlarna.Fault](repeating: .status(503), count: 40))
        let lines = try #require(JSON.basket["order_lines"]?.array)
        let change = try await town.desk.change(id, ["order_amount": 25_000, "order_lines": [lines[0]]])
        #expect(change.operation.isPending)
        await #expect(throws: DeskError.self) { try await town.desk.capture(id, try NewCapture(json: [:])) }
        #expect(town.klarna.calls("POST /ordermanagement").isEmpty)
    }

    @Test func `survives the process that asked for it`() async throws {
        let town = try Town()
        let id = try await town.buy()
        town.klarna.fail("POST /ordermanagement", .lostAnswer)
        // The process ends between the answer and its record.
        let one = try NewCapture(json: ["amount": 10_000])
        _ = try await town.desk.capture(id, one)
        let other = try town.anotherDesk()
        try await town.store.resume(at: town.clock.now)
        try await town.work(other)
        #expect(try await town.order(id)["captured_amount"] == 10_000)
        #expect(try await town.checkout(id).operations.filter { !$0.isPending }.count == 1)
    }

    @Test func `R17 is refused while Klarna looks at the risk, and after it was rejected`() async throws {
        let town = try Town()
        let id = try await town.buy(.basket(email: "customer+pend-reject-05@email.se"))
        #expect(try await town.checkout(id).order?.fraudStatus == "PENDING")
        await #expect(throws: DeskError.self) { try await town.desk.capture(id, try NewCapture(json: [:])) }
        try await town.pass(.seconds(3600))
        #expect(try await town.checkout(id).order?.fraudStatus == "REJECTED")
        await #expect(throws: DeskError.self) { try await town.desk.capture(id, try NewCapture(json: [:])) }
        #expect(town.klarna.calls("POST /ordermanagement").isEmpty)
        #expect(try await town.events(id).contains { $0.type == "order.fraud_status" })
    }

    @Test func `is allowed once the risk is accepted`() async throws {
        let town = try Town()
        let id = try await town.buy(.basket(email: "customer+pend-accept-05@email.se"))
        try await town.pass(.seconds(1800))
        #expect(try await town.checkout(id).order?.fraudStatus == "ACCEPTED")
        #expect(try await town.desk.capture(id, try NewCapture(json: [:])).operation.klarnaID != nil)
    }

    @Test func `of two processes at once never takes more than remains`() async throws {
        let town = try Town()
        let id = try await town.buy()
        let other = try town.anotherDesk()
        let part = try NewCapture(json: ["amount": 9000])
        await withTaskGroup { group in
            for desk in [town.desk, other, town.desk, other, town.desk] {
                group.addTask { _ = try? await desk.capture(id, part) }
            }
        }
        try await town.pass(.seconds(3600))
        #expect(try await town.order(id)["captured_amount"] == 27_000)
        #expect(town.klarna.calls("POST /ordermanagement").count == 3)
    }
}

extension Town {
    /// Whoever repeats a request under that key.
    func asker(_ key: String) async throws -> CheckoutDesk.Asker {
        let request = IdempotentRequest(scope: "merchant POST /captures", key: key, fingerprint: "body")
        guard case .ours(let claim, _) = try await store.begin(request, lease: .seconds(120), at: clock.now) else {
            throw Unexpected.keyInUse
        }
        return CheckoutDesk.Asker(claim)
    }

    private enum Unexpected: Error { case keyInUse }
}
