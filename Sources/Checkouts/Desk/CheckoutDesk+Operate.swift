internal import Klarna
internal import Logging
internal import TimeAndChance
internal import Wire

/// Working off what is to be done with orders.
extension CheckoutDesk {
    /// One attempt at the oldest operation of a checkout that is not settled: look first where it may have happened already,
    /// then write the attempt down, then send. One after another, so that each is decided on what the one before left.
    package func operate(_ job: ClaimedJob) async throws(DeskError) {
        let checkout = try await checkout(job.checkoutID)
        guard let order = checkout.order, let operation = checkout.pendingOperation else {
            return try await end(job, .done)
        }
        if OperationResolver(policy.resolver).hasLapsed(operation, now: now) {
            try await settle(checkout, because: .worker, job: job, jobEnd: next(checkout)) { _ in
                [.operationFailed(operation, .operationLapsed)]
            }
            return
        }
        let client = try client(for: checkout)
        // Without Klarna's clock a later start of this program could not tell for how long the key has been known.
        if operation.mustBeLookedFor || client.klarnaNow == nil {
            guard try await lookMaySend(operation, of: checkout, order, client, job) else { return }
        }
        let begun = now
        let sending = try await settle(checkout, because: .worker, job: job) { current in
            current.operation(operation.id)?.isPending == true
                ? [.operationSent(operation.id, at: klarnaNow(client))] : []
        }
        // Somebody may have found it done between our reading and this write.
        guard let frozen = sending.operation(operation.id), frozen.isPending else {
            return try await end(job, .again(at: now))
        }
        // Whoever stood still for so long must not send any more; see the same place in placing.
        guard now - begun < policy.lease else { return try await end(job, .again(at: now)) }
        let answer: OrderEffectAnswer
        do throws(KlarnaError) {
            answer = try await client.perform(
                frozen.effect,
                on: order.orderID,
                body: frozen.body.isEmpty ? nil : frozen.body,
                idempotencyKey: frozen.idempotencyKey,
            )
        } catch {
            return try await putOff(frozen, of: sending, job, error, client)
        }
        try await record(answer, to: frozen, of: sending, job)
    }

    /// Writes down what was done, or sees to it that it is looked for again.
    private func record(
        _ answer: OrderEffectAnswer,
        to operation: OrderOperation,
        of checkout: Checkout,
        _ job: ClaimedJob,
    ) async throws(DeskError) {
        do {
            try await recordDone(
                [.operationDone(operation, klarnaID: answer.id)],
                of: checkout,
                job,
                jobEnd: next(checkout),
                correlationID: answer.correlationID,
            )
        } catch {
            logger.critical(
                "something was done with an order and could not be recorded; it will be looked for again",
                metadata: ["checkout": "\(checkout.id)", "operation": "\(operation.id)", "error": "\(error)"],
            )
            throw error
        }
    }

    /// Reads the order and decides by it. True when the frozen bytes are to be sent.
    private func lookMaySend(
        _ operation: OrderOperation,
        of checkout: Checkout,
        _ order: Order,
        _ client: KlarnaClient,
        _ job: ClaimedJob,
    ) async throws(DeskError) -> Bool {
        let begun = now
        let reading: OrderReading
        do throws(KlarnaError) {
            reading = try await client.order(order.orderID)
        } catch {
            guard case .refused = error, operation.attempts.uncertainSince == nil,
                let refusal = operation.attempts.lastRefusal
            else { throw DeskError(error) }
            // Every attempt was answered: what cannot be read cannot make the refusal another one.
            try await settle(checkout, because: .worker, job: job, jobEnd: next(checkout)) { _ in
                [.operationFailed(operation, .operationRefused(refusal))]
            }
            return false
        }
        let readAt = klarnaNow(client) - (now - begun)
        let sight = OrderSight(reading, of: checkout, at: now, surroundings)
        let step =
            sight.isDone(operation.id) ? nil : OperationResolver(policy.resolver).next(operation, readAt: readAt)
        var news = sight.news
        var end: JobEnd? = .again(at: now)
        switch step {
        case nil: break
        case .send: end = nil
        case .sendAnew:
            news.append(.operationRekeyed(operation.id))
            end = nil
        case .wait(let pause): end = .again(at: now + max(pause, patience(job)))
        case .fail(let problem): news.append(.operationFailed(operation, problem))
        }
        let told = news
        var fits = false
        let after = try await settle(
            checkout,
            because: .worker,
            job: job,
            jobEnd: end,
            correlationID: reading.correlationID,
        ) { current in
            // What was seen is compared with one version; on another it would have to be compared anew.
            fits = current.version == checkout.version
            return fits ? told : []
        }
        guard end == nil else { return false }
        guard fits, after.operation(operation.id)?.isPending == true else {
            try await self.end(job, .again(at: now))
            return false
        }
        return true
    }

    /// Writes down what came instead of a success, and puts the job off.
    private func putOff(
        _ operation: OrderOperation,
        of checkout: Checkout,
        _ job: ClaimedJob,
        _ error: KlarnaError,
        _ client: KlarnaClient,
    ) async throws(DeskError) {
        let answer: Checkout.OperationAnswer
        var wait = patience(job)
        switch error {
        case .notSent(let reason): answer = .notSent(reason: reason)
        case .paused(let retryAfter):
            answer = .notSent(reason: "There were too many calls to Klarna.")
            wait = max(wait, min(retryAfter, policy.retryAfterMax))
        case .unknown(let lost):
            answer = .unanswered(Problem.KlarnaAnswer(lost))
            wait = max(wait, min(lost.retryAfter ?? .zero, policy.retryAfterMax))
        case .refused(let refusal):
            let klarna = Problem.KlarnaAnswer(refusal)
            if OperationResolver.mayPass(refusal.status, after: operation.attempts) {
                answer = .held(klarna)
                wait = max(wait, min(refusal.retryAfter ?? .zero, policy.retryAfterMax))
            } else {
                answer = .refused(klarna, at: klarnaNow(client))
                wait = .zero
            }
        }
        logger.warning(
            "something that is to be done with an order did not succeed yet",
            metadata: ["checkout": "\(job.checkoutID)", "operation": "\(operation.id)", "error": "\(error)"],
        )
        try await settle(checkout, because: .worker, job: job, jobEnd: .again(at: now + wait)) { _ in
            [.operationWaits(operation.id, answer)]
        }
    }

    /// Until the next attempt. What fails for long is tried less often: each attempt is part of the history.
    private func patience(_ job: ClaimedJob) -> Duration { job.attempt < 20 ? retryDelay(job) : policy.lateRetry }

    /// Whether another operation waits its turn.
    private func next(_ checkout: Checkout) -> JobEnd {
        checkout.operations.filter(\.isPending).count > 1 ? .again(at: now) : .done
    }
}
