/// A country in which Klarna can be offered, with the one currency it takes there and its locales.
///
/// Klarna, "Purchase country, locale and currency": only a country's own currency is accepted. Every currency in the table
/// has two decimals in Klarna's amounts.
public struct Market: Sendable, Hashable {
    /// ISO 3166-1 alpha-2, upper case.
    public let country: String
    /// ISO 4217, upper case.
    public let currency: String
    /// Languages, the local one first: `sv` and `en` make `sv-SE` and `en-SE`.
    public let languages: [String]

    /// The market of a country code in either case, `nil` when Klarna is not offered there.
    public static func of(country: String) -> Market? { byCountry[country.uppercased()] }

    public var locales: [String] { languages.map { "\($0)-\(country)" } }

    /// Whether the locale, in either case, is one of the market's own. Klarna takes others too, and answers in English.
    public func hasLocale(_ locale: String) -> Bool {
        locales.contains { $0.lowercased() == locale.lowercased() }
    }

    private static let byCountry = Dictionary(
        uniqueKeysWithValues: all.map { ($0.country, $0) }
    )

    /// Every market, by country code.
    public static let all: [Market] = [
        Market(country: "AT", currency: "EUR", languages: ["de", "en"]),
        Market(country: "AU", currency: "AUD", languages: ["en"]),
        Market(country: "BE", currency: "EUR", languages: ["nl", "fr", "en"]),
        Market(country: "CA", currency: "CAD", languages: ["en", "fr"]),
        Market(country: "CH", currency: "CHF", languages: ["de", "fr", "it", "en"]),
        Market(country: "CZ", currency: "CZK", languages: ["cs", "en"]),
        Market(country: "DE", currency: "EUR", languages: ["de", "en"]),
        Market(country: "DK", currency: "DKK", languages: ["da", "en"]),
        Market(country: "ES", currency: "EUR", languages: ["es", "en"]),
        Market(country: "FI", currency: "EUR", languages: ["fi", "sv", "en"]),
        Market(country: "FR", currency: "EUR", languages: ["fr", "en"]),
        Market(country: "GB", currency: "GBP", languages: ["en"]),
        Market(country: "GR", currency: "EUR", languages: ["el", "en"]),
        Market(country: "HU", currency: "HUF", languages: ["hu", "en"]),
        Market(country: "IE", currency: "EUR", languages: ["en"]),
        Market(country: "IT", currency: "EUR", languages: ["it", "en"]),
        Market(country: "MX", currency: "MXN", languages: ["es", "en"]),
        Market(country: "NL", currency: "EUR", languages: ["nl", "en"]),
        Market(country: "NO", currency: "NOK", languages: ["nb", "en"]),
        Market(country: "NZ", currency: "NZD", languages: ["en"]),
        Market(country: "PL", currency: "PLN", languages: ["pl", "en"]),
        Market(country: "PT", currency: "EUR", languages: ["pt", "en"]),
        Market(country: "RO", currency: "RON", languages: ["ro", "en"]),
        Market(country: "SE", currency: "SEK", languages: ["sv", "en"]),
        Market(country: "SK", currency: "EUR", languages: ["sk", "en"]),
        Market(country: "US", currency: "USD", languages: ["en", "es"]),
    ]
}

extension MinorUnits {
    /// For people: `25000` in SEK is `250.00 SEK`.
    public func formatted(currency: String) -> String {
        let magnitude = value.magnitude
        let cents = magnitude % 100
        return "\(value < 0 ? "-" : "")\(magnitude / 100).\(cents < 10 ? "0" : "")\(cents) \(currency)"
    }
}
