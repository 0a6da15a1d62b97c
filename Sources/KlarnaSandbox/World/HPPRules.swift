import Wire

/// What HPP demands of its request bodies.
///
/// Klarna HPP v1, schemas `SessionCreationRequestV1` and `DistributionRequestV1`, with the guides' additions.
enum HPPRules {
    static func wrongPaths(_ body: JSONObject) -> [String] {
        let wrongPaths = creation.wrongPaths(in: .object(body), at: "")
        let options = body["options"]?.object
        let both = ["payment_method_category", "payment_method_categories"].filter { options?.value($0) != nil }
        guard wrongPaths.isEmpty, both.count == 2 else { return wrongPaths }
        return both.map { "options.\($0)" }
    }

    /// Those that were given; an empty one counts as absent.
    static func merchantURLs(_ body: JSONObject) -> [String: String] {
        var urls: [String: String] = [:]
        for member in body["merchant_urls"]?.object?.members ?? [] {
            if let url = member.value.string, !url.isEmpty { urls[member.name] = url }
        }
        return urls
    }

    static func hasContact(_ distribution: JSONObject) -> Bool {
        let contact = distribution["contact_information"]?.object ?? JSONObject()
        switch distribution.string("method")?.lowercased() {
        case "email": return Words.isEmail(contact.string("email") ?? "")
        case "sms":
            return !(contact.string("phone") ?? "").isEmpty
                && Words.isLetters(contact.string("phone_country") ?? "", count: 2)
        case _: return !(contact.string("access_id") ?? "").isEmpty
        }
    }

    static let distribution = Shape.object([
        required("method", .wordsInAnyCase("SMS", "EMAIL", "TOKEN")),
        required(
            "contact_information",
            .object([
                optional("email", .text()), optional("phone", .text()), optional("phone_country", .text()),
                optional("access_id", .text()),
            ]),
        ),
        optional("template", .words("INSTORE_PURCHASE")),
    ])

    private static let url = Shape.text { $0.isEmpty || WebURL($0) != nil }
    private static let secureURL = Shape.text { WebURL($0)?.isSecure ?? false }
    private static let category = Shape.wordsInAnyCase(
        "PAY_NOW",
        "PAY_LATER",
        "PAY_OVER_TIME",
        "DIRECT_DEBIT",
        "DIRECT_BANK_TRANSFER",
        "KLARNA",
    )

    private static let creation = Shape.object([
        required("payment_session_url", .text(1...2000)),
        optional("merchant_urls", merchantURLs),
        optional("options", options),
        optional("profile_id", .text { Words.isUUID($0) }),
    ])

    private static let merchantURLs = Shape.object([
        optional("success", url), optional("cancel", url), optional("back", url), optional("failure", url),
        optional("error", url),
        optional("status_update", .text { $0.isEmpty || WebURL.isCallable($0) }),
    ])

    private static let options = Shape.object([
        optional("place_order_mode", .wordsInAnyCase("NONE", "PLACE_ORDER", "CAPTURE_ORDER")),
        optional(
            "purchase_type",
            .wordsInAnyCase("BUY", "RENT", "BOOK", "SUBSCRIBE", "DOWNLOAD", "ORDER", "CONTINUE", "PAY"),
        ),
        optional("payment_method_category", category),
        optional("payment_method_categories", .list(of: category)),
        optional("payment_fallback", .boolean),
        optional(
            "background_images",
            .list(of: .object([optional("url", secureURL), optional("width", .integer())])),
        ),
        optional("logo_url", url),
        optional("page_title", .text()),
        optional("show_subtotal_detail", .wordsInAnyCase("HIDE")),
    ])
}
