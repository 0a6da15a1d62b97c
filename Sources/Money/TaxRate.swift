/// A tax rate in percent with two implied decimals: `2500` is 25 %.
public struct TaxRate: Sendable, Hashable {
    /// 0 to 10000.
    public let basisPoints: Int64

    /// `nil` outside 0 to 10000, the range Klarna accepts.
    public init?(_ basisPoints: Int64) {
        guard (0...10_000).contains(basisPoints) else { return nil }
        self.basisPoints = basisPoints
    }

    /// The tax that is contained in an amount which includes it, rounded half away from zero.
    ///
    /// `total - total * 10000 / (10000 + rate)`, in integers: `50000` at `1000` contains `4545`. `nil` when the amount is too
    /// large to compute with.
    public func taxIncluded(in total: MinorUnits) -> MinorUnits? {
        guard let (quotient, remainder) = exactTax(in: total) else { return nil }
        guard remainder.magnitude * 2 >= divisor.magnitude else { return MinorUnits(quotient) }
        return MinorUnits(quotient + remainder.signum())
    }

    /// What Klarna accepts as that tax: one unit more or less than the exact one, which has fractions. `4000` at `2000`
    /// contains 666.67, so 666 and 667 are accepted.
    public func taxesAccepted(in total: MinorUnits) -> ClosedRange<MinorUnits>? {
        guard let (quotient, remainder) = exactTax(in: total) else { return nil }
        // The quotient is cut off towards zero: what was cut moves one end of the range inwards.
        let lowest = quotient + (remainder > 0 ? 0 : -1)
        let highest = quotient + (remainder < 0 ? 0 : 1)
        return MinorUnits(lowest)...MinorUnits(highest)
    }

    private var divisor: Int64 { 10_000 + basisPoints }

    private func exactTax(in total: MinorUnits) -> (quotient: Int64, remainder: Int64)? {
        let (product, overflow) = total.value.multipliedReportingOverflow(by: basisPoints)
        return overflow ? nil : product.quotientAndRemainder(dividingBy: divisor)
    }
}
