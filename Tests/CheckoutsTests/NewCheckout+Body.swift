import Klarna
import Money
import Wire

@testable import Checkouts

extension NewCheckout {
    /// The accounts of a merchant who sells in all of Klarna's regions.
    static let merchant = Terms(
        accounts: [
            "default": AccountTerms(region: .eu), "eu": AccountTerms(region: .eu), "america": AccountTerms(region: .na),
            "pacific": AccountTerms(region: .oc),
        ],
        returnOrigins: ReturnOrigins([
            "https://shop.example", "http://127.0.0.1:8080", "https://other.example:8443",
        ]),
    )

    static func read(_ json: JSON, terms: Terms = merchant) throws(Faults) -> NewCheckout {
        try NewCheckout(json: json, terms: terms)
    }

    /// Where there is something wrong with a body.
    static func pointers(_ json: JSON, terms: Terms = merchant) -> [String] {
        do throws(Faults) {
            _ = try read(json, terms: terms)
            return []
        } catch {
            return error.all.map(\.pointer)
        }
    }

    /// Two mugs, with some members put in their place or, where one is missing for `null`, taken away.
    static func body(_ members: [String: JSON] = [:]) -> JSON {
        var body: JSONObject = [
            "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE", "order_amount": 25_000,
            "order_lines": [mugs()],
        ]
        for (name, value) in members { body[name] = value }
        return .object(body)
    }

    /// The same with a monthly subscription.
    static func subscription(_ members: [String: JSON] = [:]) -> JSON {
        let term: JSON = ["name": "Mug of the month", "interval": "MONTH", "interval_count": 1]
        let lines: [String: JSON] = ["order_lines": [mugs(["subscription": term])]]
        return body(lines.merging(members) { $1 })
    }

    static func mugs(_ members: [String: JSON] = [:]) -> JSON {
        var line: JSONObject = [
            "type": "physical", "reference": "SKU-1", "name": "Mug", "quantity": 2, "quantity_unit": "pcs",
            "unit_price": 12_500, "tax_rate": 2500, "total_discount_amount": 0, "total_amount": 25_000,
            "total_tax_amount": 5000,
        ]
        for (name, value) in members { line[name] = value }
        return .object(line)
    }
}
