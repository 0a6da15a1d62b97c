/// An amount of money in the minor unit of its currency: `25000` is SEK 250.00.
///
/// Arithmetic is checked. An overflow is `nil`, never a trap, because amounts come from outside.
public struct MinorUnits: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let value: Int64

    public init(_ value: Int64) { self.value = value }

    public static let zero = MinorUnits(0)

    public static func < (left: MinorUnits, right: MinorUnits) -> Bool { left.value < right.value }

    public var description: String { String(value) }

    /// The sum, or `nil` when it does not fit.
    public func adding(_ other: MinorUnits) -> MinorUnits? {
        let (sum, overflow) = value.addingReportingOverflow(other.value)
        return overflow ? nil : MinorUnits(sum)
    }

    /// The difference, or `nil` when it does not fit.
    public func subtracting(_ other: MinorUnits) -> MinorUnits? {
        let (difference, overflow) = value.subtractingReportingOverflow(other.value)
        return overflow ? nil : MinorUnits(difference)
    }

    /// The amount of `quantity` such units, or `nil` when it does not fit.
    public func times(_ quantity: Int64) -> MinorUnits? {
        let (product, overflow) = value.multipliedReportingOverflow(by: quantity)
        return overflow ? nil : MinorUnits(product)
    }

    /// The sum of many amounts, or `nil` when it does not fit.
    public static func sum(_ amounts: some Sequence<MinorUnits>) -> MinorUnits? {
        var total = MinorUnits.zero
        for amount in amounts {
            guard let next = total.adding(amount) else { return nil }
            total = next
        }
        return total
    }
}

extension MinorUnits: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self.init(value) }
}
