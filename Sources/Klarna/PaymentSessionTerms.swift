public import Wire

/// What a payment session is for. Klarna Payments v1, `intent`.
public enum Intent: String, Sendable, Hashable, CaseIterable {
    /// An order, and no customer token.
    case buy
    /// A customer token, and no order yet.
    case tokenize
    /// Both.
    case buyAndTokenize = "buy_and_tokenize"
    /// Both, and the token may stand for another payment method. In Klarna's guides and not in its specification.
    case buyAndDefaultTokenize = "buy_and_default_tokenize"
}

extension Intent {
    /// Whether an authorization becomes an order.
    public var placesOrder: Bool { self != .tokenize }

    /// Whether an authorization becomes a customer token.
    public var createsToken: Bool { self != .buy }
}

/// Where the merchant meets the shopper. Klarna Payments v1, `acquiring_channel`.
public enum AcquiringChannel: String, Sendable, Hashable, CaseIterable {
    case eCommerce = "ECOMMERCE"
    case inStore = "IN_STORE"
    case telesales = "TELESALES"
}

/// Where Klarna reports on a payment session and its order. Klarna Payments v1, `merchant_urls`.
///
/// Klarna replaces `{session.id}` and `{order.id}` in all but ``authorization``; the braces are sent as they are.
public struct PaymentMerchantURLs: Sendable, Hashable {
    public var confirmation: String?
    /// Where Klarna tells what became of an order that was pending.
    public var notification: String?
    public var push: String?
    /// Where Klarna tells of each authorization; https only.
    public var authorization: String?

    public init(
        confirmation: String? = nil,
        notification: String? = nil,
        push: String? = nil,
        authorization: String? = nil,
    ) {
        self.confirmation = confirmation
        self.notification = notification
        self.push = push
        self.authorization = authorization
    }

    var json: JSONObject {
        var json = JSONObject()
        json.set("confirmation", confirmation)
        json.set("notification", notification)
        json.set("push", push)
        json.set("authorization", authorization)
        return json
    }

    fileprivate init(json: JSON?) {
        self.init(
            confirmation: json?["confirmation"]?.string,
            notification: json?["notification"]?.string,
            push: json?["push"]?.string,
            authorization: json?["authorization"]?.string,
        )
    }
}

/// What is said of a payment session besides what is bought. Klarna Payments v1, `POST /payments/v1/sessions`.
public struct PaymentSessionTerms: Sendable, Hashable {
    public var intent: Intent
    /// Klarna takes a missing one for ``AcquiringChannel/eCommerce``.
    public var acquiringChannel: AcquiringChannel?
    public var merchantURLs: PaymentMerchantURLs
    /// Promotion codes.
    public var customPaymentMethodIDs: [String]
    /// A design agreed with Klarna.
    public var design: String?
    /// Colours and a radius, of Klarna's widget.
    public var options: JSONObject?

    public init(
        intent: Intent = .buy,
        acquiringChannel: AcquiringChannel? = nil,
        merchantURLs: PaymentMerchantURLs = PaymentMerchantURLs(),
        customPaymentMethodIDs: [String] = [],
        design: String? = nil,
        options: JSONObject? = nil,
    ) {
        self.intent = intent
        self.acquiringChannel = acquiringChannel
        self.merchantURLs = merchantURLs
        self.customPaymentMethodIDs = customPaymentMethodIDs
        self.design = design
        self.options = options
    }
}

extension PaymentSessionTerms {
    /// The terms in Klarna's words; ``init(json:)`` reads them again.
    public var json: JSON {
        var json = JSONObject()
        set(&json)
        return .object(json)
    }

    /// `nil` when it is no object, or names an intent or a channel that is not known. Without an intent it is ``Intent/buy``.
    public init?(json: JSON) {
        guard json.object != nil else { return nil }
        let intent = json["intent"]?.string.map { Intent(rawValue: $0) } ?? .buy
        let channel = json["acquiring_channel"]?.string.map { AcquiringChannel(rawValue: $0.uppercased()) }
        guard let intent, channel != .some(nil) else { return nil }
        self.init(
            intent: intent,
            acquiringChannel: channel ?? nil,
            merchantURLs: PaymentMerchantURLs(json: json["merchant_urls"]),
            customPaymentMethodIDs: (json["custom_payment_method_ids"]?.array ?? []).compactMap(\.string),
            design: json["design"]?.string,
            options: json["options"]?.object,
        )
    }

    func set(_ json: inout JSONObject) {
        json.set("intent", intent.rawValue)
        json.set("acquiring_channel", acquiringChannel?.rawValue)
        if !merchantURLs.json.isEmpty { json.set("merchant_urls", merchantURLs.json) }
        if !customPaymentMethodIDs.isEmpty {
            json["custom_payment_method_ids"] = .array(customPaymentMethodIDs.map(JSON.string))
        }
        json.set("design", design)
        json.set("options", options)
    }
}
