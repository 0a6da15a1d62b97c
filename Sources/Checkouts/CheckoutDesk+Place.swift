internal import Klarna
internal import Logging
internal import Wire

extension CheckoutDesk {
    /// One attempt at placing an order: look first where something may have happened already, then write the attempt down,
    /// then send.
    ///
    /// The job's lease fences every write before the send. The one after a success is not fenced: an order that exists is
    /// recorded whoever learns of it.
    func place(_ job: ClaimedJob) async throws(DeskError) {
        let checkout = try await checkout(job.checkoutID)
        guard checkout.status == .authorized, let placement = checkout.placement else {
            return try await end(job, .done)
        }
        let client = try client(for: checkout)
        if PlacementResolver.mustLookFirst(placement) {
            guard try await lookMaySend(checkout, placement, client, job) else { return }
        }
        let sending = try await settle(checkout.id, because: .worker, job: job) { _ in [.placementSent] }
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
            return try await putOff(job, error)
        }
        try await record(placed, of: checkout, job)
    }

    /// Reads both sessions and decides by them. True when the frozen bytes are to be sent.
    private func lookMaySend(
        _ checkout: Checkout,
        _ placement: OrderPlacement,
        _ client: KlarnaClient,
        _ job: ClaimedJob,
    ) async throws(DeskError) -> Bool {
        let readAt = clock()
        if let found = await orderShown(checkout, client) {
            try await conclude(found, job)
            return false
        }
        let session = await paymentSession(of: checkout, client)
        let again = JobEnd.again(at: clock() + retryDelay(job))
        switch PlacementResolver.next(placement, session: session, readAt: readAt, now: clock()) {
        case .send:
            guard session == .complete else { return true }
            try await settle(checkout.id, because: .worker, job: job) { _ in [.placementComplete] }
            return true
        case .wait:
            let news: [Checkout.News] = session == .complete ? [.placementComplete] : []
            try await settle(checkout.id, because: .worker, job: job, jobEnd: again) { _ in news }
        case .fail(let problem):
            try await settle(checkout.id, because: .worker, job: job, jobEnd: .done) { _ in
                [.placementFailed(problem)]
            }
        case .giveUp(let problem):
            try await settle(checkout.id, because: .worker, job: job, jobEnd: .done) { _ in
                [.placementUnidentified(problem)]
            }
        }
        return false
    }

    /// The order that the HPP session names, read and compared; `nil` when it names none or cannot be read.
    private func orderShown(_ checkout: Checkout, _ client: KlarnaClient) async -> HPPNews? {
        guard let sessions = checkout.sessions,
            let orderID = try? await client.hppSession(sessions.hppSessionID).orderID
        else { return nil }
        return try? await readOrder(orderID, of: checkout, client)
    }

    private func conclude(_ found: HPPNews, _ job: ClaimedJob) async throws(DeskError) {
        switch found {
        case .ordered(let order):
            try await settle(job.checkoutID, because: .worker) { _ in [.orderFound(order)] }
            try await end(job, .done)
        case .foreignOrder(let orderID):
            try await settle(job.checkoutID, because: .worker, job: job, jobEnd: .done) { _ in
                [.placementUnidentified(.orderMismatch(orderID))]
            }
        case .open, .completed, .authorized, .cancelled, .disabled, .gone:
            try await end(job, .again(at: clock() + retryDelay(job)))
        }
    }

    private func paymentSession(of checkout: Checkout, _ client: KlarnaClient) async -> PlacementResolver.Session {
        guard let sessions = checkout.sessions else { return .unreadable }
        do throws(KlarnaError) {
            switch try await client.paymentSession(sessions.paymentSessionID).status {
            case .incomplete: return .incomplete
            case .complete: return .complete
            case .other: return .unreadable
            }
        } catch {
            guard case .refused(let refusal) = error, refusal.status == 404 else { return .unreadable }
            return .gone
        }
    }

    /// Records the order. When the store cannot take it now, the log keeps its id, and the same bytes will bring it back.
    private func record(_ placed: PlacedOrder, of checkout: Checkout, _ job: ClaimedJob) async throws(DeskError) {
        let order = Order(
            orderID: placed.orderID,
            fraudStatus: placed.fraudStatus?.rawValue,
            authorizedAmount: checkout.purchase.orderAmount,
            remainingAuthorizedAmount: checkout.purchase.orderAmount,
            placedAt: clock(),
        )
        do {
            try await settle(checkout.id, because: .worker) { _ in [.orderFound(order)] }
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
    private func putOff(_ job: ClaimedJob, _ error: KlarnaError) async throws(DeskError) {
        let news: Checkout.News
        var asked: Duration?
        var isUntried = false
        switch error {
        case .notSent(let reason):
            news = .placementNotSent(reason: reason)
            isUntried = true
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
                isUntried = true
            // Whoever says so may have passed on what came in time.
            case 408: news = .placementUnanswered(answer)
            case _: news = .placementRefused(answer)
            }
        }
        let wait = max(retryDelay(job), min(asked ?? .zero, policy.retryAfterMax))
        logger.warning(
            "placing an order did not succeed yet",
            metadata: ["checkout": "\(job.checkoutID)", "attempt": "\(job.attempt)", "error": "\(error)"],
        )
        let now = clock()
        try await settle(job.checkoutID, because: .worker, job: job, jobEnd: .again(at: now + wait)) { current in
            guard isUntried, let placement = current.placement,
                let problem = PlacementResolver.lapsedUnsent(placement, now: now)
            else { return [news] }
            return [news, .placementFailed(problem)]
        }
    }

    func retryDelay(_ job: ClaimedJob) -> Duration {
        policy.jittered(policy.delay(policy.placeRetry, job.attempt + 1))
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
