internal import CAssets
internal import Checkouts
internal import HTTPMessage
internal import HTTPTypes
internal import Klarna
internal import Money
internal import Mustache
internal import Wire

/// The built-in page on which a shopper ends who has no page of the merchant's to go to.
struct ResultPage: Sendable {
    private let template: MustacheTemplate

    /// From `/return/{token}/{outcome}` and from `/checkout` to the service's root, which a proxy may have put below a path.
    private static let rootFromReturn = "../../"
    private static let rootFromCheckout = "./"

    init() throws {
        template = try MustacheTemplate(string: String(decoding: kassa_result_template().array, as: UTF8.self))
    }

    /// The face that what is known of a checkout has.
    func response(
        for checkout: Checkout,
        _ outcome: Checkout.Outcome,
        _ attempt: ReturnAttempt,
        at now: Timestamp,
    ) -> Response {
        guard let words = ResultWords(checkout, outcome) else { return self.checking(checkout, outcome, attempt) }
        let page = checkout.openPage(at: now)
        let shop = Link.shop(ResultPage.rootFromReturn)
        let primary = words.again.flatMap { label in page.map { Link(url: $0, label: label) } }
        return render(words, of: checkout, primary: primary ?? shop, secondary: primary == nil ? nil : shop)
    }

    /// "We are checking": looks again by itself a few times, then rests.
    func checking(_ checkout: Checkout?, _ outcome: Checkout.Outcome, _ attempt: ReturnAttempt) -> Response {
        if let next = attempt.next {
            let primary = Link(url: next.url, label: "Look again now")
            return render(.checking, of: checkout, refresh: next, primary: primary)
        }
        let primary = Link(url: outcome.rawValue, label: "Look again")
        return render(.stillChecking, of: checkout, primary: primary, secondary: .shop(ResultPage.rootFromReturn))
    }

    /// A basket that could not be paid, in a shopper's words; `nil` for a mistake that only a program can make.
    func refusal(_ problem: ProblemDetails) -> Response? {
        let words: ResultWords
        switch problem.kind {
        case .validation:
            words = problem.faults.map(\.pointer) == ["/items"] ? .emptyBasket : .oddBasket
        case .klarnaRefused, .klarnaUnreachable, .unavailable: words = .noKlarna
        case _: return nil
        }
        let root = ResultPage.rootFromCheckout
        var response = render(words, of: nil, root: root, primary: .shop(root))
        response.status = problem.status
        if let retryAfter = problem.retryAfter { response.fields[.retryAfter] = String(retryAfter.wholeSeconds) }
        return response
    }

    private struct Link {
        let url: String
        let label: String

        static func shop(_ root: String) -> Link { Link(url: root, label: "Back to the shop") }

        var context: [String: Any] { ["url": url, "label": label] }
    }

    private func render(
        _ words: ResultWords,
        of checkout: Checkout?,
        root: String = rootFromReturn,
        refresh: (seconds: Int, url: String)? = nil,
        primary: Link?,
        secondary: Link? = nil,
    ) -> Response {
        var context: [String: Any] = [
            "root": root, "face": words.face.rawValue, "title": words.title, "heading": words.heading,
            "text": words.text,
        ]
        context["refresh"] = refresh.map { ["seconds": $0.seconds, "url": $0.url] as [String: Any] }
        context["reference"] = checkout?.merchantReference
        context["amount"] = checkout.map { $0.purchase.orderAmount.formatted(currency: $0.purchase.currency) }
        context["primary"] = primary?.context
        context["secondary"] = secondary?.context
        let fields: HTTPFields = [
            .cacheControl: "no-store",
            .contentSecurityPolicy:
                "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ]
        let html = Array(template.render(context).utf8)
        return Response(.ok, contentType: "text/html; charset=utf-8", bytes: html, fields: fields)
    }
}

extension Checkout {
    /// Klarna's page, while the shopper can still pay there.
    fileprivate func openPage(at now: Timestamp) -> String? {
        guard status == .waiting || status == .inProgress, let sessions, now < sessions.expiresAt,
            sessions.redirectURL.hasPrefix("https://") || sessions.redirectURL.hasPrefix("http://")
        else { return nil }
        return sessions.redirectURL
    }
}
