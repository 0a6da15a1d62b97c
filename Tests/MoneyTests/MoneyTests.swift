import Money
import Testing

@Suite("Money")
struct MoneyTests {
    @Test func `adds and multiplies without ever trapping`() {
        #expect(MinorUnits(2).adding(3) == 5)
        #expect(MinorUnits(.max).adding(1) == nil)
        #expect(MinorUnits(.min).subtracting(1) == nil)
        #expect(MinorUnits(333).times(3) == 999)
        #expect(MinorUnits(.max).times(2) == nil)
        #expect(MinorUnits.sum([1, 2, -4]) == -1)
        #expect(MinorUnits.sum([MinorUnits(.max), 1]) == nil)
    }

    /// Amount, rate, the tax it contains.
    @Test(
        arguments: [
            (50_000, 1000, 4545), (4000, 2000, 667), (9900, 1900, 1581), (13_800, 1900, 2203), (-14_950, 2500, -2990),
            (495, 700, 32), (1, 2500, 0), (2, 2500, 0), (3, 2500, 1), (0, 2500, 0), (25_000, 2500, 5000),
            (1000, 810, 75),
            (1000, 550, 52), (1000, 0, 0), (5, 10_000, 3), (-5, 10_000, -3),
        ] as [(Int64, Int64, Int64)]
    )
    func `finds the tax that an amount contains, rounded half away from zero`(total: Int64, rate: Int64, tax: Int64)
        throws
    {
        #expect(try #require(TaxRate(rate)).taxIncluded(in: MinorUnits(total)) == MinorUnits(tax))
    }

    @Test func `does not compute a tax that does not fit`() throws {
        #expect(try #require(TaxRate(2500)).taxIncluded(in: MinorUnits(.max)) == nil)
        #expect(TaxRate(-1) == nil)
        #expect(TaxRate(10_001) == nil)
    }

    @Test(
        arguments: [
            (25_000, "250.00 SEK"), (5, "0.05 SEK"), (-12_345, "-123.45 SEK"), (.min, "-92233720368547758.08 SEK"),
        ] as [(Int64, String)]
    )
    func `is written with two decimals`(value: Int64, text: String) {
        #expect(MinorUnits(value).formatted(currency: "SEK") == text)
    }

    @Test(
        arguments: [
            ("AT", "EUR", "de-AT en-AT"), ("AU", "AUD", "en-AU"), ("BE", "EUR", "nl-BE fr-BE en-BE"),
            ("CA", "CAD", "en-CA fr-CA"), ("CH", "CHF", "de-CH fr-CH it-CH en-CH"), ("CZ", "CZK", "cs-CZ en-CZ"),
            ("DE", "EUR", "de-DE en-DE"), ("DK", "DKK", "da-DK en-DK"), ("ES", "EUR", "es-ES en-ES"),
            ("FI", "EUR", "fi-FI sv-FI en-FI"), ("FR", "EUR", "fr-FR en-FR"), ("GB", "GBP", "en-GB"),
            ("GR", "EUR", "el-GR en-GR"), ("HU", "HUF", "hu-HU en-HU"), ("IE", "EUR", "en-IE"),
            ("IT", "EUR", "it-IT en-IT"), ("MX", "MXN", "es-MX en-MX"), ("NL", "EUR", "nl-NL en-NL"),
            ("NO", "NOK", "nb-NO en-NO"), ("NZ", "NZD", "en-NZ"), ("PL", "PLN", "pl-PL en-PL"),
            ("PT", "EUR", "pt-PT en-PT"), ("RO", "RON", "ro-RO en-RO"), ("SE", "SEK", "sv-SE en-SE"),
            ("SK", "EUR", "sk-SK en-SK"), ("US", "USD", "en-US es-US"),
        ]
    )
    func `knows each market's own currency and locales`(country: String, currency: String, locales: String) throws {
        let market = try #require(Market.of(country: country.lowercased()))
        #expect(market.currency == currency)
        #expect(market.locales == locales.split(separator: " ").map(String.init))
        #expect(market.locales.allSatisfy { market.hasLocale($0) && market.hasLocale($0.lowercased()) })
        #expect(!market.hasLocale("en") && !market.hasLocale("ja-JP"))
    }

    @Test func `knows no more markets than Klarna's`() {
        #expect(Market.of(country: "JP") == nil)
        #expect(Market.all.count == 26)
    }
}
