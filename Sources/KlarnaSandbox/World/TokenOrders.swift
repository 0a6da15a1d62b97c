import Wire

extension SandboxWorld {
    /// Klarna Customer Tokens v1, `POST /customer-token/v1/tokens/{token}/order`.
    mutating func placeTokenOrder(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        guard let token = customerTokens[call.id] else {
            throw KlarnaRefusal(404, "TOKEN_NOT_FOUND", "Token not found")
        }
        switch token.status {
        case .active: break
        case .suspended: throw TokenTrouble.tokenSuspended.refusal
        case .cancelled: throw TokenTrouble.tokenCancelled.refusal
        }
        try CustomerTokenRules.checkOrder(call.body, token)
        if let trouble = token.troubles.first {
            customerTokens[token.id]?.troubles.removeFirst()
            throw trouble.refusal
        }
        let order = addOrder(
            CustomerTokenRules.purchase(call.body, token),
            from: Order.Origin(customerTokenID: token.id),
            method: token.method,
            captured: call.body["auto_capture"]?.bool ?? false,
            at: call.now,
        )
        customerTokens[token.id]?.orderIDs.append(order.id)
        return placedOrder(order)
    }
}
