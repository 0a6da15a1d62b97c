internal import Wire

/// Klarna Customer Token v1.
extension KlarnaClient {
    public func customerToken(_ id: KlarnaTokenID) async throws(KlarnaError) -> CustomerTokenReading {
        try await call(.readCustomerToken, "GET", ["customer-token", "v1", "tokens", id.rawValue])
    }

    /// Cancels the token for good. Klarna takes it (202) and does it later: read it until it says so.
    @discardableResult
    public func cancelCustomerToken(_ id: KlarnaTokenID) async throws(KlarnaError) -> Accepted {
        let body = JSON.object(["status": "CANCELLED"]).bytes
        let path = ["customer-token", "v1", "tokens", id.rawValue, "status"]
        return try await call(.cancelCustomerToken, "PATCH", path, body: body)
    }

    /// Places an order on the token, with the bytes of ``Purchase/tokenOrderBody(urls:)`` and a key of printable ASCII: the
    /// same each time. ``Refusal/customerTokenFailure`` tells why not.
    public func placeTokenOrder(
        _ id: KlarnaTokenID,
        body: [UInt8],
        idempotencyKey: String,
    ) async throws(KlarnaError) -> PlacedOrder {
        let path = ["customer-token", "v1", "tokens", id.rawValue, "order"]
        return try await call(.placeTokenOrder, "POST", path, body: body, key: idempotencyKey)
    }
}
