internal import Klarna

extension NewCheckout {
    /// `page` and `place_order_mode`: how the hosted page looks and what it does, over what the account has set.
    ///
    /// Klarna Hosted Payment Page v1, `options`. Klarna can place an order only where the shopper buys, and with Klarna
    /// Checkout the order places itself; an account's mode gives way to that, one that is asked for is a fault.
    static func page(
        _ reader: inout ObjectReader,
        _ provider: Checkout.Provider,
        _ intent: Intent,
        over defaults: PageOptions,
    ) -> PageOptions {
        let modes = [PlaceOrderMode.none, .placeOrder, .captureOrder].map(\.rawValue)
        let mode = reader.choice("place_order_mode", modes, ignoringCase: true)
            .flatMap { PlaceOrderMode(rawValue: $0) }
        var page = (reader.object("page") { reader in pageOptions(&reader) } ?? PageOptions()).over(defaults)
        let mayPlace = provider == .payments && intent == .buy
        page.placeOrderMode = mode ?? (mayPlace ? defaults.placeOrderMode : .none)
        guard !mayPlace, page.placeOrderMode != .none else { return page }
        let cause = provider == .checkout ? "klarna_checkout" : "the intent \(intent.rawValue)"
        reader.note("place_order_mode", "must be NONE with \(cause)")
        return page
    }

    private static func pageOptions(_ reader: inout ObjectReader) -> PageOptions {
        let categories = ["PAY_NOW", "PAY_LATER", "PAY_OVER_TIME", "DIRECT_DEBIT", "DIRECT_BANK_TRANSFER", "KLARNA"]
        let types = ["BUY", "RENT", "BOOK", "SUBSCRIBE", "DOWNLOAD", "ORDER", "CONTINUE", "PAY"]
        var page = PageOptions()
        page.paymentMethodCategory = reader.choice("payment_method_category", categories, ignoringCase: true)
        page.paymentMethodCategories = reader.choices("payment_method_categories", categories, ignoringCase: true)
        if reader.member("payment_method_category") != nil, reader.member("payment_method_categories") != nil {
            reader.note(
                "payment_method_categories",
                "payment_method_category and payment_method_categories exclude each other",
            )
        }
        page.paymentFallback = reader.bool("payment_fallback")
        page.logoURL = secureLink("logo_url", &reader)
        page.backgroundImages =
            reader.objects("background_images", 0...20) { reader -> BackgroundImage? in
                _ = reader.member("url", required: true)
                let url = secureLink("url", &reader)
                let width = reader.integer("width", 1...100_000, required: true)
                guard let url, let width else { return nil }
                return BackgroundImage(url: url, width: width)
            } ?? []
        page.pageTitle = reader.text("page_title", 1...255)
        page.purchaseType = reader.choice("purchase_type", types, ignoringCase: true)
        page.showSubtotalDetail = reader.choice("show_subtotal_detail", ["HIDE"], ignoringCase: true)
        page.profileID = profileID(&reader)
        return page
    }

    private static func secureLink(_ name: String, _ reader: inout ObjectReader) -> String? {
        guard let url = reader.text(name, 1...WebAddress.lengthMax, .anything) else { return nil }
        guard let address = WebAddress(url), address.isHTTPS else {
            return reader.fault(name, "must be an absolute https URL")
        }
        return url
    }

    private static func profileID(_ reader: inout ObjectReader) -> String? {
        guard let id = reader.text("profile_id", 0...255, .anything) else { return nil }
        let groups = id.split(separator: "-", omittingEmptySubsequences: false)
        guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12], groups.joined().allSatisfy({ $0.isASCII && $0.isHexDigit })
        else { return reader.fault("profile_id", "must be a UUID") }
        return id
    }
}
