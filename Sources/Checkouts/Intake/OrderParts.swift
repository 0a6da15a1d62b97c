public import Klarna
public import Money

/// How an order is captured and refunded in parts: what has been taken of it, and what may be taken next.
///
/// A part of a line is its share by quantity. What was taken of a line is never more than a rounding away from the
/// exact share, and its last part is what remains of it, so that the parts add up to the whole in whichever order they
/// are taken. Nothing traps, however large the numbers are.
public struct OrderParts: Sendable, Hashable {
    /// The lines as Klarna accepted them.
    public let lines: [OrderLine]
    /// The country of the purchase.
    public let country: String
    public let captured: [LinePart]
    public let refunded: [LinePart]
    public let amounts: Amounts
    /// How many captures there are.
    public let captureCount: Int

    /// What has moved, together with what may have: an operation whose outcome is unknown counts as done.
    public struct Amounts: Sendable, Hashable {
        public let captured: MinorUnits
        public let refunded: MinorUnits
        /// What may still be captured.
        public let remaining: MinorUnits

        public init(captured: MinorUnits, refunded: MinorUnits, remaining: MinorUnits) {
            self.captured = captured
            self.refunded = refunded
            self.remaining = remaining
        }
    }

    public init(
        lines: [OrderLine],
        country: String,
        captured: [LinePart] = [],
        refunded: [LinePart] = [],
        amounts: Amounts,
        captureCount: Int = 0,
    ) {
        self.lines = lines
        self.country = country
        self.captured = captured
        self.refunded = refunded
        self.amounts = amounts
        self.captureCount = captureCount
    }

    /// What a capture takes.
    ///
    /// Without an amount and lines: all that remains. Lines without an amount come to their sum; both have to agree. An
    /// amount alone is sent without lines, unless it is all that remains and the remaining lines add up to it.
    ///
    /// - Throws: Every fault at once, at its place in the body.
    public func capture(amount: MinorUnits?, lines: [RequestedLine]?) throws(Faults) -> OrderPart {
        try part(amount, lines ?? [], of: uncaptured, upTo: amounts.remaining, "may still be captured")
    }

    /// What a refund gives back of what was captured, by the same rules. A line of type `return_fee` keeps some of it.
    ///
    /// - Throws: Every fault at once, at its place in the body.
    public func refund(amount: MinorUnits?, lines: [RequestedLine]?) throws(Faults) -> OrderPart {
        let refundable = amounts.captured.subtracting(amounts.refunded) ?? .zero
        return try part(amount, lines ?? [], of: unrefunded, upTo: refundable, "may still be refunded")
    }

    private var uncaptured: [LineRest] {
        let captured = taken(captured)
        return lines.enumerated().map { index, line in
            LineRest(index: index, frozen: line, of: [line], taken: captured[index] ?? [])
        }
    }

    /// What was captured of each line and is not refunded. Where some was captured without naming lines, any line may
    /// be meant.
    private var unrefunded: [LineRest] {
        let captured = taken(captured)
        let refunded = taken(refunded)
        let byLines = MinorUnits.sum(captured.values.joined().map(\.totalAmount)) ?? .zero
        return lines.enumerated().map { index, line in
            LineRest(
                index: index,
                frozen: line,
                of: byLines >= amounts.captured ? captured[index] ?? [] : [line],
                taken: refunded[index] ?? [],
            )
        }
    }

    private func taken(_ parts: [LinePart]) -> [Int: [OrderLine]] {
        var taken: [Int: [OrderLine]] = [:]
        for part in parts { if let index = part.index { taken[index, default: []].append(part.line) } }
        return taken
    }

    private func part(
        _ amount: MinorUnits?,
        _ requested: [RequestedLine],
        of rests: [LineRest],
        upTo most: MinorUnits,
        _ limit: String,
    ) throws(Faults) -> OrderPart {
        guard !requested.isEmpty else {
            try check(amount ?? most, upTo: most, at: "/amount", limit)
            return OrderPart(amount: amount ?? most, parts: amount ?? most == most ? all(rests, of: most) : [])
        }
        let parts = try parts(requested, of: rests)
        guard let sum = MinorUnits.sum(parts.map(\.line.totalAmount)) else {
            throw Faults([Fault("/order_lines", "the sum of the lines does not fit")])
        }
        if let fee = requested.first(where: \.isReturnFee), sum <= .zero {
            throw Faults([Fault(fee.pointer, "the fee must be less than what is refunded: \(sum) would be left")])
        }
        if let amount {
            let faults = OrderLineRules.compare(amount, sum, 0, "/amount", "amount must be the sum of the lines")
            guard faults.isEmpty else { throw Faults(faults) }
        }
        try check(sum, upTo: most, at: amount == nil ? "/order_lines" : "/amount", limit)
        return OrderPart(amount: sum, parts: parts)
    }

    private func check(
        _ amount: MinorUnits,
        upTo most: MinorUnits,
        at pointer: String,
        _ limit: String,
    ) throws(Faults) {
        guard most > .zero else { throw Faults([Fault(pointer, "nothing \(limit)")]) }
        guard amount > .zero else { throw Faults([Fault(pointer, "must be more than 0, given \(amount)")]) }
        guard amount <= most else {
            let sum = Fault.Sum(expected: most, given: amount, tolerance: 0)
            throw Faults([Fault(pointer, "at most \(most) \(limit), given \(amount)", sum: sum)])
        }
    }

    /// Everything that remains of the lines, if it adds up to the amount.
    private func all(_ rests: [LineRest], of amount: MinorUnits) -> [LinePart] {
        let parts = rests.compactMap { rest in rest.everything.map { LinePart(index: rest.index, line: $0) } }
        return MinorUnits.sum(parts.map(\.line.totalAmount)) == amount ? parts : []
    }
}
