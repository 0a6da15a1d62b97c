public import Wire

/// What a shopper can do on a hosted page, or what can happen to them there.
public enum ShopperAction: String, Sendable, CaseIterable {
    case enter, approve, decline, cancel, back, error
    /// Klarna gives up waiting for them. They may come back.
    case timeout
    case manualIDCheck = "manual_id_check"
    /// Klarna puts the session into a state of which nobody has heard.
    case unheardOf = "unheard_of"
}

/// Where the shopper stands after an action, and whom Klarna has to tell.
public struct ShopperOutcome: Sendable {
    public let status: HPPStatus
    /// Where the browser goes: a URL of the merchant, or the hosted page's own page about the outcome.
    public let location: String
    public let callbacks: [Callback]
}

/// Something that Klarna calls a merchant's server for.
public struct Callback: Sendable, Hashable {
    public enum Kind: String, Sendable {
        /// HPP's `status_update`.
        case status
        /// Klarna Payments' `authorization`.
        case authorization
    }

    public let kind: Kind
    /// The same in every try; `event_id` of a status update.
    public let eventID: String
    public let hppSessionID: String
    public let status: HPPStatus
    public let url: String
    public let body: JSON
}

extension SandboxWorld {
    /// Lets the shopper act on the page of an HPP session. A final status stays as it is.
    ///
    /// - Throws: 404 when the session is unknown or has expired, or its payment session was completed elsewhere.
    public mutating func act(
        _ action: ShopperAction,
        onHPPSession id: String,
        at now: Timestamp,
    ) throws(KlarnaRefusal) -> ShopperOutcome {
        settle(at: now)
        var session = try liveHPPSession(id, at: now)
        if action == .approve, let paymentSession = paymentSessions[session.paymentSessionID],
            mayGiveNewerToken(session, paymentSession)
        {
            return outcome(session, approve(&session, paymentSession, at: now))
        }
        guard !session.status.isFinal, let paymentSession = paymentSessions[session.paymentSessionID] else {
            return outcome(session, [])
        }
        guard paymentSession.completedAt == nil else { throw .sessionCompleted }
        var callbacks: [Callback] = []
        // Nobody can press a button on a page that is not open.
        if session.status != .inProgress { callbacks += move(&session, to: .inProgress, at: now) }
        switch action {
        case .enter: break
        case .approve: callbacks += approve(&session, paymentSession, at: now)
        case .decline: callbacks += move(&session, to: .failed, at: now)
        case .error: callbacks += move(&session, to: .error, at: now)
        case .timeout: callbacks += move(&session, to: .timeout, at: now)
        case .manualIDCheck: callbacks += move(&session, to: .manualIDCheck, at: now)
        case .unheardOf: callbacks += move(&session, to: .unheardOf, at: now)
        case .back: callbacks += move(&session, to: .back, at: now)
        case .cancel:
            // In eCommerce a URL for cancelling is taken for one to go back to; without either there is only cancelling.
            let isShop = paymentSession.acquiringChannel == "ECOMMERCE" && session.merchantURLs["cancel"] != nil
            let cancels = session.merchantURLs["back"] == nil && !isShop
            callbacks += move(&session, to: cancels ? .cancelled : .back, at: now)
        }
        return outcome(session, callbacks, after: action)
    }

    /// The playground's shoppers with `+denied` in their address are always declined.
    private mutating func approve(
        _ session: inout HPPSession,
        _ paymentSession: PaymentSession,
        at now: Timestamp,
    ) -> [Callback] {
        let email = paymentSession.purchase["billing_address"]?["email"]?.string ?? ""
        guard !email.contains("+denied@") else { return move(&session, to: .failed, at: now) }
        let authorization = authorize(paymentSession, onHPPSession: session.id, at: now)
        session.tokens.append(authorization.token)
        // What is only to be charged later has no order yet, whatever the page was told.
        switch paymentSession.intent == "tokenize" ? .none : session.placeOrderMode {
        case .none: break
        case .placeOrder, .captureOrder:
            session.order = place(
                paymentSession.purchase,
                of: paymentSession,
                onHPPSession: session.id,
                captured: session.placeOrderMode == .captureOrder,
                at: now,
            )
            authorizations[authorization.token]?.state = .void
        }
        var callbacks = move(&session, to: .completed, at: now)
        scheduleRenewal(session, at: now)
        if let url = paymentSession.purchase["merchant_urls"]?["authorization"]?.string, !url.isEmpty {
            let body: JSON = [
                "authorization_token": .string(authorization.token), "session_id": .string(paymentSession.id),
            ]
            callbacks.append(callback(.authorization, of: session, to: url, body))
        }
        return callbacks
    }

    private func mayGiveNewerToken(_ session: HPPSession, _ paymentSession: PaymentSession) -> Bool {
        session.status == .completed && session.tokens.count < behaviour.tokensPerPage
            && paymentSession.completedAt == nil
    }

    private mutating func scheduleRenewal(_ session: HPPSession, at now: Timestamp) {
        guard let pause = behaviour.tokenRenewal, session.order == nil else { return }
        schedule(.renewal(hppSessionID: session.id), at: now + pause)
    }

    /// A newer authorization of which nobody is told, unless the merchant let the one before go.
    mutating func renewToken(onHPPSession id: String, at now: Timestamp) {
        guard var session = hppSessions[id], now < session.expiresAt,
            let paymentSession = paymentSessions[session.paymentSessionID], !paymentSession.tokens.isEmpty,
            mayGiveNewerToken(session, paymentSession)
        else { return }
        session.tokens.append(authorize(paymentSession, onHPPSession: id, at: now).token)
        session.updatedAt = now
        hppSessions[id] = session
        scheduleRenewal(session, at: now)
    }

    /// Changes the status, which the merchant hears of if it gave a URL for that.
    private mutating func move(_ session: inout HPPSession, to status: HPPStatus, at now: Timestamp) -> [Callback] {
        session.status = status
        session.updatedAt = now
        hppSessions[session.id] = session
        guard let url = session.merchantURLs["status_update"] else { return [] }
        return [
            callback(
                .status,
                of: session,
                to: url.resolving(["{{session_id}}": session.id]),
                .object(reading(of: session)),
            )
        ]
    }

    private mutating func callback(
        _ kind: Callback.Kind,
        of session: HPPSession,
        to url: String,
        _ content: JSON,
    ) -> Callback {
        let eventID = identifiers.uuid()
        let body: JSON =
            switch kind {
            case .status: ["event_id": .string(eventID), "session": content]
            case .authorization: content
            }
        return Callback(
            kind: kind,
            eventID: eventID,
            hppSessionID: session.id,
            status: session.status,
            url: url,
            body: body,
        )
    }

    private func outcome(
        _ session: HPPSession,
        _ callbacks: [Callback],
        after action: ShopperAction? = nil,
    ) -> ShopperOutcome {
        let location: String? =
            switch session.status {
            case .waiting, .inProgress, .timeout, .manualIDCheck, .unheardOf: session.pageURL
            case .completed: session.location("success")
            case .failed: session.location("failure")
            case .error: session.location("error", "failure")
            case .cancelled: session.location("cancel")
            case .back: action == .cancel ? session.location("cancel", "back") : session.location("back", "cancel")
            case .disabled: nil
            }
        return ShopperOutcome(
            status: session.status,
            location: location ?? "\(session.pageURL)/outcome",
            callbacks: callbacks,
        )
    }
}
