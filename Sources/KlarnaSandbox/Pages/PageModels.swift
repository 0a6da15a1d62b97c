import Money
import Wire

/// What the payment page shows.
struct PaymentModel: Sendable {
    struct Line: Sendable {
        let name: String
        let detail: String?
        let total: String
    }

    struct Category: Sendable {
        let identifier: String
        let name: String
        let isFirst: Bool
    }

    let title: String
    let path: String
    let logo: String?
    /// The merchant's pictures for the page, each with its width, as `srcset` has them; the browser takes what fits.
    let backgrounds: String?
    let notice: String?
    let reference: String?
    let backLabel: String?
    let showsLines: Bool
    let lines: [Line]
    let taxLabel: String
    let tax: String?
    let total: String
    let categories: [Category]
    let email: String
    /// `nil` where nobody can pay.
    let payLabel: String?
    let qrPath: String
    let expires: String

    init(_ session: HPPSession, _ hosted: HostedPurchase, path: String) {
        let purchase = hosted.purchase
        let currency = hosted.currency
        func amount(_ value: Int64) -> String { MinorUnits(value).formatted(currency: currency) }
        let total = amount(purchase.integer("order_amount") ?? 0)
        title = session.options.string("page_title") ?? "Complete your purchase"
        self.path = path
        logo = session.options.string("logo_url").flatMap { $0.isEmpty ? nil : $0 }
        backgrounds = PaymentModel.backgrounds(session.options)
        notice = session.notice
        reference = purchase.string("merchant_reference1")
        backLabel = session.merchantURLs["back"] == nil ? nil : "Back to the shop"
        showsLines = session.options.value("show_subtotal_detail") == nil
        lines = (purchase["order_lines"]?.array ?? []).compactMap(\.object).map { line in
            let quantity = line.integer("quantity") ?? 0
            return Line(
                name: line.string("name") ?? "",
                detail: quantity == 1 ? nil : "\(quantity) × \(amount(line.integer("unit_price") ?? 0))",
                total: amount(line.integer("total_amount") ?? 0),
            )
        }
        taxLabel = hosted.country == "US" ? "Tax" : "Tax included"
        tax = purchase.integer("order_tax_amount").map(amount)
        self.total = total
        email = purchase["billing_address"]?["email"]?.string ?? ""
        // A shopper who is known not to be let in is not shown the way in.
        let offered = email.contains("+red@") ? [] : session.categories
        categories = offered.enumerated().map { index, category in
            Category(identifier: category.identifier, name: category.name, isFirst: index == 0)
        }
        payLabel =
            offered.isEmpty ? nil : "\(PaymentModel.verb(session.options.string("purchase_type"))) \(total)"
        qrPath = "/\(hosted.region)/hpp/payments/\(session.id)/qr"
        expires = PaymentModel.readable(session.expiresAt)
    }

    private static func backgrounds(_ options: JSONObject) -> String? {
        let images = (options.value("background_images")?.array ?? []).compactMap { image -> String? in
            guard let url = image["url"]?.string, !url.isEmpty else { return nil }
            return "\(url) \(max(1, image["width"]?.integer ?? 1))w"
        }
        return images.isEmpty ? nil : images.joined(separator: ", ")
    }

    /// Klarna HPP v1, `options.purchase_type`: the label of the button that pays.
    private static func verb(_ purchaseType: String?) -> String {
        switch purchaseType?.uppercased() {
        case "BUY": "Buy for"
        case "RENT": "Rent for"
        case "BOOK": "Book for"
        case "SUBSCRIBE": "Subscribe for"
        case "DOWNLOAD": "Download for"
        case "ORDER": "Order for"
        case "CONTINUE": "Continue with"
        case _: "Pay"
        }
    }

    /// `2025-03-06 08:15 UTC`
    private static func readable(_ time: Timestamp) -> String {
        "\(time.description.prefix(16).replacing("T", with: " ")) UTC"
    }
}

/// What a page about the outcome shows.
struct OutcomeModel: Sendable {
    let kind: String
    let title: String
    let message: String
    var retryPath: String?
    var retryLabel: String?

    /// Generic pages, for merchants who gave no URL of their own.
    static func after(_ status: HPPStatus, path: String) -> OutcomeModel {
        switch status {
        case .completed:
            OutcomeModel(
                kind: "good",
                title: "Payment approved",
                message: "You can close this page and return to the shop.",
            )
        case .failed:
            OutcomeModel(
                kind: "bad",
                title: "Payment declined",
                message: "The payment was not approved. You may try again.",
                retryPath: path,
                retryLabel: "Try again",
            )
        case .error:
            OutcomeModel(
                kind: "bad",
                title: "Something went wrong",
                message: "The payment ended in a technical error. You may try again.",
                retryPath: path,
                retryLabel: "Try again",
            )
        case .waiting, .inProgress, .back, .timeout, .manualIDCheck, .unheardOf:
            OutcomeModel(
                kind: "open",
                title: "Payment not finished",
                message: "You left before paying. The payment page is still open.",
                retryPath: path,
                retryLabel: "Return to the payment",
            )
        case .cancelled:
            OutcomeModel(kind: "open", title: "Payment cancelled", message: "Nothing was paid. This page is closed.")
        case .disabled:
            OutcomeModel(kind: "open", title: "Page not found", message: "The shop closed this payment page.")
        }
    }

    static let takenElsewhere = OutcomeModel(
        kind: "good",
        title: "Already paid",
        message: "This purchase was completed on another page.",
    )
    static let expired = OutcomeModel(
        kind: "open",
        title: "This page has expired",
        message: "Nothing was paid. Please start again in the shop.",
    )
    static let unknown = OutcomeModel(
        kind: "open",
        title: "Page not found",
        message: "There is no payment page at this address. The sandbox forgets its pages when it is restarted.",
    )
}
