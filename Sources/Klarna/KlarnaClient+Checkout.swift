/// Klarna Checkout v3.
extension KlarnaClient {
    /// Creates an order for the shopper to complete, with the bytes of ``Purchase/checkoutOrderBody(urls:options:)``.
    public func createCheckoutOrder(body: [UInt8]) async throws(KlarnaError) -> CheckoutOrderReading {
        try await call(.createCheckoutOrder, "POST", ["checkout", "v3", "orders"], body: body)
    }

    public func checkoutOrder(_ id: CheckoutOrderID) async throws(KlarnaError) -> CheckoutOrderReading {
        try await call(.readCheckoutOrder, "GET", ["checkout", "v3", "orders", id.rawValue])
    }

    /// Changes what the body names, and leaves the rest. Refused with 403 once the order is complete.
    public func updateCheckoutOrder(
        _ id: CheckoutOrderID,
        body: [UInt8],
    ) async throws(KlarnaError) -> CheckoutOrderReading {
        try await call(.updateCheckoutOrder, "POST", ["checkout", "v3", "orders", id.rawValue], body: body)
    }

    /// Ends an order that nobody will complete.
    @discardableResult
    public func abortCheckoutOrder(_ id: CheckoutOrderID) async throws(KlarnaError) -> Accepted {
        try await call(.abortCheckoutOrder, "POST", ["checkout", "v3", "orders", id.rawValue, "abort"])
    }
}
