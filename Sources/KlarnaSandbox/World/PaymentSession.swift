import Wire

/// A Klarna Payments session: a purchase that waits for a shopper's consent, for 48 hours.
struct PaymentSession: Sendable {
    static let lifetime = Duration.seconds(48 * 3600)

    let id: String
    /// What the merchant sent, known members only.
    var purchase: JSONObject
    let clientToken: String
    let expiresAt: Timestamp
    /// The authorizations that are not void, the newest last.
    var tokens: [String] = []
    /// What a shopper who agreed has typed on the page.
    var email: String?
    /// When the order was placed that completes the session.
    var completedAt: Timestamp?
    var orderID: String?

    var authorizationToken: String? { tokens.last }

    var intent: String { purchase.string("intent") ?? "buy" }

    var categories: JSON { .array(PaymentMethodCategory.all.map(\.json)) }
}

/// A shopper's consent to one purchase: good for one order within 60 minutes.
struct Authorization: Sendable {
    static let lifetime = Duration.seconds(3600)

    enum State: Sendable {
        case live
        /// Deleted by the merchant, or superseded by a newer one.
        case void
        /// An order was placed with it by this body, and this was the answer.
        case consumed(body: JSON, answer: KlarnaAnswer)
    }

    let token: String
    let paymentSessionID: String
    let hppSessionID: String
    /// The purchase as the shopper saw it.
    let purchase: JSONObject
    /// What the shopper typed on the page, if anything.
    let email: String?
    let expiresAt: Timestamp
    var state = State.live
    var placeAttempts = 0
    /// Met with at the first attempt.
    var placeTrouble: SandboxWorld.PlaceTrouble?

    var isConsumed: Bool {
        if case .consumed = state { true } else { false }
    }
}

extension SandboxWorld {
    mutating func createPaymentSession(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        try PurchaseRules.check(call.body, PurchaseRules.session)
        try PurchaseRules.checkAttachment(call.body)
        let id = identifiers.uuid()
        let purchase = PurchaseRules.known(call.body)
        let session = PaymentSession(
            id: id,
            purchase: purchase,
            clientToken: clientToken(sessionID: id, purchase),
            expiresAt: call.now + PaymentSession.lifetime,
        )
        paymentSessions[id] = session
        return KlarnaAnswer(
            200,
            json: [
                "session_id": .string(id), "client_token": .string(session.clientToken),
                "payment_method_categories": session.categories,
            ],
        )
    }

    /// An update is checked as a new session with the fields that were left out taken from the old one.
    mutating func updatePaymentSession(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let session = try livePaymentSession(call.id, at: call.now)
        guard session.completedAt == nil else { throw .sessionCompleted }
        let purchase = session.purchase.merging(call.body)
        try PurchaseRules.check(purchase, PurchaseRules.session)
        try PurchaseRules.checkAttachment(purchase)
        paymentSessions[call.id]?.purchase = PurchaseRules.known(purchase)
        return KlarnaAnswer(204)
    }

    func readPaymentSession(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let session = try livePaymentSession(call.id, at: call.now)
        let isComplete = session.completedAt.map { call.now >= $0 + behaviour.completionDelay } ?? false
        var reading: JSONObject = [
            "status": isComplete ? "complete" : "incomplete",
            "acquiring_channel": .string(session.purchase.string("acquiring_channel") ?? "ECOMMERCE"),
            "intent": .string(session.intent),
            "client_token": .string(session.clientToken),
        ]
        if let token = session.authorizationToken { reading["authorization_token"] = .string(token) }
        reading["expires_at"] = .string(session.expiresAt.description)
        reading["locale"] = "en-US"
        reading = reading.merging(session.purchase.billed(to: session.email))
        // Who the shopper is belongs to the merchant only once the shopper has agreed.
        if session.authorizationToken == nil {
            for name in ["billing_address", "shipping_address", "customer"] { reading[name] = nil }
        }
        if var customer = reading["customer"]?.object {
            for writeOnly in ["last_four_ssn", "national_identification_number"] { customer[writeOnly] = nil }
            reading["customer"] = .object(customer)
        }
        reading["payment_method_categories"] = session.categories
        return KlarnaAnswer(200, json: .object(reading))
    }

    /// In the guide for shops only: the specification does not have it. What hangs on the session goes with it.
    mutating func cancelPaymentSession(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let session = try livePaymentSession(call.id, at: call.now)
        guard session.completedAt == nil else { throw .sessionCompleted }
        for token in session.tokens { authorizations[token]?.state = .void }
        closePages(around: session.id, at: call.now)
        paymentSessions[session.id] = nil
        return KlarnaAnswer(204)
    }

    mutating func releaseAuthorization(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        guard let authorization = authorizations[call.id] else { throw .invalidAuthorization }
        guard !authorization.isConsumed else { throw .undeletableAuthorization }
        guard case .live = authorization.state, call.now < authorization.expiresAt else { throw .invalidAuthorization }
        authorizations[call.id]?.state = .void
        paymentSessions[authorization.paymentSessionID]?.tokens.removeAll { $0 == call.id }
        return KlarnaAnswer(204)
    }

    /// The shopper agreed: a new token, which takes the place of any earlier one or stands beside it.
    mutating func authorize(
        _ session: PaymentSession,
        onHPPSession hppSessionID: String,
        email: String? = nil,
        at now: Timestamp,
    ) -> Authorization {
        if !behaviour.keepsOlderTokens {
            for earlier in paymentSessions[session.id]?.tokens ?? [] { authorizations[earlier]?.state = .void }
            paymentSessions[session.id]?.tokens = []
        }
        let authorization = Authorization(
            token: identifiers.uuid(),
            paymentSessionID: session.id,
            hppSessionID: hppSessionID,
            purchase: session.purchase,
            email: email,
            expiresAt: now + Authorization.lifetime,
        )
        authorizations[authorization.token] = authorization
        paymentSessions[session.id]?.tokens.append(authorization.token)
        if let email { paymentSessions[session.id]?.email = email }
        return authorization
    }

    func livePaymentSession(_ id: String, at now: Timestamp) throws(KlarnaRefusal) -> PaymentSession {
        guard let session = paymentSessions[id], now < session.expiresAt else { throw .invalidSession }
        return session
    }

    /// Shaped like Klarna's JSON Web Token; nothing verifies it, because the hosted page does not need it.
    private func clientToken(sessionID: String, _ purchase: JSONObject) -> String {
        let head: JSON = ["alg": "RS256", "kid": "sandbox"]
        let payload: JSON = [
            "session_id": .string(sessionID), "session_type": "PAYMENTS", "environment": "sandbox",
            "purchase_country": purchase["purchase_country"] ?? .null,
            "order_amount": purchase["order_amount"] ?? .null,
        ]
        return [head.bytes, payload.bytes, Array("unsigned".utf8)].map(Base64URL.encode).joined(separator: ".")
    }
}

extension PurchaseRules {
    /// The catalogue's path for an attachment whose body is not the JSON text it has to be.
    static func checkAttachment(_ purchase: JSONObject) throws(KlarnaRefusal) {
        guard let body = purchase["attachment"]?["body"]?.string else { return }
        guard (try? JSON.parse(body)) != nil else { throw .badValue("attachment.attachment") }
    }

    /// What a session keeps of a body, in the words in which it is read again.
    static func known(_ body: JSONObject) -> JSONObject {
        var known = body.keeping(session.memberNames)
        if let channel = known.string("acquiring_channel") {
            known["acquiring_channel"] = .string(channel.uppercased())
        }
        return known
    }
}
