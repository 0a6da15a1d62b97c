public import Money
public import Wire

/// Where Klarna Checkout sends the shopper, and where it reports. Klarna Checkout v3, `merchant_urls`.
///
/// Klarna replaces `{checkout.order.id}` in them; the braces are sent as they are.
public struct CheckoutMerchantURLs: Sendable, Hashable {
    public var terms: String
    public var checkout: String
    public var confirmation: String
    public var push: String
    /// Asked before the shopper may buy; https only.
    public var validation: String?
    /// Where Klarna tells what became of an order that was pending.
    public var notification: String?
    public var cancellationTerms: String?

    public init(
        terms: String,
        checkout: String,
        confirmation: String,
        push: String,
        validation: String? = nil,
        notification: String? = nil,
        cancellationTerms: String? = nil,
    ) {
        self.terms = terms
        self.checkout = checkout
        self.confirmation = confirmation
        self.push = push
        self.validation = validation
        self.notification = notification
        self.cancellationTerms = cancellationTerms
    }

    var json: JSONObject {
        var json = JSONObject()
        json.set("terms", terms)
        json.set("checkout", checkout)
        json.set("confirmation", confirmation)
        json.set("push", push)
        json.set("validation", validation)
        json.set("notification", notification)
        json.set("cancellation_terms", cancellationTerms)
        return json
    }
}

/// What may be asked of Klarna Checkout besides what is bought. Klarna Checkout v3.
public struct CheckoutOptions: Sendable, Hashable {
    /// `options`, in Klarna's words.
    public var options: JSONObject?
    /// Whether the order makes a token for further ones.
    public var recurring: Bool?

    public init(options: JSONObject? = nil, recurring: Bool? = nil) {
        self.options = options
        self.recurring = recurring
    }

    func set(_ json: inout JSONObject) {
        json.set("options", options)
        json.set("recurring", recurring)
    }
}

/// An order of Klarna Checkout, as it was created, updated or read. Klarna Checkout v3, `order`.
///
/// Everything but the id and the status may be missing.
public struct CheckoutOrderReading: Sendable, Hashable {
    public let id: CheckoutOrderID
    public let status: Status
    /// Where Klarna says that it is, `Location`. Said when it was created.
    public let url: String?
    /// Upper case.
    public let purchaseCountry: String?
    /// Upper case.
    public let purchaseCurrency: String?
    public let locale: String?
    public let orderAmount: MinorUnits?
    public let orderTaxAmount: MinorUnits?
    /// `nil` when they are missing, or one of them cannot be read.
    public let orderLines: [OrderLine]?
    public let merchantReference1: String?
    public let merchantReference2: String?
    public let merchantData: String?
    /// Personal. Klarna Checkout asks for it itself.
    public let billingAddress: Address?
    /// Personal.
    public let shippingAddress: Address?
    public let recurringToken: KlarnaTokenID?
    public let startedAt: Timestamp?
    public let lastModifiedAt: Timestamp?
    public let completedAt: Timestamp?
    public let correlationID: String?
    /// Klarna's clock when it answered.
    public let klarnaTime: Timestamp?

    public enum Status: Sendable, Hashable {
        case incomplete
        /// The order exists at Order Management, under the same id.
        case complete
        /// A word that was not known when this was written.
        case other(String)
    }
}

extension CheckoutOrderReading: AnswerReading {
    init(_ answer: KlarnaAnswer) throws(KlarnaError) {
        let json = try answer.success()
        guard let id = json.text("order_id") else { throw answer.malformed("the answer names no checkout order") }
        guard let status = json.text("status") else { throw answer.malformed("the answer names no status") }
        self.init(
            id: CheckoutOrderID(rawValue: id),
            status: Status(status),
            url: answer.location,
            purchaseCountry: json.text("purchase_country")?.uppercased(),
            purchaseCurrency: json.text("purchase_currency")?.uppercased(),
            locale: json.locale("locale"),
            orderAmount: json.amount("order_amount"),
            orderTaxAmount: json.amount("order_tax_amount"),
            orderLines: json.lines("order_lines"),
            merchantReference1: json.text("merchant_reference1"),
            merchantReference2: json.text("merchant_reference2"),
            merchantData: json.text("merchant_data"),
            billingAddress: json["billing_address"].flatMap { Address(json: $0) },
            shippingAddress: json["shipping_address"].flatMap { Address(json: $0) },
            recurringToken: json.text("recurring_token").map { KlarnaTokenID(rawValue: $0) },
            startedAt: json.time("started_at"),
            lastModifiedAt: json.time("last_modified_at"),
            completedAt: json.time("completed_at"),
            correlationID: answer.correlationID,
            klarnaTime: answer.klarnaTime,
        )
    }
}

extension CheckoutOrderReading.Status {
    init(_ word: String) {
        switch word.lowercased() {
        case "checkout_incomplete": self = .incomplete
        case "checkout_complete": self = .complete
        case _: self = .other(word)
        }
    }
}
