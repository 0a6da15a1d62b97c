import Checkouts
import Wire

/// The way from one process to the store, which all nodes share. Each call is applied at a moment of its own and answered
/// at another; it may fail before it is applied, or after.
final class StoreLine: Store, @unchecked Sendable {
    // Unchecked: used by the one thread of its run.
    private unowned let run: Run
    private let lane: Lane

    init(_ run: Run, _ lane: Lane) {
        self.run = run
        self.lane = lane
    }

    enum Fate: String, CaseIterable {
        case done
        case failedBefore
        /// Applied, and nobody hears of it.
        case failedAfter
    }

    private func call<Value: Sendable>(
        _ name: String,
        isWrite: Bool,
        _ apply: @escaping (Run) throws(StoreError) -> Value,
    ) async throws(StoreError) -> Value {
        let gone = Result<Value, StoreError>.failure(.unavailable(reason: "the process is gone"))
        guard lane.isAlive else { return try gone.get() }
        let fate = run.weather.storeFate(isWrite: isWrite)
        run.coverage.count("store \(name)", fate.rawValue)
        run.weather.strike(lane, within: 40)
        let result = await lane.wait(ifDead: gone) { end in
            let scheduler = run.scheduler
            let down = Result<Value, StoreError>.failure(.unavailable(reason: "the database does not answer"))
            scheduler.after(run.weather.storeLatency()) { [self] in
                // What a process had not handed over when it died is not written.
                guard fate != .failedBefore, lane.isAlive || scheduler.dice.chance(500) else { return end(down) }
                let result = Result<Value, StoreError> { () throws(StoreError) in try apply(run) }
                run.trace { "\(self.lane.name) store \(name) \(fate) \(result.summary)" }
                scheduler.after(run.weather.storeLatency()) { end(fate == .failedAfter ? down : result) }
            }
        }
        return try result.get()
    }

    @discardableResult
    func commit(_ change: Change) async throws(StoreError) -> Int64 {
        guard let change = run.bug.map({ $0.rewritten(change, run.memory) }) ?? change else { return 1 }
        // Answered before it is written: what is lost then is lost.
        if run.bug == .answersBeforeCommit, change.job == nil, change.claim == nil {
            lane.start { _ = try? await self.write(change) }
            return (change.checkout?.version ?? -1) + 1
        }
        return try await write(change)
    }

    private func write(_ change: Change) async throws(StoreError) -> Int64 {
        try await call("commit", isWrite: true) { run throws(StoreError) in try run.commit(change) }
    }

    func checkout(_ id: Checkout.ID) async throws(StoreError) -> Checkout? {
        let hides = PlantedBug.hidesPendingAmounts
        return try await call("checkout", isWrite: false) { run throws(StoreError) in
            let checkout = run.memory.checkouts[id]
            return hides ? checkout?.withoutPendingAmounts : checkout
        }
    }

    func checkouts(_ filter: CheckoutFilter) async throws(StoreError) -> [Checkout] {
        try await call("checkouts", isWrite: false) { run throws(StoreError) in run.memory.list(filter) }
    }

    func events(of id: Checkout.ID) async throws(StoreError) -> [StoredEvent] {
        try await call("events", isWrite: false) { run throws(StoreError) in run.memory.events[id] ?? [] }
    }

    func rivals(of checkout: Checkout) async throws(StoreError) -> [Checkout] {
        try await call("rivals", isWrite: false) { run throws(StoreError) in run.memory.rivals(of: checkout) }
    }

    func claimJobs(
        _ capacity: JobCapacity,
        lease: Duration,
        at now: Timestamp,
    ) async throws(StoreError) -> [ClaimedJob] {
        try await call("claim", isWrite: true) { run throws(StoreError) in
            run.audit.willClaim(at: now)
            let jobs = run.memory.claimJobs(capacity, until: now + lease, at: now)
            run.audit.claimed(jobs, at: now)
            for job in jobs { run.trace { "        \(job.kind.rawValue) of \(job.checkoutID) is claimed at \(now)" } }
            return jobs
        }
    }

    func nextJobDue() async throws(StoreError) -> Timestamp? {
        try await call("next", isWrite: false) { run throws(StoreError) in run.memory.nextJobDue }
    }

    func end(_ job: ClaimedJob, _ end: JobEnd) async throws(StoreError) {
        try await call("end", isWrite: true) { run throws(StoreError) in
            run.audit.writes(for: job)
            try run.memory.end(job, end)
            run.trace { "        \(job.kind.rawValue) of \(job.checkoutID): \(end)" }
        }
    }

    func renew(_ job: ClaimedJob, lease: Duration, at now: Timestamp) async throws(StoreError) {
        try await call("renew", isWrite: true) { run throws(StoreError) in
            try run.memory.renew(job, until: now + lease)
        }
    }

    func resume(at now: Timestamp) async throws(StoreError) {
        guard run.bug != .sweepsNotAtStart else { return }
        try await call("resume", isWrite: true) { run throws(StoreError) in run.memory.resume(at: now) }
    }

    func keep(_ orphan: OrphanCallback) async throws(StoreError) {
        try await call("keep", isWrite: true) { run throws(StoreError) in run.memory.keep(orphan) }
    }

    func backlog(at now: Timestamp) async throws(StoreError) -> Backlog {
        try await call("backlog", isWrite: false) { run throws(StoreError) in run.memory.backlog(at: now) }
    }

    func begin(
        _ request: IdempotentRequest,
        lease: Duration,
        at now: Timestamp,
    ) async throws(StoreError) -> IdempotentStart {
        try await call("begin", isWrite: true) { run throws(StoreError) in
            run.memory.begin(request, until: now + lease, at: now)
        }
    }

    func end(_ claim: IdempotencyClaim, answer: StoredAnswer?, at now: Timestamp) async throws(StoreError) {
        try await call("answer", isWrite: true) { run throws(StoreError) in
            try run.memory.end(claim, answer: answer)
        }
    }

    func checkWritable() async throws(StoreError) {
        try await call("touch", isWrite: true) { run throws(StoreError) in }
    }
}

extension Result where Failure == StoreError {
    fileprivate var summary: String {
        switch self {
        case .success: "ok"
        case .failure(let error): "\(error)"
        }
    }
}
