public import Wire

/// How goods travel, and how they may travel back. Klarna Order Management v1, `shipping_info`.
public struct ShippingInfo: Sendable, Hashable {
    public var shippingCompany: String?
    /// `PickUpPoint`, `Home` and so on.
    public var shippingMethod: String?
    public var trackingNumber: String?
    public var trackingURI: String?
    public var returnShippingCompany: String?
    public var returnTrackingNumber: String?
    public var returnTrackingURI: String?

    public init(
        shippingCompany: String? = nil,
        shippingMethod: String? = nil,
        trackingNumber: String? = nil,
        trackingURI: String? = nil,
        returnShippingCompany: String? = nil,
        returnTrackingNumber: String? = nil,
        returnTrackingURI: String? = nil,
    ) {
        self.shippingCompany = shippingCompany
        self.shippingMethod = shippingMethod
        self.trackingNumber = trackingNumber
        self.trackingURI = trackingURI
        self.returnShippingCompany = returnShippingCompany
        self.returnTrackingNumber = returnTrackingNumber
        self.returnTrackingURI = returnTrackingURI
    }

    public var json: JSON {
        var json = JSONObject()
        json.set("shipping_company", shippingCompany)
        json.set("shipping_method", shippingMethod)
        json.set("tracking_number", trackingNumber)
        json.set("tracking_uri", trackingURI)
        json.set("return_shipping_company", returnShippingCompany)
        json.set("return_tracking_number", returnTrackingNumber)
        json.set("return_tracking_uri", returnTrackingURI)
        return .object(json)
    }

    /// `nil` when it is no object.
    public init?(json: JSON) {
        guard json.object != nil else { return nil }
        self.init(
            shippingCompany: json["shipping_company"]?.string,
            shippingMethod: json["shipping_method"]?.string,
            trackingNumber: json["tracking_number"]?.string,
            trackingURI: json["tracking_uri"]?.string,
            returnShippingCompany: json["return_shipping_company"]?.string,
            returnTrackingNumber: json["return_tracking_number"]?.string,
            returnTrackingURI: json["return_tracking_uri"]?.string,
        )
    }
}

extension [ShippingInfo] {
    /// The body that adds them to an order or a capture. Klarna Order Management v1, `POST .../shipping-info`.
    public var bytes: [UInt8] { JSON.object(["shipping_info": .array(map(\.json))]).bytes }
}
