@testable import Settings
import Testing

@Suite("An account's terms")
struct AccountTermsSettingsTests {
    @Test func `are those of its region unless it names countries and currencies`() throws {
        let account = try #require(try load(environment: credentials).accounts["default"])
        #expect(account.countries == nil)
        #expect(account.currencies == nil)
        #expect(account.page == PageSettings.standard())
        #expect(account.termsURL == nil)
    }

    @Test func `are lists in the file and in variables alike`() throws {
        let file = try load(
            environment: credentials,
            // Norway is a country here, whatever YAML 1.1 takes NO for.
            file: "klarna: {countries: [se, NO], currencies: [SEK, nok], page: {payment_method_categories: [pay_now]}}",
        )
        let variables = try load(
            environment: credentials.merging([
                "KASSA_KLARNA_COUNTRIES": "SE, no", "KASSA_KLARNA_CURRENCIES": "SEK,NOK",
                "KASSA_KLARNA_PAGE_PAYMENT_METHOD_CATEGORIES": "PAY_NOW",
            ]) { $1 }
        )
        for account in try [file, variables].map({ try #require($0.accounts["default"]) }) {
            #expect(account.countries == ["SE", "NO"])
            #expect(account.currencies == ["SEK", "NOK"])
            #expect(account.page == PageSettings.standard(paymentMethodCategories: ["PAY_NOW"]))
        }
    }

    @Test func `hold what every checkout's page looks like`() throws {
        let file = """
            accounts:
              eu:
                username: u
                password: p
                page:
                  place_order_mode: capture_order
                  payment_method_category: PAY_LATER
                  payment_fallback: true
                  purchase_type: order
                  page_title: "Pay, please"
                  logo_url: https://shop.example/logo.svg?v=2
                  background_images: [https://shop.example/a.jpg 800, "https://shop.example/b%2Cc.jpg 1600"]
                  show_subtotal_detail: hide
                  profile_id: 6F1BD1A0-5a3c-4b8e-9d57-2f3e9a7c4b10
            """
        let page = try #require(try load(environment: credentials, file: file).accounts["eu"]?.page)
        #expect(page.placeOrderMode == "CAPTURE_ORDER")
        #expect(page.paymentMethodCategory == "PAY_LATER")
        #expect(page.paymentMethodCategories == nil)
        #expect(page.paymentFallback == true)
        #expect(page.purchaseType == "ORDER")
        #expect(page.pageTitle == "Pay, please")
        #expect(page.logoURL == "https://shop.example/logo.svg?v=2")
        #expect(
            page.backgroundImages == [
                SizedImage(url: "https://shop.example/a.jpg", width: 800),
                SizedImage(url: "https://shop.example/b%2Cc.jpg", width: 1600),
            ]
        )
        #expect(page.showSubtotalDetail == "HIDE")
        #expect(page.profileID == "6F1BD1A0-5a3c-4b8e-9d57-2f3e9a7c4b10")
    }

    @Test func `can be variables for an account that no file mentions`() throws {
        let settings = try load(
            environment: credentials.merging([
                "KASSA_ACCOUNTS_EU_USERNAME": "u", "KASSA_ACCOUNTS_EU_PASSWORD": "p",
                "KASSA_ACCOUNTS_EU_PAGE_LOGO_URL": "https://shop.example/l.png",
                "KASSA_ACCOUNTS_EU_PAGE_BACKGROUND_IMAGES": "https://shop.example/a 1, https://shop.example/b 2",
            ]) { $1 }
        )
        #expect(settings.accounts.keys.sorted() == ["default", "eu"])
        #expect(settings.accounts["eu"]?.page.logoURL == "https://shop.example/l.png")
        #expect(settings.accounts["eu"]?.page.backgroundImages.map(\.width) == [1, 2])
        #expect(!settings.warnings.contains { $0.contains("KASSA_ACCOUNTS") })
    }

    @Test(arguments: [
        ("countries", "SE,Norway"), ("countries", "SE,SE"), ("countries", "SE,,NO"), ("countries", "S1"),
        ("currencies", "kr"), ("currencies", "SEK;NOK"), ("page.place_order_mode", "ORDER"),
        ("page.payment_method_category", "CREDIT"), ("page.payment_method_categories", "PAY_NOW,PAY_NOW"),
        ("page.payment_method_categories", "PAY_NOW,CREDIT"), ("page.payment_fallback", "yes"),
        ("page.purchase_type", "GRAB"), ("page.page_title", String(repeating: "ä", count: 256)),
        ("page.logo_url", "http://127.0.0.1/logo.png"), ("page.logo_url", "https://me:hunter2@shop.example/l.png"),
        ("page.logo_url", "logo.png"), ("page.background_images", "https://shop.example/a.jpg"),
        ("page.background_images", "https://shop.example/a.jpg 0"),
        ("page.background_images", "800 https://a.example"),
        ("page.background_images", "https://shop.example/a,b.jpg 800"),
        ("page.background_images", Array(repeating: "https://shop.example/a 1", count: 21).joined(separator: ",")),
        ("page.show_subtotal_detail", "SHOW"), ("page.profile_id", "6f1bd1a05a3c4b8e9d572f3e9a7c4b10"),
        ("page.profile_id", "6f1bd1a0-5a3c-4b8e-9d57-2f3e9a7c4b1g"), ("terms_url", "http://shop.example/terms"),
        ("terms_url", "/terms"), ("checkout_url", "https://shop.example/{order}"),
    ])
    func `are refused with their key where they make no sense`(key: String, value: String) throws {
        let problems = problems(
            environment: credentials,
            file: "accounts: {eu: {username: u, password: p, \(key): \(String(reflecting: value))}}",
        )
        // A dotted key is the same as a nested one.
        #expect(problems.map(\.key) == ["accounts.eu.\(key)"])
        #expect(problems.first?.explanation.contains("hunter2") == false)
    }

    @Test func `name one category or several, not both`() {
        let problems = problems(
            environment: credentials,
            file: "klarna: {page: {payment_method_category: PAY_NOW, payment_method_categories: [PAY_LATER]}}",
        )
        #expect(problems.map(\.key) == ["klarna.page.payment_method_categories"])
        #expect(problems.first?.explanation.contains("klarna.page.payment_method_category") == true)
    }

    @Test(arguments: [
        "https://shop.example/terms?lang=sv#b", "http://localhost:8080/terms",
        "https://shop.example/checkout?oid={checkout.order.id}",
    ])
    func `take the merchant's own pages for Klarna Checkout`(url: String) throws {
        let settings = try load(
            environment: credentials.merging(["KASSA_KLARNA_TERMS_URL": url, "KASSA_KLARNA_CHECKOUT_URL": url]) { $1 }
        )
        #expect(settings.accounts["default"]?.termsURL == url)
        #expect(settings.accounts["default"]?.checkoutURL == url)
        #expect(!settings.warnings.contains { $0.contains("klarna.") })
    }
}

@Suite("An account's host")
struct AccountHostTests {
    @Test(arguments: [
        ("production", "https://api.kustom.co", true), ("production", "https://api.playground.kustom.co", false),
        ("playground", "https://api.playground.kustom.co", true), ("playground", "https://api.kustom.co", false),
        ("playground", "https://notklarna.com", true), ("playground", "https://klarna.com.example", true),
        ("playground", "https://API.Klarna.com", false), ("production", "https://127.1.2.3", false),
        ("playground", "https://api.klarna.com.", false),
    ])
    func `belongs to the account's environment`(environment: String, url: String, isFine: Bool) {
        let problems = problems(
            environment: credentials.merging(["KASSA_KLARNA_ENVIRONMENT": environment, "KASSA_KLARNA_URL": url]) { $1 }
        )
        #expect(problems.map(\.key) == (isFine ? [] : ["klarna.url"]))
    }

    @Test(arguments: [
        ("eu", "https://api.playground.klarna.com", true), ("na", "https://api-na.playground.klarna.com", true),
        ("eu", "https://api-na.playground.klarna.com", false), ("oc", "https://api.playground.klarna.com", false),
        ("oc", "https://api.playground.kustom.co", true), ("na", "https://proxy.example", true),
    ])
    func `belongs to the account's region`(region: String, url: String, isFine: Bool) {
        let problems = problems(
            environment: credentials.merging(["KASSA_KLARNA_REGION": region, "KASSA_KLARNA_URL": url]) { $1 }
        )
        #expect(problems.map(\.key) == (isFine ? [] : ["klarna.region"]))
    }
}

@Suite("Watching over orders")
struct OrderSettingsTests {
    @Test func `goes on for weeks unless it is told otherwise`() throws {
        let orders = try load(environment: credentials).orders
        #expect(orders.sweep == [.seconds(3600), .seconds(6 * 3600), .seconds(24 * 3600)])
        #expect(orders.watchFor == .seconds(45 * 24 * 3600))
    }

    @Test(arguments: [("orders.sweep", "1h,0s"), ("orders.sweep", "1d"), ("orders.watch_for", "59m")])
    func `refuses what would be never or always`(key: String, value: String) throws {
        let row = try #require(SettingsTable.rows.first { $0.name == key })
        #expect(problems(environment: credentials.merging([row.environmentName: value]) { $1 }).map(\.key) == [key])
    }
}

extension PageSettings {
    fileprivate static func standard(paymentMethodCategories: [String]? = nil) -> PageSettings {
        PageSettings(
            placeOrderMode: "NONE",
            paymentMethodCategory: nil,
            paymentMethodCategories: paymentMethodCategories,
            paymentFallback: nil,
            purchaseType: nil,
            pageTitle: nil,
            logoURL: nil,
            backgroundImages: [],
            showSubtotalDetail: nil,
            profileID: nil,
        )
    }
}
