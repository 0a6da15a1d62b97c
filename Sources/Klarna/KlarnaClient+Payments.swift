/// Klarna Payments v1.
extension KlarnaClient {
    public func createPaymentSession(
        _ purchase: Purchase,
        terms: PaymentSessionTerms,
    ) async throws(KlarnaError) -> CreatedPaymentSession {
        let body = purchase.paymentSessionBody(terms: terms)
        return try await call(.createPaymentSession, "POST", ["payments", "v1", "sessions"], body: body)
    }

    /// Says anew what is bought. Refused with 404 once the session has expired or an order was placed.
    @discardableResult
    public func updatePaymentSession(
        _ id: PaymentSessionID,
        _ purchase: Purchase,
        terms: PaymentSessionTerms,
    ) async throws(KlarnaError) -> Accepted {
        let body = purchase.paymentSessionBody(terms: terms)
        return try await call(.updatePaymentSession, "POST", ["payments", "v1", "sessions", id.rawValue], body: body)
    }

    public func paymentSession(_ id: PaymentSessionID) async throws(KlarnaError) -> PaymentSessionReading {
        try await call(.readPaymentSession, "GET", ["payments", "v1", "sessions", id.rawValue])
    }

    /// Places the order, with the bytes of ``Purchase/placeOrderBody(urls:)`` and a key of printable ASCII: the same each
    /// time.
    ///
    /// Klarna documents the idempotency key for Order Management only, so that nothing may depend on it here.
    public func placeOrder(
        _ token: AuthorizationToken,
        body: [UInt8],
        idempotencyKey: String,
    ) async throws(KlarnaError) -> PlacedOrder {
        let path = ["payments", "v1", "authorizations", token.rawValue, "order"]
        return try await call(.placeOrder, "POST", path, body: body, key: idempotencyKey)
    }

    /// Gives back an authorization that will not become an order.
    @discardableResult
    public func releaseAuthorization(_ token: AuthorizationToken) async throws(KlarnaError) -> Accepted {
        try await call(.releaseAuthorization, "DELETE", ["payments", "v1", "authorizations", token.rawValue])
    }

    /// Makes a customer token of an authorization. With an intent that does both, this comes before the order is placed.
    ///
    /// Klarna documents no idempotency key for it.
    public func createCustomerToken(
        _ authorization: AuthorizationToken,
        _ request: CustomerTokenRequest,
    ) async throws(KlarnaError) -> CreatedCustomerToken {
        try await createCustomerToken(authorization, body: request.bytes)
    }

    /// The same, with the bytes of a ``CustomerTokenRequest`` that were kept.
    public func createCustomerToken(
        _ authorization: AuthorizationToken,
        body: [UInt8],
    ) async throws(KlarnaError) -> CreatedCustomerToken {
        let path = ["payments", "v1", "authorizations", authorization.rawValue, "customer-token"]
        return try await call(.createCustomerToken, "POST", path, body: body)
    }
}
