import Wire

/// What Order Management demands of its request bodies, and how it refuses them.
///
/// Klarna Order Management v1, schemas `CaptureObject`, `RefundObject`, `Update authorization`, `Update merchant
/// references`, `UpdateConsumer`, `UpdateShippingInfo`, `ExtendDueDateRequest`. A malformed field is 422 here, where Klarna
/// Payments says 400.
enum OrderManagementRules {
    /// The largest amount of an order, a capture, a refund or a line.
    static let amountMax: Int64 = 200_000_000

    static let capture = Shape.object([
        required("captured_amount", .integer(0...amountMax)),
        optional("description", .text(0...255)),
        optional("reference", .text(0...255)),
        optional("order_lines", lines),
        optional("shipping_info", .list(of: shippingInfo, 0...500)),
        optional("shipping_delay", .integer(0...Int64.max)),
    ])

    static let refund = Shape.object([
        required("refunded_amount", .integer(0...amountMax)),
        optional("description", .text(0...255)),
        optional("reference", .text(0...255)),
        optional("order_lines", lines),
    ])

    static let authorization = Shape.object([
        required("order_amount", .integer(0...amountMax)),
        optional("description", .text(0...255)),
        optional("order_lines", lines),
    ])

    static let references = Shape.object([
        optional("merchant_reference1", .text(0...255)),
        optional("merchant_reference2", .text(0...255)),
    ])

    static let customerDetails = Shape.object([
        optional("billing_address", address), optional("shipping_address", address),
    ])

    static let addedShippingInfo = Shape.object([required("shipping_info", .list(of: shippingInfo, 1...500))])

    static let dueDate = Shape.object([required("number_of_days", int32)])

    private static let int32 = Shape.integer(Int64(Int32.min)...Int64(Int32.max))

    private static let lines = Shape.list(of: line, 0...1000)

    private static let line = Shape.object([
        optional("type", .words(PurchaseRules.lineTypes + ["return_fee"])),
        optional("reference", .text(0...255)),
        required("name", .text(0...255)),
        required("quantity", .integer(0...Int64.max)),
        optional("quantity_unit", .text(0...10)),
        required("unit_price", .integer(Int64.min...amountMax)),
        optional("tax_rate", .integer(0...Int64(Int32.max))),
        required("total_amount", .integer(Int64.min...amountMax)),
        optional("total_discount_amount", .integer(0...amountMax)),
        optional("total_tax_amount", .integer(Int64.min...amountMax)),
        optional("merchant_data", .text(0...1024)),
        optional("product_url", .text(0...1024)),
        optional("image_url", .text(0...1024)),
        optional("product_identifiers", PurchaseRules.productIdentifiers),
        optional(
            "subscription",
            PurchaseRules.subscription(required("name", .text(0...255)), countMax: Int64(Int32.max)),
        ),
    ])

    private static let shippingInfo = Shape.object([
        optional("shipping_company", .text(0...100)),
        optional(
            "shipping_method",
            .words(
                "PickUpStore",
                "Home",
                "BoxReg",
                "BoxUnreg",
                "PickUpPoint",
                "Own",
                "Postal",
                "DHLPackstation",
                "Digital",
                "Undefined",
                "PickUpWarehouse",
                "ClickCollect",
                "PalletDelivery",
            ),
        ),
        optional("tracking_number", .text(0...100)),
        optional("tracking_uri", .text(0...1024)),
        optional("return_shipping_company", .text(0...100)),
        optional("return_tracking_number", .text(0...100)),
        optional("return_tracking_uri", .text(0...1024)),
    ])

    private static let address = Shape.object([
        optional("given_name", .text(0...100)),
        optional("family_name", .text(0...100)),
        optional("email", .text(0...100)),
        optional("title", .text(0...20)),
        optional("phone", .text(0...100)),
        optional("street_address", .text(0...100)),
        optional("street_address2", .text(0...100)),
        optional("postal_code", .text(0...10)),
        optional("city", .text(0...200)),
        optional("region", .text(0...200)),
        optional("country", .text()),
        optional("organization_name", .text(0...255)),
        optional("attention", .text(0...255)),
    ])
}

extension OrderManagementRules {
    /// - Throws: 422 with a message for each wrong place.
    static func check(_ body: JSONObject, _ shape: Shape) throws(KlarnaRefusal) {
        let wrongPaths = shape.wrongPaths(in: .object(body), at: "")
        guard wrongPaths.isEmpty else { throw .unprocessable(wrongPaths.map { message($0, body, shape) }) }
    }

    /// Klarna's own words for a text of the wrong length; for anything else none are known.
    private static func message(_ path: String, _ body: JSONObject, _ shape: Shape) -> String {
        let steps = path.split { ".[]".contains($0) }
        let names = steps.filter { Int($0) == nil }.joined(separator: "/")
        var (inner, value): (Shape?, JSON?) = (shape, .object(body))
        for step in steps {
            switch inner {
            case .object(let members):
                inner = members.first { $0.name == step }?.shape
                value = value?[String(step)]
            case .list(let element, _):
                inner = element
                value = Int(step).flatMap { index in
                    value?.array.flatMap { $0.indices.contains(index) ? $0[index] : nil }
                }
            case .text, .integer, .boolean, nil: break
            }
        }
        if case .text(let lengths, _) = inner, let text = value?.string, !lengths.contains(text.unicodeScalars.count) {
            return "The size of the \(names) value must be between \(lengths.lowerBound) and \(lengths.upperBound)"
        }
        return "The \(names) value is \((value ?? .null).isNull ? "missing" : "invalid")"
    }

    /// Whether goods could be sent there, as far as the sandbox can tell.
    static func isAddress(_ address: JSONObject) -> Bool {
        let needed = ["given_name", "family_name", "street_address", "postal_code", "city", "country"]
        guard needed.allSatisfy({ address.string($0) != "" }) else { return false }
        let email = address.string("email") ?? ""
        return address.string("country").map { Words.isLetters($0, count: 2) } != false
            && (email.isEmpty || Words.isEmail(email))
    }
}

extension KlarnaRefusal {
    /// 422 with these messages.
    static func unprocessable(_ messages: [String]) -> KlarnaRefusal {
        KlarnaRefusal(422, "UNPROCESSABLE_ENTITY", messages: messages)
    }

    static let invalidAddress = KlarnaRefusal(
        422,
        "INVALID_ADDRESS",
        "The shipping and/or billing address is invalid",
    )

    static func notAllowed(_ message: String) -> KlarnaRefusal { KlarnaRefusal(403, "NOT_ALLOWED", message) }

    static func captureNotAllowed(_ message: String = "Capture not allowed") -> KlarnaRefusal {
        KlarnaRefusal(403, "CAPTURE_NOT_ALLOWED", message)
    }

    static func refundNotAllowed(_ message: String) -> KlarnaRefusal {
        KlarnaRefusal(403, "REFUND_NOT_ALLOWED", message)
    }
}
