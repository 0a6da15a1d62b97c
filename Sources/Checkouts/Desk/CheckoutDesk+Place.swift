internal import Klarna
internal import Logging
internal import TimeAndChance
internal import Wire

extension CheckoutDesk {
    /// One attempt at placing an order: look first where something may have happened already, then write the attempt down,
    /// then send.
    ///
    /// The job's lease fences every write before the send. The one after a success is not fenced: an order that exists is
    /// recorded whoever learns of it.
    package func place(_ job: ClaimedJob) async throws(DeskError) {
        var checkout = try await checkout(job.checkoutID)
        guard checkout.status == .authorized else { return try await end(job, .done) }
        guard let placement = checkout.placement else {
            throw .store(.unavailable(reason: "the record of checkout \(checkout.id) is damaged"))
        }
        if checkout.chargedToken != nil { return try await placeCharge(checkout, placement, job) }
        guard let client = clients[checkout.account]?.urgent else {
            logger.error(
                "an order cannot be placed: its Klarna account is not configured any more",
                metadata: ["checkout": "\(checkout.id)", "account": "\(checkout.account)"],
            )
            return try await wait(policy.lateRetry, .accountMissing, with: checkout, job)
        }
        checkout = try await announceAge(of: placement, checkout, job, client)
        if checkout.awaitsToken { return try await createToken(checkout, placement, client, job) }
        let isExclusive = policy.sameReference == .release && checkout.merchantReference != nil
        let isUntried = placement.attempts.neverArrived && placement.attempts.inFlightSince == nil
        if checkout.merchantReference != nil, isUntried, !checkout.holdsReference {
            guard try await mayBeTheOne(checkout, job) else { return }
        }
        // Without Klarna's clock a later start of this program could not tell for how long an attempt may be under way.
        if policy.resolver.mustLookFirst(placement) || client.klarnaNow == nil {
            guard try await lookMaySend(checkout, placement, client, job) else { return }
        }
        let begun = now
        let sending: Checkout
        do {
            sending = try await settle(checkout, because: .worker, job: job) { _ in
                [.placementSent(at: klarnaNow(client), exclusively: isExclusive)]
            }
        } catch .store(.conflict(.referenceTaken, _)) {
            // Another one began at the same moment: how it ends decides.
            return try await wait(retryDelay(job), .rivalUnsettled, with: checkout, job)
        }
        // Somebody may have found the order between our reading and this write.
        guard sending.status == .authorized, sending.placement?.token == placement.token else {
            return try await end(job, .done)
        }
        // Whoever stood still for so long must not send any more: others have counted on nothing being under way. The attempt stays
        // written down as one that may be, which is the safe side.
        guard now - begun < policy.lease else { return try await end(job, .again(at: now)) }
        let placed: PlacedOrder
        do throws(KlarnaError) {
            placed = try await client.placeOrder(
                placement.token,
                body: placement.body,
                idempotencyKey: placement.idempotencyKey,
            )
        } catch {
            return try await putOff(sending, job, error, client)
        }
        try await record(placed, of: sending, job)
    }

    /// Whoever has to act is told in time that an authorization is growing old without an order.
    private func announceAge(
        of placement: OrderPlacement,
        _ checkout: Checkout,
        _ job: ClaimedJob,
        _ client: KlarnaClient,
    ) async throws(DeskError) -> Checkout {
        guard let klarnaNow = client.klarnaNow, let age = placement.ageToAnnounce(at: klarnaNow) else {
            return checkout
        }
        logger.error(
            "an authorization is growing old and there is no order yet",
            metadata: ["checkout": "\(job.checkoutID)", "expires_at": "\(placement.expiresAt)"],
        )
        return try await settle(checkout, because: .worker, job: job) { current in
            current.placement?.token == placement.token ? [.placementOverdue(age)] : []
        }
    }

    /// What follows from the time alone, when no attempt can have reached Klarna.
    func lapse(of placement: OrderPlacement) -> [Checkout.News] {
        policy.resolver.lapsedUnsent(placement, now: now).map { [.placementFailed($0, next: nil)] } ?? []
    }

    /// Records the order and ends the job in one write. When the store cannot take it now, the log keeps the order's id, and the
    /// same bytes will bring it back.
    func record(_ placed: PlacedOrder, of checkout: Checkout, _ job: ClaimedJob) async throws(DeskError) {
        let order = Order(
            orderID: placed.orderID,
            fraudStatus: placed.fraudStatus?.rawValue,
            authorizedAmount: checkout.purchase.orderAmount,
            remainingAuthorizedAmount: checkout.purchase.orderAmount,
            placedAt: now,
        )
        do {
            try await recordDone(
                [.orderFound(order)],
                of: checkout,
                job,
                jobEnd: .done,
                correlationID: placed.correlationID,
            )
        } catch {
            logger.critical(
                "an order was placed and could not be recorded; it will be asked for again",
                metadata: ["checkout": "\(checkout.id)", "order": "\(placed.orderID.rawValue)", "error": "\(error)"],
            )
            throw error
        }
    }

    /// Writes down what came instead of an order, and puts the job off.
    func putOff(
        _ checkout: Checkout,
        _ job: ClaimedJob,
        _ error: KlarnaError,
        _ client: KlarnaClient,
    ) async throws(DeskError) {
        let news: Checkout.News
        var asked: Duration?
        switch error {
        case .notSent(let reason):
            news = .placementNotSent(reason: reason)
        case .paused(let retryAfter):
            news = .placementNotSent(reason: "There were too many calls to Klarna.")
            asked = retryAfter
        case .unknown(let lost):
            news = .placementUnanswered(Problem.KlarnaAnswer(lost))
            asked = lost.retryAfter
        case .refused(let refusal):
            let answer = Problem.KlarnaAnswer(refusal)
            asked = refusal.retryAfter
            switch refusal.status {
            // Answers about us rather than about the order prove nothing of the order.
            case 401, 429:
                news = .placementHeld(answer)
            case _: news = .placementRefused(answer, at: klarnaNow(client))
            }
        }
        let wait = max(retryDelay(job), min(asked ?? .zero, policy.retryAfterMax))
        logger.warning(
            "placing an order did not succeed yet",
            metadata: ["checkout": "\(job.checkoutID)", "attempt": "\(job.attempt)", "error": "\(error)"],
        )
        try await settle(checkout, because: .worker, job: job, jobEnd: .again(at: now + wait)) { current in
            // Whether it lapsed unsent can only be said of what this attempt leaves behind.
            guard case .placementNotSent = news, var placement = current.placement else { return [news] }
            placement.attempts.end()
            return [news] + lapse(of: placement)
        }
    }

    func retryDelay(_ job: ClaimedJob) -> Duration {
        surroundings.jittered(policy.delay(policy.placeRetry, job.attempt + 1))
    }

    /// Gives a job back. One that another worker holds by now is theirs.
    func end(_ job: ClaimedJob, _ end: JobEnd) async throws(DeskError) {
        do {
            try await stored { () async throws(StoreError) in try await store.end(job, end) }
        } catch .store(.leaseLost) {
            return
        }
    }
}
