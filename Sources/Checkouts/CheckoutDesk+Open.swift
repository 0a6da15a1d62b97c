internal import Klarna
internal import Logging
internal import TimeAndChance
internal import Wire

extension CheckoutDesk {
    /// Opens a checkout: known here first, then at Klarna, then to the caller.
    ///
    /// `claim` is the idempotency key under which it is asked for; the key remembers the checkout from the first write on, so
    /// that a repetition resumes instead of opening another.
    public func open(
        _ new: NewCheckout,
        claim: IdempotencyClaim? = nil,
        because source: Event.Source = .api,
    ) async throws(DeskError) -> Checkout {
        let now = now
        var chance = Chance(surroundings)
        let id = Checkout.ID(ULID(at: now, using: &chance))
        var purchase = new.purchase
        // Ours, so that an order found later can be told to be this checkout's.
        purchase.merchantReference2 = purchase.merchantReference2 ?? id.rawValue
        let checkout = Checkout(
            id: id,
            account: new.account,
            purchase: purchase,
            returnURLs: new.returnURLs,
            page: new.page,
            metadata: new.metadata,
            createdAt: now,
        )
        _ = try client(for: checkout)
        let created = Change(
            id,
            checkout: checkout,
            events: [Event(at: now, type: "checkout.created", source: source)],
            jobs: [JobOrder(.observe, at: now + policy.openingMax)],
            claim: claim,
        )
        let opened = try await commit(created, checkout)
        counts.opened()
        return try await createSessions(for: opened, because: source)
    }

    /// Goes on with a checkout that is known here and not yet at Klarna. One that is open already is returned as it is.
    public func resumeOpening(
        _ id: Checkout.ID,
        because source: Event.Source = .api,
    ) async throws(DeskError) -> Checkout {
        let checkout = try await checkout(id)
        guard checkout.status == .created else { return checkout }
        return try await createSessions(for: checkout, because: source)
    }

    /// Creates both sessions and records them. Sessions whose answer was lost, or that lost a race, expire unseen at Klarna.
    private func createSessions(
        for checkout: Checkout,
        because source: Event.Source,
    ) async throws(DeskError) -> Checkout {
        let sessions: Checkout.Sessions
        do throws(KlarnaError) {
            sessions = try await askForSessions(checkout, try client(named: checkout.account))
        } catch {
            logger.warning("opening a checkout failed", metadata: ["checkout": "\(checkout.id)", "error": "\(error)"])
            let failure = DeskError(error)
            if case .klarnaRefused(let answer, _) = failure {
                let problem = Problem(.klarnaRefused, "Klarna refused to open the payment.", klarna: answer)
                try await settle(checkout, because: source) { _ in [.openingRefused(problem)] }
            }
            throw failure
        }
        return try await settle(checkout, because: source) { _ in [.opened(sessions)] }
    }

    private func client(named account: String) throws(KlarnaError) -> KlarnaClient {
        guard let client = clients[account] else { throw .notSent(reason: "the account \(account) is not configured") }
        return client
    }

    private func askForSessions(
        _ checkout: Checkout,
        _ client: KlarnaClient,
    ) async throws(KlarnaError) -> Checkout.Sessions {
        let payment = try await retrying { () async throws(KlarnaError) in
            try await client.createPaymentSession(checkout.purchase, intent: "buy")
        }
        let hpp = try await retrying { () async throws(KlarnaError) in
            try await client.createHPPSession(
                paymentSession: payment.id,
                urls: links.merchantURLs(for: checkout),
                options: checkout.page,
            )
        }
        return Checkout.Sessions(
            paymentSessionID: payment.id,
            hppSessionID: hpp.id,
            redirectURL: hpp.redirectURL,
            qrCodeURL: hpp.qrCodeURL,
            expiresAt: hpp.expiresAt ?? klarnaNow(client) + .seconds(47 * 3600),
            paymentMethodCategories: payment.paymentMethodCategories.map(\.identifier),
        )
    }

    /// Creating a session again does no harm: a call that got no answer is made again, after a short pause.
    private func retrying<Value>(
        _ call: () async throws(KlarnaError) -> Value
    ) async throws(KlarnaError) -> Value {
        for pause in policy.createRetry {
            do throws(KlarnaError) {
                return try await call()
            } catch {
                switch error {
                case .refused, .paused: throw error
                case .notSent, .unknown: try? await surroundings.sleep(surroundings.jittered(pause))
                }
            }
        }
        return try await call()
    }
}
