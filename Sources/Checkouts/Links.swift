internal import Klarna

/// The URLs of this service that Klarna is told.
struct Links: Sendable {
    let publicURL: String
    let pathSecret: PathSecret

    /// Where the hosted page sends the shopper, and where Klarna reports.
    ///
    /// No placeholder stands in them: the token and the ids are read from Klarna, so that none passes through a browser.
    func merchantURLs(for checkout: Checkout) -> MerchantURLs {
        var urls = MerchantURLs()
        urls.statusUpdate = "\(publicURL)/callbacks/\(pathSecret.token(for: checkout.id, .callback))/status"
        guard checkout.returnURLs != .none else { return urls }
        let base = "\(publicURL)/return/\(pathSecret.token(for: checkout.id, .returning))"
        urls.success = "\(base)/success"
        urls.cancel = "\(base)/cancel"
        urls.back = "\(base)/back"
        urls.failure = "\(base)/failure"
        urls.error = "\(base)/error"
        return urls
    }
}
