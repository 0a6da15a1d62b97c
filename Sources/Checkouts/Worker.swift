public import Logging
internal import Synchronization
internal import Wire

/// Does the jobs that commits ordered: alone it is enough to finish every purchase, whatever else was lost.
public final class Worker: Sendable {
    private let desk: CheckoutDesk
    private let concurrency: Int
    private let logger: Logger
    private let isDraining = Mutex(false)
    private let underWay = Mutex(0)

    /// How long to wait at the most before looking for due jobs again.
    private static let lookEvery = Duration.seconds(5)

    /// At most `concurrency` jobs are under way at once.
    public init(desk: CheckoutDesk, concurrency: Int = 16, logger: Logger) {
        self.desk = desk
        self.concurrency = concurrency
        self.logger = logger
    }

    /// Works until ``drain()`` is called or the task is cancelled; jobs under way are finished first.
    public func run() async {
        await withDiscardingTaskGroup { group in
            while !isDraining.withLock(\.self), !Task.isCancelled {
                let free = concurrency - underWay.withLock(\.self)
                guard let jobs = free > 0 ? await claim(free) : [] else {
                    // Due jobs that cannot be claimed must not make this loop a busy one.
                    await desk.bell.wait(atMost: Worker.lookEvery)
                    continue
                }
                underWay.withLock { $0 += jobs.count }
                for job in jobs {
                    group.addTask {
                        await self.work(job)
                        self.underWay.withLock { $0 -= 1 }
                        self.desk.bell.ring()
                    }
                }
                if jobs.isEmpty { await desk.bell.wait(atMost: free > 0 ? await untilNextJob() : Worker.lookEvery) }
            }
        }
    }

    /// Takes no more jobs; ``run()`` returns once those under way are finished.
    public func drain() {
        isDraining.withLock { $0 = true }
        desk.bell.ring()
    }

    /// `nil` when the store cannot give any.
    private func claim(_ limit: Int) async -> [ClaimedJob]? {
        do {
            return try await desk.store.claimJobs(limit: limit, lease: desk.policy.lease, at: desk.clock())
        } catch {
            logger.error("jobs cannot be claimed", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func untilNextJob() async -> Duration {
        guard let due = try? await desk.store.nextJobDue() else { return Worker.lookEvery }
        return min(max(due - desk.clock(), .milliseconds(10)), Worker.lookEvery)
    }

    func work(_ job: ClaimedJob) async {
        do {
            switch job.kind {
            case .observe: try await desk.poll(job)
            case .hint: try await desk.followHint(job)
            case .place: try await desk.place(job)
            case .disable: try await desk.keepDisabling(job)
            case .release: try await desk.release(job)
            case .readOrder:
                let checkout = try await desk.checkout(job.checkoutID)
                guard checkout.order != nil else { return try await desk.end(job, .done) }
                _ = try await desk.readPlacedOrder(checkout, because: .worker, job: job)
            }
        } catch {
            await putOff(job, error)
        }
    }

    /// A job that failed comes back by itself: put off if the store can say so, else when its lease ends.
    private func putOff(_ job: ClaimedJob, _ error: DeskError) async {
        if case .store(.leaseLost) = error { return }
        logger.warning(
            "a job did not succeed yet",
            metadata: ["checkout": "\(job.checkoutID)", "job": "\(job.kind.rawValue)", "error": "\(error)"],
        )
        let isOver: Bool
        if case .notFound = error { isOver = true } else { isOver = false }
        switch job.kind {
        case .place: try? await desk.end(job, isOver ? .done : .again(at: desk.clock() + desk.retryDelay(job)))
        case .observe:
            let turn = desk.clock() + desk.policy.jittered(desk.policy.delay(desk.policy.pollWaiting, job.attempt))
            try? await desk.end(job, isOver ? .done : .again(at: turn))
        case .disable: try? await desk.end(job, isOver ? .done : desk.later(job))
        // The regular readings go on without the hint.
        case .hint, .release, .readOrder: try? await desk.end(job, isOver ? .done : desk.ending(job))
        }
    }
}

extension CheckoutDesk {
    /// One regular reading, and the next one after it in its turn, whether or not Klarna answered, as long as anything can
    /// change: however long Klarna is silent, an authorization must be found within its life.
    func poll(_ job: ClaimedJob) async throws(DeskError) {
        var checkout = try await checkout(job.checkoutID)
        if checkout.status == .created, clock() >= checkout.createdAt + policy.openingMax {
            checkout = try await settle(checkout.id, because: .poll) { _ in [.pageExpired] }
        }
        let before = checkout.status
        do {
            checkout = try await observe(checkout.id, because: .poll)
        } catch .klarnaUnknown, .klarnaRefused {
            // Told in the log already.
        }
        switch checkout.status {
        case .created: try await end(job, .again(at: checkout.createdAt + policy.openingMax))
        case .waiting, .inProgress:
            // A new state has ordered its first reading by itself.
            let isNew = checkout.status != before
            let next = clock() + policy.nextPoll(of: checkout, job.attempt + 1)
            try await end(job, isNew ? .done : .again(at: next))
        case .authorized, .orderPlaced, .cancelled, .disabled, .expired, .orderFailed, .needsReview:
            try await end(job, .done)
        }
    }

    /// Readings in quick succession until one shows something new; the regular ones follow the new state from there on.
    func followHint(_ job: ClaimedJob) async throws(DeskError) {
        let before = try await checkout(job.checkoutID)
        let after = try await observe(job.checkoutID, because: .callback)
        let next = job.attempt + 1
        guard after.status == before.status, after.hppStatus == before.hppStatus, !after.status.isFinal,
            after.status != .authorized, next < policy.pollAfterHint.count
        else {
            let isOpen = after.status == .waiting || after.status == .inProgress
            let jobs = isOpen ? [JobOrder(.observe, at: clock() + policy.delay(policy.pollInProgress, 0))] : []
            let change = Change(job.checkoutID, jobs: jobs, job: job, jobEnd: .done)
            _ = try await commit(change, after)
            return
        }
        try await end(job, .again(at: clock() + policy.pollAfterHint[next]))
    }

    /// Goes on closing a page that Klarna did not confirm to be closed.
    func keepDisabling(_ job: ClaimedJob) async throws(DeskError) {
        let checkout = try await closePage(of: try await checkout(job.checkoutID), because: .worker)
        let isOpen = checkout.status == .waiting || checkout.status == .inProgress
        try await end(job, isOpen ? later(job) : .done)
    }

    func later(_ job: ClaimedJob) -> JobEnd {
        .again(at: clock() + policy.jittered(policy.delay(policy.otherRetry, job.attempt)))
    }
}
