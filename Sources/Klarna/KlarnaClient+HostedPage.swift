internal import Wire

/// Klarna Hosted Payment Page v1.
extension KlarnaClient {
    /// Opens a hosted page. Without URLs the shopper sees Klarna's own pages at the end.
    public func createHPPSession(
        for reference: PaymentSessionReference,
        urls: MerchantURLs?,
        options: PageOptions,
    ) async throws(KlarnaError) -> CreatedHPPSession {
        var body = JSONObject()
        body.set("payment_session_url", try url(of: reference))
        if let urls = urls?.json, !urls.isEmpty { body.set("merchant_urls", urls) }
        body.set("options", options.options(for: reference))
        body.set("profile_id", options.profileID)
        return try await call(.createHPPSession, "POST", ["hpp", "v1", "sessions"], body: JSON.object(body).bytes)
    }

    public func hppSession(_ id: HPPSessionID) async throws(KlarnaError) -> HPPSessionReading {
        try await call(.readHPPSession, "GET", ["hpp", "v1", "sessions", id.rawValue])
    }

    /// Closes the hosted page for good. Refused with 400 when the shopper completed it, with 404 when it is gone.
    @discardableResult
    public func disableHPPSession(_ id: HPPSessionID) async throws(KlarnaError) -> Accepted {
        try await call(.disableHPPSession, "DELETE", ["hpp", "v1", "sessions", id.rawValue])
    }

    /// Has Klarna hand the page to the shopper, which may take it minutes.
    @discardableResult
    public func distribute(
        _ id: HPPSessionID,
        _ distribution: Distribution,
    ) async throws(KlarnaError) -> Accepted {
        let path = ["hpp", "v1", "sessions", id.rawValue, "distribution"]
        return try await call(.distributeHPPSession, "POST", path, body: distribution.bytes)
    }

    private func url(of reference: PaymentSessionReference) throws(KlarnaError) -> String {
        switch reference {
        case .payments(let id): try url(["payments", "v1", "sessions", id.rawValue])
        case .checkout(_, let url?): url
        case .checkout(let id, nil): try url(["checkout", "v3", "orders", id.rawValue])
        }
    }
}
