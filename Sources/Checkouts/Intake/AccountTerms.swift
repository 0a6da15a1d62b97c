public import Klarna
public import Money

/// What one of the Klarna accounts takes, and how its hosted pages look unless a checkout says otherwise.
public struct AccountTerms: Sendable, Hashable {
    /// ISO 3166-1 alpha-2, upper case; `nil`: those of its region.
    public let countries: Set<String>?
    /// ISO 4217, upper case; `nil`: those of its countries.
    public let currencies: Set<String>?
    public let page: PageOptions
    /// Where Klarna keeps the account; `nil` where it does not matter, as with an emulator.
    public let region: KlarnaAccount.Region?

    public init(
        countries: Set<String>? = nil,
        currencies: Set<String>? = nil,
        page: PageOptions = PageOptions(),
        region: KlarnaAccount.Region? = nil,
    ) {
        self.countries = countries.map { Set($0.map { $0.uppercased() }) }
        self.currencies = currencies.map { Set($0.map { $0.uppercased() }) }
        self.page = page
        self.region = region
    }

    func serves(_ market: Market) -> Bool {
        if let countries { return countries.contains(market.country) }
        return region == nil || region == KlarnaAccount.Region(of: market)
    }

    func takes(_ market: Market) -> Bool { currencies?.contains(market.currency) ?? true }

    /// For an error: the countries it serves.
    var countryList: [String] { Market.all.filter(serves).map(\.country) }

    /// For an error: the currencies it takes.
    var currencyList: [String] { Market.all.filter { serves($0) && takes($0) }.map(\.currency) }
}

extension KlarnaAccount.Region {
    /// Klarna keeps North America and Oceania apart; every other country is in Europe's system.
    public init(of market: Market) {
        switch market.country {
        case "US", "CA", "MX": self = .na
        case "AU", "NZ": self = .oc
        case _: self = .eu
        }
    }
}

extension PageOptions {
    /// These options where they say something, and those of the account where they do not.
    ///
    /// A category that is given here stands in the place of both of the account's: Klarna refuses the two together, and
    /// what the checkout asks for is not to be widened.
    func over(_ defaults: PageOptions) -> PageOptions {
        var page = self
        if paymentMethodCategory == nil, paymentMethodCategories == nil {
            page.paymentMethodCategory = defaults.paymentMethodCategory
            page.paymentMethodCategories = defaults.paymentMethodCategories
        }
        page.paymentFallback = paymentFallback ?? defaults.paymentFallback
        page.purchaseType = purchaseType ?? defaults.purchaseType
        page.pageTitle = pageTitle ?? defaults.pageTitle
        page.logoURL = logoURL ?? defaults.logoURL
        page.backgroundImages = backgroundImages.isEmpty ? defaults.backgroundImages : backgroundImages
        page.showSubtotalDetail = showSubtotalDetail ?? defaults.showSubtotalDetail
        page.profileID = profileID ?? defaults.profileID
        return page
    }
}
