internal import Checkouts
internal import Klarna
internal import Money
internal import Settings

extension KassaSettings {
    /// What each Klarna account takes, measured against where Klarna is offered.
    ///
    /// - Throws: Every country and currency that makes no sense, by its key.
    func accountTerms() throws(SettingsProblems) -> [String: AccountTerms] {
        let problems = accounts.sorted { $0.key < $1.key }.flatMap { name, account in
            account.problems(prefix: KassaSettings.accountPrefix(name), region: boundRegion(of: account))
        }
        guard problems.isEmpty else { throw SettingsProblems(problems) }
        return accounts.mapValues { AccountTerms($0, region: boundRegion(of: $0)) }
    }

    /// The region whose countries alone the account serves. `nil` where all are served: a sandbox is everywhere, unless
    /// there are accounts of several regions to be told apart.
    private func boundRegion(of account: KlarnaAccountSettings) -> KlarnaAccount.Region? {
        let isEverywhere = (account.url?.isLoopback ?? false) && Set(accounts.values.map(\.region)).count == 1
        return isEverywhere ? nil : KlarnaAccount.Region(rawValue: account.region)
    }
}

extension AccountTerms {
    fileprivate init(_ settings: KlarnaAccountSettings, region: KlarnaAccount.Region?) {
        self.init(
            countries: settings.countries.map { Set($0) },
            currencies: settings.currencies.map { Set($0) },
            page: PageOptions(settings.page),
            region: region,
        )
    }
}

extension PageOptions {
    fileprivate init(_ settings: PageSettings) {
        self.init(
            placeOrderMode: PlaceOrderMode(rawValue: settings.placeOrderMode) ?? .none,
            paymentMethodCategory: settings.paymentMethodCategory,
            paymentMethodCategories: settings.paymentMethodCategories,
            paymentFallback: settings.paymentFallback,
            purchaseType: settings.purchaseType,
            pageTitle: settings.pageTitle,
            logoURL: settings.logoURL,
            backgroundImages: settings.backgroundImages.map { BackgroundImage(url: $0.url, width: Int64($0.width)) },
            showSubtotalDetail: settings.showSubtotalDetail,
            profileID: settings.profileID,
        )
    }
}

extension KlarnaAccountSettings {
    fileprivate func problems(prefix: String, region: KlarnaAccount.Region?) -> [SettingsProblem] {
        var problems: [SettingsProblem] = []
        let regionMarkets = Market.all.filter { region == nil || region == KlarnaAccount.Region(of: $0) }
        for country in countries ?? [] where !regionMarkets.contains(where: { $0.country == country }) {
            let reason =
                Market.of(country: country).map {
                    "\(country) belongs to the region \(KlarnaAccount.Region(of: $0).rawValue), and the account to \(self.region)"
                } ?? "Klarna is not offered in \(country)"
            problems.append(SettingsProblem(key: "\(prefix).countries", reason))
        }
        guard let currencies, problems.isEmpty else { return problems }
        let markets = regionMarkets.filter { countries?.contains($0.country) ?? true }
        for currency in currencies where !markets.contains(where: { $0.currency == currency }) {
            let reason = "\(currency) is the currency of none of the account's countries"
            problems.append(SettingsProblem(key: "\(prefix).currencies", reason))
        }
        // A country that was named and cannot pay is a mistake in one of the two lists.
        for market in markets where countries != nil && !currencies.contains(market.currency) {
            let reason = "lacks \(market.currency), the one currency of \(market.country)"
            problems.append(SettingsProblem(key: "\(prefix).currencies", reason))
        }
        return problems
    }
}
