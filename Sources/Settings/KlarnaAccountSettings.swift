public struct KlarnaAccountSettings: Sendable {
    public let username: String
    public let password: Secret<String>
    public let isProduction: Bool
    /// `eu`, `na` or `oc`.
    public let region: String
    /// Instead of Klarna's own base URL.
    public let url: WebURL?
    /// Two upper-case letters each, of any country there may be; `nil`: every country of the region.
    public let countries: [String]?
    /// Three upper-case letters each; `nil`: those of the countries.
    public let currencies: [String]?
    /// `nil`: Klarna's own limits, or none at a loopback ``url``.
    public let createsPerSecond: Int?
    public let callsPerSecond: Int?
    /// For Klarna Checkout, perhaps with `{checkout.order.id}` in it; `nil`: a page under the public URL.
    public let termsURL: String?
    public let checkoutURL: String?
    public let page: PageSettings
}

/// How an account's hosted page looks unless a checkout says otherwise, in Klarna's words.
public struct PageSettings: Sendable, Hashable {
    /// `NONE`, `PLACE_ORDER` or `CAPTURE_ORDER`.
    public let placeOrderMode: String
    public let paymentMethodCategory: String?
    public let paymentMethodCategories: [String]?
    public let paymentFallback: Bool?
    public let purchaseType: String?
    public let pageTitle: String?
    public let logoURL: String?
    public let backgroundImages: [SizedImage]
    public let showSubtotalDetail: String?
    public let profileID: String?
}

public struct SizedImage: Sendable, Hashable {
    public let url: String
    /// In pixels.
    public let width: Int

    public init(url: String, width: Int) {
        self.url = url
        self.width = width
    }
}

extension KassaSettings {
    /// Where the keys of an account stand: `klarna` for the default one, else `accounts.NAME`.
    public static func accountPrefix(_ name: String) -> String { name == "default" ? "klarna" : "accounts.\(name)" }
}

extension KlarnaAccountSettings {
    /// `nil` without user name or password, which is then recorded.
    init?(_ reader: inout SettingsReader, prefix: String) {
        let keys = AccountKeys(prefix: prefix)
        let username = reader.read(keys.username)
        let password = reader.read(keys.password)
        let environment = reader.value(keys.environment)
        region = reader.value(keys.region)
        url = reader.read(keys.url)
        isProduction = environment == "production"
        countries = reader.read(keys.countries)
        currencies = reader.read(keys.currencies)
        createsPerSecond = reader.read(keys.createsPerSecond)
        callsPerSecond = reader.read(keys.callsPerSecond)
        termsURL = reader.read(keys.termsURL)
        checkoutURL = reader.read(keys.checkoutURL)
        page = PageSettings(&reader, keys.page)
        if !reader.isGiven(keys.username) { reader.problem(keys.username.row.name, "required") }
        if !reader.isGiven(keys.password) { reader.problem(keys.password.row.name, "required") }
        if let host = url?.host {
            let place = KlarnaPlace(host: host)
            if let reason = place.objection(host: host, isProduction: isProduction) {
                reader.problem(keys.url.row.name, reason)
            } else if let of = place.region, of != region {
                reader.problem(keys.region.row.name, "\(host) is where accounts of the region \(of) live; set \(of)")
            }
        }
        guard let username, let password else { return nil }
        self.username = username
        self.password = password
    }
}

extension PageSettings {
    fileprivate init(_ reader: inout SettingsReader, _ keys: PageKeys) {
        placeOrderMode = reader.value(keys.placeOrderMode)
        paymentMethodCategory = reader.read(keys.paymentMethodCategory)
        paymentMethodCategories = reader.read(keys.paymentMethodCategories)
        paymentFallback = reader.read(keys.paymentFallback)
        purchaseType = reader.read(keys.purchaseType)
        pageTitle = reader.read(keys.pageTitle)
        logoURL = reader.read(keys.logoURL)
        backgroundImages = reader.read(keys.backgroundImages) ?? []
        showSubtotalDetail = reader.read(keys.showSubtotalDetail)
        profileID = reader.read(keys.profileID)
        if reader.isGiven(keys.paymentMethodCategory), reader.isGiven(keys.paymentMethodCategories) {
            let other = keys.paymentMethodCategory.row.name
            reader.problem(keys.paymentMethodCategories.row.name, "excludes \(other): set one of the two")
        }
    }
}

/// What a host name says of the environment and the region behind it.
private struct KlarnaPlace {
    private let environment: Environment
    /// `nil`: the name does not say.
    let region: String?

    private enum Environment { case playground, live, thisMachine, unknown }

    /// Klarna, "API URLs"; Kustom has taken over Klarna Checkout and keeps the same pattern.
    init(host: String) {
        // A name may be written with its last dot.
        let host = host.hasSuffix(".") ? String(host.dropLast()) : host
        let isKlarna = host == "klarna.com" || host.hasSuffix(".klarna.com")
        let isKustom = host == "kustom.co" || host.hasSuffix(".kustom.co")
        let labels = host.split(separator: ".")
        if isKlarna || isKustom {
            environment = labels.contains("playground") ? .playground : .live
        } else {
            environment = HostAndPort.isLoopback(host) ? .thisMachine : .unknown
        }
        let regions: [Substring: String] = ["api": "eu", "api-na": "na", "api-oc": "oc"]
        region = isKlarna ? labels.first.flatMap { regions[$0] } : nil
    }

    /// Live credentials go to live hosts and to nobody else; play money stays away from them.
    func objection(host: String, isProduction: Bool) -> String? {
        switch environment {
        case .playground: isProduction ? "\(host) is a playground host; set environment to playground" : nil
        case .live: isProduction ? nil : "\(host) is a live host; set environment to production"
        case .thisMachine: isProduction ? "production takes no sandbox on \(host)" : nil
        case .unknown: nil
        }
    }
}
