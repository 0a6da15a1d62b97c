internal import Klarna
internal import Money

extension NewCheckout {
    /// Where something is sold, and in which language the page is to be.
    struct Place {
        let market: Market
        let locale: String
        let warnings: [Fault]
    }

    /// Country, currency and locale. Codes are taken in either case and kept in Klarna's.
    ///
    /// The country of the billing address overrides `purchase_country` at Klarna, so the market is that of the address,
    /// and so is the currency. A locale of another country or language is no fault: Klarna answers it with its English
    /// page.
    static func marketplace(
        _ reader: inout ObjectReader,
        country countryName: String = "purchase_country",
        currency currencyName: String = "purchase_currency",
        billing: Address? = nil,
    ) -> Place? {
        let country = reader.text(countryName, 2...2, required: true)
        let currency = reader.text(currencyName, 3...3, required: true)
        _ = reader.member("locale", required: true)
        let locale = locale(&reader)
        guard let country else { return nil }
        guard let stated = Market.of(country: country) else {
            return reader.fault(countryName, "Klarna is not offered in this country")
        }
        guard let market = billing?.country.map({ Market.of(country: $0) }) ?? stated else {
            return reader.fault(
                at: "/billing_address/country",
                "overrides purchase_country at Klarna, which is not offered in this country",
            )
        }
        guard let currency else { return nil }
        guard currency.uppercased() == market.currency else {
            guard currency.uppercased() == stated.currency else {
                return reader.fault(currencyName, "must be \(market.currency), the currency of \(market.country)")
            }
            return reader.fault(
                at: "/billing_address/country",
                "overrides purchase_country at Klarna, so the currency must be \(market.currency)",
            )
        }
        var warnings: [Fault] = []
        if market != stated {
            warnings.append(
                Fault("/billing_address/country", "overrides purchase_country: it is \(market.country) now")
            )
        }
        guard let locale else { return nil }
        if !market.hasLocale(locale) {
            let locales = market.locales.joined(separator: ", ")
            warnings.append(Fault("/locale", "Klarna shows its English page: \(market.country) has \(locales)"))
        }
        return Place(market: market, locale: locale, warnings: warnings)
    }

    /// A locale that is written as one, whosever it is.
    static func locale(_ reader: inout ObjectReader) -> String? {
        guard let locale = reader.text("locale", 2...32) else { return nil }
        return isLocale(locale) ? locale : reader.fault("locale", "must be a language and a country such as sv-SE")
    }

    /// The account that takes the purchase: the one that is named, or else the first that serves the country, `default`
    /// before the others by name.
    static func account(
        _ reader: inout ObjectReader,
        _ terms: Terms,
        _ market: Market?,
    ) -> (name: String, terms: AccountTerms)? {
        let named = reader.text("account", 1...255)
        if let named, terms.accounts[named] == nil {
            return reader.fault("account", "no Klarna account of this name is configured")
        }
        guard let market else { return nil }
        let accounts = terms.accounts.filter { named == nil || $0.key == named }
        if let account = account(of: accounts, for: market) { return account }
        let serving = accounts.values.filter { $0.serves(market) }
        guard serving.isEmpty else {
            let currencies = Set(serving.flatMap(\.currencyList)).sorted().joined(separator: ", ")
            return reader.fault("purchase_currency", "the Klarna account does not take it: it takes \(currencies)")
        }
        let countries = Set(accounts.values.flatMap(\.countryList)).sorted().joined(separator: ", ")
        return reader.fault("purchase_country", "no Klarna account serves it: there is one for \(countries)")
    }

    /// The same on the account that serves its country, with that account's page: for a basket, which knows of no
    /// accounts.
    public func assigned(to accounts: [String: AccountTerms]) -> NewCheckout {
        guard let market = Market.of(country: purchase.country),
            let (name, terms) = NewCheckout.account(of: accounts, for: market)
        else { return self }
        return NewCheckout(
            account: name,
            provider: provider,
            purchase: purchase,
            terms: self.terms,
            returnURLs: returnURLs,
            page: terms.page,
            metadata: metadata,
            warnings: warnings,
        )
    }

    private static func account(
        of accounts: [String: AccountTerms],
        for market: Market,
    ) -> (name: String, terms: AccountTerms)? {
        accounts.filter { $0.value.serves(market) && $0.value.takes(market) }
            .min { ($0.key == "default" ? 0 : 1, $0.key) < ($1.key == "default" ? 0 : 1, $1.key) }
            .map { ($0.key, $0.value) }
    }

    /// `^[A-Za-z]{2}(-[A-Za-z]{2})*$`
    private static func isLocale(_ text: String) -> Bool {
        text.split(separator: "-", omittingEmptySubsequences: false).allSatisfy { part in
            part.utf8.count == 2 && part.utf8.allSatisfy { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 }
        }
    }
}
