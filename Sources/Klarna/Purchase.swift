public import Money
public import Wire

/// What is bought: the part that creating a payment session and placing its order have in common.
///
/// Klarna Payments v1, `POST /payments/v1/sessions` and `POST /payments/v1/authorizations/{authorizationToken}/order`.
public struct Purchase: Sendable, Hashable {
    /// ISO 3166-1 alpha-2. The country of ``billingAddress`` overrides it.
    public var country: String
    /// ISO 4217, the country's own: Klarna takes no other.
    public var currency: String
    public var locale: String
    /// The sum of the lines' total amounts.
    public var orderAmount: MinorUnits
    public var orderTaxAmount: MinorUnits?
    public var orderLines: [OrderLine]
    public var merchantReference1: String?
    public var merchantReference2: String?
    public var billingAddress: Address?
    public var shippingAddress: Address?
    public var customer: JSONObject?
    /// Kept by Klarna and shown with the order.
    public var merchantData: String?
    /// What Klarna wants to know of special trades. Left out where Klarna takes none: when an order is placed.
    public var attachment: Attachment?
    /// Whether Klarna captures the order when it is placed.
    public var autoCapture: Bool

    public init(
        country: String,
        currency: String,
        locale: String,
        orderAmount: MinorUnits,
        orderTaxAmount: MinorUnits? = nil,
        orderLines: [OrderLine],
        merchantReference1: String? = nil,
        merchantReference2: String? = nil,
        billingAddress: Address? = nil,
        shippingAddress: Address? = nil,
        customer: JSONObject? = nil,
        merchantData: String? = nil,
        attachment: Attachment? = nil,
        autoCapture: Bool = false,
    ) {
        self.country = country
        self.currency = currency
        self.locale = locale
        self.orderAmount = orderAmount
        self.orderTaxAmount = orderTaxAmount
        self.orderLines = orderLines
        self.merchantReference1 = merchantReference1
        self.merchantReference2 = merchantReference2
        self.billingAddress = billingAddress
        self.shippingAddress = shippingAddress
        self.customer = customer
        self.merchantData = merchantData
        self.attachment = attachment
        self.autoCapture = autoCapture
    }
}

extension Purchase {
    /// The body that creates or updates a payment session.
    ///
    /// An update holds all of it, too: whether Klarna keeps what is left out is not certain.
    public func paymentSessionBody(terms: PaymentSessionTerms) -> [UInt8] {
        var body = order
        setPeople(&body)
        body["attachment"] = attachment?.json
        terms.set(&body)
        return JSON.object(body).bytes
    }

    /// The body that places the order. It is to be kept and sent again as it is, byte by byte.
    ///
    /// Addresses and customer are left out. The shopper may have changed them on the hosted page, Klarna keeps those they
    /// were authorized with, and refuses an order that names others (409, "Not matching fields").
    ///
    /// Of the URLs, the one for authorizations is left out: there will be no other.
    public func placeOrderBody(urls: PaymentMerchantURLs = PaymentMerchantURLs()) -> [UInt8] {
        var body = order
        var urls = urls
        urls.authorization = nil
        if !urls.json.isEmpty { body.set("merchant_urls", urls.json) }
        setAutoCapture(&body)
        return JSON.object(body).bytes
    }

    /// The whole purchase in Klarna's words; ``init(json:)`` reads it again.
    public var json: JSON {
        var json = order
        setPeople(&json)
        json["attachment"] = attachment?.json
        setAutoCapture(&json)
        return .object(json)
    }

    /// `nil` when one of the fields that Klarna requires is missing, or the locale, or when a line, an address or the
    /// attachment is malformed.
    public init?(json: JSON) {
        guard let country = json["purchase_country"]?.string, let currency = json["purchase_currency"]?.string,
            let locale = json["locale"]?.string, let orderAmount = json.amount("order_amount"),
            let lines = json["order_lines"]?.array
        else { return nil }
        let orderLines = lines.compactMap { OrderLine(json: $0) }
        let billing = json["billing_address"].map { Address(json: $0) }
        let shipping = json["shipping_address"].map { Address(json: $0) }
        let attachment = json["attachment"].map { Attachment(json: $0) }
        // `.some(nil)` is one that is there and cannot be read.
        guard orderLines.count == lines.count, billing != .some(nil), shipping != .some(nil), attachment != .some(nil)
        else { return nil }
        self.init(
            country: country,
            currency: currency,
            locale: locale,
            orderAmount: orderAmount,
            orderTaxAmount: json.amount("order_tax_amount"),
            orderLines: orderLines,
            merchantReference1: json["merchant_reference1"]?.string,
            merchantReference2: json["merchant_reference2"]?.string,
            billingAddress: billing ?? nil,
            shippingAddress: shipping ?? nil,
            customer: json["customer"]?.object,
            merchantData: json["merchant_data"]?.string,
            attachment: attachment ?? nil,
            autoCapture: json["auto_capture"]?.bool ?? false,
        )
    }

    private var order: JSONObject {
        var json = JSONObject()
        json.set("purchase_country", country)
        json.set("purchase_currency", currency)
        json.set("locale", locale)
        json.set("order_amount", orderAmount)
        json.set("order_tax_amount", orderTaxAmount)
        json["order_lines"] = .array(orderLines.map(\.json))
        json.set("merchant_reference1", merchantReference1)
        json.set("merchant_reference2", merchantReference2)
        json.set("merchant_data", merchantData)
        return json
    }

    private func setPeople(_ json: inout JSONObject) {
        json["billing_address"] = billingAddress?.json
        json["shipping_address"] = shippingAddress?.json
        json.set("customer", customer)
    }

    /// Klarna's default is `false`, and a merchant without the agreement for it had better not mention it.
    private func setAutoCapture(_ json: inout JSONObject) {
        if autoCapture { json.set("auto_capture", true) }
    }
}
