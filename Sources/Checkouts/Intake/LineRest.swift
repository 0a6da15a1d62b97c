internal import Klarna
internal import Money

/// What remains of one line, and the part of it that a quantity comes to.
struct LineRest: Sendable {
    let index: Int
    let frozen: OrderLine
    /// What there is to be taken, taken or not.
    private let whole: Share
    private var taken: Share

    private struct Share {
        var quantity: Int64
        var total: Int64
        var tax: Int64

        /// Sums stay within 64 bits: no order is so large, and none has less than nothing of a line.
        init(_ parts: [OrderLine]) {
            quantity = Int64(clamping: parts.reduce(0 as Int128) { $0 + Int128(max(0, $1.quantity)) })
            total = Int64(clamping: parts.reduce(0 as Int128) { $0 + Int128($1.totalAmount.value) })
            tax = Int64(clamping: parts.reduce(0 as Int128) { $0 + Int128($1.totalTaxAmount?.value ?? 0) })
        }
    }

    /// `parts` is what there is of the line, in one piece or in several; `taken` what was taken of that.
    init(index: Int, frozen: OrderLine, of parts: [OrderLine], taken: [OrderLine]) {
        self.index = index
        self.frozen = frozen
        whole = Share(parts)
        self.taken = Share(taken)
    }

    var quantity: Int64 { max(0, whole.quantity - taken.quantity) }

    /// Whether nothing of it is left, money included.
    var isEmpty: Bool { quantity == 0 && rest(whole.total, taken.total) == 0 && rest(whole.tax, taken.tax) == 0 }

    /// All that remains; `nil` when that is nothing, or does not fit.
    var everything: OrderLine? { isEmpty ? nil : part(quantity) }

    /// The part of a quantity; `nil` when there is not so much, or its amounts do not fit.
    ///
    /// A total that is asked for is taken in the place of the share, if it is another rounding of it.
    func part(_ quantity: Int64, asking asked: MinorUnits? = nil) -> OrderLine? {
        guard (0...self.quantity).contains(quantity),
            var total = share(quantity, whole.total, taken.total),
            let tax = share(quantity, whole.tax, taken.tax)
        else { return nil }
        let all = rest(whole.total, taken.total)
        if let asked, (min(0, all)...max(0, all)).contains(Int128(asked.value)),
            (Int128(asked.value) - Int128(total)).magnitude <= margin(quantity).magnitude
        {
            total = asked.value
        }
        var line = frozen
        line.quantity = quantity
        line.totalAmount = MinorUnits(total)
        line.totalTaxAmount = frozen.totalTaxAmount.map { _ in MinorUnits(tax) }
        // The whole line is sent as it was accepted, whatever its rounding.
        return line == frozen ? frozen : priced(line)
    }

    /// How far others may round the total of a part whose share is no whole number: by one for each unit, as Klarna
    /// does. What remains in the end is exact.
    func margin(_ quantity: Int64) -> Int64 {
        guard (1..<max(1, self.quantity)).contains(quantity) else { return 0 }
        let isExact = Int128(whole.total) * Int128(quantity) % Int128(whole.quantity) == 0
        return isExact ? 0 : min(quantity, 100)
    }

    mutating func take(_ line: OrderLine) {
        taken.quantity = Int64(clamping: Int128(taken.quantity) + Int128(max(0, line.quantity)))
        taken.total = Int64(clamping: Int128(taken.total) + Int128(line.totalAmount.value))
        taken.tax = Int64(clamping: Int128(taken.tax) + Int128(line.totalTaxAmount?.value ?? 0))
    }

    /// The share of a quantity in an amount, rounded half away from zero, as long as what was taken then stays less
    /// than one from the exact share; the last quantity takes what remains.
    ///
    /// Where somebody else took something different, the share is one of what remains.
    private func share(_ quantity: Int64, _ whole: Int64, _ taken: Int64) -> Int64? {
        guard quantity < self.quantity else { return Int64(exactly: rest(whole, taken)) }
        let all = Int128(self.whole.quantity)
        let before = Int128(self.taken.quantity)
        let product = Int128(whole) * before
        guard (floor(product, all)...ceiling(product, all)).contains(Int128(taken)) else {
            return Int64(exactly: rounded(rest(whole, taken) * Int128(quantity), Int128(self.quantity)))
        }
        let then = Int128(whole) * (before + Int128(quantity))
        let plain = rounded(Int128(whole) * Int128(quantity), all)
        let range = (floor(then, all) - Int128(taken))...(ceiling(then, all) - Int128(taken))
        return Int64(exactly: min(max(plain, range.lowerBound), range.upperBound))
    }

    /// What remains of an amount: nothing where more was taken than there was.
    private func rest(_ whole: Int64, _ taken: Int64) -> Int128 {
        let rest = Int128(whole) - Int128(taken)
        return rest.signum() == whole.signum() ? rest : 0
    }

    /// The line with a discount that makes quantity times unit price less discount its total, to the unit. Where that
    /// would take a negative discount, which Klarna does not have, the unit price is raised.
    private func priced(_ line: OrderLine) -> OrderLine? {
        let quantity = Int128(line.quantity)
        let total = Int128(line.totalAmount.value)
        var unitPrice = Int128(line.unitPrice.value)
        if unitPrice * quantity < total, quantity > 0 { unitPrice = ceiling(total, quantity) }
        guard let price = Int64(exactly: unitPrice), let discount = Int64(exactly: unitPrice * quantity - total),
            discount >= 0
        else { return nil }
        var line = line
        line.unitPrice = MinorUnits(price)
        line.totalDiscountAmount = discount == 0 && line.totalDiscountAmount == nil ? nil : MinorUnits(discount)
        return line
    }

    private func floor(_ value: Int128, _ divisor: Int128) -> Int128 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    private func ceiling(_ value: Int128, _ divisor: Int128) -> Int128 { -floor(-value, divisor) }

    private func rounded(_ value: Int128, _ divisor: Int128) -> Int128 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder.magnitude >= divisor.magnitude - remainder.magnitude ? quotient + value.signum() : quotient
    }
}
