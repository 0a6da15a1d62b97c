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
            provider: new.provider,
            purchase: purchase,
            terms: new.terms,
            returnURLs: new.returnURLs,
            page: new.page,
            metadata: new.metadata,
            createdAt: now,
        )
        _ = try client(for: checkout)
        let created = Change(
            id,
            checkout: checkout,
            events: [Event(at: now, type: "checkout.created", source: source, detail: new.told)],
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

    /// Creates both sessions and records them. Sessions whose answer was lost expire unseen at Klarna.
    private func createSessions(
        for checkout: Checkout,
        because source: Event.Source,
    ) async throws(DeskError) -> Checkout {
        let opened: Opened
        do throws(DeskError) {
            opened = try await askForSessions(checkout)
        } catch {
            logger.warning("opening a checkout failed", metadata: ["checkout": "\(checkout.id)", "error": "\(error)"])
            switch error {
            case .klarnaRefused(let answer, _):
                let problem = Problem(.klarnaRefused, "Klarna refused to open the payment.", klarna: answer)
                try await settle(checkout, because: source) { _ in [.openingRefused(problem)] }
            // Nothing will make it right: the merchant opens another one.
            case .invalid: try await settle(checkout, because: source) { _ in [.pageDisabled] }
            case .notFound, .unknownAccount, .notAllowed, .klarnaUnknown, .klarnaBusy, .store: break
            }
            throw error
        }
        return try await settle(checkout, because: source, opened) { _ in [.opened(opened.sessions)] }
    }

    /// What Klarna created for a checkout.
    struct Opened {
        let sessions: Checkout.Sessions
        /// Of the answer that brought what Klarna keeps the purchase in.
        let paymentCorrelationID: String?
        /// Of the answer that brought the page.
        let correlationID: String?
    }

    /// Records what was opened, where it is still wanted. A page that lost a race is closed again: nobody was told of it.
    func settle(
        _ checkout: Checkout,
        because source: Event.Source,
        claim: IdempotencyClaim? = nil,
        _ opened: Opened,
        decide: (Checkout) -> [Checkout.News],
    ) async throws(DeskError) -> Checkout {
        let after = try await settle(
            checkout,
            because: source,
            claim: claim,
            correlationID: opened.correlationID,
            paymentCorrelationID: opened.paymentCorrelationID,
            decide: decide,
        )
        guard after.sessions != opened.sessions else { return after }
        do throws(DeskError) {
            let client = try client(for: checkout)
            if checkout.provider == .checkout { _ = try await abort(opened.sessions, client) }
            _ = try await asking { () async throws(KlarnaError) in
                try await client.disableHPPSession(opened.sessions.hppSessionID)
            }
        } catch {
            logger.warning(
                "a page that nobody was told of could not be closed; it will expire",
                metadata: ["checkout": "\(checkout.id)", "error": "\(error)"],
            )
        }
        return after
    }

    /// Creates what Klarna keeps the purchase in, and the hosted page around it.
    func askForSessions(_ checkout: Checkout) async throws(DeskError) -> Opened {
        let client = try client(for: checkout)
        let (payment, categories, paymentCorrelationID) = try await asking { () async throws(KlarnaError) in
            try await createPayment(for: checkout, client)
        }
        let page = try checkout.page.offering(categories)
        let hpp = try await asking { () async throws(KlarnaError) in
            try await retrying { () async throws(KlarnaError) in
                try await client.createHPPSession(
                    for: payment,
                    urls: links.merchantURLs(for: checkout),
                    options: page,
                )
            }
        }
        let sessions = Checkout.Sessions(
            paymentSessionID: payment.sessionID,
            hppSessionID: hpp.id,
            redirectURL: hpp.redirectURL,
            qrCodeURL: hpp.qrCodeURL,
            expiresAt: hpp.expiresAt ?? klarnaNow(client) + .seconds(47 * 3600),
            paymentMethodCategories: categories,
        )
        return Opened(
            sessions: sessions,
            paymentCorrelationID: paymentCorrelationID,
            correlationID: hpp.correlationID,
        )
    }

    private func createPayment(
        for checkout: Checkout,
        _ client: KlarnaClient,
    ) async throws(KlarnaError) -> (payment: PaymentSessionReference, categories: [String], correlationID: String?) {
        switch checkout.provider {
        case .payments:
            let terms = links.terms(for: checkout)
            let created = try await retrying { () async throws(KlarnaError) in
                try await client.createPaymentSession(checkout.purchase, terms: terms)
            }
            return (
                .payments(created.id), created.paymentMethodCategories.map(\.identifier), created.correlationID,
            )
        case .checkout:
            let body = checkout.purchase.checkoutOrderBody(urls: links.checkoutMerchantURLs(for: checkout))
            let created = try await retrying { () async throws(KlarnaError) in
                try await client.createCheckoutOrder(body: body)
            }
            return (.checkout(created.id, url: created.url), [], created.correlationID)
        }
    }

    /// A call, and what went wrong with it in the words of the desk.
    func asking<Value>(_ call: () async throws(KlarnaError) -> Value) async throws(DeskError) -> Value {
        do throws(KlarnaError) {
            return try await call()
        } catch {
            throw DeskError(error)
        }
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

extension NewCheckout {
    /// What was taken although it is not as Klarna would have it.
    fileprivate var told: JSONObject {
        guard !warnings.isEmpty else { return JSONObject() }
        let told = warnings.prefix(20).map {
            JSON.object(["pointer": .string($0.pointer), "detail": .string($0.detail)])
        }
        return ["warnings": .array(Array(told))]
    }
}

extension PaymentSessionReference {
    /// What the payment session is known by here, also where it is an order of Klarna Checkout.
    fileprivate var sessionID: PaymentSessionID {
        switch self {
        case .payments(let id): id
        case .checkout(let id, _): PaymentSessionID(rawValue: id.rawValue)
        }
    }
}

extension PageOptions {
    /// The same with the categories that Klarna offers for this purchase. One that it does not offer is left out as long as
    /// another is left.
    fileprivate func offering(_ categories: [String]) throws(DeskError) -> PageOptions {
        let offered = Set(categories.map { $0.uppercased() })
        // Klarna may speak of one category that stands for all.
        guard !offered.isEmpty, !offered.contains("KLARNA") else { return self }
        let words = categories.joined(separator: ", ")
        var page = self
        if let category = paymentMethodCategory, !offered.contains(category.uppercased()) {
            let reason = "Klarna offers \(words) here"
            throw .invalid(Faults([Fault("/page/payment_method_category", reason)]))
        }
        if let wanted = paymentMethodCategories, !wanted.isEmpty {
            page.paymentMethodCategories = wanted.filter { offered.contains($0.uppercased()) }
            guard page.paymentMethodCategories?.isEmpty == false else {
                let reason = "Klarna offers \(words) here"
                throw .invalid(Faults([Fault("/page/payment_method_categories", reason)]))
            }
        }
        return page
    }
}
