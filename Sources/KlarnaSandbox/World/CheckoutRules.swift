import Money
import Wire

/// What Klarna Checkout demands of an order: stricter than Klarna Payments, and shorter in saying so.
///
/// Klarna Checkout v3, schema `order`. Its errors name a wrong member of a line without the line's number.
enum CheckoutRules {
    /// Klarna Checkout's largest `unit_price` and `total_amount` of a line.
    static let lineAmountMax: Int64 = 100_000_000

    /// - Throws: `BAD_VALUE` with every path that is wrong.
    static func check(_ order: JSONObject) throws(KlarnaRefusal) {
        var paths: [String] = []
        for fault in PurchaseRules.faults(in: order, shape) {
            let path = inCheckoutsWords(fault, of: order)
            if !paths.contains(path) { paths.append(path) }
        }
        guard paths.isEmpty else { throw .badValue(paths) }
        try PurchaseRules.checkAttachment(order)
    }

    /// What an order keeps of a body.
    static func known(_ body: JSONObject) -> JSONObject { body.keeping(shape.memberNames) }

    private static func inCheckoutsWords(_ fault: String, of order: JSONObject) -> String {
        if fault == "purchase_currency", order.string(fault) != nil {
            let country = order["billing_address"]?["country"]?.string ?? order.string("purchase_country") ?? ""
            if let market = Market.of(country: country) {
                return "\(fault) (order billing country is: \(country.uppercased()), "
                    + "configured currencies are: \(market.currency))"
            }
        }
        guard fault.hasPrefix("order_lines["), let end = fault.firstIndex(of: "]") else { return fault }
        let member = fault[end...].dropFirst(2)
        return member.isEmpty ? "order_lines" : String(member)
    }

    private static let shape = Shape.object([
        required("purchase_country", .text { Words.isLetters($0, count: 2) }),
        required("purchase_currency", .text { Words.isLetters($0, count: 3) }),
        required("locale", .text { Words.isLocale($0) }),
        required("order_amount", .integer(0...Int64.max)),
        required("order_tax_amount", .integer(0...Int64.max)),
        required("order_lines", .list(of: orderLine, 0...PurchaseRules.linesMax)),
        required("merchant_urls", merchantURLs),
        optional("billing_address", address),
        optional("shipping_address", address),
        optional("customer", customer),
        optional("merchant_reference1", .text(0...255)),
        optional("merchant_reference2", .text(0...255)),
        optional("merchant_data", .text(0...6000)),
        optional("options", options),
        optional("attachment", .object([required("content_type", .text()), required("body", .text())])),
        optional("external_payment_methods", .list(of: paymentProvider)),
        optional("external_checkouts", .list(of: paymentProvider)),
        optional("shipping_countries", .list(of: .text())),
        optional("billing_countries", .list(of: .text())),
        optional("shipping_options", .list(of: shippingOption)),
        optional("selected_shipping_option", shippingOption),
        optional("gui", .object([optional("options", .list(of: .text()))])),
        optional("recurring", .boolean),
        optional("tags", .list(of: .text())),
        optional("discount_lines", .list(of: discountLine)),
    ])

    private static let orderLine = Shape.object([
        optional("type", .text()),
        optional("reference", .text(0...255)),
        required("name", .text(1...255)),
        required("quantity", .integer(0...Int64.max)),
        optional("quantity_unit", .text()),
        required("unit_price", .integer(Int64.min...lineAmountMax)),
        required("tax_rate", .integer(0...10_000)),
        required("total_amount", .integer(Int64.min...lineAmountMax)),
        optional("total_discount_amount", .integer(0...Int64.max)),
        required("total_tax_amount", .integer()),
        optional("merchant_data", .text(0...1024)),
        optional("product_url", .text(0...1024)),
        optional("image_url", .text(0...1024)),
        optional("product_identifiers", PurchaseRules.productIdentifiers),
        optional("subscription", PurchaseRules.subscription(optional("name", .text()))),
        optional(
            "shipping_attributes",
            .object([
                optional("weight", .integer()), optional("tags", .list(of: .text())),
                optional(
                    "dimensions",
                    .object(["height", "width", "length"].map { optional($0, .integer()) }),
                ),
            ]),
        ),
    ])

    private static let discountLine = Shape.object([
        optional("reference", .text(0...255)),
        required("name", .text(1...255)),
        required("quantity", .integer(0...Int64.max)),
        required("unit_price", .integer(Int64.min...0)),
        required("tax_rate", .integer(0...10_000)),
        required("total_amount", .integer(Int64.min...0)),
        required("total_tax_amount", .integer()),
        optional("merchant_data", .text(0...1024)),
    ])

    /// Those with a body to answer are called over https only; `push` and `notification` have an id in their URL at most.
    private static let merchantURLs = Shape.object(
        ["terms", "checkout", "confirmation", "push"].map { required($0, .text(1...2000) { WebURL($0) != nil }) }
            + ["notification", "cancellation_terms"].map { optional($0, .text(0...2000)) }
            + ["validation", "shipping_option_update", "address_update", "country_change"].map {
                optional($0, .text(0...2000) { $0.isEmpty || WebURL.isCallable($0) })
            }
    )

    private static let address = Shape.object(
        [
            "given_name", "family_name", "email", "title", "street_address", "street_address2", "street_name",
            "street_number", "house_extension", "postal_code", "city", "region", "phone", "care_of",
        ].map { optional($0, .text()) } + [optional("country", .text { $0.isEmpty || Words.isLetters($0, count: 2) })]
    )

    private static let customer = Shape.object(
        ["type", "gender", "organization_registration_id", "vat_id"].map { optional($0, .text()) }
            + [optional("date_of_birth", .text { Words.isDate($0) })]
    )

    private static let options = Shape.object(
        [
            "color_button", "color_button_text", "color_checkbox", "color_checkbox_checkmark", "color_header",
            "color_link",
        ].map { optional($0, .text { Words.isColour($0) }) }
            + [
                "require_validate_callback_success", "vat_removed", "allow_separate_shipping_address",
                "date_of_birth_mandatory", "title_mandatory", "national_identification_number_mandatory",
                "phone_mandatory", "show_subtotal_detail", "verify_national_identification_number", "auto_capture",
                "require_client_validation", "enable_discount_module", "show_vat_registration_number_field",
            ].map { optional($0, .boolean) }
            + ["shipping_details", "additional_merchant_terms", "radius_border"].map { optional($0, .text()) }
            + [
                optional("acquiring_channel", .words("ECOMMERCE", "MOTO", "IN_STORE", "TELESALES")),
                optional("allowed_customer_types", .list(of: .text(), 1...2)),
                optional("additional_checkbox", .object(checkbox)),
                optional("additional_checkboxes", .list(of: .object(checkbox + [required("id", .text())]))),
            ]
    )

    private static let checkbox = [
        required("text", .text()), required("checked", .boolean), required("required", .boolean),
    ]

    private static let paymentProvider = Shape.object([
        required("name", .text(0...255)),
        required("redirect_url", .text(7...2000)),
        optional("fee", .integer()),
        optional("description", .text(0...500)),
        optional("countries", .list(of: .text())),
        optional("label", .text()),
        optional("image_url", .text(0...2000)),
    ])

    private static let shippingOption = Shape.object([
        required("id", .text()),
        required("name", .text(1...255)),
        required("price", .integer()),
        required("tax_amount", .integer()),
        required("tax_rate", .integer()),
        optional("description", .text()),
        optional("promo", .text()),
        optional("preselected", .boolean),
        optional("shipping_method", .text()),
        optional("tms_reference", .text()),
    ])
}
