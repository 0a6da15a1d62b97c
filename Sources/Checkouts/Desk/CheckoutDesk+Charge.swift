internal import Klarna
internal import Logging
internal import TimeAndChance
internal import Wire

/// Orders on a customer token: nobody is there to pay at a hosted page.
extension CheckoutDesk {
    /// Charges a customer token: a checkout of its own, written down before Klarna hears of it, whose order is placed at once.
    ///
    /// - Returns: The checkout when the outcome is known, or as it stands when it is not known for so long.
    public func charge(
        _ id: CustomerToken.ID,
        _ new: NewCharge,
        claim: IdempotencyClaim? = nil,
    ) async throws(DeskError) -> Checkout {
        let (origin, token) = try await customerToken(id)
        guard let klarnaToken = token.token else {
            throw .notAllowed(origin, reason: "The customer token is cancelled.")
        }
        _ = try client(for: origin)
        var chance = Chance(surroundings)
        let now = now
        let checkoutID = Checkout.ID(ULID(at: now, using: &chance))
        let purchase = try fitting { () throws(Faults) in
            try new.purchase(like: origin.purchase, reference: checkoutID.rawValue)
        }
        let checkout = Checkout(
            charging: id,
            klarnaToken,
            purchase: purchase,
            id: checkoutID,
            account: origin.account,
            metadata: new.metadata,
            createdAt: now,
        )
        let detail: JSONObject = ["customer_token": .string(id.rawValue)]
        let created = Change(
            checkoutID,
            checkout: checkout,
            events: [Event(at: now, type: "checkout.created", source: .api, detail: detail)],
            jobs: [JobOrder(.place, at: now)],
            claim: claim,
        )
        _ = try await commit(created, checkout)
        counts.opened()
        return try await charged(checkoutID)
    }

    /// Waits for a charge that is under way.
    public func charged(_ id: Checkout.ID) async throws(DeskError) -> Checkout {
        try await awaiting(id) { $0.status != .authorized }
    }

    /// Reads a checkout again and again until it is as it is waited for, or for as long as patience lasts.
    func awaiting(_ id: Checkout.ID, until isThere: (Checkout) -> Bool) async throws(DeskError) -> Checkout {
        var checkout = try await checkout(id)
        var waited = Duration.zero
        var pause = Duration.milliseconds(5)
        while !isThere(checkout), waited < policy.operationPatience, !Task.isCancelled {
            try? await surroundings.sleep(pause)
            waited += pause
            pause = min(pause * 2, .milliseconds(250))
            checkout = try await self.checkout(id)
        }
        return checkout
    }

    /// One attempt at a charge: the same bytes under the same key each time, which is what Klarna promises to do once.
    func placeCharge(_ checkout: Checkout, _ placement: OrderPlacement, _ job: ClaimedJob) async throws(DeskError) {
        let client = try client(for: checkout).urgent
        let attempts = placement.attempts
        // Klarna keeps the key by its own clock; and a charge that comes much later than it was asked for would surprise everybody.
        let isForgotten =
            attempts.firstBegunAt.flatMap { since in client.klarnaNow.map { $0 >= since + OrderOperation.keyLife } }
            ?? false
        if isForgotten || now >= checkout.createdAt + OrderOperation.keyLife {
            let isCertain = attempts.uncertainSince == nil
            let end: Checkout.News =
                isCertain ? .placementFailed(.chargeLapsed, next: nil) : .placementUnidentified(.orderUnidentified)
            return try await settleCharge(checkout, job, end)
        }
        let klarnaToken = KlarnaTokenID(rawValue: placement.token.rawValue)
        // Without Klarna's clock nobody could tell later for how long the attempt may be under way.
        if client.klarnaNow == nil {
            do throws(KlarnaError) {
                _ = try await client.customerToken(klarnaToken)
            } catch {
                // A refusal tells the time as well.
                guard case .refused = error else { throw DeskError(error) }
            }
        }
        let begun = now
        let sending = try await settle(checkout, because: .worker, job: job) { _ in
            [.placementSent(at: klarnaNow(client), exclusively: false)]
        }
        guard sending.status == .authorized, now - begun < policy.lease else {
            return try await end(job, .again(at: now))
        }
        let placed: PlacedOrder
        do throws(KlarnaError) {
            placed = try await client.placeTokenOrder(
                klarnaToken,
                body: placement.body,
                idempotencyKey: placement.idempotencyKey,
            )
        } catch {
            // A refusal of this key after nothing can be under way any more is what became of it.
            let readAt = klarnaNow(client) - (now - begun)
            let isOver = attempts.uncertainSince.map { readAt >= $0 + policy.resolver.inFlightHorizon } ?? true
            // While an attempt is not answered, only Klarna's own word ends it: somebody in front of Klarna knows nothing of keys.
            let isKlarnas = attempts.uncertainSince == nil || error.isInKlarnasWords
            if case .refused(let refusal) = error, isOver, isKlarnas, !OperationResolver.isAboutUs(refusal.status) {
                let problem = Problem(chargeRefused: refusal)
                try await settleCharge(sending, job, .placementFailed(problem, next: nil))
                return try await note(problem, refusal, of: sending)
            }
            return try await putOff(sending, job, error, client)
        }
        try await record(placed, of: sending, job)
    }

    private func settleCharge(_ checkout: Checkout, _ job: ClaimedJob, _ news: Checkout.News) async throws(DeskError) {
        try await settle(checkout, because: .worker, job: job, jobEnd: .done) { current in
            current.status == .authorized ? [news] : []
        }
    }

    /// A token that Klarna calls suspended or cancelled is known to be so from then on.
    private func note(_ problem: Problem, _ refusal: Refusal, of checkout: Checkout) async throws(DeskError) {
        guard let id = checkout.chargedToken, let origin = id.checkoutID else { return }
        let status: CustomerTokenStatus
        switch problem.type {
        case .customerTokenSuspended: status = .suspended
        // That it is unknown or not ours may be said of the credentials: only Klarna's own word ends a token for good.
        case .customerTokenCancelled where refusal.customerTokenFailure == .cancelled: status = .cancelled
        case _: return
        }
        guard let known = try? await self.checkout(origin) else { return }
        try await settle(known, because: .worker) { _ in
            [.tokenRead(status, paymentMethodType: nil, maskedNumber: nil)]
        }
    }
}

extension Checkout {
    /// A checkout that is paid without a page: authorized from the start.
    fileprivate init(
        charging tokenID: CustomerToken.ID,
        _ token: KlarnaTokenID,
        purchase: Purchase,
        id: ID,
        account: String,
        metadata: JSONObject,
        createdAt: Timestamp,
    ) {
        self.init(
            id: id,
            account: account,
            purchase: purchase,
            chargedToken: tokenID,
            returnURLs: .none,
            metadata: metadata,
            createdAt: createdAt,
        )
        status = .authorized
        placement = OrderPlacement(
            token: AuthorizationToken(rawValue: token.rawValue),
            body: purchase.tokenOrderBody(),
            idempotencyKey: derivedUUID("kassa charge \(id)"),
            authorizedAt: createdAt,
        )
        placementKey = placement?.idempotencyKey
    }
}

extension KlarnaError {
    fileprivate var isInKlarnasWords: Bool {
        guard case .refused(let refusal) = self else { return false }
        return refusal.code != nil
    }
}

extension Problem {
    fileprivate static let chargeLapsed = Problem(
        .klarnaUnreachable,
        "Klarna could not be asked for a day: the charge is given up.",
    )

    fileprivate init(chargeRefused refusal: Refusal) {
        let answer = KlarnaAnswer(refusal)
        switch refusal.customerTokenFailure {
        case .suspended:
            self.init(
                .customerTokenSuspended,
                "Klarna suspended the customer token: the shopper has to agree to a new one.",
                klarna: answer,
            )
        case .cancelled, .notFound, .forbidden:
            self.init(
                .customerTokenCancelled,
                "The customer token is cancelled, or is not this merchant's.",
                klarna: answer,
            )
        case .methodFailed:
            self.init(
                .paymentMethodFailed,
                "The payment method was declined, often for a while only: try again later.",
                klarna: answer,
            )
        case .methodUnavailable, .currencyMismatch:
            self.init(
                .paymentMethodUnavailable,
                "The payment method is gone or does not fit: the shopper has to choose another.",
                klarna: answer,
            )
        case nil: self.init(.orderRejected, "Klarna refused the order.", klarna: answer)
        }
    }
}
