public import Klarna
public import Wire

extension ShippingInfo {
    /// Reads the body that adds shipping info to an order or a capture, `{"shipping_info": […]}`.
    ///
    /// - Throws: Every fault of the body at once.
    public static func list(json: JSON) throws(Faults) -> [ShippingInfo] {
        guard let object = json.object else { throw Faults([Fault("", "must be an object")]) }
        var reader = ObjectReader(object)
        let list = list(&reader)
        if reader.member("shipping_info", required: true) != nil, list.isEmpty, reader.faults.isEmpty {
            reader.note("shipping_info", "must have at least one element")
        }
        reader.end()
        guard reader.faults.isEmpty else { throw Faults(reader.faults) }
        return list
    }

    /// `shipping_info`. Klarna Order Management v1: at most 500 parcels.
    static func list(_ reader: inout ObjectReader) -> [ShippingInfo] {
        reader.objects("shipping_info", 0...500) { parcel(&$0) } ?? []
    }

    private static func parcel(_ reader: inout ObjectReader) -> ShippingInfo? {
        var info = ShippingInfo()
        info.shippingCompany = reader.text("shipping_company", 0...100)
        info.shippingMethod = reader.choice("shipping_method", methods, ignoringCase: true)
        info.trackingNumber = reader.text("tracking_number", 0...100, .anything)
        info.trackingURI = link("tracking_uri", &reader)
        info.returnShippingCompany = reader.text("return_shipping_company", 0...100)
        info.returnTrackingNumber = reader.text("return_tracking_number", 0...100, .anything)
        info.returnTrackingURI = link("return_tracking_uri", &reader)
        return info
    }

    private static func link(_ name: String, _ reader: inout ObjectReader) -> String? {
        guard let url = reader.text(name, 0...1024, .anything), !url.isEmpty else { return nil }
        return WebAddress(url) == nil ? reader.fault(name, "must be an absolute http or https URL") : url
    }

    /// Klarna Order Management v1, `shipping_info[].shipping_method`.
    private static let methods = [
        "PickUpStore", "Home", "BoxReg", "BoxUnreg", "PickUpPoint", "Own", "Postal", "DHLPackstation", "Digital",
        "Undefined",
        "PickUpWarehouse", "ClickCollect", "PalletDelivery",
    ]
}
