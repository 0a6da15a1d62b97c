internal import Klarna

/// The URLs of this service that Klarna is told.
struct Links: Sendable {
    let publicURL: String
    let pathSecret: PathSecret
    /// The pages that Klarna Checkout requires, by account; what is missing is a page here.
    var checkoutPages: [String: CheckoutPages] = [:]

    /// Where the hosted page sends the shopper, and where Klarna reports.
    ///
    /// No placeholder stands in them: the token and the ids are read from Klarna, so that none passes through a browser.
    func merchantURLs(for checkout: Checkout) -> MerchantURLs {
        var urls = MerchantURLs()
        urls.statusUpdate = callback("status", for: checkout)
        guard checkout.returnURLs != .none else { return urls }
        urls.success = returning(.success, for: checkout)
        urls.cancel = returning(.cancel, for: checkout)
        urls.back = returning(.back, for: checkout)
        urls.failure = returning(.failure, for: checkout)
        urls.error = returning(.error, for: checkout)
        return urls
    }

    /// What the payment session is created with: the merchant's terms, and where Klarna tells of an authorization and of what
    /// it thinks of the risk.
    func terms(for checkout: Checkout) -> PaymentSessionTerms {
        var terms = checkout.terms
        terms.merchantURLs = PaymentMerchantURLs(
            notification: callback("notification", for: checkout),
            authorization: callback("authorization", for: checkout),
        )
        return terms
    }

    /// Klarna Checkout requires all of these; the hosted page uses its own for the shopper.
    func checkoutMerchantURLs(for checkout: Checkout) -> CheckoutMerchantURLs {
        let pages = checkoutPages[checkout.account] ?? CheckoutPages()
        return CheckoutMerchantURLs(
            terms: pages.terms ?? "\(publicURL)/",
            checkout: pages.checkout ?? "\(publicURL)/",
            confirmation: returning(.success, for: checkout),
            push: callback("push", for: checkout),
            notification: callback("notification", for: checkout),
        )
    }

    private func callback(_ kind: String, for checkout: Checkout) -> String {
        "\(publicURL)/callbacks/\(pathSecret.token(for: checkout.id, .callback))/\(kind)"
    }

    private func returning(_ outcome: Checkout.Outcome, for checkout: Checkout) -> String {
        "\(publicURL)/return/\(pathSecret.token(for: checkout.id, .returning))/\(outcome.rawValue)"
    }
}

/// A merchant's own pages that Klarna Checkout wants to know.
public struct CheckoutPages: Sendable, Hashable {
    public var terms: String?
    public var checkout: String?

    public init(terms: String? = nil, checkout: String? = nil) {
        self.terms = terms
        self.checkout = checkout
    }
}
