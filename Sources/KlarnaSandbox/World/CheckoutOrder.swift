import Wire

/// An order of Klarna Checkout: a purchase that waits for a shopper, for 48 hours after anybody last touched it.
struct CheckoutOrder: Sendable {
    static let lifetime = Duration.seconds(48 * 3600)

    let id: String
    /// What the merchant sent, known members only.
    var purchase: JSONObject
    let startedAt: Timestamp
    /// By the merchant.
    var modifiedAt: Timestamp
    /// By the merchant or a shopper.
    var touchedAt: Timestamp
    var completedAt: Timestamp?
    /// For orders that recur.
    var recurringToken: String?

    init(id: String, purchase: JSONObject, at now: Timestamp) {
        self.id = id
        self.purchase = purchase
        startedAt = now
        modifiedAt = now
        touchedAt = now
    }

    var expiresAt: Timestamp { touchedAt + CheckoutOrder.lifetime }

    func merchantURL(_ name: String) -> String? {
        guard let url = purchase["merchant_urls"]?[name]?.string, !url.isEmpty else { return nil }
        return url.resolving(["{checkout.order.id}": id])
    }

    /// Klarna Checkout v3, schema `order`. Its status is in lower case, its times have no milliseconds.
    var reading: JSONObject {
        var reading: JSONObject = [
            "order_id": .string(id), "name": "Sandbox",
            "status": completedAt == nil ? "checkout_incomplete" : "checkout_complete",
        ]
        reading = reading.merging(purchase)
        reading["html_snippet"] = "<div id=\"klarna-checkout-container\">The sandbox shows its page by HPP only.</div>"
        reading["started_at"] = .string(startedAt.inSeconds)
        if let completedAt { reading["completed_at"] = .string(completedAt.inSeconds) }
        reading["last_modified_at"] = .string(modifiedAt.inSeconds)
        if purchase["options"]?.object == nil { reading["options"] = ["allow_separate_shipping_address": false] }
        reading["recurring"] = .bool(isRecurring)
        if let recurringToken { reading["recurring_token"] = .string(recurringToken) }
        return reading
    }

    var isRecurring: Bool { purchase["recurring"]?.bool ?? false }

    /// Who the playground's shoppers are when they have said no more than an address for mail.
    mutating func fillIn(email: String?) {
        let country = (purchase.string("purchase_country") ?? "").lowercased()
        var address: JSONObject = [
            "given_name": "Test", "family_name": .string("Person-\(country)"),
            "email": .string("customer@email.\(country)"), "street_address": "Test street 1", "postal_code": "11148",
            "city": "Test city", "country": .string(country),
        ]
        address = address.merging(purchase["billing_address"]?.object ?? JSONObject())
        if let email { address["email"] = .string(email) }
        purchase["billing_address"] = .object(address)
        if purchase.value("shipping_address") == nil { purchase["shipping_address"] = .object(address) }
    }
}

extension Timestamp {
    /// `2025-03-04T09:15:30Z`
    fileprivate var inSeconds: String { "\(description.prefix(19))Z" }
}
