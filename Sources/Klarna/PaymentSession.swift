public import Money
public import Wire

/// A payment session that was created. Klarna Payments v1, `POST /payments/v1/sessions`.
public struct CreatedPaymentSession: Sendable, Hashable {
    public let id: PaymentSessionID
    /// What Klarna offers for this purchase. Empty: nothing, and then the hosted page cannot offer anything either.
    public let paymentMethodCategories: [PaymentMethodCategory]
    public let correlationID: String?
}

/// One way to pay. Klarna Payments v1, `payment_method_categories`.
public struct PaymentMethodCategory: Sendable, Hashable {
    /// `pay_later`, `pay_now` and so on.
    public let identifier: String
    /// For shoppers, in their language.
    public let name: String?
    /// Pictures by purpose: `standard`, `descriptive`.
    public let assetURLs: [String: String]
}

/// A payment session as it was read. Klarna Payments v1, `GET /payments/v1/sessions/{session_id}`.
public struct PaymentSessionReading: Sendable, Hashable {
    public let status: Status
    /// The newest authorization; an earlier one is void. Kept by Klarna for 60 minutes.
    public let authorizationToken: AuthorizationToken?
    public let expiresAt: Timestamp?
    /// `nil` when it is missing or not known.
    public let intent: Intent?
    public let acquiringChannel: AcquiringChannel?
    /// Upper case.
    public let purchaseCountry: String?
    /// Upper case.
    public let purchaseCurrency: String?
    public let orderAmount: MinorUnits?
    public let orderTaxAmount: MinorUnits?
    /// `nil` when they are missing, or one of them cannot be read.
    public let orderLines: [OrderLine]?
    public let paymentMethodCategories: [PaymentMethodCategory]
    public let correlationID: String?
    /// Klarna's clock when it answered.
    public let klarnaTime: Timestamp?

    public enum Status: Sendable, Hashable {
        case incomplete
        /// An order was placed.
        case complete
        /// A word that was not known when this was written.
        case other(String)
    }
}

extension CreatedPaymentSession: AnswerReading {
    init(_ answer: KlarnaAnswer) throws(KlarnaError) {
        let json = try answer.success()
        guard let id = json.text("session_id") else { throw answer.malformed("the answer names no payment session") }
        self.init(
            id: PaymentSessionID(rawValue: id),
            paymentMethodCategories: categories(json),
            correlationID: answer.correlationID,
        )
    }
}

private func categories(_ session: JSON) -> [PaymentMethodCategory] {
    (session["payment_method_categories"]?.array ?? []).compactMap { category in
        category.text("identifier").map {
            PaymentMethodCategory(identifier: $0, name: category.text("name"), assetURLs: assetURLs(category))
        }
    }
}

private func assetURLs(_ category: JSON) -> [String: String] {
    let members = category["asset_urls"]?.object?.members ?? []
    let urls = members.compactMap { member in member.value.string.map { (member.name, $0) } }
    return Dictionary(urls) { first, _ in first }
}

extension PaymentSessionReading: AnswerReading {
    init(_ answer: KlarnaAnswer) throws(KlarnaError) {
        let json = try answer.success()
        guard let status = json.text("status") else { throw answer.malformed("the answer names no status") }
        self.init(
            status: Status(status),
            authorizationToken: json.text("authorization_token").map { AuthorizationToken(rawValue: $0) },
            expiresAt: json.time("expires_at"),
            intent: json.text("intent").flatMap { Intent(rawValue: $0.lowercased()) },
            acquiringChannel: json.text("acquiring_channel").flatMap { AcquiringChannel(rawValue: $0.uppercased()) },
            purchaseCountry: json.text("purchase_country")?.uppercased(),
            purchaseCurrency: json.text("purchase_currency")?.uppercased(),
            orderAmount: json.amount("order_amount"),
            orderTaxAmount: json.amount("order_tax_amount"),
            orderLines: json.lines("order_lines"),
            paymentMethodCategories: categories(json),
            correlationID: answer.correlationID,
            klarnaTime: answer.klarnaTime,
        )
    }
}

extension PaymentSessionReading.Status {
    init(_ word: String) {
        switch word.lowercased() {
        case "incomplete": self = .incomplete
        case "complete": self = .complete
        case _: self = .other(word)
        }
    }
}
