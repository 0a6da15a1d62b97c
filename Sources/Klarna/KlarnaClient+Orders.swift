/// Klarna Order Management v1.
extension KlarnaClient {
    public func order(_ id: OrderID) async throws(KlarnaError) -> OrderReading {
        try await call(.readOrder, "GET", orderPath(id))
    }

    public func captures(_ order: OrderID) async throws(KlarnaError) -> CapturesReading {
        try await call(.readCaptures, "GET", orderPath(order) + ["captures"])
    }

    public func capture(_ order: OrderID, _ id: CaptureID) async throws(KlarnaError) -> CaptureReading {
        try await call(.readCapture, "GET", orderPath(order) + ["captures", id.rawValue])
    }

    public func refund(_ order: OrderID, _ id: RefundID) async throws(KlarnaError) -> RefundReading {
        try await call(.readRefund, "GET", orderPath(order) + ["refunds", id.rawValue])
    }

    public func dueDateOptions(_ order: OrderID, _ capture: CaptureID) async throws(KlarnaError) -> DueDateOptions {
        let path = orderPath(order) + ["captures", capture.rawValue, "extend-due-date-options"]
        return try await call(.readDueDateOptions, "GET", path)
    }

    /// Does something to an order, with the bytes of the request that its effect names, or none if it names none.
    ///
    /// For 24 hours from the first attempt Klarna answers the same key with the same answer and does nothing more, whatever
    /// the body: so that key, effect and bytes are the same each time.
    public func perform(
        _ effect: OrderEffect,
        on order: OrderID,
        body: [UInt8]? = nil,
        idempotencyKey: String,
    ) async throws(KlarnaError) -> OrderEffectAnswer {
        let path = orderPath(order) + effect.path
        return try await call(effect.purpose, effect.method, path, body: body, key: idempotencyKey)
    }

    private func orderPath(_ id: OrderID) -> [String] { ["ordermanagement", "v1", "orders", id.rawValue] }
}
