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
    /// `total - total * 10000 / (10000 + rate)`, in integers: `50000` at `1000` contains `4545`. Klarna accepts one unit
    /// more or less. `nil` when the amount is too large to compute with.
    public func taxIncluded(in total: MinorUnits) -> MinorUnits? {
        let (product, overflow) = total.value.multipliedReportingOverflow(by: basisPoints)
        guard !overflow else { return nil }
        let divisor = 10_000 + basisPoints
        let (quotient, remainder) = product.quotientAndRemainder(dividingBy: divisor)
        guard remainder.magnitude * 2 >= divisor.magnitude else { return MinorUnits(quotient) }
        return MinorUnits(quotient + product.signum())
    }
}
