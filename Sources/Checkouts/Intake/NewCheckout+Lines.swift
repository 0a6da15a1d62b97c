internal import Klarna
internal import Money
internal import Wire

extension NewCheckout {
    /// Lines with the sums that were given for them.
    struct Basket {
        let amount: MinorUnits
        let tax: MinorUnits?
        let lines: [OrderLine]
    }

    /// `order_amount`, `order_tax_amount` and `order_lines`; `nil` when one of them could not be read.
    static func basket(_ reader: inout ObjectReader, _ rules: OrderLineRules) -> Basket? {
        let amount = reader.integer("order_amount", 0...rules.api.amountMax, required: true).map { MinorUnits($0) }
        let taxes = 0...rules.api.amountMax
        let tax = reader.integer("order_tax_amount", taxes, required: rules.api.requiresTax).map { MinorUnits($0) }
        let lines = orderLines(&reader, rules)
        guard let amount, let lines else { return nil }
        reader.note(rules.faults(orderAmount: amount, orderTaxAmount: tax, lines: lines))
        return Basket(amount: amount, tax: tax ?? rules.taxSum(of: lines), lines: lines)
    }

    /// The lines, each one checked; `nil` when one of them could not be read, so that no sum is made of the rest.
    static func orderLines(_ reader: inout ObjectReader, _ rules: OrderLineRules) -> [OrderLine]? {
        var unread = 0
        let lines = reader.objects("order_lines", 1...OrderLineRules.linesMax, required: true) { reader -> OrderLine? in
            guard let line = orderLine(&reader, rules), !arithmetic.contains(where: { reader.hasFault($0) }) else {
                unread += 1
                return nil
            }
            reader.note(rules.faults(in: line, at: reader.pointer))
            return rules.completed(line)
        }
        guard let lines, unread == 0, !reader.faults.contains(where: { isElement($0.pointer) }) else { return nil }
        return lines
    }

    /// What the arithmetic rests on beside the required amounts. It says nothing of a line that has one of these wrong.
    private static let arithmetic = ["type", "tax_rate", "total_discount_amount", "total_tax_amount"]

    /// Whether a pointer names a whole line, which then was no object.
    private static func isElement(_ pointer: String) -> Bool {
        pointer.hasPrefix("/order_lines/") && !pointer.dropFirst("/order_lines/".count).contains("/")
    }

    private static func orderLine(_ reader: inout ObjectReader, _ rules: OrderLineRules) -> OrderLine? {
        let amounts = -rules.api.amountMax...rules.api.amountMax
        let type = reader.choice("type", OrderLineRules.types)
        let reference = reader.text("reference", 0...255, .articleNumber)
        let name = reader.text("name", 1...255, required: true)
        let quantity = reader.integer("quantity", 0...Int64.max, required: true)
        let quantityUnit = reader.text("quantity_unit", 1...8)
        let unitPrice = reader.integer("unit_price", amounts, required: true)
        let taxRate = reader.integer("tax_rate", 0...10_000, required: rules.api.requiresTax)
        let totalAmount = reader.integer("total_amount", amounts, required: true)
        let discount = reader.integer("total_discount_amount", 0...rules.api.amountMax)
        let tax = reader.integer("total_tax_amount", amounts, required: rules.api.requiresTax)
        let merchantData = reader.text("merchant_data", 0...rules.api.merchantDataLengthMax, .lines)
        let productURL = link("product_url", &reader)
        let imageURL = link("image_url", &reader)
        let identifiers = productIdentifiers(&reader)
        let subscription = subscription(&reader, rules)
        guard let name, let quantity, let unitPrice, let totalAmount else { return nil }
        var line = OrderLine(
            name: name,
            quantity: quantity,
            unitPrice: MinorUnits(unitPrice),
            totalAmount: MinorUnits(totalAmount),
        )
        line.type = type
        line.reference = reference
        line.quantityUnit = quantityUnit
        line.taxRate = taxRate
        line.totalDiscountAmount = discount.map { MinorUnits($0) }
        line.totalTaxAmount = tax.map { MinorUnits($0) }
        line.merchantData = merchantData
        line.productURL = productURL
        line.imageURL = imageURL
        line.productIdentifiers = identifiers
        line.subscription = subscription
        return line
    }

    private static func link(_ name: String, _ reader: inout ObjectReader) -> String? {
        guard let url = reader.text(name, 0...1024, .anything), !url.isEmpty else { return nil }
        return WebAddress(url) == nil ? reader.fault(name, "must be an absolute http or https URL") : url
    }

    private static func productIdentifiers(_ reader: inout ObjectReader) -> JSONObject? {
        let lengths = [
            ("brand", 70), ("category_path", 750), ("global_trade_item_number", 50), ("manufacturer_part_number", 70),
            ("color", 64), ("size", 64),
        ]
        return reader.object("product_identifiers") { reader in
            var identifiers = JSONObject()
            for (name, length) in lengths {
                identifiers[name] = reader.text(name, 0...length, .articleNumber).map { .string($0) }
            }
            return identifiers
        }
    }

    private static func subscription(_ reader: inout ObjectReader, _ rules: OrderLineRules) -> JSONObject? {
        reader.object("subscription") { reader in
            var subscription = JSONObject()
            let name = reader.text("name", 1...255, required: rules.api.requiresSubscriptionName)
            subscription["name"] = name.map { .string($0) }
            _ = reader.member("interval", required: true)
            subscription["interval"] = reader.choice("interval", ["DAY", "WEEK", "MONTH", "YEAR"]).map { .string($0) }
            subscription["interval_count"] =
                reader.integer("interval_count", 1...Int64(Int32.max), required: true).map { .integer($0) }
            return subscription
        }
    }
}
