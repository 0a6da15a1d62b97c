import Klarna
import Money
import Testing
import Wire

@testable import Checkouts

@Suite("Parts of any order")
struct OrderPartsPropertyTests {
    @Test(arguments: 0..<300 as Range<UInt64>)
    func `add up to it exactly, however it is captured and refunded`(seed: UInt64) throws {
        var dice = SplitMix(state: seed)
        var order = Taking(OrderPartsPropertyTests.lines(&dice))
        while order.captured < order.total {
            let rests = remaining(order.lines, order.capturedParts)
            guard let requested = OrderPartsPropertyTests.pick(of: rests, &dice) else {
                try order.capture()
                continue
            }
            do throws(Faults) {
                check(try order.capture(requested), order.lines)
            } catch {
                // More than remains, for a discount that is still to be taken, or less than nothing.
                #expect(error.all.map(\.pointer) == ["/order_lines"])
                try order.capture()
            }
        }
        #expect(order.captured == order.total)
        expectWhole(order.capturedParts, order.lines)
        while order.refunded < order.captured {
            let rests = remaining(order.lines, order.refundedParts)
            guard let requested = OrderPartsPropertyTests.pick(of: rests, &dice) else {
                try order.refund()
                continue
            }
            do throws(Faults) {
                check(try order.refund(requested), order.lines)
            } catch {
                #expect(error.all.map(\.pointer) == ["/order_lines"])
                try order.refund()
            }
        }
        #expect(order.refunded == order.total)
        expectWhole(order.refundedParts, order.lines)
    }

    /// Each row as Klarna checks it: the total to the unit, no negative discount, the tax give or take one.
    private func check(_ part: OrderPart, _ lines: [OrderLine]) {
        for (index, line) in part.parts.map({ ($0.index ?? 0, $0.line) }) where line != lines[index] {
            let discount = line.totalDiscountAmount ?? 0
            #expect(line.unitPrice.times(line.quantity)?.subtracting(discount) == line.totalAmount)
            #expect(discount >= 0)
            let tax = line.taxRate.flatMap { TaxRate($0)?.taxIncluded(in: line.totalAmount) } ?? 0
            #expect((-1...1).contains((line.totalTaxAmount ?? 0).subtracting(tax) ?? 2))
        }
    }

    private func expectWhole(_ parts: [LinePart], _ lines: [OrderLine]) {
        for (index, line) in lines.enumerated() {
            let taken = parts.filter { $0.index == index }.map(\.line)
            #expect(taken.reduce(0) { $0 + $1.quantity } == line.quantity)
            #expect(MinorUnits.sum(taken.map(\.totalAmount)) == line.totalAmount)
            #expect(MinorUnits.sum(taken.map { $0.totalTaxAmount ?? 0 }) == line.totalTaxAmount ?? 0)
            guard line.unitPrice.times(line.quantity)?.subtracting(line.totalDiscountAmount ?? 0) == line.totalAmount
            else { continue }
            #expect(MinorUnits.sum(taken.map { $0.totalDiscountAmount ?? 0 }) == line.totalDiscountAmount ?? 0)
        }
    }

    private func remaining(_ lines: [OrderLine], _ parts: [LinePart]) -> [Int64] {
        lines.enumerated().map { index, line in
            line.quantity - parts.filter { $0.index == index }.reduce(0) { $0 + $1.line.quantity }
        }
    }

    private static func pick(of rests: [Int64], _ dice: inout SplitMix) -> [RequestedLine]? {
        let picked = rests.enumerated().compactMap { index, rest -> RequestedLine? in
            guard rest > 0, Bool.random(using: &dice) else { return nil }
            return RequestedLine(index: index, quantity: Int64.random(in: 1...rest, using: &dice))
        }
        return picked.isEmpty ? nil : picked
    }

    /// A random order that Klarna accepts: discounts in lines and as lines, totals that were divided into units.
    private static func lines(_ dice: inout SplitMix) -> [OrderLine] {
        let rules = OrderLineRules(country: "SE")
        var lines = (0..<Int.random(in: 1...6, using: &dice)).map { _ in
            let quantity = Int64.random(in: 1...12, using: &dice)
            let price = Int64.random(in: 20...99_999, using: &dice)
            var line = OrderLine.item(
                price,
                quantity: quantity,
                rate: [0, 550, 810, 2500].randomElement(using: &dice),
            )
            if Bool.random(using: &dice) {
                let discount = MinorUnits(Int64.random(in: 0...(price * quantity / 2), using: &dice))
                line.totalDiscountAmount = discount
                line.totalAmount = line.totalAmount.subtracting(discount) ?? 0
            } else if quantity > 1, Bool.random(using: &dice) {
                line.totalAmount =
                    line.totalAmount.adding(MinorUnits(.random(in: -quantity...quantity, using: &dice))) ?? 0
            }
            line.totalTaxAmount = nil
            return rules.completed(line)
        }
        if Bool.random(using: &dice) {
            var discount = OrderLine.item(-Int64.random(in: 1...9, using: &dice), quantity: 2, rate: 2500)
            discount.type = "discount"
            lines.append(discount)
        }
        return lines
    }

    private static let edges: [Int64] = [.min, -1, 0, 1, 1_000_000_000, .max]

    @Test(arguments: edges, edges)
    func `never trap at the edge of 64 bits`(quantity: Int64, amount: Int64) {
        var line = OrderLine(
            reference: "SKU-0",
            name: "A",
            quantity: quantity,
            unitPrice: MinorUnits(amount),
            taxRate: 2500,
            totalAmount: MinorUnits(amount),
        )
        line.totalDiscountAmount = MinorUnits(amount)
        line.totalTaxAmount = MinorUnits(amount)
        for taken in OrderPartsPropertyTests.edges {
            var part = line
            part.quantity = taken
            part.totalAmount = MinorUnits(taken)
            part.totalTaxAmount = MinorUnits(taken)
            for most in OrderPartsPropertyTests.edges {
                let parts = OrderParts(
                    lines: [line, line],
                    country: "SE",
                    captured: [LinePart(index: 0, line: part), LinePart(index: 9, line: part)],
                    refunded: [LinePart(index: 0, line: part), LinePart(index: -1, line: part)],
                    amounts: OrderParts.Amounts(
                        captured: MinorUnits(most),
                        refunded: MinorUnits(taken),
                        remaining: MinorUnits(most),
                    ),
                    captureCount: 1,
                )
                var requested = RequestedLine(index: 0, quantity: amount)
                requested.totalAmount = MinorUnits(taken)
                var fee = RequestedLine(type: "return_fee", quantity: quantity)
                fee.unitPrice = MinorUnits(amount)
                fee.totalAmount = MinorUnits(taken)
                fee.taxRate = 2500
                for lines in [
                    nil, [requested], [RequestedLine(index: 1)], [RequestedLine(index: 0, quantity: 1), fee],
                ] {
                    for limit in [nil, MinorUnits(taken)] {
                        let capture = try? parts.capture(amount: limit, lines: lines)
                        let refund = try? parts.refund(amount: limit, lines: lines)
                        #expect(capture.map { $0.amount <= MinorUnits(most) } ?? true)
                        #expect(refund.map { $0.amount > 0 } ?? true)
                    }
                }
            }
        }
    }
}

/// Vigna's SplitMix64: the same numbers for the same seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
