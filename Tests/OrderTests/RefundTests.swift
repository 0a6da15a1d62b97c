import Klarna
import Money
import Testing
import Wire

@testable import Checkouts

@Suite("A refund")
struct RefundTests {
    @Test func `gives back what was captured and no more`() async throws {
        let town = try Town()
        let id = try await town.buy()
        await #expect(throws: DeskError.self) { try await town.desk.refund(id, try NewRefund(json: ["amount": 1])) }
        _ = try await town.desk.capture(id, try NewCapture(json: ["amount": 10_000]))
        let first = try await town.desk.refund(id, try NewRefund(json: ["amount": 4000]))
        #expect(first.operation.klarnaID != nil)
        await #expect(throws: DeskError.self) { try await town.desk.refund(id, try NewRefund(json: ["amount": 6001])) }
        let rest = try await town.desk.refund(id, try NewRefund(json: [:]))
        #expect(rest.operation.amount == 6000)
        let order = try await town.order(id)
        #expect(order["refunded_amount"] == 10_000)
        #expect(try await town.checkout(id).order?.refundedAmount == 10_000)
        #expect(order["refunds"]?.array?.count == 2)
    }

    @Test func `M20 in parts of an order captured in parts adds up to the unit`() async throws {
        let town = try Town()
        let basket: JSON = [
            "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE", "order_amount": 1000,
            "order_lines": [
                [
                    "reference": "A", "name": "Three of a thing", "quantity": 3, "unit_price": 334, "tax_rate": 2500,
                    "total_discount_amount": 2, "total_amount": 1000, "total_tax_amount": 200,
                ]
            ],
        ]
        let id = try await town.buy(basket)
        let one: JSON = ["order_lines": [["reference": "A", "quantity": 1]]]
        var captured: [Int64] = []
        for _ in 0..<3 {
            captured.append(try await town.desk.capture(id, try NewCapture(json: one)).operation.amount?.value ?? 0)
        }
        #expect(captured.reduce(0, +) == 1000)
        #expect(try await town.checkout(id).order?.status == "captured")
        let two: JSON = ["order_lines": [["reference": "A", "quantity": 2]]]
        let refunds = [
            try await town.desk.refund(id, try NewRefund(json: two)),
            try await town.desk.refund(id, try NewRefund(json: one)),
        ]
        #expect(refunds.compactMap(\.operation.amount?.value).reduce(0, +) == 1000)
        #expect(try await town.order(id)["refunded_amount"] == 1000)
    }

    @Test(arguments: [WorldKlarna.Fault.lostAnswer, .lostRequest])
    func `is made once however its answer fails`(_ fault: WorldKlarna.Fault) async throws {
        let town = try Town()
        let id = try await town.buy()
        _ = try await town.desk.capture(id, try NewCapture(json: [:]))
        town.klarna.fail("/refunds", fault)
        let done = try await town.desk.refund(id, try NewRefund(json: ["amount": 89]))
        try await town.pass(.seconds(3600))
        #expect(try await town.checkout(id).operation(done.operation.id)?.klarnaID != nil)
        #expect(try await town.order(id)["refunded_amount"] == 89)
    }

    @Test func `twice of the same amount by two requests is two refunds`() async throws {
        let town = try Town()
        let id = try await town.buy()
        _ = try await town.desk.capture(id, try NewCapture(json: [:]))
        let same = try NewRefund(json: ["amount": 100, "reference": "goodwill"])
        town.klarna.fail("/refunds", .lostAnswer)
        for _ in 0..<2 { _ = try await town.desk.refund(id, same) }
        try await town.pass(.seconds(3600))
        #expect(try await town.order(id)["refunded_amount"] == 200)
        #expect(try await town.checkout(id).operations(.refund).compactMap(\.klarnaID).count == 2)
    }
}
