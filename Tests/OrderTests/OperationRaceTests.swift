import Klarna
import KlarnaSandbox
import Money
import Testing
import Wire

@testable import Checkouts

@Suite("An operation")
struct OperationRaceTests {
    @Test(arguments: [WorldKlarna.Moment.before, .after])
    func `is done once when whoever does it stands still and another takes over`(
        _ moment: WorldKlarna.Moment
    ) async throws {
        let town = try Town()
        let id = try await town.buy()
        let other = try town.anotherDesk()
        town.klarna.meanwhile("POST /ordermanagement", moment) {
            for _ in 0..<5 {
                town.clock.advance(.seconds(60))
                try? await other.workUntilQuiet()
            }
        }
        _ = try? await town.desk.capture(id, try NewCapture(json: ["amount": 12_000]))
        try await town.pass(.seconds(3600))
        #expect(try await town.order(id)["captured_amount"] == 12_000)
        let checkout = try await town.checkout(id)
        #expect(checkout.order?.capturedAmount == 12_000)
        #expect(checkout.operations(.capture).count == 1)
        #expect(try await town.events(id).count { $0.type == "order.captured" } == 1)
    }

    /// Done at once and its answer lost; then Klarna cannot be reached for so long.
    @Test(arguments: [1, 10, 22 * 3600, 23 * 3600 - 60, 23 * 3600 + 60, 24 * 3600 + 60])
    func `is done once, whenever the trouble ends`(_ seconds: Int) async throws {
        let town = try Town()
        let id = try await town.buy()
        town.klarna.fail("/captures", .lostAnswer)
        town.klarna.fail("/captures", [WorldKlarna.Fault](repeating: .lostRequest, count: 3000))
        _ = try await town.desk.capture(id, try NewCapture(json: ["amount": 12_000]))
        try await town.pass(.seconds(seconds))
        town.klarna.heal()
        try await town.pass(.seconds(4 * 3600))
        #expect(try await town.order(id)["captured_amount"] == 12_000)
        #expect(try await town.checkout(id).order?.capturedAmount == 12_000)
        #expect(try await town.checkout(id).operations.allSatisfy { !$0.isPending })
    }

    /// A process that was just started knows nothing of Klarna's clock, and ours is a day wrong.
    @Test(arguments: [Duration.seconds(25 * 3600), .seconds(-25 * 3600)])
    func `is done once by a process that has not heard Klarna's clock`(_ ahead: Duration) async throws {
        let town = try Town(klarnaAhead: ahead)
        let id = try await town.buy()
        let started = try town.anotherDesk()
        town.klarna.fail("/captures", .late(.seconds(59)))
        _ = try await started.capture(id, try NewCapture(json: ["amount": 10_000]))
        try await town.pass(.seconds(3600))
        #expect(try await town.order(id)["captured_amount"] == 10_000)
        #expect(try await town.checkout(id).operations.allSatisfy { $0.klarnaID != nil })
        #expect(Set(town.klarna.calls("/captures").compactMap(\.key)).count == 1)
    }

    @Test func `fails, and what the portal did in the same moment is known`() async throws {
        let town = try Town()
        let id = try await town.buy()
        let orderID = try #require(try await town.checkout(id).order?.orderID.rawValue)
        town.klarna.meanwhile("POST /ordermanagement", .before) {
            town.klarna.elsewhere(
                "POST",
                "/ordermanagement/v1/orders/\(orderID)/captures",
                ["captured_amount": 20_000],
            )
        }
        let failed = try await town.desk.capture(id, try NewCapture(json: ["amount": 20_000]))
        #expect(!failed.operation.mayCount)
        let checkout = try await town.desk.refresh(id)
        #expect(try await town.order(id)["captured_amount"] == 20_000)
        #expect(checkout.order?.capturedAmount == 20_000)
        #expect(checkout.operations(.capture).filter(\.mayCount).map(\.origin) == [.elsewhere])
    }

    private static let address: JSON = [
        "given_name": "Ada", "family_name": "Person", "street_address": "Storgatan 1", "postal_code": "111 48",
        "city": "Stockholm", "country": "SE", "email": "customer@email.se", "phone": "+46701740615",
    ]

    /// Done and its answer lost, and somebody in front of Klarna refuses the repetition: no reading shows what became of it.
    @Test(arguments: [
        ["merchant_reference2": "another"],
        ["shipping_address": address],
        ["shipping_info": [["shipping_company": "PostNord", "tracking_number": "1", "shipping_method": "Home"]]],
        JSON.mug(20_000),
    ])
    func `that readings do not show is not called refused when it may have been done`(_ change: JSON) async throws {
        let town = try Town()
        let id = try await town.buy()
        town.klarna.fail("/ordermanagement/v1/orders/", .lostAnswer, .status(403))
        _ = try await town.desk.change(id, change)
        try await town.pass(.seconds(3600))
        let operation = try #require(try await town.checkout(id).operations.last)
        switch operation.outcome {
        case .succeeded: break
        case .failed(let problem): #expect(problem.type == .operationUnknown)
        case .pending: Issue.record("nothing came of it")
        }
    }

    @Test func `that was refused and never lost is called refused`() async throws {
        let town = try Town()
        let id = try await town.buy()
        town.klarna.fail("/merchant-references", .status(403))
        let done = try await town.desk.change(id, ["merchant_reference2": "another"])
        guard case .failed(let problem) = done.operation.outcome else {
            Issue.record("it is \(done.operation.outcome)")
            return
        }
        #expect(problem.type == .operationRefused)
    }

    @Test func `that follows a change of the order takes its parts of the new lines`() async throws {
        let town = try Town()
        let id = try await town.buy()
        let one: JSON = ["order_lines": [["reference": "MUG", "quantity": 1]]]
        _ = try await town.desk.capture(id, try NewCapture(json: one))
        let lines = try #require(JSON.basket["order_lines"]?.array)
        var more = try #require(lines[0].object)
        more["quantity"] = 3
        more["total_amount"] = 37_500
        more["total_tax_amount"] = 7500
        // The lines in another order, and one mug more.
        let change: JSON = ["order_amount": 42_400, "order_lines": [lines[1], .object(more)]]
        _ = try await town.desk.change(id, change)
        let rest = try await town.desk.capture(id, try NewCapture(json: [:]))
        #expect(rest.operation.amount == 29_900)
        #expect(rest.operation.parts.map(\.line.quantity) == [1, 2])
        #expect(rest.checkout.order?.remainingAuthorizedAmount == .zero)
    }
}
