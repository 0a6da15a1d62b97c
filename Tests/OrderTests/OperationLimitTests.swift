import Klarna
import KlarnaSandbox
import Money
import Testing
import Wire

@testable import Checkouts

@Suite("What is kept of operations")
struct OperationLimitTests {
    @Test func `is a score that wait, and no more`() async throws {
        let town = try Town()
        let id = try await town.buy()
        town.klarna.fail("/merchant-references", [WorldKlarna.Fault](repeating: .status(503), count: 5000))
        for number in 0..<20 {
            let references = MerchantReferences(first: nil, second: "r\(number)")
            _ = try await town.desk.order(on: id, .merchantReferences, for: nil) { _, _ in
                Wish(references: references, body: references.bytes)
            }
        }
        await #expect(throws: DeskError.self) { try await town.desk.change(id, ["merchant_reference2": "r20"]) }
        #expect(try await town.checkout(id).operations.count(where: \.isPending) == 20)
        town.klarna.heal()
        try await town.pass(.seconds(7200))
        #expect(try await town.checkout(id).operations.allSatisfy { !$0.isPending })
        #expect(try await town.order(id)["merchant_reference2"] == "r19")
        _ = try await town.desk.change(id, ["merchant_reference2": "r20"])
    }

    @Test(arguments: [(operations: 1000, parts: 0), (operations: 1, parts: 20_000)])
    func `is so many, of so many parts`(_ most: (operations: Int, parts: Int)) async throws {
        let town = try Town()
        let id = try await town.buy()
        let capture = try await town.desk.capture(id, try NewCapture(json: ["amount": 100])).operation
        var full = try await town.checkout(id)
        let line = OrderLine(name: "A", quantity: 1, unitPrice: 1, totalAmount: 1)
        full.operations = (0..<most.operations).map { number in
            var operation = OrderOperation(
                id: capture.id,
                effect: .capture,
                amount: .zero,
                parts: [LinePart](repeating: LinePart(index: nil, line: line), count: most.parts),
                createdAt: town.clock.now,
            )
            operation.outcome = .succeeded(klarnaID: "capture-\(number)")
            return operation
        }
        let reference: JSON = ["merchant_reference2": "full"]
        let calls = town.klarna.calls("ordermanagement").count
        let isFull = full
        try await town.store.commit(Change(id, checkout: isFull))
        await #expect(throws: DeskError.self) { try await town.desk.change(id, reference) }
        #expect(town.klarna.calls("ordermanagement").count == calls)
        var almost = try await town.checkout(id)
        almost.operations[0].outcome = .failed(.operationUnknown)
        almost.operations.removeLast()
        let isAlmostFull = almost
        try await town.store.commit(Change(id, checkout: isAlmostFull))
        #expect(try await !town.desk.change(id, reference).operation.isPending)
    }

    @Test func `is not what was sent, once it is settled`() async throws {
        let town = try Town()
        let id = try await town.buy()
        _ = try await town.desk.change(id, .mug(20_000))
        town.klarna.fail("PATCH", .status(403))
        _ = try await town.desk.change(id, .mug(21_000))
        let operations = try await town.checkout(id).operations
        #expect(operations.count == 2)
        #expect(operations.allSatisfy { !$0.isPending && $0.replacedLines == nil && $0.body.isEmpty })
        #expect(try await town.checkout(id).orderLines.map(\.totalAmount) == [20_000])
    }

    @Test func `is few attempts a day of one that Klarna does not answer`() async throws {
        let town = try Town()
        let id = try await town.buy()
        town.klarna.fail("/captures", [WorldKlarna.Fault](repeating: .status(503), count: 5000))
        _ = try await town.desk.capture(id, try NewCapture(json: [:]))
        try await town.pass(.seconds(3 * 3600), inStepsOf: .seconds(60))
        let attempts = try await town.events(id).count { $0.type == "operation.sending" }
        #expect((30...80).contains(attempts))
    }
}
