import Wire

extension JSON {
    /// A mug twice and its shipping, for a shopper in Sweden.
    static let basket: JSON = .basket(adding: [:])

    static func basket(email: String = "customer@email.se", adding members: JSONObject = [:]) -> JSON {
        var basket: JSONObject = [
            "merchant_reference": "order-1001", "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
            "order_amount": 29_900, "order_tax_amount": 5980,
            "order_lines": [
                [
                    "type": "physical", "reference": "MUG", "name": "Mug", "quantity": 2, "unit_price": 12_500,
                    "tax_rate": 2500, "total_amount": 25_000, "total_tax_amount": 5000,
                ],
                [
                    "type": "shipping_fee", "reference": "SHIP", "name": "Shipping", "quantity": 1,
                    "unit_price": 4900, "tax_rate": 2500, "total_amount": 4900, "total_tax_amount": 980,
                ],
            ],
            "billing_address": [
                "given_name": "Ada", "family_name": "Person", "email": .string(email),
                "street_address": "Vasagatan 10", "postal_code": "411 24", "city": "Gothenburg", "country": "SE",
            ],
        ]
        for member in members.members { basket[member.name] = member.value }
        return .object(basket)
    }

    /// One mug at that price: another basket, before the order is placed or after it.
    static func mug(_ amount: Int64) -> JSON {
        [
            "order_amount": .integer(amount),
            "order_lines": [
                [
                    "type": "physical", "reference": "MUG", "name": "Mug", "quantity": 1,
                    "unit_price": .integer(amount), "total_amount": .integer(amount),
                ]
            ],
        ]
    }

    /// What is paid again and again.
    static func subscription(_ intent: String) -> JSON {
        var basket: JSONObject = [
            "merchant_reference": "sub-1", "intent": .string(intent), "purchase_country": "SE",
            "purchase_currency": "SEK", "locale": "sv-SE", "order_amount": 12_500, "order_tax_amount": 2500,
        ]
        basket["order_lines"] = charge["order_lines"]
        return .object(basket)
    }

    static let charge: JSON = [
        "purchase_currency": "SEK", "order_amount": 12_500, "order_tax_amount": 2500, "merchant_reference": "sub-1-04",
        "order_lines": [
            [
                "type": "digital", "reference": "CLUB", "name": "Gear club, April", "quantity": 1,
                "unit_price": 12_500, "tax_rate": 2500, "total_amount": 12_500, "total_tax_amount": 2500,
                "subscription": ["name": "Gear club", "interval": "MONTH", "interval_count": 1],
            ]
        ],
    ]
}
