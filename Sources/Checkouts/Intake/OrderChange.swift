public import Klarna
public import Money
public import Wire

/// What is to be changed of a placed order. Each part of it is a call of its own at Klarna.
public struct OrderChange: Sendable, Hashable {
    /// A reference that is empty is taken away, a missing one stays.
    public let references: MerchantReferences?
    /// An optional member that is empty is taken away.
    public let shippingAddress: Address?
    public let shippingInfo: [ShippingInfo]
    /// The whole order as it is to be from then on.
    public let authorization: AuthorizationUpdate?

    /// Reads the body of `PATCH /v1/checkouts/{id}/order`. The country is that of the purchase, and the order cannot
    /// fall below what was captured of it.
    ///
    /// - Throws: Every fault of the body at once.
    public init(json: JSON, country: String, captured: MinorUnits) throws(Faults) {
        guard let object = json.object else { throw Faults([Fault("", "must be an object")]) }
        var reader = ObjectReader(object)
        references = OrderChange.references(&reader)
        shippingAddress = OrderChange.shippingAddress(&reader)
        shippingInfo = ShippingInfo.list(&reader)
        authorization = OrderChange.authorization(&reader, country, captured)
        if reader.member("billing_address") != nil {
            reader.note("billing_address", "cannot be changed once the order is placed")
        }
        reader.end()
        guard reader.faults.isEmpty else { throw Faults(reader.faults) }
        guard references != nil || shippingAddress != nil || !shippingInfo.isEmpty || authorization != nil else {
            throw Faults([Fault("", "names nothing that is to be changed")])
        }
    }

    private static func references(_ reader: inout ObjectReader) -> MerchantReferences? {
        let plain = reader.text("merchant_reference", 0...255)
        let first = reader.text("merchant_reference1", 0...255)
        let second = reader.text("merchant_reference2", 0...255)
        if reader.member("merchant_reference") != nil, reader.member("merchant_reference1") != nil {
            reader.note("merchant_reference1", "merchant_reference and merchant_reference1 are the same: give one")
        }
        guard plain != nil || first != nil || second != nil else { return nil }
        return MerchantReferences(first: plain ?? first, second: second)
    }

    private static func shippingAddress(_ reader: inout ObjectReader) -> Address? {
        reader.object("shipping_address") { reader in
            let address = NewCheckout.readAddress(&reader, clearing: true)
            for name in address.missingParts where !reader.hasFault(name) {
                reader.note(name, "is required: the whole address is replaced")
            }
            return address
        }
    }

    private static func authorization(
        _ reader: inout ObjectReader,
        _ country: String,
        _ captured: MinorUnits,
    ) -> AuthorizationUpdate? {
        let description = reader.text("description", 0...255, .lines)
        let hasLines = reader.member("order_lines") != nil
        guard hasLines || reader.member("order_amount") != nil else {
            if description != nil { reader.note("description", "belongs to order_amount and order_lines") }
            return nil
        }
        guard hasLines else {
            return reader.fault("order_lines", "is required with order_amount: Klarna deletes lines that are left out")
        }
        let rules = OrderLineRules(country: country, api: .orderManagement)
        guard let basket = NewCheckout.basket(&reader, rules) else { return nil }
        guard basket.amount >= captured, basket.amount > .zero else {
            let least = max(captured, 1)
            let sum = Fault.Sum(expected: least, given: basket.amount, tolerance: 0)
            reader.note([
                Fault(
                    reader.place("order_amount"),
                    "must be at least \(least), which is captured, given \(basket.amount)",
                    sum: sum,
                )
            ])
            return nil
        }
        return AuthorizationUpdate(amount: basket.amount, description: description, lines: basket.lines)
    }
}
