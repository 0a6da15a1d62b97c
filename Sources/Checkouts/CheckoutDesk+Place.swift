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
        guard let client = clients[checkout.account]?.urgent else {
            logger.error(
                "an order cannot be placed: its Klarna account is not configured any more",
                metadata: ["checkout": "\(checkout.id)", "account": "\(checkout.account)"],
            )
            return try await wait(policy.lateRetry, .accountMissing, with: checkout, job)
        }
        checkout = try await announceAge(of: placement, checkout, job, client)
        let isExclusive = policy.sameReference == .release && checkout.merchantReference != nil
        let isUntried = placement.attempts.neverArrived && placement.attempts.inFlightSince == nil
        if checkout.merchantReference != nil, isUntried, !checkout.holdsReference {
            guard try await mayBeTheOne(checkout, placement, client, job) else { return }
        }
        // Without Klarna's clock a later start of this program could not tell for how long an attempt may be under way.
        if policy.resolver.mustLookFirst(placement) || client.klarnaNow == nil {
            guard try await lookMaySend(checkout, placement, client, job) else { return }
        }
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
        guard let age = placement.ageToAnnounce(at: klarnaNow(client)) else { return checkout }
        logger.error(
            "an authorization is growing old and there is no order yet",
            metadata: ["checkout": "\(job.checkoutID)", "expires_at": "\(placement.expiresAt)"],
        )
        return try await settle(checkout, because: .worker, job: job) { current in
            current.placement?.token == placement.token ? [.placementOverdue(age)] : []
        }
    }

    /// Whether this one is to become an order although another checkout has the same merchant reference. Where only one may, it
    /// waits as long as it is not known how the other ends.
    private func mayBeTheOne(
        _ checkout: Checkout,
        _ placement: OrderPlacement,
        _ client: KlarnaClient,
        _ job: ClaimedJob,
    ) async throws(DeskError) -> Bool {
        let rivals: [Checkout]
        do {
            rivals = try await store.rivals(of: checkout)
        } catch {
            // Where both may be placed, not knowing of the other is no reason to wait.
            guard policy.sameReference == .place else { throw .store(error) }
            return true
        }
        let paid = rivals.first { $0.status == .orderPlaced }
        // One that a person has to look at may be paid as well.
        let doubtful = rivals.first { $0.status == .needsReview && $0.holdsReference }
        guard policy.sameReference == .release else {
            if let paid { try await settle(checkout, because: .worker, job: job) { _ in [.paidBefore(paid.id)] } }
            return true
        }
        if let other = paid ?? doubtful {
            try await settle(checkout, because: .worker, job: job, jobEnd: .done) { _ in
                [.placementFailed(.paidTwice(other.id), next: nil)]
            }
            return false
        }
        guard rivals.contains(where: \.holdsReference) else { return true }
        let pause = job.attempt < policy.placeRetry.count ? retryDelay(job) : policy.lateRetry
        try await wait(pause, .rivalUnsettled, with: checkout, job)
        return false
    }

    /// Puts off an attempt that cannot be made now, unless time alone has decided meanwhile.
    private func wait(
        _ pause: Duration,
        _ problem: Problem,
        with checkout: Checkout,
        _ job: ClaimedJob,
    ) async throws(DeskError) {
        let now = now
        try await settle(checkout, because: .worker, job: job, jobEnd: .again(at: now + pause)) { current in
            guard let placement = current.placement else { return [] }
            let unread = policy.resolver.next(placement, session: .unreadable, readAt: now, now: now)
            if case .giveUp(let end) = unread { return [.placementUnidentified(end)] }
            return [.placementWaits(problem)] + lapse(of: placement)
        }
    }

    /// Reads both sessions and decides by them. True when the frozen bytes are to be sent.
    private func lookMaySend(
        _ checkout: Checkout,
        _ placement: OrderPlacement,
        _ client: KlarnaClient,
        _ job: ClaimedJob,
    ) async throws(DeskError) -> Bool {
        if let found = await orderShown(checkout, client) {
            try await conclude(found, checkout, job)
            return false
        }
        let begun = self.now
        let (session, newer) = await paymentSession(of: checkout, client)
        let now = klarnaNow(client)
        // Counted back from what the answer says of Klarna's clock: before it, that may not have been heard for long.
        let readAt = now - (self.now - begun)
        // Once nothing can be sent any more there is no hurry.
        let pause = now < placement.expiresAt ? retryDelay(job) : max(retryDelay(job), policy.lateRetry)
        let again = JobEnd.again(at: self.now + pause)
        var news: [Checkout.News] = []
        if let newer, newer != placement.token {
            let spare = OrderPlacement(for: checkout, token: newer, authorizedAt: now)
            news.append(.authorized(spare, ifEnded: policy.latePayment))
        }
        switch policy.resolver.next(placement, session: session, readAt: readAt, now: now) {
        case .send:
            if session == .complete { news.append(.placementComplete(at: now)) }
            if !news.isEmpty { try await settle(checkout, because: .worker, job: job) { _ in news } }
            return true
        case .wait:
            if session == .complete { news.append(.placementComplete(at: now)) }
            try await settle(checkout, because: .worker, job: job, jobEnd: again) { _ in news }
        case .fail(let problem):
            try await settle(checkout, because: .worker, job: job, jobEnd: .done) { current in
                news + [failure(problem, of: current, and: newer, at: now)]
            }
        case .giveUp(let problem):
            try await settle(checkout, because: .worker, job: job, jobEnd: .done) { _ in
                news + [.placementUnidentified(problem)]
            }
        }
        return false
    }

    /// There is no order of this placement. Another authorization that is still alive takes its turn.
    private func failure(
        _ problem: Problem,
        of checkout: Checkout,
        and newer: AuthorizationToken?,
        at klarnaNow: Timestamp,
    ) -> Checkout.News {
        var spares = checkout.spareAuthorizations
        if let newer, newer != checkout.placement?.token, !spares.contains(where: { $0.token == newer }) {
            spares.append(Checkout.Authorization(token: newer, at: klarnaNow))
        }
        let next = spares.last { klarnaNow < $0.at + OrderPlacement.authorizationLife }
            .map { OrderPlacement(for: checkout, token: $0.token, authorizedAt: $0.at) }
        return .placementFailed(problem, next: next)
    }

    /// What follows from the time alone, when no attempt can have reached Klarna.
    private func lapse(of placement: OrderPlacement) -> [Checkout.News] {
        policy.resolver.lapsedUnsent(placement, now: now).map { [.placementFailed($0, next: nil)] } ?? []
    }

    /// The order that the HPP session names, read and compared; `nil` when it names none or cannot be read.
    private func orderShown(_ checkout: Checkout, _ client: KlarnaClient) async -> HPPNews? {
        guard let sessions = checkout.sessions,
            let orderID = try? await client.hppSession(sessions.hppSessionID).orderID
        else { return nil }
        return try? await readOrder(orderID, of: checkout, client)
    }

    private func conclude(
        _ found: HPPNews,
        _ checkout: Checkout,
        _ job: ClaimedJob,
    ) async throws(DeskError) {
        switch found {
        case .ordered(let order):
            try await settle(checkout, because: .worker) { _ in [.orderFound(order)] }
            try await end(job, .done)
        case .foreignOrder(let orderID):
            try await settle(checkout, because: .worker, job: job, jobEnd: .done) { _ in
                [.placementUnidentified(.orderMismatch(orderID))]
            }
        case .open, .completed, .authorized, .cancelled, .disabled, .gone:
            try await end(job, .again(at: now + retryDelay(job)))
        }
    }

    /// What the payment session says, and the authorization it holds.
    private func paymentSession(
        of checkout: Checkout,
        _ client: KlarnaClient,
    ) async -> (PlacementResolver.Session, AuthorizationToken?) {
        guard let sessions = checkout.sessions else { return (.unreadable, nil) }
        do throws(KlarnaError) {
            let reading = try await client.paymentSession(sessions.paymentSessionID)
            switch reading.status {
            case .incomplete: return (.incomplete, reading.authorizationToken)
            case .complete: return (.complete, nil)
            case .other: return (.unreadable, nil)
            }
        } catch {
            guard case .refused(let refusal) = error, refusal.status == 404 else { return (.unreadable, nil) }
            return (.gone, nil)
        }
    }

    /// Records the order. When the store cannot take it now, the log keeps its id, and the same bytes will bring it back.
    private func record(_ placed: PlacedOrder, of checkout: Checkout, _ job: ClaimedJob) async throws(DeskError) {
        let order = Order(
            orderID: placed.orderID,
            fraudStatus: placed.fraudStatus?.rawValue,
            authorizedAmount: checkout.purchase.orderAmount,
            remainingAuthorizedAmount: checkout.purchase.orderAmount,
            placedAt: now,
        )
        do {
            try await settle(checkout, because: .worker) { _ in [.orderFound(order)] }
        } catch {
            logger.critical(
                "an order was placed and could not be recorded; it will be asked for again",
                metadata: ["checkout": "\(checkout.id)", "order": "\(placed.orderID.rawValue)", "error": "\(error)"],
            )
            throw error
        }
        try await end(job, .done)
    }

    /// Writes down what came instead of an order, and puts the job off.
    private func putOff(
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
