import Klarna
import Money
import Testing
import Wire

@testable import Checkouts

@Suite("Where a new checkout is for")
struct NewCheckoutMarketTests {
    @Test(arguments: Market.all)
    func `is a market with its currency and its locales`(market: Market) throws {
        for locale in market.locales {
            let new = try NewCheckout.read(order(market.country, market.currency, locale))
            #expect(new.purchase.country == market.country && new.purchase.currency == market.currency)
            #expect(new.warnings.isEmpty)
        }
        let foreign = market.currency == "EUR" ? "SEK" : "EUR"
        #expect(NewCheckout.pointers(order(market.country, foreign, market.locales[0])) == ["/purchase_currency"])
    }

    @Test(arguments: [("sv-SE", true), ("en-se", true), ("de-DE", false), ("EN", false), ("fi-SE", false)])
    func `takes a locale of elsewhere as Klarna does, and says so`(locale: String, fits: Bool) throws {
        let new = try NewCheckout.read(NewCheckout.body(["locale": .string(locale)]))
        #expect(new.purchase.locale == locale)
        #expect(new.warnings.map(\.pointer) == (fits ? [] : ["/locale"]))
        #expect(fits || new.warnings[0].detail.contains("sv-SE, en-SE"))
    }

    @Test(
        arguments: [
            ("SE", "SEK", nil, "default"), ("US", "USD", nil, "america"), ("NZ", "NZD", nil, "pacific"),
            ("SE", "SEK", "eu", "eu"), ("DE", "EUR", "default", "default"),
        ] as [(String, String, String?, String)]
    )
    func `has the account that is named, or one that serves the country`(
        country: String,
        currency: String,
        named: String?,
        account: String,
    ) throws {
        #expect(try NewCheckout.read(order(country, currency, "en-\(country)", account: named)).account == account)
    }

    @Test func `is refused by an account that does not serve it, with what it does serve`() throws {
        let terms = NewCheckout.Terms(
            accounts: [
                "default": AccountTerms(countries: ["se", "NO"]), "baltic": AccountTerms(countries: ["FI", "DE"]),
                "alpine": AccountTerms(countries: ["DE", "AT", "CH"], currencies: ["EUR"]),
            ],
            returnOrigins: ReturnOrigins([]),
        )
        func account(_ country: String, _ currency: String, _ named: String? = nil) throws(Faults) -> String {
            try NewCheckout.read(order(country, currency, "en-\(country)", account: named), terms: terms).account
        }
        #expect(try account("SE", "SEK") == "default")
        #expect(try account("DE", "EUR") == "alpine")
        #expect(try account("FI", "EUR") == "baltic")
        let country = try #require(throws: Faults.self) { try account("FR", "EUR") }
        #expect(country.all.map(\.pointer) == ["/purchase_country"])
        #expect(country.all[0].detail.contains("AT, CH, DE, FI, NO, SE"))
        let named = try #require(throws: Faults.self) { try account("FI", "EUR", "default") }
        #expect(named.all.map(\.pointer) == ["/purchase_country"])
        #expect(named.all[0].detail.contains("NO, SE"))
        let currency = try #require(throws: Faults.self) { try account("CH", "CHF") }
        #expect(currency.all.map(\.pointer) == ["/purchase_currency"])
        #expect(currency.all[0].detail.contains("takes EUR"))
    }

    @Test(
        arguments: [
            ("SE", "EUR", "DE", nil), ("SE", "SEK", "DE", "/billing_address/country"),
            ("SE", "USD", "DE", "/purchase_currency"), ("FI", "EUR", "DE", nil), ("SE", "SEK", "SE", nil),
            ("SE", "SEK", "JP", "/billing_address/country"),
        ] as [(String, String, String, String?)]
    )
    func `is that of the billing address where there is one`(
        country: String,
        currency: String,
        billing: String,
        pointer: String?,
    ) throws {
        let json = order(
            country,
            currency,
            "en-\(billing)",
            [
                "billing_address": ["email": "a@shop.example", "country": .string(billing)]
            ],
        )
        #expect(NewCheckout.pointers(json) == (pointer.map { [$0] } ?? []))
        guard pointer == nil else { return }
        let new = try NewCheckout.read(json)
        #expect(new.purchase.country == billing)
        #expect(new.warnings.map(\.pointer) == (billing == country ? [] : ["/billing_address/country"]))
    }

    @Test func `from the catalog is assigned to the account of its country, with that account's page`() throws {
        let page = PageOptions(placeOrderMode: .placeOrder, pageTitle: "Mugs")
        let accounts = ["default": AccountTerms(region: .na), "eu": AccountTerms(page: page, region: .eu)]
        let new = NewCheckout(purchase: try NewCheckout.read(NewCheckout.body()).purchase)
        #expect(new.assigned(to: accounts).account == "eu" && new.assigned(to: accounts).page == page)
        #expect(new.assigned(to: [:]) == new)
    }

    private static let postal: JSONObject = [
        "street_address": "Storgatan 1", "postal_code": "111 22", "city": "Stockholm", "country": "SE",
    ]

    /// What is put into a whole address, or taken out of it for `null`; what it then lacks.
    @Test(
        arguments: [
            ([:], []), (["email": "a@shop.example", "street_address2": "c/o B"], []),
            (["city": .null], ["city"]), (["postal_code": ""], ["postal_code"]),
            (["street_address": .null, "country": .null], ["street_address", "country"]),
            (["street_address": .null, "postal_code": .null, "city": .null, "email": "a@shop.example"], []),
            (["street_address": .null, "postal_code": .null], ["street_address", "postal_code"]),
            (["country": "US"], ["region"]), (["country": "AU"], ["region"]), (["country": "US", "region": "NY"], []),
            (["country": "IE", "postal_code": .null], []),
        ] as [([String: JSON], [String])]
    )
    func `leaves a half address out rather than to send it`(members: [String: JSON], missing: [String]) throws {
        var address = NewCheckoutMarketTests.postal
        for (name, value) in members { address[name] = value }
        let new = try NewCheckout.read(NewCheckout.body(["shipping_address": .object(address)]))
        #expect((new.purchase.shippingAddress == nil) == !missing.isEmpty)
        #expect(new.warnings.map(\.pointer) == (missing.isEmpty ? [] : ["/shipping_address"]))
        #expect(missing.allSatisfy { new.warnings[0].detail.contains($0) })
        #expect(new.warnings.allSatisfy { !$0.detail.contains("Storgatan") && !$0.detail.contains("Stockholm") })
    }

    @Test(
        arguments: [
            ("given_name", 99), ("family_name", 99), ("phone", 99), ("street_address", 99), ("street_address2", 99),
            ("postal_code", 10), ("city", 99), ("region", 99), ("title", 20), ("organization_name", 99),
            ("attention", 99),
        ]
    )
    func `has addresses with texts of a limited length`(name: String, length: Int) {
        func pointers(_ count: Int) -> [String] {
            var address = NewCheckoutMarketTests.postal
            // A digit for the phone, letters for the names.
            address[name] = .string("a1" + String(repeating: "x", count: count - 2))
            return NewCheckout.pointers(NewCheckout.body(["shipping_address": .object(address)]))
        }
        #expect(pointers(length) == [])
        #expect(pointers(length + 1) == ["/shipping_address/\(name)"])
    }

    @Test func `does not follow a billing address that was left out`() throws {
        let json = NewCheckout.body(["billing_address": ["city": "Berlin", "country": "DE"]])
        let new = try NewCheckout.read(json)
        #expect(new.purchase.country == "SE" && new.purchase.billingAddress == nil)
        #expect(new.warnings.map(\.pointer) == ["/billing_address"])
    }

    private func order(
        _ country: String,
        _ currency: String,
        _ locale: String,
        _ members: [String: JSON] = [:],
        account: String? = nil,
    ) -> JSON {
        let line: JSON = ["name": "Mug", "quantity": 1, "unit_price": 25_000, "total_amount": 25_000]
        var body: [String: JSON] = [
            "purchase_country": .string(country), "purchase_currency": .string(currency), "locale": .string(locale),
            "order_lines": [line],
        ]
        if let account { body["account"] = .string(account) }
        return NewCheckout.body(body.merging(members) { $1 })
    }
}
