import Wire

/// Klarna Checkout v3: create, read, update and abort an order.
extension SandboxWorld {
    mutating func createCheckoutOrder(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        try CheckoutRules.check(call.body)
        let order = CheckoutOrder(id: identifiers.uuid(), purchase: CheckoutRules.known(call.body), at: call.now)
        checkoutOrders[order.id] = order
        return KlarnaAnswer(
            201,
            json: .object(order.reading),
            fields: ["Location": "\(call.baseURL)\(SandboxWorld.checkoutPath)\(order.id)"],
        )
    }

    func readCheckoutOrder(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        KlarnaAnswer(200, json: .object(try liveCheckoutOrder(call.id, at: call.now).reading))
    }

    /// Only what is sent changes; the whole is checked like a new order.
    mutating func updateCheckoutOrder(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        var order = try openCheckoutOrder(call)
        let purchase = order.purchase.merging(call.body)
        try CheckoutRules.check(purchase)
        order.purchase = CheckoutRules.known(purchase)
        order.modifiedAt = call.now
        order.touchedAt = call.now
        checkoutOrders[order.id] = order
        return KlarnaAnswer(200, json: .object(order.reading))
    }

    /// The order is gone, and its pages are closed.
    mutating func abortCheckoutOrder(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let order = try openCheckoutOrder(call)
        checkoutOrders[order.id] = nil
        closePages(around: order.id, at: call.now)
        return KlarnaAnswer(200, json: .object(order.reading))
    }

    func liveCheckoutOrder(_ id: String, at now: Timestamp) throws(KlarnaRefusal) -> CheckoutOrder {
        guard let order = checkoutOrders[id], order.completedAt != nil || now < order.expiresAt else {
            throw KlarnaRefusal(404, "NOT_FOUND", "Order \(id) cannot be found")
        }
        return order
    }

    static let checkoutPath = "/checkout/v3/orders/"

    private func openCheckoutOrder(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> CheckoutOrder {
        let order = try liveCheckoutOrder(call.id, at: call.now)
        guard order.completedAt == nil else {
            throw KlarnaRefusal(403, "READ_ONLY_RESOURCE", "The order is completed and can no longer be changed")
        }
        return order
    }

    /// What the shopper was to pay for is no longer for sale.
    mutating func closePages(around id: String, at now: Timestamp) {
        for page in hppSessionIDs {
            guard let session = hppSessions[page], session.paymentSessionID == id, !session.status.isFinal else {
                continue
            }
            hppSessions[page]?.status = .cancelled
            hppSessions[page]?.updatedAt = now
        }
    }
}
