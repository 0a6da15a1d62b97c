/// The keys of one Klarna account, under `klarna` or under `accounts.NAME`.
struct AccountKeys: Sendable {
    let username: Setting<String>
    let password: Setting<Secret<String>>
    let environment: Setting<String>
    let region: Setting<String>
    let url: Setting<WebURL>
    let countries: Setting<[String]>
    let currencies: Setting<[String]>
    let createsPerSecond: Setting<Int>
    let callsPerSecond: Setting<Int>
    let termsURL: Setting<String>
    let checkoutURL: Setting<String>
    let page: PageKeys

    init(prefix: String) {
        username = Setting(
            "\(prefix).username",
            .username,
            shownDefault: "required",
            help: "User name of the Klarna API credentials.",
        )
        password = Setting(
            "\(prefix).password",
            .secretText,
            shownDefault: "required",
            isSecret: true,
            help: "Their password.",
        )
        environment = Setting(
            "\(prefix).environment",
            .choice("playground", "production"),
            default: "playground",
            help: "`playground` or `production`.",
        )
        region = Setting(
            "\(prefix).region",
            .choice("eu", "na", "oc"),
            default: "eu",
            help: "`eu`, `na` or `oc`: where the account lives.",
        )
        url = Setting(
            "\(prefix).url",
            .confidentialURL,
            shownDefault: "Klarna's, by environment and region",
            help: "Base URL of the API instead of Klarna's own, such as Kustom's or a sandbox's.",
        )
        countries = Setting(
            "\(prefix).countries",
            .countries,
            shownDefault: "every country of the region, or of any at a sandbox",
            help: "Countries that buy through the account.",
        )
        currencies = Setting(
            "\(prefix).currencies",
            .currencies,
            shownDefault: "those of the countries",
            help: "Currencies that the account takes. Klarna takes one in each country.",
        )
        createsPerSecond = Setting(
            "\(prefix).creates_per_second",
            .integer(1...1_000_000),
            shownDefault: "40 in production, 5 in playground, no limit at a loopback `url`",
            help: "How many sessions of each kind Klarna lets the account create a second. Four fifths of it are used.",
        )
        callsPerSecond = Setting(
            "\(prefix).calls_per_second",
            .integer(1...1_000_000),
            shownDefault: "200 in production, 50 in playground, no limit at a loopback `url`",
            help: "The same for all other calls together; a quarter of what is used is kept for placing orders.",
        )
        termsURL = Setting(
            "\(prefix).terms_url",
            .merchantPage,
            shownDefault: "a page under `public_url`",
            help: "The merchant's terms, which Klarna Checkout requires and links to.",
        )
        checkoutURL = Setting(
            "\(prefix).checkout_url",
            .merchantPage,
            shownDefault: "a page under `public_url`",
            help: "The merchant's page that Klarna Checkout requires as the way back to the basket.",
        )
        page = PageKeys(prefix: "\(prefix).page")
    }

    var rows: [SettingRow] {
        [
            username.row, password.row, environment.row, region.row, url.row, countries.row, currencies.row,
            createsPerSecond.row, callsPerSecond.row, termsURL.row, checkoutURL.row,
        ] + page.rows
    }
}

/// The keys of an account's hosted page, for every checkout whose request does not say otherwise.
struct PageKeys: Sendable {
    let placeOrderMode: Setting<String>
    let paymentMethodCategory: Setting<String>
    let paymentMethodCategories: Setting<[String]>
    let paymentFallback: Setting<Bool>
    let purchaseType: Setting<String>
    let pageTitle: Setting<String>
    let logoURL: Setting<String>
    let backgroundImages: Setting<[SizedImage]>
    let showSubtotalDetail: Setting<String>
    let profileID: Setting<String>

    init(prefix: String) {
        placeOrderMode = Setting(
            "\(prefix).place_order_mode",
            .word(Words.placeOrderModes),
            default: "NONE",
            help: "`NONE`: Kassa places the order once the shopper is authorized. `PLACE_ORDER`: Klarna's page does. "
                + "`CAPTURE_ORDER`: it captures it as well.",
        )
        paymentMethodCategory = Setting(
            "\(prefix).payment_method_category",
            .word(Words.categories),
            help: "The one payment method category that the page offers: `PAY_LATER`, `PAY_NOW` and so on.",
        )
        paymentMethodCategories = Setting(
            "\(prefix).payment_method_categories",
            .words(Words.categories),
            help: "The categories that the page offers. Excludes `payment_method_category`.",
        )
        paymentFallback = Setting(
            "\(prefix).payment_fallback",
            .boolean,
            shownDefault: "Klarna's",
            help: "Whether the page tries the other categories before it declines.",
        )
        purchaseType = Setting(
            "\(prefix).purchase_type",
            .word(Words.purchaseTypes),
            shownDefault: "Klarna's",
            help: "The word on the button: `BUY`, `RENT`, `BOOK`, `SUBSCRIBE`, `DOWNLOAD`, `ORDER`, `CONTINUE` or "
                + "`PAY`.",
        )
        pageTitle = Setting(
            "\(prefix).page_title",
            .title,
            shownDefault: "Klarna's",
            help: "The page's title, up to 255 characters.",
        )
        logoURL = Setting("\(prefix).logo_url", .image, help: "https URL of the logo on the page.")
        backgroundImages = Setting(
            "\(prefix).background_images",
            .sizedImages,
            help: "The page's background, a list of `URL WIDTH` with the width in pixels; the page takes what fits. A "
                + "comma in a URL is written `%2C`.",
        )
        showSubtotalDetail = Setting(
            "\(prefix).show_subtotal_detail",
            .word(["HIDE"]),
            shownDefault: "shown",
            help: "`HIDE` leaves the subtotals out.",
        )
        profileID = Setting(
            "\(prefix).profile_id",
            .uuid,
            help: "A profile of page options that is kept at Klarna, a UUID.",
        )
    }

    var rows: [SettingRow] {
        [
            placeOrderMode.row, paymentMethodCategory.row, paymentMethodCategories.row, paymentFallback.row,
            purchaseType.row, pageTitle.row, logoURL.row, backgroundImages.row, showSubtotalDetail.row, profileID.row,
        ]
    }
}

/// Klarna Hosted Payment Page v1, `options`.
private enum Words {
    static let placeOrderModes = ["NONE", "PLACE_ORDER", "CAPTURE_ORDER"]
    static let categories = [
        "PAY_NOW", "PAY_LATER", "PAY_OVER_TIME", "DIRECT_DEBIT", "DIRECT_BANK_TRANSFER", "KLARNA",
    ]
    static let purchaseTypes = ["BUY", "RENT", "BOOK", "SUBSCRIBE", "DOWNLOAD", "ORDER", "CONTINUE", "PAY"]
}
