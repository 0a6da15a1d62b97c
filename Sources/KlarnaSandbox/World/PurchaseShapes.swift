/// The bodies of Klarna Payments v1: schemas `session_create` and `create_order_request`.
extension PurchaseRules {
    static let session = Shape.object(
        purchaseMembers + [
            optional("intent", .words("buy", "tokenize", "buy_and_tokenize", "buy_and_default_tokenize")),
            optional("acquiring_channel", .wordsInAnyCase("ECOMMERCE", "IN_STORE", "TELESALES")),
            optional("attachment", .object([required("content_type", .text()), required("body", .text())])),
            optional("design", .text()),
            optional("options", options),
        ]
    )

    static let order = Shape.object(purchaseMembers + [optional("auto_capture", .boolean)])

    private static let purchaseMembers: [Shape.Member] = [
        required("purchase_country", .text { Words.isLetters($0, count: 2) }),
        required("purchase_currency", .text { Words.isLetters($0, count: 3) }),
        optional("locale", .text { Words.isLocale($0) }),
        required("order_amount", .integer(0...Int64.max)),
        optional("order_tax_amount", .integer(0...Int64.max)),
        required("order_lines", .list(of: orderLine, 1...linesMax)),
        optional("merchant_reference1", .text(0...255)),
        optional("merchant_reference2", .text(0...255)),
        optional("merchant_data", .text(0...6000)),
        optional("merchant_urls", merchantURLs),
        optional("billing_address", address),
        optional("shipping_address", address),
        optional("customer", customer),
        optional("custom_payment_method_ids", .list(of: .text())),
    ]

    private static let orderLine = Shape.object([
        optional("type", .words(lineTypes)),
        optional("reference", .text(0...255)),
        required("name", .text(1...255)),
        required("quantity", .integer(0...Int64.max)),
        optional("quantity_unit", .text(1...8)),
        required("unit_price", .integer(Int64.min...lineAmountMax)),
        optional("tax_rate", .integer(0...10_000)),
        required("total_amount", .integer(Int64.min...lineAmountMax)),
        optional("total_discount_amount", .integer(0...Int64.max)),
        optional("total_tax_amount", .integer()),
        optional("merchant_data", .text(0...1024)),
        optional("product_url", .text(0...1024)),
        optional("image_url", .text(0...1024)),
        optional("product_identifiers", productIdentifiers),
        optional("subscription", subscription(required("name", .text(1...255)))),
    ])

    static let lineTypes = [
        "physical", "discount", "shipping_fee", "sales_tax", "digital", "gift_card", "store_credit", "surcharge",
    ]

    /// What each of Klarna's interfaces takes for a subscription. They differ in its name and in the largest count.
    static func subscription(_ name: Shape.Member, countMax: Int64 = .max) -> Shape {
        .object([
            name,
            required("interval", .words("DAY", "WEEK", "MONTH", "YEAR")),
            required("interval_count", .integer(1...countMax)),
        ])
    }

    static let productIdentifiers = Shape.object([
        optional("brand", .text(0...70)),
        optional("category_path", .text(0...750)),
        optional("global_trade_item_number", .text(0...50)),
        optional("manufacturer_part_number", .text(0...70)),
        optional("color", .text(0...64)),
        optional("size", .text(0...64)),
    ])

    private static let merchantURLs = Shape.object([
        optional("confirmation", .text(0...2000)),
        optional("notification", .text(0...2000)),
        optional("push", .text(0...2000)),
        optional("authorization", .text(0...2000) { $0.isEmpty || WebURL.isCallable($0) }),
    ])

    private static let address = Shape.object([
        optional("given_name", .text(0...99) { Words.isPersonName($0) }),
        optional("family_name", .text(0...99) { Words.isPersonName($0) }),
        optional("email", .text(0...99) { $0.isEmpty || Words.isEmail($0) }),
        optional("title", .text(0...20)),
        optional("phone", .text(0...99)),
        optional("street_address", .text(0...99)),
        optional("street_address2", .text(0...99)),
        optional("postal_code", .text(0...10)),
        optional("city", .text(0...99)),
        optional("region", .text(0...99)),
        optional("country", .text { Words.isLetters($0, count: 2) }),
        optional("organization_name", .text(0...99)),
        optional("attention", .text(0...99)),
    ])

    private static let customer = Shape.object([
        optional("date_of_birth", .text { Words.isDate($0) }),
        optional("gender", .words("male", "female")),
        optional("title", .text()),
        optional("type", .words("person", "organization")),
        optional("last_four_ssn", .text { Words.isSocialSecurityNumber($0) }),
        optional("national_identification_number", .text()),
        optional("organization_registration_id", .text()),
        optional(
            "organization_entity_type",
            .words(
                "LIMITED_COMPANY",
                "PUBLIC_LIMITED_COMPANY",
                "ENTREPRENEURIAL_COMPANY",
                "LIMITED_PARTNERSHIP_LIMITED_COMPANY",
                "LIMITED_PARTNERSHIP",
                "GENERAL_PARTNERSHIP",
                "REGISTERED_SOLE_TRADER",
                "SOLE_TRADER",
                "CIVIL_LAW_PARTNERSHIP",
                "PUBLIC_INSTITUTION",
                "OTHER",
            ),
        ),
        optional("vat_id", .text()),
    ])

    private static let options = Shape.object([
        optional("color_border", .text { Words.isColour($0) }),
        optional("color_border_selected", .text { Words.isColour($0) }),
        optional("color_details", .text { Words.isColour($0) }),
        optional("color_text", .text { Words.isColour($0) }),
        optional("radius_border", .text()),
    ])
}
