import Klarna
import Money
import Testing

@testable import Checkouts

@Suite("Order lines")
struct OrderLineRulesTests {
    private let rules = OrderLineRules(country: "SE")

    @Test(
        "M2 contain the tax that the formula says before it is rounded, give or take one",
        arguments: [
            // unit price, rate, given tax, expected tax, whether it is accepted
            (50_000, 1000, 4545, 4545, true),
            (50_000, 1000, 4546, 4545, true),
            (50_000, 1000, 5000, 4545, false),
            (4000, 2000, 666, 667, true),
            (4000, 2000, 667, 667, true),
            (4000, 2000, 668, 667, false),
            (4000, 2000, 665, 667, false),
            (4000, 2000, 669, 667, false),
            (495, 700, 32, 32, true),
            (495, 700, 41, 32, false),
            (1, 2500, 0, 0, true),
            (2, 2500, 0, 0, true),
            (3, 2500, 1, 1, true),
            (3, 2500, 2, 1, false),
            (0, 2500, 0, 0, true),
            (9999, 2300, 1870, 1870, true),
            (12_300, 2300, 2300, 2300, true),
            (10_000, 810, 749, 749, true),
            (10_000, 800, 749, 741, false),
            (10_000, 550, 521, 521, true),
        ] as [(Int64, Int64, Int64, Int64, Bool)],
    )
    func tax(unitPrice: Int64, rate: Int64, given: Int64, expected: Int64, isAccepted: Bool) throws {
        let faults = rules.faults(in: .item(unitPrice, rate: rate, tax: given), at: "/order_lines/0")
        guard !isAccepted else {
            #expect(faults.isEmpty)
            return
        }
        let fault = try #require(faults.first)
        #expect(faults.count == 1)
        #expect(fault.pointer == "/order_lines/0/total_tax_amount")
        #expect(fault.sum == Fault.Sum(expected: MinorUnits(expected), given: MinorUnits(given), tolerance: 1))
    }

    @Test func `M1 a tenth of the price is not the tax contained in it`() {
        #expect(TaxRate(1000)?.taxIncluded(in: 50_000) == 4545)
        #expect(!rules.faults(in: .item(50_000, rate: 1000, tax: 5000), at: "").isEmpty)
    }

    @Test func `M2 an order's tax may be off by one for each line and no more`() {
        let lines = [OrderLine.item(4000, rate: 2000, tax: 667)]
        #expect(rules.faults(orderAmount: 4000, orderTaxAmount: 668, lines: lines).isEmpty)
        let faults = rules.faults(orderAmount: 4000, orderTaxAmount: 700, lines: lines)
        #expect(faults.map(\.pointer) == ["/order_tax_amount"])
        #expect(faults.first?.sum == Fault.Sum(expected: 667, given: 700, tolerance: 1))
    }

    @Test func `M3 the order's tax is the sum of the lines' taxes, not the tax on their sum`() {
        let lines = [9900, 9900, 9900, 13_800].map { rules.completed(.item($0, rate: 1900, tax: nil)) }
        #expect(lines.map(\.totalTaxAmount) == [1581, 1581, 1581, 2203])
        #expect(rules.taxSum(of: lines) == 6946)
    }

    @Test func `M4 a discount at a rate carries its negative tax`() {
        var line = OrderLine.item(-14_950, rate: 2500, tax: 0)
        line.type = "discount"
        #expect(rules.faults(in: line, at: "").first?.sum == Fault.Sum(expected: -2990, given: 0, tolerance: 1))
        line.totalTaxAmount = -2990
        #expect(rules.faults(in: line, at: "").isEmpty)
    }

    @Test(
        "add up within one for each unit, and exactly for a single one",
        arguments: [
            (333, 3, 0, 1000, true),
            (333, 3, 0, 1004, false),
            (333, 3, 0, 995, false),
            (1000, 1, 0, 1001, false),
            (12_500, 2, 0, 25_000, true),
            (12_500, 2, 5000, 20_000, true),
            (12_500, 2, 5000, 25_000, false),
            (2390, 10, 5975, 17_925, true),
            (100, 0, 0, 0, true),
            (100, 0, 0, 100, false),
        ] as [(Int64, Int64, Int64, Int64, Bool)],
    )
    func totals(unitPrice: Int64, quantity: Int64, discount: Int64, total: Int64, isAccepted: Bool) {
        var line = OrderLine(
            name: "Mug",
            quantity: quantity,
            unitPrice: MinorUnits(unitPrice),
            totalAmount: MinorUnits(total),
        )
        line.totalDiscountAmount = MinorUnits(discount)
        #expect(
            rules.faults(in: line, at: "/order_lines/7").map(\.pointer)
                == (isAccepted ? [] : ["/order_lines/7/total_amount"])
        )
    }

    @Test func `M5 a discount over units that do not divide is taken from the total, not from the unit`() {
        var line = OrderLine(name: "Mug", quantity: 3, unitPrice: 1000, totalAmount: 2000)
        line.totalDiscountAmount = 1000
        #expect(rules.faults(in: line, at: "").isEmpty)
        line.totalDiscountAmount = 1002
        line.totalAmount = 1994
        #expect(!rules.faults(in: line, at: "").isEmpty)
    }

    @Test func `M6 a total that was divided into units is inside the tolerance, and 1004 is not`() {
        #expect(
            rules.faults(in: OrderLine(name: "A", quantity: 3, unitPrice: 333, totalAmount: 1000), at: "").isEmpty
        )
        let faults = rules.faults(in: OrderLine(name: "A", quantity: 3, unitPrice: 333, totalAmount: 1004), at: "")
        #expect(faults.first?.sum == Fault.Sum(expected: 999, given: 1004, tolerance: 3))
    }

    @Test func `M7 the remainder of a division stays in the total that is summed up`() {
        let line = OrderLine(name: "A", quantity: 3, unitPrice: 333, totalAmount: 1000)
        #expect(rules.faults(orderAmount: 1000, orderTaxAmount: nil, lines: [line]).isEmpty)
        #expect(rules.faults(orderAmount: 999, orderTaxAmount: nil, lines: [line]).map(\.pointer) == ["/order_amount"])
    }

    @Test(arguments: [810, 550, 1905, 2506] as [Int64])
    func `M8 M9 keep the rate as it is stated and derive none`(rate: Int64) {
        let line = rules.completed(.item(8400, rate: rate, tax: nil))
        #expect(line.taxRate == rate)
        #expect(rules.completed(.item(8400, rate: nil, tax: nil)).taxRate == nil)
        #expect(rules.faults(in: .item(8400, rate: nil, tax: 160), at: "").map(\.pointer) == ["/tax_rate"])
    }

    @Test func `M13 what lowers an order never brings it below zero, and what raises it is a surcharge`() {
        var card = OrderLine(name: "Gift card", quantity: 1, unitPrice: -5000, totalAmount: -5000)
        card.type = "gift_card"
        let mug = OrderLine(name: "Mug", quantity: 1, unitPrice: 4000, totalAmount: 4000)
        #expect(rules.faults(in: card, at: "").isEmpty)
        #expect(!rules.faults(orderAmount: 0, orderTaxAmount: nil, lines: [mug, card]).isEmpty)
        card.type = "physical"
        #expect(rules.faults(in: card, at: "").map(\.pointer) == ["/unit_price"])
        var swap = OrderLine(name: "Swap", quantity: 1, unitPrice: 500, totalAmount: 500)
        swap.type = "discount"
        #expect(rules.faults(in: swap, at: "").first?.detail.contains("surcharge") == true)
        var generous = OrderLine(name: "Mug", quantity: 1, unitPrice: 100, totalAmount: -50)
        generous.totalDiscountAmount = 150
        #expect(rules.faults(in: generous, at: "").map(\.pointer) == ["/total_amount"])
    }

    @Test func `M14 a line of nothing has no tax and divides by nothing`() {
        #expect(rules.faults(in: .item(0, rate: 0, tax: 0), at: "").isEmpty)
        #expect(rules.completed(.item(0, rate: 2500, tax: nil)).totalTaxAmount == 0)
    }

    @Test func `M16 sales tax in the United States is a line of its own and never negative`() {
        let rules = OrderLineRules(country: "US")
        let lamp = OrderLine(name: "Lamp", quantity: 1, unitPrice: 20_000, totalAmount: 20_000)
        var tax = OrderLine(name: "Sales Tax", quantity: 1, unitPrice: 1000, totalAmount: 1000)
        tax.type = "sales_tax"
        #expect(rules.faults(in: lamp, at: "").isEmpty)
        #expect(rules.faults(in: tax, at: "").isEmpty)
        #expect(rules.faults(orderAmount: 21_000, orderTaxAmount: 1000, lines: [lamp, tax]).isEmpty)
        #expect(
            rules.faults(orderAmount: 21_000, orderTaxAmount: 999, lines: [lamp, tax]).map(\.pointer)
                == ["/order_tax_amount"]
        )
        #expect(
            rules.faults(in: .item(20_000, rate: 500, tax: 952), at: "").map(\.pointer)
                == ["/tax_rate", "/total_tax_amount"]
        )
        tax.unitPrice = -1000
        tax.totalAmount = -1000
        #expect(rules.faults(in: tax, at: "").map(\.pointer) == ["/unit_price"])
    }

    @Test func `M18 small units carry small taxes, and a negative line a negative one`() {
        #expect([1, 2, 3].map { TaxRate(2500)?.taxIncluded(in: MinorUnits($0)) } == [0, 0, 1])
        #expect(TaxRate(2500)?.taxIncluded(in: -3) == -1)
    }

    @Test(arguments: [Int64.min, -1, 0, 1, 1_000_000_000, Int64.max], [Int64.min, -1, 0, 1, Int64.max])
    func `M19 numbers at the edge of 64 bits are refused or taken, and never trap`(quantity: Int64, amount: Int64) {
        var line = OrderLine(
            name: "A",
            quantity: quantity,
            unitPrice: MinorUnits(amount),
            taxRate: 10_000,
            totalAmount: MinorUnits(amount),
        )
        line.totalDiscountAmount = MinorUnits(amount)
        line.totalTaxAmount = MinorUnits(amount)
        let faults = rules.faults(in: line, at: "")
        let sums = rules.faults(
            orderAmount: MinorUnits(amount),
            orderTaxAmount: MinorUnits(amount),
            lines: [line, line],
        )
        #expect(amount == 0 || !(faults + sums).isEmpty)
    }
}

extension OrderLine {
    fileprivate static func item(_ price: Int64, rate: Int64?, tax: Int64?) -> OrderLine {
        var line = OrderLine(name: "Item", quantity: 1, unitPrice: MinorUnits(price), totalAmount: MinorUnits(price))
        line.taxRate = rate
        line.totalTaxAmount = tax.map { MinorUnits($0) }
        return line
    }
}
