import Money
import Wire

/// What Klarna Payments demands of a purchase, in create session, update session and place order alike.
///
/// Klarna Payments v1, schemas `session_create` and `create_order_request`; guides "Validations in the payment process"
/// and "Tax handling".
enum PurchaseRules {
    /// Klarna's largest `unit_price` and `total_amount` of a line.
    static let lineAmountMax: Int64 = 200_000_000
    static let linesMax = 1000

    /// - Throws: `BAD_VALUE` with every path that is wrong.
    static func check(_ purchase: JSONObject, _ shape: Shape) throws(KlarnaRefusal) {
        let faults = faults(in: purchase, shape)
        guard faults.isEmpty else { throw .badValue(faults) }
    }

    /// The paths that are wrong, as far as they are looked at in one go.
    static func faults(in purchase: JSONObject, _ shape: Shape) -> [String] {
        // A real playground names only these two for an empty object: they are looked at before everything else.
        let marketFaults = self.marketFaults(purchase)
        guard marketFaults.isEmpty else { return marketFaults }
        let wrongPaths = shape.wrongPaths(in: .object(purchase), at: "")
        guard wrongPaths.isEmpty else { return wrongPaths }
        return arithmeticFaults(purchase) + addressFaults(purchase)
    }

    /// Only a country's own currency is accepted; the billing country counts when it differs from the purchase country.
    private static func marketFaults(_ purchase: JSONObject) -> [String] {
        let currency = purchase.string("purchase_currency").flatMap { Words.isLetters($0, count: 3) ? $0 : nil }
        let country = purchase.string("purchase_country").flatMap { Words.isLetters($0, count: 2) ? $0 : nil }
        guard let currency, let country else {
            return (currency == nil ? ["purchase_currency"] : []) + (country == nil ? ["purchase_country"] : [])
        }
        guard Market.of(country: country) != nil else { return ["purchase_country"] }
        let billingCountry = purchase["billing_address"]?["country"]?.string ?? country
        guard let market = Market.of(country: billingCountry) else { return ["billing_address.country"] }
        return market.currency == currency.uppercased() ? [] : ["purchase_currency"]
    }

    private static func arithmeticFaults(_ purchase: JSONObject) -> [String] {
        let lines = (purchase["order_lines"]?.array ?? []).compactMap(\.object)
        let faults = lines.enumerated().flatMap { index, line in
            lineFaults(line).map { "order_lines[\(index)].\($0)" }
        }
        guard faults.isEmpty else { return faults }
        return sumFaults(purchase, lines)
    }

    /// `total_amount = quantity * unit_price - total_discount_amount`, off by one at most for each of several units, and the
    /// tax that the total contains.
    private static func lineFaults(_ line: JSONObject) -> [String] {
        let total = MinorUnits(line.integer("total_amount") ?? 0)
        let quantity = line.integer("quantity") ?? 0
        let price = MinorUnits(line.integer("unit_price") ?? 0).times(quantity)
        let expected = price?.subtracting(MinorUnits(line.integer("total_discount_amount") ?? 0))
        let tolerance = quantity > 1 ? min(quantity, 100).magnitude : 0
        let isTotal = expected?.subtracting(total).map { $0.value.magnitude <= tolerance } == true
        var faults = isTotal ? [] : ["total_amount"]
        let tax = line.integer("total_tax_amount") ?? 0
        if !isTax(tax, containedIn: total.value, rate: line.integer("tax_rate") ?? 0) {
            faults.append("total_tax_amount")
        }
        return faults
    }

    /// Whether `tax` is within one of `total - total * 10000 / (10000 + rate)`, in exact arithmetic.
    private static func isTax(_ tax: Int64, containedIn total: Int64, rate: Int64) -> Bool {
        let (scaledTax, taxOverflow) = tax.multipliedReportingOverflow(by: 10_000 + rate)
        let (scaledExact, totalOverflow) = total.multipliedReportingOverflow(by: rate)
        let (difference, overflow) = scaledTax.subtractingReportingOverflow(scaledExact)
        return !taxOverflow && !totalOverflow && !overflow && difference.magnitude <= UInt64(10_000 + rate)
    }

    /// `order_amount` is the sum of the lines; `order_tax_amount` may be off by one for each of them. In the US the tax
    /// is the total of the `sales_tax` lines.
    private static func sumFaults(_ purchase: JSONObject, _ lines: [JSONObject]) -> [String] {
        let amounts = lines.map { MinorUnits($0.integer("total_amount") ?? 0) }
        let taxes = lines.map { line in
            MinorUnits(line.integer(line.string("type") == "sales_tax" ? "total_amount" : "total_tax_amount") ?? 0)
        }
        var faults: [String] = []
        if MinorUnits.sum(amounts)?.value != purchase.integer("order_amount") { faults.append("order_amount") }
        let difference = MinorUnits.sum(taxes)?.subtracting(MinorUnits(purchase.integer("order_tax_amount") ?? 0))
        if difference.map({ $0.value.magnitude <= UInt64(lines.count) }) != true { faults.append("order_tax_amount") }
        return faults
    }

    /// A region belongs to every address in the United States and Australia.
    private static func addressFaults(_ purchase: JSONObject) -> [String] {
        ["billing_address", "shipping_address"].filter { name in
            let address = purchase[name]
            let needsRegion = ["US", "AU"].contains(address?["country"]?.string?.uppercased())
            return needsRegion && (address?["region"]?.string ?? "").isEmpty
        }.map { "\($0).region" }
    }
}
