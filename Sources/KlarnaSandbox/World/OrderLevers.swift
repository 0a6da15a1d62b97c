public import Wire

/// What happens to an order without the merchant's server: in Klarna's portal, at Klarna, or by the calendar.
public enum OrderAction: String, Sendable, CaseIterable {
    case capture, refund, cancel, release
    /// The authorization runs out now.
    case expire
    /// Klarna's review ends.
    case accept, reject
    /// Klarna wants the shipment stopped, reviewed or not.
    case stop
}

/// What happens to a customer token without the merchant's server.
public enum TokenAction: String, Sendable, CaseIterable {
    case suspend, resume, cancel
    /// The next charges are refused: `error_code`, and how many in `count`.
    case fail
}

extension SandboxWorld {
    /// Acts on an order, by the rules that hold for a merchant's calls. A capture or refund takes `amount`, or all that
    /// is left of it.
    ///
    /// - Returns: the order as in ``orders(at:)``.
    public mutating func act(
        _ action: OrderAction,
        onOrder id: String,
        body: JSONObject = JSONObject(),
        at now: Timestamp,
    ) throws(KlarnaRefusal) -> JSON {
        settle(at: now)
        let call = Endpoint.Arguments(
            parameters: ["id": id],
            body: JSONObject(),
            idempotencyKey: nil,
            baseURL: "",
            now: now,
        )
        let newID = identifiers.uuid()
        let released = behaviour.statusAfterRelease == .closed ? Order.Status.closed : .captured
        let fraudStatus = try order(call).fraudStatus
        switch action {
        case .capture:
            try changeOrder(call) { order throws(KlarnaRefusal) in
                let amount = try SandboxWorld.amount(body) ?? order.remainingAmount
                try order.capture(["captured_amount": .integer(amount)], id: newID, at: now)
            }
        case .refund:
            try changeOrder(call) { order throws(KlarnaRefusal) in
                let amount = try SandboxWorld.amount(body) ?? (order.capturedAmount - order.refundedAmount)
                try order.refund(["refunded_amount": .integer(amount)], id: newID, at: now)
            }
        case .cancel: try changeOrder(call) { order throws(KlarnaRefusal) in try order.cancel() }
        case .release: try changeOrder(call) { order throws(KlarnaRefusal) in try order.release(as: released) }
        case .expire: try changeOrder(call) { order in order.expiresAt = min(order.expiresAt, now) }
        case .accept, .reject:
            guard fraudStatus == .pending else { throw .notAllowed("Order is not pending.") }
            decideFraud(action == .accept ? .accepted : .rejected, onOrder: id.lowercased(), at: now)
        case .stop: decideFraud(.stopped, onOrder: id.lowercased(), at: now)
        }
        return try order(call).record
    }

    /// Acts on a customer token.
    ///
    /// - Returns: the token as in ``tokens(at:)``.
    public mutating func act(
        _ action: TokenAction,
        onToken id: String,
        body: JSONObject = JSONObject(),
        at now: Timestamp,
    ) throws(KlarnaRefusal) -> JSON {
        settle(at: now)
        guard var token = customerTokens[id] else { throw KlarnaRefusal(404, "NOT_FOUND", "Invalid token ID") }
        switch (action, token.status) {
        case (.suspend, .active): token.status = .suspended
        case (.resume, .suspended): token.status = .active
        case (.cancel, _): token.status = .cancelled
        case (.fail, _):
            let word = body.string("error_code") ?? TokenTrouble.paymentMethodFailed.rawValue
            guard let trouble = TokenTrouble(rawValue: word) else { throw .badValue("error_code") }
            let count = body.value("count") ?? 1
            guard let count = count.integer, (1...1000).contains(count) else { throw .badValue("count") }
            token.troubles += Array(repeating: trouble, count: Int(count))
        case (.suspend, .suspended), (.resume, .active): break
        case (.suspend, .cancelled), (.resume, .cancelled): throw .notAllowed("Token is cancelled.")
        }
        customerTokens[id] = token
        return token.record
    }

    private static func amount(_ body: JSONObject) throws(KlarnaRefusal) -> Int64? {
        guard let amount = body.value("amount") else { return nil }
        guard let amount = amount.integer, amount >= 0 else { throw .badValue("amount") }
        return amount
    }
}
