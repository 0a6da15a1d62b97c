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

extension SandboxWorld {
    /// Lets the shopper act on the page of an HPP session. A final status stays as it is.
    ///
    /// `email` is what the shopper typed, `category` how they chose to pay, `verdict` what the merchant had to say to ``validation(onHPPSession:email:at:)``.
    ///
    /// - Throws: 404 when the session is unknown or has expired, or its purchase was completed elsewhere or is gone.
    public mutating func act(
        _ action: ShopperAction,
        onHPPSession id: String,
        email: String? = nil,
        category: String? = nil,
        verdict: CheckoutVerdict = .approved,
        at now: Timestamp,
    ) throws(KlarnaRefusal) -> ShopperOutcome {
        settle(at: now)
        var session = try liveHPPSession(id, at: now)
        if action == .approve, mayGiveNewerToken(session),
            let paymentSession = paymentSessions[session.paymentSessionID]
        {
            return outcome(session, approve(&session, paymentSession, email: email, at: now))
        }
        guard !session.status.isFinal else { return outcome(session, []) }
        guard let hosted = hostedPurchase(of: session), now < hosted.expiresAt || hosted.isComplete else {
            throw .unknownHPPSession
        }
        guard !hosted.isComplete else { throw .sessionCompleted }
        checkoutOrders[hosted.id]?.touchedAt = now
        session.notice = nil
        session.choice = nil
        var callbacks: [Callback] = []
        // Nobody can press a button on a page that is not open.
        if session.status != .inProgress { callbacks += move(&session, to: .inProgress, at: now) }
        switch action {
        case .enter: hppSessions[id] = session
        case .approve:
            guard !isDeclined(session, hosted, email: email) else {
                callbacks += move(&session, to: .failed, at: now)
                break
            }
            session.choice = session.categories.first { $0.identifier == category }
            hppSessions[id] = session
            if let paymentSession = paymentSessions[hosted.id] {
                callbacks += approve(&session, paymentSession, email: email, at: now)
            } else if let order = checkoutOrders[hosted.id] {
                switch verdict {
                case .approved: callbacks += complete(order, on: &session, email: email, at: now)
                case .denied(let text):
                    session.notice = text
                    hppSessions[id] = session
                case .redirected(let location):
                    return ShopperOutcome(status: session.status, location: location, callbacks: callbacks)
                }
            }
        case .decline: callbacks += move(&session, to: .failed, at: now)
        case .error: callbacks += move(&session, to: .error, at: now)
        case .timeout: callbacks += move(&session, to: .timeout, at: now)
        case .manualIDCheck: callbacks += move(&session, to: .manualIDCheck, at: now)
        case .unheardOf: callbacks += move(&session, to: .unheardOf, at: now)
        case .back: callbacks += move(&session, to: .back, at: now)
        case .cancel:
            // In eCommerce a URL for cancelling is taken for one to go back to; without either there is only cancelling.
            let isShop = hosted.acquiringChannel == "ECOMMERCE" && session.merchantURLs["cancel"] != nil
            let cancels = session.merchantURLs["back"] == nil && !isShop
            callbacks += move(&session, to: cancels ? .cancelled : .back, at: now)
        }
        return outcome(session, callbacks, after: action)
    }

    /// The playground's shoppers with `+denied` in their address are always declined; those with `+red` are offered
    /// nothing at all, like those whom nothing suits that the merchant chose.
    func isDeclined(_ session: HPPSession, _ hosted: HostedPurchase, email: String?) -> Bool {
        let email = email ?? hosted.purchase["billing_address"]?["email"]?.string ?? ""
        return email.contains("+denied@") || email.contains("+red@") || session.categories.isEmpty
    }

    private mutating func approve(
        _ session: inout HPPSession,
        _ paymentSession: PaymentSession,
        email: String?,
        at now: Timestamp,
    ) -> [Callback] {
        let authorization = authorize(paymentSession, onHPPSession: session.id, email: email, at: now)
        session.tokens.append(authorization.token)
        // What is only to be charged later has no order yet, whatever the page was told.
        switch paymentSession.intent == "tokenize" ? .none : session.placeOrderMode {
        case .none: break
        case .placeOrder, .captureOrder:
            session.order = place(
                paymentSession.purchase.billed(to: email),
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
            callbacks.append(
                Callback(
                    .authorization,
                    eventID: identifiers.uuid(),
                    hppSessionID: session.id,
                    status: session.status,
                    url: url,
                    body: [
                        "authorization_token": .string(authorization.token), "session_id": .string(paymentSession.id),
                    ],
                )
            )
        }
        return callbacks
    }

    /// Klarna Checkout places the order itself, under the same id.
    private mutating func complete(
        _ order: CheckoutOrder,
        on session: inout HPPSession,
        email: String?,
        at now: Timestamp,
    ) -> [Callback] {
        var order = order
        order.fillIn(email: email)
        order.completedAt = now
        order.modifiedAt = now
        if order.isRecurring {
            let token = CustomerToken(
                id: identifiers.uuid(),
                authorizationToken: "",
                paymentSessionID: order.id,
                createdAt: now,
                terms: CustomerTokenRules.terms(order.purchase, order.purchase),
                description: "",
                method: .invoice,
            )
            customerTokens[token.id] = token
            customerTokenIDs.append(token.id)
            order.recurringToken = token.id
        }
        checkoutOrders[order.id] = order
        session.order = addOrder(
            order.purchase,
            id: order.id,
            from: Order.Origin(hppSessionID: session.id, checkoutOrderID: order.id),
            method: paymentMethod(onHPPSession: session.id, order.purchase),
            captured: order.purchase["options"]?["auto_capture"]?.bool ?? false,
            at: now,
        )
        return move(&session, to: .completed, at: now)
    }

    private func mayGiveNewerToken(_ session: HPPSession) -> Bool {
        guard let paymentSession = paymentSessions[session.paymentSessionID], paymentSession.completedAt == nil else {
            return false
        }
        return session.status == .completed && session.tokens.count < behaviour.tokensPerPage
    }

    private mutating func scheduleRenewal(_ session: HPPSession, at now: Timestamp) {
        guard let pause = behaviour.tokenRenewal, session.order == nil else { return }
        schedule(.renewal(hppSessionID: session.id), at: now + pause)
    }

    /// A newer authorization of which nobody is told, unless the merchant let the one before go.
    mutating func renewToken(onHPPSession id: String, at now: Timestamp) {
        guard var session = hppSessions[id], now < session.expiresAt,
            let paymentSession = paymentSessions[session.paymentSessionID], !paymentSession.tokens.isEmpty,
            mayGiveNewerToken(session)
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
        let eventID = identifiers.uuid()
        return [
            Callback(
                .status,
                eventID: eventID,
                hppSessionID: session.id,
                status: status,
                url: url.resolving(["{{session_id}}": session.id]),
                body: ["event_id": .string(eventID), "session": .object(reading(of: session))],
            )
        ]
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

extension JSONObject {
    /// This purchase with the address for mail that its shopper typed.
    func billed(to email: String?) -> JSONObject {
        guard let email else { return self }
        let address = (self["billing_address"]?.object ?? JSONObject()).merging(["email": .string(email)])
        return merging(["billing_address": .object(address)])
    }
}
