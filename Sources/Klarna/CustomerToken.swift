public import Wire

/// What turns an authorization into a customer token.
///
/// Klarna Payments v1, `POST /payments/v1/authorizations/{authorizationToken}/customer-token`.
public struct CustomerTokenRequest: Sendable, Hashable {
    /// ISO 3166-1 alpha-2.
    public var country: String
    /// ISO 4217.
    public var currency: String
    public var locale: String
    /// What it is for, in 1 to 255 characters; shoppers see it.
    public var description: String
    /// `SUBSCRIPTION` is the only word there is.
    public var intendedUse: String
    public var billingAddress: Address?
    public var customer: JSONObject?

    public init(
        country: String,
        currency: String,
        locale: String,
        description: String,
        intendedUse: String = "SUBSCRIPTION",
        billingAddress: Address? = nil,
        customer: JSONObject? = nil,
    ) {
        self.country = country
        self.currency = currency
        self.locale = locale
        self.description = description
        self.intendedUse = intendedUse
        self.billingAddress = billingAddress
        self.customer = customer
    }

    /// The same each time.
    public var bytes: [UInt8] {
        var json = JSONObject()
        json.set("purchase_country", country)
        json.set("purchase_currency", currency)
        json.set("locale", locale)
        json["billing_address"] = billingAddress?.json
        json.set("customer", customer)
        json.set("description", description)
        json.set("intended_use", intendedUse)
        return JSON.object(json).bytes
    }
}

/// A customer token that was created.
public struct CreatedCustomerToken: Sendable, Hashable {
    public let id: KlarnaTokenID
    /// For the shopper's browser.
    public let redirectURL: String?
    public let paymentMethodReference: String?
    public let correlationID: String?
}

/// A customer token as it was read. Klarna Customer Token v1, `GET /customer-token/v1/tokens/{customerToken}`.
public struct CustomerTokenReading: Sendable, Hashable {
    public let status: CustomerTokenStatus
    /// `INVOICE`, `CARD`, `DIRECT_DEBIT` and so on.
    public let paymentMethodType: String?
    public let card: Card?
    /// Of a direct debit: the account's number, all but its end masked.
    public let directDebitMaskedNumber: String?
    public let correlationID: String?
    /// Klarna's clock when it answered.
    public let klarnaTime: Timestamp?

    public struct Card: Sendable, Hashable {
        public let brand: String?
        /// All but its end masked.
        public let maskedNumber: String?
        /// Month and year, `11/2028`.
        public let expiryDate: String?
    }
}

/// Whether orders can be placed on a customer token.
public enum CustomerTokenStatus: RawRepresentable, Sendable, Hashable {
    case active
    /// For good.
    case cancelled
    /// By Klarna; a purchase by the shopper may end it.
    case suspended
    /// A word that was not known when this was written.
    case other(String)

    public init(rawValue: String) {
        switch rawValue.uppercased() {
        case "ACTIVE": self = .active
        case "CANCELLED", "CANCELED": self = .cancelled
        case "SUSPENDED": self = .suspended
        case _: self = .other(rawValue)
        }
    }

    /// Klarna's word.
    public var rawValue: String {
        switch self {
        case .active: "ACTIVE"
        case .cancelled: "CANCELLED"
        case .suspended: "SUSPENDED"
        case .other(let word): word
        }
    }
}

/// Why a customer token gave no order, by what can be done about it.
public enum CustomerTokenFailure: Sendable, Hashable, CaseIterable {
    /// Klarna knows no such token: never again.
    case notFound
    /// By Klarna: another token is needed.
    case suspended
    /// By the merchant: never again.
    case cancelled
    /// It is not this merchant's.
    case forbidden
    /// The payment method is gone: the shopper has to come and name another.
    case methodUnavailable
    /// The payment method is not for this currency.
    case currencyMismatch
    /// Declined, and often for a while only: later again.
    case methodFailed
}

extension Refusal {
    /// Why no order was placed on a customer token; `nil` when it has nothing to do with the token.
    public var customerTokenFailure: CustomerTokenFailure? {
        switch code {
        case "TOKEN_NOT_FOUND": .notFound
        case "TOKEN_SUSPENDED": .suspended
        case "TOKEN_CANCELLED", "TOKEN_CANCELED": .cancelled
        case "TOKEN_FORBIDDEN": .forbidden
        case "UNAVAILABLE_PAYMENT_METHOD": .methodUnavailable
        case "PAYMENT_METHOD_CURRENCY_MISMATCH": .currencyMismatch
        case "PAYMENT_METHOD_FAILED": .methodFailed
        case _: nil
        }
    }
}

extension CreatedCustomerToken: AnswerReading {
    init(_ answer: KlarnaAnswer) throws(KlarnaError) {
        let json = try answer.success()
        guard let id = json.text("token_id") else { throw answer.malformed("the answer names no customer token") }
        self.init(
            id: KlarnaTokenID(rawValue: id),
            redirectURL: json.text("redirect_url"),
            paymentMethodReference: json.text("payment_method_reference"),
            correlationID: answer.correlationID,
        )
    }
}

extension CustomerTokenReading: AnswerReading {
    init(_ answer: KlarnaAnswer) throws(KlarnaError) {
        let json = try answer.success()
        guard let status = json.text("status") else { throw answer.malformed("the answer names no status") }
        self.init(
            status: CustomerTokenStatus(rawValue: status),
            paymentMethodType: json.text("payment_method_type"),
            card: json["card"].flatMap { card in
                card.object == nil
                    ? nil
                    : Card(
                        brand: card.text("brand"),
                        maskedNumber: card.text("masked_number"),
                        expiryDate: card.text("expiry_date"),
                    )
            },
            directDebitMaskedNumber: json["direct_debit"]?.text("masked_number"),
            correlationID: answer.correlationID,
            klarnaTime: answer.klarnaTime,
        )
    }
}
