public import Money
internal import Wire

/// Klarna Order Management v1, `POST .../captures`.
public struct CaptureRequest: Sendable, Hashable {
    public var amount: MinorUnits
    /// For the shopper.
    public var description: String?
    /// For the merchant: it stands in settlement files.
    public var reference: String?
    public var lines: [OrderLine]
    public var shippingInfo: [ShippingInfo]

    public init(
        amount: MinorUnits,
        description: String? = nil,
        reference: String? = nil,
        lines: [OrderLine] = [],
        shippingInfo: [ShippingInfo] = [],
    ) {
        self.amount = amount
        self.description = description
        self.reference = reference
        self.lines = lines
        self.shippingInfo = shippingInfo
    }

    /// The same each time; so too of the others.
    public var bytes: [UInt8] {
        var json = JSONObject()
        json.set("captured_amount", amount)
        json.set("description", description)
        json.set("reference", reference)
        if !lines.isEmpty { json["order_lines"] = .array(lines.map(\.json)) }
        if !shippingInfo.isEmpty { json["shipping_info"] = .array(shippingInfo.map(\.json)) }
        return JSON.object(json).bytes
    }
}

/// Klarna Order Management v1, `POST .../refunds`.
public struct RefundRequest: Sendable, Hashable {
    public var amount: MinorUnits
    /// For the shopper.
    public var description: String?
    /// For the merchant: it stands in settlement files.
    public var reference: String?
    /// They tell Klarna which capture is meant. One of the type `return_fee` has negative amounts.
    public var lines: [OrderLine]

    public init(
        amount: MinorUnits,
        description: String? = nil,
        reference: String? = nil,
        lines: [OrderLine] = [],
    ) {
        self.amount = amount
        self.description = description
        self.reference = reference
        self.lines = lines
    }

    public var bytes: [UInt8] {
        var json = JSONObject()
        json.set("refunded_amount", amount)
        json.set("description", description)
        json.set("reference", reference)
        if !lines.isEmpty { json["order_lines"] = .array(lines.map(\.json)) }
        return JSON.object(json).bytes
    }
}

/// Klarna Order Management v1, `PATCH .../authorization`.
public struct AuthorizationUpdate: Sendable, Hashable {
    public var amount: MinorUnits
    public var description: String?
    /// All of them: Klarna deletes those that are not sent.
    public var lines: [OrderLine]

    public init(amount: MinorUnits, description: String? = nil, lines: [OrderLine]) {
        self.amount = amount
        self.description = description
        self.lines = lines
    }

    public var bytes: [UInt8] {
        var json = JSONObject()
        json.set("order_amount", amount)
        json.set("description", description)
        json["order_lines"] = .array(lines.map(\.json))
        return JSON.object(json).bytes
    }
}

/// Klarna Order Management v1, `PATCH .../merchant-references`.
public struct MerchantReferences: Sendable, Hashable {
    /// `nil` leaves it as it is, an empty text takes it away; so too the other.
    public var first: String?
    public var second: String?

    public init(first: String? = nil, second: String? = nil) {
        self.first = first
        self.second = second
    }

    public var bytes: [UInt8] {
        var json = JSONObject()
        json.set("merchant_reference1", first)
        json.set("merchant_reference2", second)
        return JSON.object(json).bytes
    }
}

/// Klarna Order Management v1, `PATCH .../customer-details`. The billing address can no longer be changed.
public struct CustomerDetails: Sendable, Hashable {
    /// An empty text takes a field away.
    public var shippingAddress: Address

    public init(shippingAddress: Address) { self.shippingAddress = shippingAddress }

    public var bytes: [UInt8] { JSON.object(["shipping_address": shippingAddress.json]).bytes }
}

/// Klarna Order Management v1, `PATCH .../captures/{capture_id}/extend-due-date`.
public struct DueDateExtension: Sendable, Hashable {
    /// One of those that ``DueDateOptions`` has.
    public var days: Int64

    public init(days: Int64) { self.days = days }

    public var bytes: [UInt8] { JSON.object(["number_of_days": .integer(days)]).bytes }
}
