internal import Logging
internal import TimeAndChance
internal import Wire

/// What others cause: Klarna by a callback, a shopper who is back, a merchant who asks.
extension CheckoutDesk {
    /// What Klarna calls about; the raw value is its name in the history.
    public enum CallbackKind: String, Sendable, Hashable, CaseIterable {
        /// The hosted page's `status_update`.
        case status
        /// Klarna Payments' news of an authorization.
        case authorization
        /// What Klarna thinks of the risk of an order.
        case notification
        /// An order exists, and is to be acknowledged.
        case push
    }

    /// Records a callback and orders a reading. Durable before it returns; the body of the callback is never applied.
    public func receive(
        _ kind: CallbackKind = .status,
        callback eventID: String,
        sessionID: String?,
        status: String?,
        for id: Checkout.ID,
    ) async throws(DeskError) {
        let now = now
        var detail = JSONObject()
        if kind != .status { detail["kind"] = .string(kind.rawValue) }
        detail[kind == .authorization ? "payment_session_id" : "hpp_session_id"] = sessionID.map(JSON.string)
        detail["status"] = status.map(JSON.string)
        // However many callbacks come, Klarna is not asked more often than that.
        let isFirst = hints.isDue(id, at: now, pause: policy.hintPause)
        let event = Event(at: now, type: "callback.received", source: .callback, detail: detail, eventID: eventID)
        var jobs = [JobOrder(.hint, at: isFirst ? now : now + policy.hintPause)]
        if kind == .push { jobs.append(JobOrder(.acknowledge, at: now)) }
        let change = Change(id, events: [event], jobs: jobs)
        do {
            _ = try await stored { () async throws(StoreError) in try await store.commit(change) }
        } catch .store(.conflict(.missingCheckout, _)) {
            logger.critical(
                "a callback is for a checkout that is not in the database; was an older copy restored?",
                metadata: ["checkout": "\(id)", "event_id": "\(eventID)"],
            )
            let orphan = OrphanCallback(
                checkoutID: id,
                eventID: eventID,
                at: now,
                hppSessionID: sessionID,
                status: status,
            )
            try await stored { () async throws(StoreError) in try await store.keep(orphan) }
            counts.callback(.orphan)
            return
        }
        counts.callback(.recorded)
        bell.ring()
    }

    /// The shopper is back: finds out where the checkout stands, and waits a little for an order that is being placed.
    ///
    /// - Throws: ``DeskError/klarnaUnknown(reason:)`` when Klarna takes longer than that patience; the reading goes on.
    public func returned(_ id: Checkout.ID, waitingAtMost patience: Duration) async throws(DeskError) -> Checkout {
        var checkout = try await observe(id, because: .redirect, waitingAtMost: patience)
        var waited = Duration.zero
        var pause = Duration.milliseconds(20)
        while checkout.status == .authorized, waited < patience, !Task.isCancelled {
            try? await surroundings.sleep(pause)
            waited += pause
            pause = min(pause * 2, .milliseconds(500))
            checkout = try await self.checkout(id)
        }
        return checkout
    }

    private func observe(
        _ id: Checkout.ID,
        because source: Event.Source,
        waitingAtMost patience: Duration,
    ) async throws(DeskError) -> Checkout {
        let (results, result) = AsyncStream<Result<Checkout, DeskError>>.makeStream()
        surroundings.start { [self] in
            do throws(DeskError) {
                result.yield(.success(try await observe(id, because: source)))
            } catch {
                result.yield(.failure(error))
            }
        }
        let alarm = surroundings.start { [self] in
            try? await surroundings.sleep(patience)
            result.yield(.failure(.klarnaUnknown(reason: "no answer within a shopper's patience")))
        }
        defer { alarm.cancel() }
        for await first in results { return try first.get() }
        throw .klarnaUnknown(reason: "nobody waits for the answer any more")
    }

    /// Reads Klarna's state now, whatever state the checkout is in, and goes on with what was not finished.
    public func refresh(_ id: Checkout.ID) async throws(DeskError) -> Checkout {
        let checkout = try await checkout(id)
        switch checkout.status {
        case .created: return try await resumeOpening(id)
        case .waiting, .inProgress, .cancelled, .disabled, .expired, .orderFailed, .needsReview:
            return try await observe(checkout, because: .api)
        case .authorized:
            let place = Change(id, jobs: [JobOrder(.place, at: now, deadline: checkout.deadline, onlyIfAbsent: true)])
            return try await commit(place, checkout)
        case .orderPlaced: return try await readPlacedOrder(checkout, because: .api)
        case .tokenized: return checkout
        }
    }

    /// The checkout as it is known here. One that may have gone on meanwhile is read at Klarna soon after: whoever looks at a
    /// checkout heals it.
    public func look(at id: Checkout.ID) async throws(DeskError) -> Checkout {
        let checkout = try await checkout(id)
        let now = now
        let job: JobOrder
        switch checkout.status {
        case .waiting, .inProgress: job = JobOrder(.observe, at: now, deadline: checkout.deadline)
        case .authorized: job = JobOrder(.place, at: now, deadline: checkout.deadline, onlyIfAbsent: true)
        case .created, .orderPlaced, .tokenized, .cancelled, .disabled, .expired, .orderFailed, .needsReview:
            return checkout
        }
        guard now >= checkout.updatedAt + policy.staleAfter, looks.isDue(id, at: now, pause: policy.staleAfter) else {
            return checkout
        }
        do {
            return try await commit(Change(id, jobs: [job]), checkout)
        } catch {
            // It was asked for what is known, and that is there.
            logger.warning("a reading could not be ordered", metadata: ["checkout": "\(id)", "error": "\(error)"])
            return checkout
        }
    }
}
