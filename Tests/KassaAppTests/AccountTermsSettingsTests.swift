import Checkouts
import Klarna
import Settings
import Testing

@testable import KassaApp

@Suite("What an account takes")
struct AccountTermsSettingsTests {
    @Test func `is what its region has, unless it says otherwise`() throws {
        let terms = try terms([
            "KASSA_ACCOUNTS_NA_USERNAME": "u", "KASSA_ACCOUNTS_NA_PASSWORD": "p", "KASSA_ACCOUNTS_NA_REGION": "na",
            "KASSA_ACCOUNTS_NORDIC_USERNAME": "u", "KASSA_ACCOUNTS_NORDIC_PASSWORD": "p",
            "KASSA_ACCOUNTS_NORDIC_COUNTRIES": "SE,NO", "KASSA_ACCOUNTS_NORDIC_CURRENCIES": "NOK,SEK",
        ])
        #expect(terms["default"] == AccountTerms(region: .eu))
        #expect(terms["na"] == AccountTerms(region: .na))
        #expect(terms["nordic"] == AccountTerms(countries: ["SE", "NO"], currencies: ["SEK", "NOK"], region: .eu))
    }

    @Test func `is everything at a sandbox, unless there are several regions to be told apart`() throws {
        let sandbox = ["KASSA_KLARNA_URL": "http://127.0.0.1:8181"]
        #expect(try terms(sandbox.merging(["KASSA_KLARNA_REGION": "eu"]) { $1 })["default"]?.region == nil)
        let america = [
            "KASSA_ACCOUNTS_NA_USERNAME": "u", "KASSA_ACCOUNTS_NA_PASSWORD": "p", "KASSA_ACCOUNTS_NA_REGION": "na",
            "KASSA_ACCOUNTS_NA_URL": "http://127.0.0.1:8181",
        ]
        let both = try terms(sandbox.merging(america) { $1 })
        #expect(both["default"]?.region == .eu)
        #expect(both["na"]?.region == .na)
        let mixed = ["KASSA_KLARNA_COUNTRIES": "US,SE", "KASSA_KLARNA_CURRENCIES": "USD,SEK"]
        #expect(try terms(sandbox.merging(mixed) { $1 })["default"]?.countries == ["US", "SE"])
    }

    @Test func `goes with the page that the account has set`() throws {
        let page = try #require(
            try terms([
                "KASSA_KLARNA_PAGE_PLACE_ORDER_MODE": "PLACE_ORDER",
                "KASSA_KLARNA_PAGE_PAYMENT_METHOD_CATEGORIES": "PAY_NOW,PAY_LATER",
                "KASSA_KLARNA_PAGE_BACKGROUND_IMAGES": "https://shop.example/a.jpg 800",
            ])["default"]?.page
        )
        #expect(page.placeOrderMode == .placeOrder)
        #expect(page.paymentMethodCategories == ["PAY_NOW", "PAY_LATER"])
        #expect(page.backgroundImages == [BackgroundImage(url: "https://shop.example/a.jpg", width: 800)])
    }

    @Test(arguments: [
        (["COUNTRIES": "SE,US"], ["klarna.countries"], "US belongs to the region na"),
        (["COUNTRIES": "SE,JP"], ["klarna.countries"], "not offered in JP"),
        (["CURRENCIES": "EUR,USD"], ["klarna.currencies"], "USD is the currency of none"),
        (["COUNTRIES": "SE", "CURRENCIES": "EUR"], ["klarna.currencies", "klarna.currencies"], "lacks SEK"),
        (
            ["COUNTRIES": "AU,NZ", "REGION": "na"], ["klarna.countries", "klarna.countries"],
            "AU belongs to the region oc",
        ),
    ])
    func `is refused with its key where no checkout could fit it`(
        settings: [String: String],
        keys: [String],
        words: String,
    ) throws {
        let environment = Dictionary(uniqueKeysWithValues: settings.map { ("KASSA_KLARNA_\($0.key)", $0.value) })
        let problems = #expect(throws: SettingsProblems.self) { try terms(environment) }
        #expect(problems?.problems.map(\.key) == keys)
        #expect(problems?.description.contains(words) == true, "\(String(describing: problems))")
    }
}

private func terms(_ environment: [String: String]) throws -> [String: AccountTerms] {
    let credentials = ["KASSA_KLARNA_USERNAME": "u", "KASSA_KLARNA_PASSWORD": "p"]
    let source = SettingsSource(
        environment: credentials.merging(environment) { $1 },
        workingDirectory: "/nonexistent",
    )
    return try KassaSettings.load(source).accountTerms()
}
