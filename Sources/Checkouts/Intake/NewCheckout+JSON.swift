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
        let provider = NewCheckout.provider(&reader)
        let session = NewCheckout.sessionTerms(&reader, provider)
        let people = NewCheckout.people(&reader)
        let place = NewCheckout.marketplace(&reader, billing: people.billing)
        let account = NewCheckout.account(&reader, terms, place?.market)
        let purchase = NewCheckout.purchase(&reader, provider, session.intent, place, people)
        let returnURLs = NewCheckout.returnURLs(&reader, terms.returnOrigins, session.acquiringChannel)
        let page = NewCheckout.page(&reader, provider, session.intent, over: account?.terms.page ?? PageOptions())
        if page.placeOrderMode == .placeOrder, purchase?.autoCapture ?? false {
            reader.note("auto_capture", "must be false with PLACE_ORDER: the page captures with CAPTURE_ORDER")
        }
        let metadata = NewCheckout.metadata(&reader)
        reader.end()
        guard let account, let purchase, reader.faults.isEmpty else { throw Faults(reader.faults) }
        self.init(
            account: account.name,
            provider: provider,
            purchase: purchase,
            terms: session,
            returnURLs: returnURLs,
            page: page,
            metadata: metadata,
            warnings: people.warnings + (place?.warnings ?? []),
        )
    }

    private static func purchase(
        _ reader: inout ObjectReader,
        _ provider: Checkout.Provider,
        _ intent: Intent,
        _ place: Place?,
        _ people: People,
    ) -> Purchase? {
        let rules = OrderLineRules(
            country: place?.market.country ?? "",
            api: provider == .checkout ? .checkout : .payments,
        )
        let basket = basket(&reader, rules)
        if let basket { checkBasket(basket, intent, &reader) }
        let reference = reader.text("merchant_reference", 1...255)
        let secondReference = reader.text("merchant_reference2", 1...255)
        let autoCapture = autoCapture(&reader, provider, intent)
        let merchantData = reader.text("merchant_data", 1...6000, .lines)
        let attachment = attachment(&reader)
        guard let place, let basket else { return nil }
        var purchase = Purchase(
            country: place.market.country,
            currency: place.market.currency,
            locale: place.locale,
            orderAmount: basket.amount,
            orderTaxAmount: basket.tax,
            orderLines: basket.lines,
        )
        purchase.merchantReference1 = reference
        purchase.merchantReference2 = secondReference
        purchase.billingAddress = people.billing
        purchase.shippingAddress = people.shipping
        purchase.customer = people.customer
        purchase.autoCapture = autoCapture
        purchase.merchantData = merchantData
        purchase.attachment = attachment
        return purchase
    }

    /// Klarna captures by itself only an order that is placed with that wish.
    private static func autoCapture(
        _ reader: inout ObjectReader,
        _ provider: Checkout.Provider,
        _ intent: Intent,
    ) -> Bool {
        guard reader.bool("auto_capture") ?? false else { return false }
        if provider == .checkout { reader.note("auto_capture", "must be false with klarna_checkout") }
        if !intent.placesOrder { reader.note("auto_capture", "must be false with intent tokenize: there is no order") }
        return true
    }

    /// What an intent asks of a basket. Klarna, "Recurring payments": a purchase that is repeated says in a line what
    /// is subscribed to, and only one that is merely agreed upon may cost nothing now.
    private static func checkBasket(
        _ basket: Basket,
        _ intent: Intent,
        _ reader: inout ObjectReader,
    ) {
        if intent != .tokenize, basket.amount == .zero {
            reader.note("order_amount", "must be more than 0 with the intent \(intent.rawValue)")
        }
        if intent != .buy, !basket.lines.contains(where: { $0.subscription != nil }) {
            reader.note("order_lines", "one line must have a subscription with the intent \(intent.rawValue)")
        }
    }

    /// In a shop and on the telephone there is no browser that could be sent back.
    private static func returnURLs(
        _ reader: inout ObjectReader,
        _ origins: ReturnOrigins,
        _ channel: AcquiringChannel?,
    ) -> Checkout.ReturnURLs {
        let isOnline = channel == nil || channel == .eCommerce
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
        if !isOnline, urls != nil {
            reader.note("return_urls", "must be missing or null: there are no redirects in this acquiring_channel")
        }
        return urls.map { .merchant($0) } ?? (isOnline ? .kassa : .none)
    }

    static func metadata(_ reader: inout ObjectReader) -> JSONObject {
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
