public import Wire

/// What the hosted page does when the shopper was authorized. Klarna Hosted Payment Page v1, `options.place_order_mode`.
public enum PlaceOrderMode: String, Sendable, Hashable {
    /// Authorizes only: we place the order.
    case none = "NONE"
    /// Klarna places the order.
    case placeOrder = "PLACE_ORDER"
    /// Klarna places and captures it.
    case captureOrder = "CAPTURE_ORDER"
}

public struct BackgroundImage: Sendable, Hashable {
    public var url: String
    /// In pixels; the page takes the best match.
    public var width: Int64

    public init(url: String, width: Int64) {
        self.url = url
        self.width = width
    }
}

/// How the hosted page looks and what it offers. Klarna Hosted Payment Page v1, `options` and `profile_id`.
public struct PageOptions: Sendable, Hashable {
    public var placeOrderMode: PlaceOrderMode
    /// `PAY_LATER` and so on. Klarna refuses it together with ``paymentMethodCategories``.
    public var paymentMethodCategory: String?
    public var paymentMethodCategories: [String]?
    /// Whether the page tries the remaining categories before it declines.
    public var paymentFallback: Bool?
    /// The word on the pay button: `BUY`, `RENT`, `BOOK`, `SUBSCRIBE`, `DOWNLOAD`, `ORDER`, `CONTINUE` or `PAY`.
    public var purchaseType: String?
    public var pageTitle: String?
    public var logoURL: String?
    public var backgroundImages: [BackgroundImage]
    /// `HIDE` is the only value there is.
    public var showSubtotalDetail: String?
    /// A profile of options kept at Klarna.
    public var profileID: String?

    public init(
        placeOrderMode: PlaceOrderMode = .none,
        paymentMethodCategory: String? = nil,
        paymentMethodCategories: [String]? = nil,
        paymentFallback: Bool? = nil,
        purchaseType: String? = nil,
        pageTitle: String? = nil,
        logoURL: String? = nil,
        backgroundImages: [BackgroundImage] = [],
        showSubtotalDetail: String? = nil,
        profileID: String? = nil,
    ) {
        self.placeOrderMode = placeOrderMode
        self.paymentMethodCategory = paymentMethodCategory
        self.paymentMethodCategories = paymentMethodCategories
        self.paymentFallback = paymentFallback
        self.purchaseType = purchaseType
        self.pageTitle = pageTitle
        self.logoURL = logoURL
        self.backgroundImages = backgroundImages
        self.showSubtotalDetail = showSubtotalDetail
        self.profileID = profileID
    }
}

extension PageOptions {
    /// The options in Klarna's words, with the profile among them; ``init(json:)`` reads them again.
    public var json: JSON {
        var json = options
        json.set("profile_id", profileID)
        return .object(json)
    }

    /// The member `options` of a request, as far as it means something there: around an order of Klarna Checkout, it is not
    /// the page that decides how to pay and places the order.
    func options(for reference: PaymentSessionReference) -> JSONObject? {
        guard case .checkout = reference else { return options }
        var json = options
        for name in ["place_order_mode", "payment_method_category", "payment_method_categories", "payment_fallback"] {
            json[name] = nil
        }
        return json.isEmpty ? nil : json
    }

    /// The member `options` of a request. The mode always stands in it, since a profile may hold another one.
    ///
    /// Words are upper case: the specification has them so, whatever the samples say.
    var options: JSONObject {
        var json = JSONObject()
        json.set("place_order_mode", placeOrderMode.rawValue)
        json.set("purchase_type", purchaseType?.uppercased())
        json.set("page_title", pageTitle)
        json.set("logo_url", logoURL)
        if !backgroundImages.isEmpty {
            let images = backgroundImages.map { ["url": .string($0.url), "width": .integer($0.width)] as JSON }
            json["background_images"] = .array(images)
        }
        json.set("payment_method_category", paymentMethodCategory?.uppercased())
        json["payment_method_categories"] = paymentMethodCategories.map { .array($0.map { .string($0.uppercased()) }) }
        json.set("payment_fallback", paymentFallback)
        json.set("show_subtotal_detail", showSubtotalDetail?.uppercased())
        return json
    }

    /// `nil` when it is no object, or names a mode or an image that cannot be read.
    public init?(json: JSON) {
        guard json.object != nil else { return nil }
        let mode = json["place_order_mode"]?.string.map { PlaceOrderMode(rawValue: $0.uppercased()) }
        let images = (json["background_images"]?.array ?? []).map { image -> BackgroundImage? in
            guard let url = image["url"]?.string, let width = image["width"]?.integer else { return nil }
            return BackgroundImage(url: url, width: width)
        }
        guard mode != .some(nil), !images.contains(nil) else { return nil }
        self.init(
            placeOrderMode: (mode ?? nil) ?? .none,
            paymentMethodCategory: json["payment_method_category"]?.string,
            paymentMethodCategories: json["payment_method_categories"]?.array?.compactMap(\.string),
            paymentFallback: json["payment_fallback"]?.bool,
            purchaseType: json["purchase_type"]?.string,
            pageTitle: json["page_title"]?.string,
            logoURL: json["logo_url"]?.string,
            backgroundImages: images.compactMap(\.self),
            showSubtotalDetail: json["show_subtotal_detail"]?.string,
            profileID: json["profile_id"]?.string,
        )
    }
}
