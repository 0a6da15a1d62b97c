public import Money
public import Wire

/// One row of an order. Klarna Payments v1, `order_line`.
public struct OrderLine: Sendable, Hashable {
    /// `physical`, `digital`, `shipping_fee`, `discount` and so on; Klarna takes a missing one for `physical`.
    public var type: String?
    public var reference: String?
    public var name: String
    public var quantity: Int64
    public var quantityUnit: String?
    /// With tax and before discount; without tax in the US.
    public var unitPrice: MinorUnits
    /// Percent times 100: `2500` is 25 %.
    public var taxRate: Int64?
    /// `quantity` times ``unitPrice`` less ``totalDiscountAmount``.
    public var totalAmount: MinorUnits
    public var totalDiscountAmount: MinorUnits?
    public var totalTaxAmount: MinorUnits?
    public var merchantData: String?
    public var productURL: String?
    public var imageURL: String?
    public var productIdentifiers: JSONObject?
    public var subscription: JSONObject?

    public init(
        type: String? = nil,
        reference: String? = nil,
        name: String,
        quantity: Int64,
        quantityUnit: String? = nil,
        unitPrice: MinorUnits,
        taxRate: Int64? = nil,
        totalAmount: MinorUnits,
        totalDiscountAmount: MinorUnits? = nil,
        totalTaxAmount: MinorUnits? = nil,
        merchantData: String? = nil,
        productURL: String? = nil,
        imageURL: String? = nil,
        productIdentifiers: JSONObject? = nil,
        subscription: JSONObject? = nil,
    ) {
        self.type = type
        self.reference = reference
        self.name = name
        self.quantity = quantity
        self.quantityUnit = quantityUnit
        self.unitPrice = unitPrice
        self.taxRate = taxRate
        self.totalAmount = totalAmount
        self.totalDiscountAmount = totalDiscountAmount
        self.totalTaxAmount = totalTaxAmount
        self.merchantData = merchantData
        self.productURL = productURL
        self.imageURL = imageURL
        self.productIdentifiers = productIdentifiers
        self.subscription = subscription
    }
}

extension OrderLine {
    public var json: JSON {
        var json = JSONObject()
        json.set("type", type)
        json.set("reference", reference)
        json.set("name", name)
        json.set("quantity", quantity)
        json.set("quantity_unit", quantityUnit)
        json.set("unit_price", unitPrice)
        json.set("tax_rate", taxRate)
        json.set("total_amount", totalAmount)
        json.set("total_discount_amount", totalDiscountAmount)
        json.set("total_tax_amount", totalTaxAmount)
        json.set("merchant_data", merchantData)
        json.set("product_url", productURL)
        json.set("image_url", imageURL)
        json.set("product_identifiers", productIdentifiers)
        json.set("subscription", subscription)
        return .object(json)
    }

    /// `nil` without name, quantity, unit price or total amount.
    public init?(json: JSON) {
        guard let name = json["name"]?.string, let quantity = json["quantity"]?.integer,
            let unitPrice = json.amount("unit_price"), let totalAmount = json.amount("total_amount")
        else { return nil }
        self.init(
            type: json["type"]?.string,
            reference: json["reference"]?.string,
            name: name,
            quantity: quantity,
            quantityUnit: json["quantity_unit"]?.string,
            unitPrice: unitPrice,
            taxRate: json["tax_rate"]?.integer,
            totalAmount: totalAmount,
            totalDiscountAmount: json.amount("total_discount_amount"),
            totalTaxAmount: json.amount("total_tax_amount"),
            merchantData: json["merchant_data"]?.string,
            productURL: json["product_url"]?.string,
            imageURL: json["image_url"]?.string,
            productIdentifiers: json["product_identifiers"]?.object,
            subscription: json["subscription"]?.object,
        )
    }
}
