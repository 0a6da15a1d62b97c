import Wire

/// Klarna HPP v1: create, read, disable and distribute a session.
extension SandboxWorld {
    mutating func createHPPSession(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let wrongPaths = HPPRules.wrongPaths(call.body)
        guard wrongPaths.isEmpty else { throw .badValue(wrongPaths) }
        let paymentSession = try hostedPaymentSession(call)
        let expiresAt = paymentSession.expiresAt - HPPSession.gapBeforePaymentSession
        guard call.now < expiresAt, paymentSession.completedAt == nil else {
            throw KlarnaRefusal(404, "NOT_FOUND", "Payment session has expired")
        }
        let page = identifiers.page()
        let session = HPPSession(
            id: identifiers.uuid(),
            page: page,
            pageURL: "\(call.baseURL)/\(paymentSession.region)/hpp/payments/\(page)",
            paymentSessionID: paymentSession.id,
            merchantURLs: HPPRules.merchantURLs(call.body),
            options: call.body["options"]?.object ?? JSONObject(),
            expiresAt: expiresAt,
            updatedAt: call.now,
        )
        hppSessions[session.id] = session
        hppSessionIDs.append(session.id)
        hppSessionIDsByPage[page] = session.id
        let sessionURL = "\(call.baseURL)/hpp/v1/sessions/\(session.id)"
        // No `qr_code_url`: there is no picture to be had here, and Klarna may leave it out.
        return KlarnaAnswer(
            201,
            json: [
                "session_id": .string(session.id),
                "session_url": .string(sessionURL),
                "redirect_url": .string(session.pageURL),
                "distribution_url": .string("\(sessionURL)/distribution"),
                "expires_at": .string(expiresAt.description),
            ],
        )
    }

    mutating func readHPPSession(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        var reading = reading(of: try liveHPPSession(call.id, at: call.now))
        for omission in Omission.allCases
        where behaviour.omissions.contains(omission) && chance.happens(percent: 50) {
            reading[omission.rawValue] = nil
        }
        return KlarnaAnswer(200, json: .object(reading))
    }

    /// All that can be read of a session.
    func reading(of session: HPPSession) -> JSONObject {
        if let order = session.order { return session.reading(order: order, token: nil) }
        let token = behaviour.showsFirstToken ? session.tokens.first : session.tokens.last
        let placed = paymentSessions[session.paymentSessionID]?.orderID.flatMap { ordersByID[$0] }
        guard let placed, placed.hppSessionID == session.id else { return session.reading(order: nil, token: token) }
        switch behaviour.orderShown {
        case .never: return session.reading(order: nil, token: token)
        case .besideToken: return session.reading(order: placed, token: token)
        case .insteadOfToken: return session.reading(order: placed, token: nil)
        }
    }

    mutating func disableHPPSession(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        switch try liveHPPSession(call.id, at: call.now).status {
        case .waiting, .inProgress, .back, .failed, .error, .timeout, .manualIDCheck, .unheardOf:
            hppSessions[call.id]?.status = .disabled
            hppSessions[call.id]?.updatedAt = call.now
            return KlarnaAnswer(204)
        case .completed:
            throw KlarnaRefusal(400, "BAD_VALUE", "HPP session has already been successfully completed")
        case .cancelled, .disabled: throw .unknownHPPSession
        }
    }

    /// The message itself goes nowhere: nobody but the sandbox's own page could open the link.
    mutating func distributeHPPSession(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let session = try liveHPPSession(call.id, at: call.now)
        let wrongPaths = HPPRules.distribution.wrongPaths(in: .object(call.body), at: "")
        guard wrongPaths.isEmpty else { throw .badValue(wrongPaths) }
        guard HPPRules.hasContact(call.body) else {
            throw KlarnaRefusal(400, "MISSING_CONTACT_DATA", "Missing contact data")
        }
        guard !session.status.isFinal else {
            throw KlarnaRefusal(400, "BAD_VALUE", "HPP session is not open any more")
        }
        return KlarnaAnswer(204)
    }

    func liveHPPSession(_ id: String, at now: Timestamp) throws(KlarnaRefusal) -> HPPSession {
        guard let session = hppSessions[id], now < session.expiresAt else { throw .unknownHPPSession }
        return session
    }

    /// `payment_session_url` names a payment session at this very host. Orders of Klarna Checkout do not exist here.
    private func hostedPaymentSession(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> PaymentSession {
        let path = "/payments/v1/sessions/"
        guard let text = call.body.string("payment_session_url"), let url = WebURL(text),
            url.authority == WebURL(call.baseURL)?.authority,
            url.pathAndQuery.hasPrefix(path) || url.pathAndQuery.hasPrefix("/checkout/v3/orders/")
        else { throw .badValue("payment_session_url") }
        guard url.pathAndQuery.hasPrefix(path),
            let session = paymentSessions[String(url.pathAndQuery.dropFirst(path.count))]
        else { throw KlarnaRefusal(404, "NOT_FOUND", "Payment session has expired") }
        return session
    }
}
