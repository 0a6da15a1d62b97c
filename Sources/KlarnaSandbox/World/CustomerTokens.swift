public import Wire

/// Customer tokens: create, read, cancel.
extension SandboxWorld {
    /// Klarna Payments v1, `POST /payments/v1/authorizations/{authorization_token}/customer-token`.
    ///
    /// The authorization stays as it is: an order can be placed with it afterwards.
    mutating func createCustomerToken(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        guard let authorization = authorizations[call.id],
            let session = paymentSessions[authorization.paymentSessionID]
        else { throw .invalidAuthorization }
        switch authorization.state {
        case .live: guard call.now < authorization.expiresAt else { throw .invalidAuthorization }
        case .consumed where behaviour.makesTokensAfterOrders:
            guard call.now < authorization.expiresAt else { throw .consumed }
        case .consumed: throw .consumed
        case .void: throw .invalidAuthorization
        }
        guard session.intent != "buy" else {
            throw KlarnaRefusal(403, "INVALID_OPERATION", "Not allowed to create customer token for intent buy")
        }
        try CustomerTokenRules.checkCreation(call.body, authorization.purchase)
        let earlier = customerTokenIDs.compactMap { customerTokens[$0] }
            .first { $0.authorizationToken == authorization.token }
        switch (earlier, behaviour.repeatedToken) {
        case (let token?, .sameToken): return answer(to: token)
        case (_?, .consumed): throw .consumed
        case (_?, .anotherToken), (nil, _): break
        }
        let token = CustomerToken(
            id: identifiers.uuid(),
            authorizationToken: authorization.token,
            paymentSessionID: session.id,
            createdAt: call.now,
            terms: CustomerTokenRules.terms(call.body, authorization.purchase),
            description: call.body.string("description") ?? "",
            method: paymentMethod(onHPPSession: authorization.hppSessionID, authorization.purchase),
        )
        customerTokens[token.id] = token
        customerTokenIDs.append(token.id)
        return answer(to: token)
    }

    func readCustomerToken(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        guard let token = customerTokens[call.id] else {
            throw KlarnaRefusal(404, "NOT_FOUND", "Invalid customer-token ID")
        }
        return KlarnaAnswer(200, json: token.reading)
    }

    /// `CANCELLED` is all that a merchant may say, and it is done whenever Klarna gets to it.
    mutating func updateCustomerToken(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        guard customerTokens[call.id] != nil else { throw KlarnaRefusal(404, "NOT_FOUND", "Invalid token ID") }
        let wrongPaths = CustomerTokenRules.status.wrongPaths(in: .object(call.body), at: "")
        guard wrongPaths.isEmpty else { throw .badValue(wrongPaths) }
        if behaviour.tokenCancellationDelay > .zero {
            schedule(.cancellationOfToken(id: call.id), at: call.now + behaviour.tokenCancellationDelay)
        } else {
            customerTokens[call.id]?.status = .cancelled
        }
        return KlarnaAnswer(202)
    }

    /// Every customer token that exists, the newest last.
    public func tokens(at now: Timestamp) -> [JSON] {
        let world = settled(at: now)
        return world.customerTokenIDs.compactMap { world.customerTokens[$0]?.record }
    }

    /// Klarna Payments v1, schema `customer_token_creation_response`.
    private func answer(to token: CustomerToken) -> KlarnaAnswer {
        var body: JSONObject = [
            "token_id": .string(token.id), "payment_method_reference": .string(token.id),
        ]
        let urls = paymentSessions[token.paymentSessionID]?.purchase["merchant_urls"]
        if let confirmation = urls?["confirmation"]?.string, !confirmation.isEmpty {
            let tags = ["{session.id}": token.paymentSessionID, "{order.id}": ""]
            body["redirect_url"] = .string(confirmation.resolving(tags))
        }
        body = body.merging(token.terms.keeping(["billing_address"]))
        if let customer = token.terms["customer"]?.object {
            body["customer"] = .object(customer.keeping(["date_of_birth", "gender"]))
        }
        return KlarnaAnswer(200, json: .object(body))
    }
}
