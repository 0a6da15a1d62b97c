internal import Klarna
internal import Money
public import Wire

extension NewCheckout {
    /// Reads the body of `POST /v1/checkouts`.
    ///
    /// - Throws: Every fault of the body at once.
    public init(json: JSON, terms: Terms) throws(Faults) {
        guard let object = json.object else { throw Faults([Fault("", "must be an object")]) }
        var reader = ObjectReader(object)
        let account = NewCheckout.account(&reader, terms)
        let purchase = NewCheckout.purchase(&reader)
        let returnURLs = NewCheckout.returnURLs(&reader, terms.returnOrigins)
        let page = NewCheckout.page(&reader)
        let metadata = NewCheckout.metadata(&reader)
        NewCheckout.checkWhatThereIs(&reader)
        reader.end()
        guard let purchase, reader.faults.isEmpty else { throw Faults(reader.faults) }
        self.init(account: account, purchase: purchase, returnURLs: returnURLs, page: page, metadata: metadata)
    }

    private static func account(_ reader: inout ObjectReader, _ terms: Terms) -> String {
        let account = reader.text("account", 1...255) ?? "default"
        guard !terms.accounts.contains(account) else { return account }
        return reader.fault("account", "no Klarna account of this name is configured") ?? account
    }

    /// Members that have only one value in this version.
    private static func checkWhatThereIs(_ reader: inout ObjectReader) {
        if let provider = reader.member("provider"), provider != "klarna_payments" {
            reader.note("provider", "this version offers klarna_payments only")
        }
        if let intent = reader.member("intent"), intent != "buy" {
            reader.note("intent", "this version offers the intent buy only")
        }
    }

    private static func purchase(_ reader: inout ObjectReader) -> Purchase? {
        let place = marketplace(&reader)
        let rules = OrderLineRules(country: place?.market.country ?? "")
        let orderAmount = reader.integer("order_amount", 0...OrderLineRules.amountMax, required: true)
        let orderTaxAmount = reader.integer("order_tax_amount", 0...OrderLineRules.amountMax)
        let lines = orderLines(&reader, rules)
        let reference = reader.text("merchant_reference", 1...255)
        let billing = address("billing_address", &reader)
        let shipping = address("shipping_address", &reader)
        let customer = customer(&reader)
        let autoCapture = reader.bool("auto_capture") ?? false
        guard let place, let orderAmount, let lines else { return nil }
        let billed = billing?.country.flatMap { Market.of(country: $0) }
        if let billed, billed.currency != place.market.currency {
            return reader.fault(
                at: "/billing_address/country",
                "overrides purchase_country at Klarna, so it must have the same currency",
            )
        }
        var purchase = Purchase(
            country: place.market.country,
            currency: place.market.currency,
            locale: place.locale,
            orderAmount: MinorUnits(orderAmount),
            orderLines: lines,
        )
        let faults = rules.faults(
            orderAmount: purchase.orderAmount,
            orderTaxAmount: orderTaxAmount.map { MinorUnits($0) },
            lines: lines,
        )
        reader.note(faults)
        purchase.orderTaxAmount = orderTaxAmount.map { MinorUnits($0) } ?? rules.taxSum(of: lines)
        purchase.merchantReference1 = reference
        purchase.billingAddress = billing
        purchase.shippingAddress = shipping
        purchase.customer = customer
        purchase.autoCapture = autoCapture
        return purchase
    }

    /// Country, currency and locale. Codes are taken in either case and kept in Klarna's; a locale may be of another
    /// country or language, which Klarna answers with its English page.
    static func marketplace(
        _ reader: inout ObjectReader,
        country countryName: String = "purchase_country",
        currency currencyName: String = "purchase_currency",
    ) -> (market: Market, locale: String)? {
        let country = reader.text(countryName, 2...2, required: true)
        let currency = reader.text(currencyName, 3...3, required: true)
        let locale = reader.text("locale", 2...32, required: true)
        let isWellFormed = locale.map { isLocale($0) } ?? false
        if locale != nil, !isWellFormed { reader.note("locale", "must be a language and a country such as sv-SE") }
        guard let country else { return nil }
        guard let market = Market.of(country: country) else {
            return reader.fault(countryName, "Klarna is not offered in this country")
        }
        guard let currency else { return nil }
        guard currency.uppercased() == market.currency else {
            return reader.fault(currencyName, "must be \(market.currency), the currency of \(market.country)")
        }
        guard let locale, isWellFormed else { return nil }
        return (market, locale)
    }

    /// `^[A-Za-z]{2}(-[A-Za-z]{2})*$`
    private static func isLocale(_ text: String) -> Bool {
        text.split(separator: "-", omittingEmptySubsequences: false).allSatisfy { part in
            part.utf8.count == 2 && part.utf8.allSatisfy { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 }
        }
    }

    private static func returnURLs(_ reader: inout ObjectReader, _ origins: ReturnOrigins) -> Checkout.ReturnURLs {
        guard !reader.hasNull("return_urls") else {
            _ = reader.member("return_urls")
            return .none
        }
        let urls = reader.object("return_urls") { reader in
            var urls: [Checkout.Outcome: String] = [:]
            for outcome in Checkout.Outcome.allCases {
                guard let url = reader.text(outcome.rawValue, 1...WebAddress.lengthMax, .anything) else { continue }
                guard let objection = origins.objection(to: url) else {
                    urls[outcome] = url
                    continue
                }
                reader.note(outcome.rawValue, objection)
            }
            return urls
        }
        return urls.map { .merchant($0) } ?? .kassa
    }

    private static func metadata(_ reader: inout ObjectReader) -> JSONObject {
        guard let value = reader.member("metadata") else { return JSONObject() }
        guard let metadata = value.object else { return reader.fault("metadata", "must be an object") ?? JSONObject() }
        guard metadata.members.count <= 50 else {
            return reader.fault("metadata", "must have at most 50 members") ?? JSONObject()
        }
        var texts = ObjectReader(metadata, at: "/metadata")
        for name in metadata.names {
            if metadata[name] == .null { texts.note(name, "must be a string") }
            if !(1...255).contains(name.unicodeScalars.count) {
                texts.note(name, "the name must have 1 to 255 characters")
            }
            _ = texts.text(name, 0...500, .lines)
        }
        reader.note(texts.faults)
        return metadata
    }
}
