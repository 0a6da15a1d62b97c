public import Klarna
public import Money
public import Wire

/// What is to be charged to a customer token, without the shopper being there.
public struct NewCharge: Sendable, Hashable {
    /// ISO 4217, upper case.
    public let currency: String
    /// `nil`: that of the agreement.
    public let locale: String?
    public let orderAmount: MinorUnits
    public let orderTaxAmount: MinorUnits?
    public let orderLines: [OrderLine]
    public let merchantReference1: String?
    public let merchantReference2: String?
    public let merchantData: String?
    public let autoCapture: Bool
    public let shippingAddress: Address?
    public let metadata: JSONObject

    /// Reads the body of `POST /v1/customer_tokens/{id}/orders`.
    ///
    /// - Throws: Every fault of the body at once.
    public init(json: JSON) throws(Faults) {
        guard let object = json.object else { throw Faults([Fault("", "must be an object")]) }
        var reader = ObjectReader(object)
        let currency = reader.text("purchase_currency", 3...3, required: true)?.uppercased()
        // The currency tells the one market apart in which prices exclude tax.
        let country = Market.all.first { $0.currency == currency }?.country ?? ""
        let basket = NewCheckout.basket(&reader, OrderLineRules(country: country, api: .customerToken))
        if let basket, basket.amount == .zero { reader.note("order_amount", "must be at least 1") }
        locale = NewCheckout.locale(&reader)
        merchantReference1 = reader.text("merchant_reference", 1...255)
        merchantReference2 = reader.text("merchant_reference2", 1...255)
        merchantData = reader.text("merchant_data", 1...6000, .lines)
        autoCapture = reader.bool("auto_capture") ?? false
        shippingAddress = NewCharge.shippingAddress(&reader)
        metadata = NewCheckout.metadata(&reader)
        reader.end()
        guard let currency, let basket, reader.faults.isEmpty else { throw Faults(reader.faults) }
        self.currency = currency
        orderAmount = basket.amount
        orderTaxAmount = basket.tax
        orderLines = basket.lines
    }

    /// The purchase, in the country of the one with which the shopper agreed to be charged. `reference` is
    /// its second merchant reference, unless the merchant gave one.
    ///
    /// - Throws: When the currency is another.
    public func purchase(like agreed: Purchase, reference: String) throws(Faults) -> Purchase {
        guard currency == agreed.currency else {
            let reason = "must be \(agreed.currency), the currency of the customer token"
            throw Faults([Fault("/purchase_currency", reason)])
        }
        return Purchase(
            country: agreed.country,
            currency: agreed.currency,
            locale: locale ?? agreed.locale,
            orderAmount: orderAmount,
            orderTaxAmount: orderTaxAmount,
            orderLines: orderLines,
            merchantReference1: merchantReference1,
            merchantReference2: merchantReference2 ?? reference,
            shippingAddress: shippingAddress,
            merchantData: merchantData,
            autoCapture: autoCapture,
        )
    }

    /// Nobody is there to complete an address: it is whole or refused.
    private static func shippingAddress(_ reader: inout ObjectReader) -> Address? {
        reader.object("shipping_address") { reader -> Address? in
            let address = NewCheckout.readAddress(&reader)
            guard address != Address() else { return nil }
            for name in address.missingParts where !reader.hasFault(name) {
                reader.note(name, "is required")
            }
            return address
        } ?? nil
    }
}
