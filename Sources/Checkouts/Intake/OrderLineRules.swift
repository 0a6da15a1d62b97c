public import Klarna
public import Money

/// Klarna's arithmetic of order lines, checked here so that a basket that does not add up is refused with numbers
/// instead of `BAD_VALUE`. Amounts are minor units; nothing traps, however large they are.
///
/// Klarna, "Tax handling" and Payments v1, `order_line`.
public struct OrderLineRules: Sendable, Hashable {
    public static let linesMax = 1000
    /// What Klarna Payments and Order Management take of one amount.
    public static let amountMax: Int64 = 200_000_000
    public static let types = [
        "physical", "discount", "shipping_fee", "sales_tax", "digital", "gift_card", "store_credit", "surcharge",
    ]

    /// In the United States prices exclude tax, and each sales tax is a line of its own.
    public let excludesTax: Bool
    public let api: API

    /// Klarna's interfaces, which differ in what they take of a line.
    public enum API: Sendable, Hashable {
        case payments, checkout, customerToken, orderManagement

        /// The largest amount, of a line and of an order.
        public var amountMax: Int64 {
            switch self {
            case .payments, .orderManagement: OrderLineRules.amountMax
            case .checkout, .customerToken: 100_000_000
            }
        }

        var merchantDataLengthMax: Int {
            switch self {
            case .payments, .orderManagement, .checkout: 1024
            case .customerToken: 255
            }
        }

        /// Klarna Checkout requires each line's tax and rate, and the order's tax.
        var requiresTax: Bool {
            switch self {
            case .checkout: true
            case .payments, .orderManagement, .customerToken: false
            }
        }

        /// The name of a subscription is optional with Klarna Checkout.
        var requiresSubscriptionName: Bool {
            switch self {
            case .payments, .orderManagement, .customerToken: true
            case .checkout: false
            }
        }
    }

    public init(country: String, api: API = .payments) {
        excludesTax = country.uppercased() == "US"
        self.api = api
    }

    /// The line with its tax filled in when only the rate was stated. The rate itself is never derived from amounts.
    public func completed(_ line: OrderLine) -> OrderLine {
        guard line.totalTaxAmount == nil, let rate = line.taxRate.flatMap({ TaxRate($0) }) else { return line }
        var line = line
        line.totalTaxAmount = rate.taxIncluded(in: line.totalAmount)
        return line
    }

    /// What is wrong with one line.
    public func faults(in line: OrderLine, at pointer: String) -> [Fault] {
        signFaults(in: line, at: pointer) + totalFaults(in: line, at: pointer)
            + (excludesTax || line.type == "sales_tax"
                ? separateTaxFaults(in: line, at: pointer) : includedTaxFaults(in: line, at: pointer))
    }

    /// What is wrong with the order's sums, given its lines.
    public func faults(orderAmount: MinorUnits, orderTaxAmount: MinorUnits?, lines: [OrderLine]) -> [Fault] {
        var faults: [Fault] = []
        if let sum = MinorUnits.sum(lines.map(\.totalAmount)) {
            faults += OrderLineRules.compare(
                orderAmount,
                sum,
                0,
                "/order_amount",
                "order_amount must be the sum of the lines' total_amount",
            )
        } else {
            faults.append(Fault("/order_amount", "the sum of the lines' total_amount does not fit"))
        }
        guard let tax = taxSum(of: lines) else {
            return faults + [Fault("/order_tax_amount", "the sum of the lines' taxes does not fit")]
        }
        guard let orderTaxAmount else {
            guard tax < .zero else { return faults }
            return faults + [Fault("/order_tax_amount", "the lines' taxes add up to \(tax), which is below zero")]
        }
        // Each line may be rounded by one. A sales tax is a line and not rounded.
        let tolerance = excludesTax ? 0 : Int64(lines.count)
        return faults
            + OrderLineRules.compare(
                orderTaxAmount,
                tax,
                tolerance,
                "/order_tax_amount",
                "order_tax_amount must be the sum of the lines' taxes",
            )
    }

    /// The order's tax: what the lines contain, and the lines that are taxes themselves. `nil` when it does not fit.
    public func taxSum(of lines: [OrderLine]) -> MinorUnits? {
        MinorUnits.sum(lines.map { $0.type == "sales_tax" ? $0.totalAmount : $0.totalTaxAmount ?? .zero })
    }

    private func signFaults(in line: OrderLine, at pointer: String) -> [Fault] {
        switch line.type {
        case "gift_card", "store_credit", "return_fee":
            return []
        case "discount":
            guard line.unitPrice > .zero || line.totalAmount > .zero else { return [] }
            return [
                Fault("\(pointer)/unit_price", "a discount is negative; what makes an order dearer is a surcharge")
            ]
        case _:
            let reason = "only lines of type discount, gift_card and store_credit may be negative"
            if line.unitPrice < .zero { return [Fault("\(pointer)/unit_price", reason)] }
            return line.totalAmount < .zero ? [Fault("\(pointer)/total_amount", reason)] : []
        }
    }

    private func totalFaults(in line: OrderLine, at pointer: String) -> [Fault] {
        let place = "\(pointer)/total_amount"
        let discount = line.totalDiscountAmount ?? .zero
        guard let expected = line.unitPrice.times(line.quantity)?.subtracting(discount) else {
            return [Fault(place, "quantity * unit_price - total_discount_amount does not fit")]
        }
        // A unit price that was divided out of a total is rounded, once for each unit. A single unit has nothing to
        // divide, and whole units of the currency are no rounding.
        let tolerance = line.quantity > 1 ? min(line.quantity, 100) : 0
        return OrderLineRules.compare(
            line.totalAmount,
            expected,
            tolerance,
            place,
            "total_amount must be quantity * unit_price - total_discount_amount",
        )
    }

    private func includedTaxFaults(in line: OrderLine, at pointer: String) -> [Fault] {
        guard let tax = line.totalTaxAmount else { return [] }
        guard let stated = line.taxRate else {
            guard tax != .zero else { return [] }
            return [Fault("\(pointer)/tax_rate", "is required when total_tax_amount is not 0")]
        }
        guard let rate = TaxRate(stated) else { return [Fault("\(pointer)/tax_rate", "must be from 0 to 10000")] }
        let place = "\(pointer)/total_tax_amount"
        guard let expected = rate.taxIncluded(in: line.totalAmount),
            let accepted = rate.taxesAccepted(in: line.totalAmount)
        else { return [Fault(place, "the tax of total_amount does not fit")] }
        guard !accepted.contains(tax) else { return [] }
        let rule = "total_tax_amount must be within 1 of total_amount - total_amount * 10000 / (10000 + tax_rate)"
        return [
            Fault(
                place,
                "\(rule): expected \(expected) (\(accepted.lowerBound) to \(accepted.upperBound)), given \(tax)",
                sum: Fault.Sum(expected: expected, given: tax, tolerance: 1),
            )
        ]
    }

    private func separateTaxFaults(in line: OrderLine, at pointer: String) -> [Fault] {
        let reason = "must be 0 or missing: the tax is the total_amount of a sales_tax line"
        var faults: [Fault] = []
        if line.taxRate ?? 0 != 0 { faults.append(Fault("\(pointer)/tax_rate", reason)) }
        if line.totalTaxAmount ?? .zero != .zero { faults.append(Fault("\(pointer)/total_tax_amount", reason)) }
        return faults
    }

    static func compare(
        _ given: MinorUnits,
        _ expected: MinorUnits,
        _ tolerance: Int64,
        _ pointer: String,
        _ rule: String,
    ) -> [Fault] {
        if let difference = given.subtracting(expected), difference.value.magnitude <= tolerance.magnitude { return [] }
        let margin = tolerance == 0 ? "" : " (give or take \(tolerance))"
        return [
            Fault(
                pointer,
                "\(rule): expected \(expected)\(margin), given \(given)",
                sum: Fault.Sum(expected: expected, given: given, tolerance: tolerance),
            )
        ]
    }
}
