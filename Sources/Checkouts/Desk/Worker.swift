public import Logging
internal import Synchronization
internal import TimeAndChance
internal import Wire

/// Does the jobs that commits ordered: alone it is enough to finish every purchase, whatever else was lost.
public final class Worker: Sendable {
    private let desk: CheckoutDesk
    private let capacity: JobCapacity
    private let logger: Logger
    private let isDraining = Mutex(false)
    private let underWay = Mutex(JobCapacity(placing: 0, other: 0))

    /// At most `concurrency` orders are placed at once, and as many jobs of other kinds done beside them: placing does not wait
    /// for readings.
    public init(desk: CheckoutDesk, concurrency: Int = 16, logger: Logger) {
        self.desk = desk
        capacity = JobCapacity(placing: concurrency, other: concurrency)
        self.logger = logger
    }

    /// Works until ``drain()`` is called or the task is cancelled; jobs under way are finished first.
    public func run() async {
        await withDiscardingTaskGroup { group in
            while !isDraining.withLock(\.self), !Task.isCancelled {
                guard let jobs = await claim(free) else {
                    // Due jobs that cannot be claimed must not make this loop a busy one.
                    await desk.bell.wait(atMost: desk.policy.lookEvery)
                    continue
                }
                for job in jobs {
                    underWay.withLock { $0[job.kind] += 1 }
                    group.addTask {
                        await self.workHolding(job)
                        self.underWay.withLock { $0[job.kind] -= 1 }
                        self.desk.bell.ring()
                    }
                }
                if jobs.isEmpty { await desk.bell.wait(atMost: await untilNextJob()) }
            }
        }
    }

    /// Takes no more jobs; ``run()`` returns once those under way are finished.
    public func drain() {
        isDraining.withLock { $0 = true }
        desk.bell.ring()
    }

    private var free: JobCapacity {
        let underWay = underWay.withLock(\.self)
        return JobCapacity(placing: capacity.placing - underWay.placing, other: capacity.other - underWay.other)
    }

    /// `nil` when the store cannot give any, or there is no room for them.
    private func claim(_ free: JobCapacity) async -> [ClaimedJob]? {
        guard free.placing > 0 || free.other > 0 else { return nil }
        do {
            return try await desk.store.claimJobs(free, lease: desk.policy.lease, at: desk.now)
        } catch {
            logger.error("jobs cannot be claimed", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// While one of the two kinds of room is full, the next job due may be one that has none: then a job's end rings.
    private func untilNextJob() async -> Duration {
        let lookEvery = desk.policy.lookEvery
        guard free.placing > 0, free.other > 0, let due = try? await desk.store.nextJobDue() else { return lookEvery }
        return min(max(due - desk.now, .milliseconds(10)), lookEvery)
    }

    /// Works on a job and keeps its lease alive meanwhile.
    private func workHolding(_ job: ClaimedJob) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.hold(job) }
            await work(job)
            group.cancelAll()
        }
    }

    /// Until it is cancelled, or another worker has the job: then what this one still writes is refused.
    private func hold(_ job: ClaimedJob) async {
        while (try? await desk.surroundings.sleep(desk.policy.heartbeat)) != nil {
            do {
                try await desk.store.renew(job, lease: desk.policy.lease, at: desk.now)
            } catch .leaseLost {
                return
            } catch {
                logger.warning(
                    "a lease could not be extended",
                    metadata: ["checkout": "\(job.checkoutID)", "error": "\(error)"],
                )
            }
        }
    }

    package func work(_ job: ClaimedJob) async {
        desk.counts.begun(job.kind, after: desk.now - job.dueAt)
        do {
            switch job.kind {
            case .observe: try await desk.poll(job)
            case .hint: try await desk.followHint(job)
            case .place: try await desk.place(job)
            case .disable: try await desk.keepDisabling(job)
            case .release: try await desk.release(job)
            case .readOrder: try await desk.readOrderDetails(job)
            case .watchOrder: try await desk.watchOrder(job)
            case .acknowledge: try await desk.acknowledge(job)
            case .operate: try await desk.operate(job)
            case .sweep: try await desk.sweep(job)
            }
        } catch {
            await putOff(job, error)
        }
    }

    /// A job that failed comes back by itself: put off if the store can say so, else when its lease ends.
    private func putOff(_ job: ClaimedJob, _ error: DeskError) async {
        if case .store(.leaseLost) = error { return }
        desk.counts.failed(job.kind)
        logger.warning(
            "a job did not succeed yet",
            metadata: ["checkout": "\(job.checkoutID)", "job": "\(job.kind.rawValue)", "error": "\(error)"],
        )
        let isOver: Bool
        if case .notFound = error { isOver = true } else { isOver = false }
        guard !isOver else {
            try? await desk.end(job, .done)
            return
        }
        let now = desk.now
        switch job.kind {
        case .place, .operate: try? await desk.end(job, .again(at: now + desk.retryDelay(job)))
        case .watchOrder: try? await desk.end(job, .again(at: now + desk.policy.lateRetry))
        case .observe:
            let pause = desk.policy.delay(desk.policy.pollWaiting, job.attempt)
            try? await desk.end(job, .again(at: now + desk.surroundings.jittered(pause)))
        case .disable: try? await desk.end(job, desk.later(job))
        // The regular readings go on without the hint.
        case .hint: try? await desk.end(job, desk.ending(job))
        case .release, .readOrder, .acknowledge:
            // A refusal is an answer; silence passes.
            if case .klarnaRefused = error {
                try? await desk.end(job, desk.ending(job))
            } else {
                try? await desk.end(job, desk.later(job))
            }
        case .sweep:
            let isHopeless = job.attempt >= desk.policy.sweepTriesMax
            try? await desk.end(job, isHopeless ? .done : .again(at: now + desk.policy.lateRetry))
        }
    }
}

extension JobCapacity {
    fileprivate subscript(kind: JobOrder.Kind) -> Int {
        get { kind == .place ? placing : other }
        set { if kind == .place { placing = newValue } else { other = newValue } }
    }
}

extension CheckoutDesk {
    /// One regular reading, and the next one after it in its turn, whether or not Klarna answered, as long as anything can
    /// change: however long Klarna is silent, an authorization must be found within its life.
    package func poll(_ job: ClaimedJob) async throws(DeskError) {
        var checkout = try await checkout(job.checkoutID)
        if checkout.status == .created, now >= checkout.createdAt + policy.openingMax {
            checkout = try await settle(checkout, because: .poll) { _ in [.pageExpired] }
        }
        let before = checkout.status
        do {
            checkout = try await observe(checkout, because: .poll)
        } catch .klarnaUnknown, .klarnaRefused, .klarnaBusy, .unknownAccount {
            // Told in the log already.
        }
        switch checkout.status {
        case .created: try await end(job, .again(at: checkout.createdAt + policy.openingMax))
        case .waiting, .inProgress:
            checkout = try await announceEnd(of: checkout, job)
            // A new state has ordered its first reading by itself.
            let isNew = checkout.status != before
            let next = now + surroundings.jittered(policy.nextPoll(of: checkout, job.attempt + 1))
            try await end(job, isNew ? .done : .again(at: next))
        case .authorized, .orderPlaced, .tokenized, .cancelled, .disabled, .expired, .orderFailed, .needsReview:
            try await end(job, .done)
        }
    }

    /// Whoever waits for the shopper is told that the page closes soon.
    private func announceEnd(of checkout: Checkout, _ job: ClaimedJob) async throws(DeskError) -> Checkout {
        guard !checkout.isEndAnnounced, let sessions = checkout.sessions, let client = clients[checkout.account],
            klarnaNow(client) >= sessions.expiresAt - policy.endNotice
        else { return checkout }
        return try await settle(checkout, because: .poll, job: job) { current in
            current.isEndAnnounced ? [] : [.pageEnding]
        }
    }

    /// Readings in quick succession until one shows something new; the regular ones follow the new state from there on.
    package func followHint(_ job: ClaimedJob) async throws(DeskError) {
        let before = try await checkout(job.checkoutID)
        // News of a page whose making is not recorded yet: it is looked for as soon as it is.
        guard before.status != .created else { return try await end(job, later(job)) }
        // Klarna calls about orders too: what it thinks of the risk.
        if before.order != nil {
            _ = try await readPlacedOrder(before, because: .callback, job: job)
            return try await end(job, .done)
        }
        let after = try await observe(before, because: .callback)
        let next = job.attempt + 1
        guard after.status == before.status, after.hppStatus == before.hppStatus, !after.status.isFinal,
            after.status != .authorized, next < policy.pollAfterHint.count
        else {
            let isOpen = after.status == .waiting || after.status == .inProgress
            let turn = now + policy.delay(policy.pollInProgress, 0)
            let jobs = isOpen ? [JobOrder(.observe, at: turn, deadline: after.deadline)] : []
            let change = Change(job.checkoutID, jobs: jobs, job: job, jobEnd: .done)
            _ = try await commit(change, after)
            return
        }
        try await end(job, .again(at: now + policy.pollAfterHint[next]))
    }

    /// Looks again at what ended without an order: the shopper may have been quicker than the news of it.
    package func sweep(_ job: ClaimedJob) async throws(DeskError) {
        let checkout = try await observe(try await checkout(job.checkoutID), because: .worker)
        let next = policy.nextSweep(after: now - checkout.updatedAt).map { checkout.updatedAt + $0 } ?? extraSweep(job)
        let isOver = !checkout.status.isFinal || checkout.order != nil
        try await end(job, isOver ? .done : next.map(JobEnd.again) ?? .done)
    }

    /// Our clock may have been set forward since the end: so many readings are made in any case, as far apart as they would be.
    private func extraSweep(_ job: ClaimedJob) -> Timestamp? {
        let (made, ages) = (job.attempt + 1, policy.sweepAfterEnd)
        return made < ages.count ? now + (ages[made] - ages[job.attempt]) : nil
    }

    /// Goes on closing a page that Klarna did not confirm to be closed.
    func keepDisabling(_ job: ClaimedJob) async throws(DeskError) {
        var checkout = try await checkout(job.checkoutID)
        // The wish was for a page that another has followed since.
        guard checkout.isDisabling else { return try await end(job, .done) }
        checkout = try await closePage(of: checkout, because: .worker)
        let isOpen = checkout.status == .waiting || checkout.status == .inProgress
        try await end(job, isOpen ? later(job) : .done)
    }

    func later(_ job: ClaimedJob) -> JobEnd {
        .again(at: now + surroundings.jittered(policy.delay(policy.otherRetry, job.attempt)))
    }
}
