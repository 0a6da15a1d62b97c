import Wire

/// A way to pay that a page may offer.
///
/// Klarna Payments v1, `payment_method_categories`. Names are Klarna's and change.
struct PaymentMethodCategory: Sendable, Hashable {
    let identifier: String
    let name: String

    static let all = [
        PaymentMethodCategory(identifier: "pay_later", name: "Pay later"),
        PaymentMethodCategory(identifier: "pay_now", name: "Pay now"),
        PaymentMethodCategory(identifier: "pay_over_time", name: "Pay over time"),
    ]

    var json: JSON {
        let badge: JSON = "https://x.klarnacdn.net/payment-method/assets/badges/generic/klarna.svg"
        return [
            "identifier": .string(identifier), "name": .string(name),
            "asset_urls": ["descriptive": badge, "standard": badge],
        ]
    }
}

extension HPPSession {
    /// What the shopper has chosen, or can choose from: of all there is, what the merchant named. A page around an order
    /// of Klarna Checkout does not care for names.
    var categories: [PaymentMethodCategory] {
        if let choice { return [choice] }
        guard kind == .payments else { return PaymentMethodCategory.all }
        let list = (options.value("payment_method_categories")?.array ?? []).compactMap(\.string)
        let named = (list + [options.string("payment_method_category")].compactMap(\.self)).map { $0.lowercased() }
        guard !named.isEmpty, !named.contains("klarna") else { return PaymentMethodCategory.all }
        let chosen = PaymentMethodCategory.all.filter { named.contains($0.identifier) }
        let fallsBack = options["payment_fallback"]?.bool ?? false
        return chosen.isEmpty && fallsBack ? PaymentMethodCategory.all : chosen
    }
}
