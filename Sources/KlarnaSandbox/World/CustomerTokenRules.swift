import Wire

/// What is demanded of the bodies about customer tokens.
///
/// Klarna Payments v1, schema `customer_token_creation_request`; Klarna Customer Tokens v1, schemas `customer_token_order`
/// and `customer_token_status_update_request`.
enum CustomerTokenRules {
    private static let creation = Shape.object(
        PurchaseRules.session.members("purchase_country", "purchase_currency", "billing_address", "customer") + [
            required("locale", .text { Words.isLocale($0) }),
            required("description", .text(1...255)),
            required("intended_use", .wordsInAnyCase("SUBSCRIPTION")),
        ]
    )

    static let status = Shape.object([required("status", .words("CANCELLED"))])

    private static let order = Shape.object([
        required("purchase_currency", .text { Words.isLetters($0, count: 3) }),
        required("order_amount", .integer(1...Int64.max)),
        required("order_tax_amount", .integer(0...Int64.max)),
        required("order_lines", .list(of: line, 1...1000)),
        optional("locale", .text { Words.isLocale($0) }),
        optional("auto_capture", .boolean),
        optional("merchant_reference1", .text(0...255)),
        optional("merchant_reference2", .text(0...255)),
        optional("merchant_data", .text(0...6000)),
        optional(
            "merchant_urls",
            .object([required("confirmation", .text(0...2000)), optional("push", .text(0...2000))]),
        ),
        optional("shipping_address", address),
        optional("attachment", .object([required("content_type", .text()), required("body", .text())])),
        optional("step_up", .words("SUPPORTED", "NOT_SUPPORTED")),
    ])

    /// Smaller than in Klarna Payments.
    private static let lineAmountMax: Int64 = 100_000_000

    private static let line = Shape.object([
        optional("type", .words(PurchaseRules.lineTypes)),
        optional("reference", .text(0...256)),
        required("name", .text(1...255)),
        required("quantity", .integer(0...Int64.max)),
        optional("quantity_unit", .text(1...8)),
        required("unit_price", .integer(Int64.min...lineAmountMax)),
        optional("tax_rate", .integer(0...Int64(Int32.max))),
        required("total_amount", .integer(Int64.min...lineAmountMax)),
        optional("total_discount_amount", .integer(0...Int64.max)),
        optional("total_tax_amount", .integer()),
        optional("merchant_data", .text(0...255)),
        optional("product_url", .text(0...1024)),
        optional("image_url", .text(0...1024)),
        optional("product_identifiers", PurchaseRules.productIdentifiers),
        optional("subscription", PurchaseRules.subscription(required("name", .text()))),
    ])

    private static let address = Shape.object([
        optional("given_name", .text(0...99) { Words.isPersonName($0) }),
        optional("family_name", .text(0...99) { Words.isPersonName($0) }),
        optional("email", .text(0...99) { $0.isEmpty || Words.isEmail($0) }),
        optional("title", .text(0...20)),
        optional("phone", .text(5...99)),
        optional("street_address", .text(0...99)),
        optional("street_address2", .text(0...99)),
        optional("postal_code", .text(0...10)),
        optional("city", .text(0...99)),
        optional("region", .text(0...99)),
        optional("country", .text { Words.isLetters($0, count: 2) }),
        optional("organization_name", .text(0...99)),
        optional("attention", .text(0...99)),
    ])
}

extension CustomerTokenRules {
    /// - Throws: 400 for what is malformed, 409 for what the shopper did not agree to.
    static func checkCreation(_ body: JSONObject, _ authorized: JSONObject) throws(KlarnaRefusal) {
        // Nothing is bought: the rules about markets and addresses are those of any purchase.
        try PurchaseRules.check(body.merging(["order_amount": 0]), creation)
        let mismatches = PurchaseRules.mismatches(of: authorized.merging(body), with: authorized)
        guard mismatches.isEmpty else {
            throw KlarnaRefusal(409, "BAD_VALUE", "Not matching fields: [\(mismatches.joined(separator: ", "))]")
        }
    }

    /// What every order with the token has besides its own.
    static func terms(_ body: JSONObject, _ authorized: JSONObject) -> JSONObject {
        let names = ["purchase_country", "purchase_currency", "locale", "billing_address", "customer"]
        return authorized.keeping(names).merging(body.keeping(names))
    }

    /// - Throws: 400 `BAD_REQUEST`, where Klarna Payments says `BAD_VALUE`; 403 for another currency than the token's.
    static func checkOrder(_ body: JSONObject, _ token: CustomerToken) throws(KlarnaRefusal) {
        let wrongPaths = order.wrongPaths(in: .object(body), at: "")
        guard wrongPaths.isEmpty else { throw badRequest(wrongPaths) }
        guard body.string("purchase_currency")?.uppercased() == token.currency else {
            throw TokenTrouble.currencyMismatch.refusal
        }
        let faults = PurchaseRules.faults(in: purchase(body, token), order)
        guard faults.isEmpty else { throw badRequest(faults) }
        if let text = body["attachment"]?["body"]?.string, (try? JSON.parse(text)) == nil {
            throw badRequest(["attachment.attachment"])
        }
    }

    /// What is bought with the token. Members that Klarna does not know change nothing of its terms.
    static func purchase(_ body: JSONObject, _ token: CustomerToken) -> JSONObject {
        token.terms.merging(body.keeping(order.memberNames))
    }

    private static func badRequest(_ paths: [String]) -> KlarnaRefusal {
        KlarnaRefusal(400, "BAD_REQUEST", "Bad value: \(paths.joined(separator: ", "))")
    }
}

extension Shape {
    /// The members of these names.
    fileprivate func members(_ names: String...) -> [Member] {
        guard case .object(let members) = self else { return [] }
        return members.filter { names.contains($0.name) }
    }
}
