import Wire

/// Klarna Order Management v1: what is done with a whole order. Captures and refunds have files of their own.
extension SandboxWorld {
    func readOrder(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        KlarnaAnswer(200, json: .object(try order(call).reading))
    }

    mutating func acknowledgeOrder(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        try changeOrder(call, "Acknowledgement not possible.") { order in order.isAcknowledged = true }
        return KlarnaAnswer(204)
    }

    /// The amount and the lines are replaced: lines that are not sent are gone.
    mutating func updateAuthorization(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let suffix = "Order authorization cannot be updated"
        try changeOrder(call, "\(suffix).") { order throws(KlarnaRefusal) in
            try OrderManagementRules.check(call.body, OrderManagementRules.authorization)
            try OrderManagementRules.refuseReturnFees(call.body)
            let amount = call.body.integer("order_amount") ?? 0
            guard order.isOpen else { throw .notAllowed("Update not allowed.") }
            guard amount >= order.capturedAmount else {
                let (new, captured) = (amount, order.capturedAmount)
                throw .notAllowed(
                    "Resulting authorization amount \(new) cannot be less than the captured amount \(captured) for "
                        + "order. \(suffix)"
                )
            }
            guard amount <= order.amount || order.method.allowsIncrease(in: order.country) else {
                throw .notAllowed("Update not allowed.")
            }
            order.purchase["order_amount"] = .integer(amount)
            order.purchase["order_lines"] = call.body.value("order_lines") ?? []
        }
        return KlarnaAnswer(204)
    }

    /// An address that is sent is laid over the one that is there; an empty text clears what can be absent.
    ///
    /// The specification has nothing but the shipping address, Klarna's libraries send both; which orders the refusal is
    /// for, its words say.
    mutating func updateCustomerDetails(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let suffix = "Customer details cannot be updated."
        try changeOrder(call, suffix) { order throws(KlarnaRefusal) in
            try OrderManagementRules.check(call.body, OrderManagementRules.customerDetails)
            guard call.body.value("billing_address") == nil || order.method != .baseAccount else {
                throw .notAllowed("Billing address cannot be updated for user account order. \(suffix)")
            }
            guard order.isOpen else { throw .notAllowed("Update not allowed.") }
            for name in ["billing_address", "shipping_address"] {
                guard let changes = call.body.value(name)?.object else { continue }
                let address = (order.purchase[name]?.object ?? JSONObject()).merging(changes)
                guard OrderManagementRules.isAddress(address) else { throw .invalidAddress }
                order.purchase[name] = .object(address)
            }
        }
        return KlarnaAnswer(204)
    }

    /// A reference that is not sent stays, an empty one clears.
    mutating func updateMerchantReferences(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        try changeOrder(call, "Merchant references cannot be updated.") { order throws(KlarnaRefusal) in
            try OrderManagementRules.check(call.body, OrderManagementRules.references)
            guard order.status != .cancelled else { throw .notAllowed("Update not allowed.") }
            order.purchase = order.purchase.merging(
                call.body.keeping(["merchant_reference1", "merchant_reference2"])
            )
        }
        return KlarnaAnswer(204)
    }

    /// What is sent comes after what is there.
    mutating func addShippingInfo(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        try changeOrder(call, "Shipping info cannot be added to order \(call.id).") { order throws(KlarnaRefusal) in
            try OrderManagementRules.check(call.body, OrderManagementRules.addedShippingInfo)
            order.shippingInfo += call.body["shipping_info"]?.array ?? []
        }
        return KlarnaAnswer(204)
    }

    /// Another 28 days from today, but never beyond the 180th day. Asking again on the same day changes nothing.
    mutating func extendAuthorization(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let suffix = "Authorization time cannot be extended."
        try changeOrder(call, suffix) { order throws(KlarnaRefusal) in
            guard order.isOpen else {
                throw .notAllowed("Order is \(order.status.words). \(suffix)")
            }
            guard order.method != .fixedSumCredit else { throw .notAllowed("Payment method not supported. \(suffix)") }
            let latest = Order.midnight(Order.daysOpenMax, after: order.createdAt)
            order.expiresAt = max(order.expiresAt, min(latest, Order.midnight(Order.daysOpen, after: call.now)))
        }
        return KlarnaAnswer(204)
    }

    mutating func releaseRemaining(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let released: Order.Status = behaviour.statusAfterRelease == .closed ? .closed : .captured
        try changeOrder(call, "Remaining authorization cannot be released.") { order throws(KlarnaRefusal) in
            try order.release(as: released)
        }
        return KlarnaAnswer(204)
    }

    mutating func cancelOrder(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        try changeOrder(call, "Cancel not possible.") { order throws(KlarnaRefusal) in try order.cancel() }
        return KlarnaAnswer(204)
    }

    // MARK: - Finding and changing an order

    /// - Throws: 404 with a sentence about what was asked for, if there is one.
    func order(_ call: Endpoint.Arguments, _ suffix: String = "") throws(KlarnaRefusal) -> Order {
        guard Words.isUUID(call.id) else {
            throw KlarnaRefusal(400, "INVALID_ORDER_ID", "Order ID must be a valid UUID.")
        }
        guard var order = ordersByID[call.id.lowercased()] else {
            let message = "Order \(call.id) cannot be found\(suffix.isEmpty ? "" : ". \(suffix)")"
            throw KlarnaRefusal(404, "NO_SUCH_ORDER", message)
        }
        order.expire(at: call.now, behaviour)
        return order
    }

    /// Changes an order, all or nothing.
    mutating func changeOrder(
        _ call: Endpoint.Arguments,
        _ suffix: String = "",
        _ work: (inout Order) throws(KlarnaRefusal) -> Void,
    ) throws(KlarnaRefusal) {
        var order = try order(call, suffix)
        try work(&order)
        ordersByID[order.id] = order
    }

    func orderURL(_ call: Endpoint.Arguments) -> String {
        "\(call.baseURL)/ordermanagement/v1/orders/\(call.id.lowercased())"
    }
}

extension Order {
    /// Whether something could still be captured.
    var isOpen: Bool {
        switch status {
        case .authorized: true
        case .partCaptured: ending == nil
        case .captured, .cancelled, .expired, .closed: false
        }
    }

    /// - Throws: 403 `CANCEL_NOT_ALLOWED` unless it is untouched.
    mutating func cancel() throws(KlarnaRefusal) {
        guard captures.isEmpty else {
            throw KlarnaRefusal(403, "CANCEL_NOT_ALLOWED", "Order has previous captures. Cancel not possible")
        }
        guard status == .authorized else {
            throw KlarnaRefusal(403, "CANCEL_NOT_ALLOWED", "Order is \(status.words). Cancel not possible")
        }
        ending = .cancelled
    }

    /// - Throws: 403 `NOT_ALLOWED` unless a part of it was captured and another was not.
    mutating func release(as released: Status) throws(KlarnaRefusal) {
        guard status == .partCaptured, ending == nil else {
            let reason = status == .authorized ? "Order has no captures" : "Order is \(status.words)"
            throw .notAllowed("\(reason). Remaining authorization cannot be released.")
        }
        ending = released
    }
}

extension Order.Status {
    /// As a sentence about an order ends.
    var words: String {
        switch self {
        case .authorized: "authorized"
        case .partCaptured: "partly captured"
        case .captured: "fully captured"
        case .cancelled: "cancelled"
        case .expired: "expired"
        case .closed: "closed"
        }
    }
}
