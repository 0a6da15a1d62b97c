import Checkouts
import Klarna
import KlarnaSandbox
import Wire

/// At the store.
extension Audit {
    func committed(_ change: Change, _ before: Checkout?, _ after: Checkout?, wasHeld: Bool) {
        let id = change.checkoutID
        require(wasHeld, "I8", "a worker that lost its job writes for \(id)")
        let length = run.memory.events[id]?.count ?? 0
        defer { historyLengths[id] = length }
        if change.events.contains(where: { $0.type == "checkout.disabling" }) { closings[id] = run.scheduler.now }
        for event in change.events {
            guard let eventID = event.eventID else { continue }
            let count = run.memory.events[id]?.count { $0.event.eventID == eventID } ?? 0
            require(count == 1, "I10", "the event \(eventID) of \(id) is recorded \(count) times")
        }
        guard let written = change.checkout, let after else { return }
        run.trace { "        \(id): \(before?.status.rawValue ?? "new") -> \(after.status.rawValue) v\(after.version)" }
        run.mix(UInt64(after.version) &* 31 &+ UInt64(after.status.rawValue.utf8.count))
        require(written.version == before?.version ?? 0, "I8", "\(id) is written from an older state")
        require(after.version == (before?.version ?? 0) + 1, "I8", "\(id) skips a version")
        if let before {
            require(length > historyLengths[id] ?? 0 || before.status == after.status, "I10", "\(id) changes untold")
            require(
                before.status == after.status || Audit.graph[before.status]?.contains(after.status) ?? false,
                "I8",
                "\(id) goes from \(before.status.rawValue) to \(after.status.rawValue)",
            )
            if before.sessions != after.sessions, let old = before.sessions { checkReopened(before, after, old) }
            require(
                before.order == nil || before.order?.orderID == after.order?.orderID,
                "I1",
                "the order of \(id) is another one now",
            )
            checkAttempt(before, after)
        }
        if let placement = after.placement { intend(placement, after) }
        for token in after.surplusAuthorizations { surplus[token.rawValue] = id }
        if let sessions = after.sessions, before?.sessions != sessions {
            openings[id] = run.scheduler.now
            let page = sessions.hppSessionID.rawValue
            require(!strayPages.contains(page), "I3", "\(id) gets a page that was closed before")
            paymentSessions[sessions.paymentSessionID.rawValue] = id
            pages[page] = (id, sessions.redirectURL, run.scheduler.now)
        }
        committedOperations(before, after)
        if before?.status != after.status {
            endings[id] = run.scheduler.now
            checkTruth(after, before)
        }
        if let held = after.heldReference, before?.heldReference == nil {
            let isShared = run.memory.ids.contains { $0 != id && run.memory.checkouts[$0]?.heldReference == held }
            require(!isShared, "I1", "\(id) holds a reference that another checkout holds")
        }
        if let order = after.order, before?.order == nil {
            for other in run.memory.ids where other != id {
                let isShared = run.memory.checkouts[other]?.order?.orderID == order.orderID
                require(!isShared, "I1", "the order of \(id) is recorded at \(other) as well")
            }
        }
    }

    /// A new page takes the place of one at which nobody can pay any more.
    private func checkReopened(_ before: Checkout, _ after: Checkout, _ old: Checkout.Sessions) {
        run.coverage.count("page", "reopened")
        let isFollowed = [.cancelled, .disabled, .expired].contains(before.status) && after.status == .waiting
        require(isFollowed, "I3", "\(after.id) gets another page while it is \(before.status.rawValue)")
        let records = run.klarna.records()
        let isOpen = records.contains { pages[$0.hppSessionID]?.id == after.id && $0.isOpen }
        require(!isOpen, "I3", "\(after.id) gets another page while the first one is open")
        let record = records.first { $0.hppSessionID == old.hppSessionID.rawValue }
        require(record?.orderID == nil, "I1", "\(after.id) gets another page although it is paid for")
    }

    /// The bytes, the token and the key of a placement stay what they were.
    private func intend(_ placement: OrderPlacement, _ checkout: Checkout) {
        let id = checkout.id
        let name = checkout.chargedToken == nil ? placement.token.rawValue : placement.idempotencyKey
        var intent = intents[name] ?? Intent(checkoutID: id, body: placement.body, key: placement.idempotencyKey)
        require(intent.body == placement.body && intent.key == placement.idempotencyKey, "I7", "\(id) renders anew")
        intent.attempts = max(intent.attempts, placement.attempts.count)
        intent.tokenAttempts = max(intent.tokenAttempts, placement.tokenization.count)
        intents[name] = intent
    }

    /// What is written down of an attempt that ended is what happened to it, or less.
    private func checkAttempt(_ before: Checkout, _ after: Checkout) {
        guard let old = before.placement, let new = after.placement, old.token == new.token,
            old.attempts.inFlightSince != nil, new.attempts.inFlightSince == nil,
            let sending = run.klarna.sendings.last(where: {
                $0.subject == .order(old.token.rawValue) || $0.subject == .order(old.idempotencyKey)
            })
        else { return }
        switch sending.heard {
        case .nothing, .lost:
            require(new.attempts.unansweredAt != nil, "I6", "\(after.id) forgets that an attempt was not answered")
            require(new.attempts.refusals == old.attempts.refusals, "I6", "\(after.id) takes silence for a refusal")
        case .answered(401), .answered(429):
            let attempts = new.attempts
            let isKnown = attempts.held > 0 || attempts.refusals > 0 || attempts.unansweredAt != nil
            require(isKnown, "I6", "\(after.id) forgets that an attempt arrived")
        case .notSent, .answered: break
        }
    }

    /// What a checkout says of itself is so at Klarna.
    private func checkTruth(_ after: Checkout, _ before: Checkout?) {
        let id = after.id
        let record = after.sessions.flatMap { sessions in
            run.klarna.records().first { $0.hppSessionID == sessions.hppSessionID.rawValue }
        }
        let jobs = run.memory.jobs.filter { $0.checkoutID == id && $0.dueAt != nil }.map(\.kind)
        switch after.status {
        case .created: break
        case .waiting:
            require(record != nil, "I3", "\(id) shows a page that is not Klarna's")
            require(jobs.contains(.observe), "I10", "nothing follows from opening \(id)")
        case .inProgress: require(jobs.contains(.observe), "I10", "nothing follows from the shopper's visit to \(id)")
        case .authorized:
            let token = after.placement?.token.rawValue
            guard after.chargedToken == nil else { break }
            require(record?.authorizations.contains { $0.token == token } ?? false, "I5", "\(id) is not authorized")
            require(jobs.contains(.place), "I10", "nothing follows from the authorization of \(id)")
        case .orderPlaced:
            let order = after.order?.orderID.rawValue
            // Of a charge that was made twice, the merchant is told of either.
            let isThere = after.chargedToken == nil ? record?.orderID == order : books[order ?? ""] != nil
            require(isThere, "I5", "the order of \(id) is not at Klarna")
            require(jobs.contains(.watchOrder), "I10", "nobody watches the order of \(id)")
        case .tokenized:
            // One that was cancelled is not kept.
            let token = after.customerToken?.token?.rawValue
            let tokens = run.klarna.world.tokens(at: run.klarna.now)
            let isThere = token == nil || tokens.contains { $0["token_id"]?.string == token }
            require(isThere, "I5", "the customer token of \(id) is not at Klarna")
        case .cancelled: require(record?.status == .cancelled, "I5", "\(id) is not cancelled at Klarna")
        case .disabled:
            // An order of Klarna Checkout is given up, and its page with it.
            let isClosed = [.disabled, .cancelled, nil].contains(record?.status)
            require(isClosed, "I5", "\(id) is not disabled at Klarna")
        case .expired:
            let isOver = after.sessions.map { run.klarna.now >= $0.expiresAt } ?? true
            require(isOver, "I5", "\(id) expires before its time")
        case .orderFailed:
            let isPromised = run.klarna.world.behaviour.honoursOrderManagementKeys
            let isCharged = after.chargedToken != nil && isPromised && charges[id.rawValue] != nil
            require(record?.orderID == nil && !isCharged, "I6", "\(id) fails although its order exists")
            require(!isUnderWay(id), "I6", "\(id) fails while its order may still be made")
            require(isReadLateEnough(after, before), "I6", "\(id) fails by a reading that is too early to tell")
            checkFailure(after, before, record)
        case .needsReview: break
        }
    }

    /// Whether the payment session was read when nothing could be under way any more, by what is written down of it.
    private func isReadLateEnough(_ checkout: Checkout, _ before: Checkout?) -> Bool {
        guard let since = before?.placement?.attempts.uncertainSince,
            let session = checkout.sessions?.paymentSessionID.rawValue
        else { return true }
        let sentAt = since.milliseconds - (run.klarna.now.milliseconds - run.scheduler.now)
        // Klarna's clock is known to the second.
        return paymentReadings[session] ?? 0 >= sentAt + Audit.horizon - 3000
    }

    private func checkFailure(_ after: Checkout, _ before: Checkout?, _ record: SessionRecord?) {
        guard let problem = after.problem, let placement = before?.placement else { return }
        let consent = record?.authorizations.first { $0.token == placement.token.rawValue }
        switch problem.type {
        case .authorizationExpired:
            let isTold = placement.attempts.lastRefusal?.status == 404
            require(
                isTold || consent?.state != .live,
                "I6",
                "the authorization of \(after.id) expires before its time",
            )
        case .orderRejected:
            // A charge is refused by its key.
            let isBelieved = placement.attempts.refusals >= 3 || after.chargedToken != nil
            require(isBelieved, "I6", "\(after.id) believes too early")
        case .customerTokenSuspended, .customerTokenCancelled, .paymentMethodFailed, .paymentMethodUnavailable:
            require(after.chargedToken != nil, "I2", "\(after.id) fails for a reason that is not its own")
        case .customerTokenRefused:
            require(after.terms.intent == .tokenize, "I2", "\(after.id) fails for a reason that is not its own")
        case .authorizationReleased:
            let isPaid = run.memory.ids.lazy.compactMap { self.run.memory.checkouts[$0] }.contains { other in
                other.id != after.id && other.merchantReference == after.merchantReference
                    && (other.status == .orderPlaced || other.status == .needsReview && other.holdsReference)
            }
            require(isPaid, "I2", "\(after.id) gives way to nobody")
        case _: note("I2", "\(after.id) fails for an unknown reason")
        }
    }

    /// A checkout that is written and read again is the same.
    func checkCoding(_ checkout: Checkout) {
        let vault = Vault(secretKey: Node.secretKey)
        let read = try? CheckoutRecord(checkout, vault: vault).checkout(vault: vault)
        require(read == checkout, "I4", "\(checkout.id) is another one when it is read again")
    }

    /// Whether a request to place for a checkout may still have its effect.
    func isUnderWay(_ id: Checkout.ID, besides token: String? = nil) -> Bool {
        run.klarna.sendings.contains {
            guard $0.checkoutID == id, $0.mayArrive, case .order(let name) = $0.subject else { return false }
            return name != token && run.scheduler.now < $0.sentAt + Audit.horizon
        }
    }

    func willClaim(at now: Timestamp) {
        heldJobs = run.memory.jobs.filter { !$0.isFree(at: now) }.map { ($0.checkoutID, $0.kind) }
    }

    func claimed(_ jobs: [ClaimedJob], at now: Timestamp) {
        for job in jobs {
            if job.kind == .place { placings[job.checkoutID] = run.scheduler.now }
            let wasHeld = heldJobs.contains { $0.id == job.checkoutID && $0.kind == job.kind }
            require(!wasHeld, "I8", "the job \(job.kind.rawValue) of \(job.checkoutID) has two workers")
        }
    }

    func writes(for job: ClaimedJob) {
        guard run.memory.flaws.contains(.ignoresEpochs) else { return }
        require(run.memory.holds(job), "I8", "a worker that lost its job ends it")
    }

    /// `docs/payments.md`, and the ways on from an end that a late payment or a new page opens.
    private static let graph: [Checkout.Status: Set<Checkout.Status>] = [
        .created: [.waiting, .disabled, .cancelled, .expired],
        .waiting: [.inProgress, .authorized, .orderPlaced, .cancelled, .disabled, .expired, .needsReview],
        .inProgress: [.authorized, .orderPlaced, .cancelled, .disabled, .expired, .needsReview],
        .authorized: [.orderPlaced, .tokenized, .orderFailed, .needsReview],
        .cancelled: [.waiting, .orderPlaced, .authorized],
        .disabled: [.waiting, .orderPlaced, .authorized],
        .expired: [.waiting, .orderPlaced, .authorized],
        .orderFailed: [.orderPlaced],
        .needsReview: [.orderPlaced],
    ]
}
