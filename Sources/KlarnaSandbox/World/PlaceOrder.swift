import Wire

extension SandboxWorld {
    /// Places the one order of a payment session.
    ///
    /// Klarna Payments v1, `POST /payments/v1/authorizations/{authorization_token}/order`.
    mutating func placeOrder(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        if let kept = keptAnswer(to: call) { return try kept.get() }
        if let trouble = troubleInPlacing(call) {
            if trouble.ordersAnyway, authorizations[call.id]?.isConsumed == false { _ = try placeOrRepeat(call) }
            throw .trouble(trouble.status)
        }
        let answer = try placeOrRepeat(call)
        if behaviour.honoursIdempotencyKeys, let key = call.idempotencyKey {
            keyedAnswers[key] = KeyedAnswer(.success(answer), at: call.now)
        }
        return answer
    }

    private func keptAnswer(to call: Endpoint.Arguments) -> Result<KlarnaAnswer, KlarnaRefusal>? {
        guard behaviour.honoursIdempotencyKeys, let key = call.idempotencyKey, let kept = keyedAnswers[key],
            call.now < kept.until
        else { return nil }
        return kept.answer
    }

    /// Counts the attempt, and draws at the first one whether this token is in for trouble.
    private mutating func troubleInPlacing(_ call: Endpoint.Arguments) -> PlaceTrouble? {
        guard let authorization = authorizations[call.id], call.now < authorization.expiresAt else { return nil }
        switch authorization.state {
        case .live where paymentSessions[authorization.paymentSessionID]?.completedAt == nil: break
        case .consumed: break
        case .live, .void: return nil
        }
        authorizations[call.id]?.placeAttempts += 1
        guard authorization.placeAttempts == 0 else {
            return authorization.placeTrouble?.isSticky == true ? authorization.placeTrouble : nil
        }
        guard let trouble = behaviour.placeTrouble, chance.happens(percent: trouble.percent) else { return nil }
        authorizations[call.id]?.placeTrouble = trouble
        return trouble
    }

    private mutating func placeOrRepeat(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        guard let authorization = authorizations[call.id] else { throw .invalidAuthorization }
        if case .consumed(let body, let answer) = authorization.state {
            return try repeatOrder(call, authorization, body, answer)
        }
        guard let session = paymentSessions[authorization.paymentSessionID] else { throw .invalidAuthorization }
        guard session.completedAt == nil else { throw .sessionCompleted }
        guard case .live = authorization.state, call.now < authorization.expiresAt, call.now < session.expiresAt else {
            throw .invalidAuthorization
        }
        guard session.intent != "tokenize" else {
            throw KlarnaRefusal(403, "INVALID_OPERATION", "Not allowed to create order for intent tokenize")
        }
        try PurchaseRules.check(call.body, PurchaseRules.order)
        let mismatches = PurchaseRules.mismatches(of: call.body, with: authorization.purchase)
        guard mismatches.isEmpty else {
            throw KlarnaRefusal(409, "BAD_VALUE", "Not matching fields: [\(mismatches.joined(separator: ", "))]")
        }
        let order = place(
            session.purchase.merging(call.body).billed(to: authorization.email),
            of: session,
            onHPPSession: authorization.hppSessionID,
            captured: call.body["auto_capture"]?.bool ?? false,
            at: call.now,
        )
        let answer = placedOrder(order)
        authorizations[call.id]?.state = .consumed(body: JSON.object(call.body).sorted, answer: answer)
        return answer
    }

    /// Another body is a conflict. The same one is answered again while the token would have lived; after that it is
    /// only known to be consumed.
    private func repeatOrder(
        _ call: Endpoint.Arguments,
        _ authorization: Authorization,
        _ firstBody: JSON,
        _ firstAnswer: KlarnaAnswer,
    ) throws(KlarnaRefusal) -> KlarnaAnswer {
        switch behaviour.repeatedOrder {
        case .gone: throw .invalidAuthorization
        case .consumed: throw .consumed
        case .conflict: throw .otherBody
        case .sameOrder:
            guard call.now < authorization.expiresAt else { throw .consumed }
            guard JSON.object(call.body).sorted == firstBody else { throw .otherBody }
            return firstAnswer
        }
    }

    /// Makes the order that completes `session`.
    mutating func place(
        _ purchase: JSONObject,
        of session: PaymentSession,
        onHPPSession hppSessionID: String,
        captured: Bool,
        at now: Timestamp,
    ) -> Order {
        let order = addOrder(
            purchase,
            from: Order.Origin(paymentSessionID: session.id, hppSessionID: hppSessionID),
            method: paymentMethod(onHPPSession: hppSessionID, purchase),
            captured: captured,
            at: now,
        )
        paymentSessions[session.id]?.completedAt = now
        paymentSessions[session.id]?.orderID = order.id
        return order
    }

    /// Klarna Payments v1 and Customer Tokens v1, schema `order`.
    func placedOrder(_ order: Order) -> KlarnaAnswer {
        var body: JSONObject = ["order_id": .string(order.id)]
        // Klarna leads the browser over a page of its own to the confirmation; there is no cookie to set here.
        if let confirmation = order.purchase["merchant_urls"]?["confirmation"]?.string, !confirmation.isEmpty {
            body["redirect_url"] = .string(order.resolvingTags(in: confirmation))
        }
        body["fraud_status"] = .string(order.fraudStatus.rawValue)
        body["authorized_payment_method"] = order.method.paymentsJSON
        return KlarnaAnswer(200, json: .object(body))
    }
}

extension PurchaseRules {
    /// Where an order differs from what the shopper agreed to, in Klarna's words for a 409.
    static func mismatches(of order: JSONObject, with authorized: JSONObject) -> [String] {
        var mismatches: [String] = []
        for name in ["purchase_country", "purchase_currency"]
        where order.string(name)?.uppercased() != authorized.string(name)?.uppercased() {
            mismatches.append(name)
        }
        for name in ["order_amount", "order_tax_amount"]
        where order.integer(name) ?? 0 != authorized.integer(name) ?? 0 {
            mismatches.append(name)
        }
        mismatches += lineMismatches(order, authorized)
        for name in ["billing_address", "shipping_address"] {
            // An address that was not given at authorization may be given now, and one that is left out stays as it is.
            guard let given = order.value(name)?.object, let agreed = authorized.value(name)?.object else { continue }
            let names = agreed.names + given.names.filter { !agreed.names.contains($0) }
            mismatches += names.filter { given.string($0) ?? "" != agreed.string($0) ?? "" }.map { "\(name).\($0)" }
        }
        return mismatches
    }

    private static func lineMismatches(_ order: JSONObject, _ authorized: JSONObject) -> [String] {
        let given = (order["order_lines"]?.array ?? []).compactMap(\.object)
        let agreed = (authorized["order_lines"]?.array ?? []).compactMap(\.object)
        guard given.count == agreed.count else {
            return ["Incorrect number of items in the cart. Expected: \(agreed.count), Actual: \(given.count)"]
        }
        let defaults: [(name: String, absent: JSON)] = [
            ("type", "physical"), ("reference", ""), ("name", ""), ("quantity", 0), ("unit_price", 0), ("tax_rate", 0),
            ("total_amount", 0), ("total_discount_amount", 0), ("total_tax_amount", 0),
        ]
        return zip(given, agreed).enumerated().flatMap { index, lines in
            defaults.filter { lines.0.value($0.name) ?? $0.absent != lines.1.value($0.name) ?? $0.absent }
                .map { "order_lines[\(index)].\($0.name)" }
        }
    }
}

extension String {
    /// This text with each tag replaced by its value.
    func resolving(_ tags: [String: String]) -> String {
        tags.reduce(self) { $0.replacing($1.key, with: $1.value) }
    }
}
