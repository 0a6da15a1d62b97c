import Wire

/// Klarna HPP v1: create, read and disable a session.
extension SandboxWorld {
    mutating func createHPPSession(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let wrongPaths = HPPRules.wrongPaths(call.body)
        guard wrongPaths.isEmpty else { throw .badValue(wrongPaths) }
        let hosted = try hostedPurchase(for: call)
        let page = identifiers.page()
        let session = HPPSession(
            id: identifiers.uuid(),
            page: page,
            pageURL: "\(call.baseURL)/\(hosted.region)/hpp/payments/\(page)",
            kind: hosted.kind,
            paymentSessionID: hosted.id,
            merchantURLs: HPPRules.merchantURLs(call.body),
            options: call.body["options"]?.object ?? JSONObject(),
            expiresAt: hosted.pageExpiresAt,
            updatedAt: call.now,
        )
        hppSessions[session.id] = session
        hppSessionIDs.append(session.id)
        hppSessionIDsByPage[page] = session.id
        let sessionURL = "\(call.baseURL)/hpp/v1/sessions/\(session.id)"
        return KlarnaAnswer(
            201,
            json: [
                "session_id": .string(session.id),
                "session_url": .string(sessionURL),
                "redirect_url": .string(session.pageURL),
                "qr_code_url": .string("\(call.baseURL)/\(hosted.region)/hpp/payments/\(session.id)/qr"),
                "distribution_url": .string("\(sessionURL)/distribution"),
                "expires_at": .string(session.expiresAt.description),
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

    func liveHPPSession(_ id: String, at now: Timestamp) throws(KlarnaRefusal) -> HPPSession {
        guard let session = hppSessions[id], now < session.expiresAt else { throw .unknownHPPSession }
        return session
    }
}
