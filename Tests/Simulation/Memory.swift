import Checkouts
import Wire

/// What a store remembers, as a value: the promises of `Store` without disk, thread or wait.
struct Memory {
    private(set) var checkouts: [Checkout.ID: Checkout] = [:]
    /// In the order of their ids.
    private(set) var ids: [Checkout.ID] = []
    private(set) var events: [Checkout.ID: [StoredEvent]] = [:]
    private(set) var jobs: [JobRow] = []
    private var keys: [KeyName: KeyRow] = [:]
    private(set) var orphans: [OrphanCallback] = []
    private var lastSequence: Int64 = 0
    /// What is wrong with this store on purpose.
    var flaws: Set<PlantedBug> = []

    private struct KeyName: Hashable {
        let scope: String
        let key: String
    }

    private struct KeyRow {
        let fingerprint: String
        var epoch: Int64 = 1
        var leaseUntil: Timestamp?
        var checkoutID: Checkout.ID?
        var answer: StoredAnswer?
    }
}

/// Checkouts and their history.
extension Memory {
    mutating func commit(_ change: Change) throws(StoreError) -> Int64 {
        let before = self
        do {
            return try write(change)
        } catch {
            self = before
            throw error
        }
    }

    private mutating func write(_ change: Change) throws(StoreError) -> Int64 {
        if let checkout = change.checkout, checkout.id != change.checkoutID {
            throw .conflict(.other, reason: "the change is for another checkout than the one it carries")
        }
        if let job = change.job { try requireHeld(job) }
        var version: Int64 = 0
        if let checkout = change.checkout { version = try put(checkout) }
        if let claim = change.claim { try link(claim, to: change.checkoutID) }
        let refersToIt = !change.events.isEmpty || !change.jobs.isEmpty || change.claim != nil
        guard checkouts[change.checkoutID] != nil || !refersToIt else {
            throw .conflict(.missingCheckout, reason: "there is no such checkout")
        }
        for event in change.events where !flaws.contains(.losesEvents) { append(event, to: change.checkoutID) }
        let jobs = change.jobs.filter { !isDropped($0) }
        for job in jobs where !job.onlyIfAbsent { order(job, for: change.checkoutID) }
        if let job = change.job, let end = change.jobEnd { try self.end(job, end) }
        // After the end: the job that this change is done with is one that is absent.
        for job in jobs where job.onlyIfAbsent { order(job, for: change.checkoutID) }
        return version
    }

    private func isDropped(_ job: JobOrder) -> Bool {
        switch job.kind {
        case .place: flaws.contains(.losesPlaceJobs)
        case .observe: flaws.contains(.pollsNever)
        case .operate: flaws.contains(.losesOperateJobs)
        case .watchOrder: flaws.contains(.watchesNever)
        case .hint, .disable, .release, .readOrder, .acknowledge, .sweep: false
        }
    }

    private mutating func put(_ checkout: Checkout) throws(StoreError) -> Int64 {
        let stored = checkouts[checkout.id]
        guard stored?.version ?? 0 == checkout.version || flaws.contains(.comparesNoVersions) && stored != nil else {
            throw .stale
        }
        for id in ids where id != checkout.id { try requireUnlike(checkout, checkouts[id]) }
        if stored == nil { insert(checkout.id) }
        var next = checkout
        next.version = (stored?.version ?? 0) + 1
        checkouts[checkout.id] = next
        return next.version
    }

    private mutating func insert(_ id: Checkout.ID) {
        let place = ids.firstIndex { $0.rawValue > id.rawValue } ?? ids.endIndex
        ids.insert(id, at: place)
    }

    /// What a database keeps by unique columns.
    private func requireUnlike(_ checkout: Checkout, _ other: Checkout?) throws(StoreError) {
        guard let other else { return }
        if let order = checkout.order, order.orderID == other.order?.orderID, !flaws.contains(.sharesOrders) {
            throw .conflict(.orderTaken, reason: "another checkout has that order")
        }
        if let held = checkout.heldReference, held == other.heldReference, !flaws.contains(.sharesReferences) {
            throw .conflict(.referenceTaken, reason: "another checkout holds that merchant reference")
        }
        if let sessions = checkout.sessions, sessions.hppSessionID == other.sessions?.hppSessionID {
            throw .conflict(.other, reason: "another checkout has that HPP session")
        }
    }

    private mutating func append(_ event: Event, to id: Checkout.ID) {
        var history = events[id] ?? []
        let isKnown = event.eventID.map { id in history.contains { $0.event.eventID == id } } ?? false
        guard !isKnown || flaws.contains(.takesEventsTwice) else { return }
        lastSequence += 1
        history.append(StoredEvent(sequence: lastSequence, event: event))
        events[id] = history
    }

    func list(_ filter: CheckoutFilter) -> [Checkout] {
        let found = ids.reversed().lazy.compactMap { checkouts[$0] }.filter { checkout in
            (filter.after.map { checkout.id.rawValue < $0.rawValue } ?? true)
                && (filter.status.map { checkout.status == $0 } ?? true)
                && (filter.merchantReference.map { checkout.merchantReference == $0 } ?? true)
        }
        return Array(found.prefix(min(max(filter.limit, 1), 100)))
    }

    func rivals(of checkout: Checkout) -> [Checkout] {
        guard let reference = checkout.merchantReference else { return [] }
        let found = ids.reversed().lazy.compactMap { checkouts[$0] }.filter { other in
            other.id != checkout.id && other.account == checkout.account && other.merchantReference == reference
                && [.authorized, .orderPlaced, .needsReview].contains(other.status)
        }
        return Array(found.prefix(100))
    }

    mutating func keep(_ orphan: OrphanCallback) {
        guard !orphans.contains(where: { $0.checkoutID == orphan.checkoutID && $0.eventID == orphan.eventID }) else {
            return
        }
        orphans.append(orphan)
    }

    func backlog(at now: Timestamp) -> Backlog {
        var backlog = Backlog()
        for id in ids {
            guard let checkout = checkouts[id], !checkout.status.isFinal || checkout.status == .needsReview else {
                continue
            }
            var group =
                backlog.checkouts[checkout.status]
                ?? Backlog.Group(count: 0, oldestCreatedAt: checkout.createdAt)
            group.count += 1
            group.oldestCreatedAt = min(group.oldestCreatedAt, checkout.createdAt)
            backlog.checkouts[checkout.status] = group
        }
        for row in jobs where row.dueAt != nil {
            var queue = backlog.jobs[row.kind] ?? Backlog.Queue(due: 0, count: 0, nextDeadline: nil)
            queue.count += 1
            if row.isFree(at: now), row.isDue(at: now) { queue.due += 1 }
            queue.nextDeadline = [queue.nextDeadline, row.deadline].compactMap(\.self).min()
            backlog.jobs[row.kind] = queue
        }
        backlog.orphanCallbacks = orphans.count
        return backlog
    }
}

/// Jobs and their leases.
extension Memory {
    private func index(of id: Checkout.ID, _ kind: JobOrder.Kind) -> Int? {
        jobs.firstIndex { $0.checkoutID == id && $0.kind == kind }
    }

    private mutating func order(_ job: JobOrder, for id: Checkout.ID) {
        guard let index = index(of: id, job.kind) else {
            var row = JobRow(checkoutID: id, kind: job.kind)
            row.order(job)
            return jobs.append(row)
        }
        jobs[index].order(job)
    }

    /// The nearest deadline first, then the longest due; placing has room of its own. Of the others, those that have
    /// been due longest are looked at, and hints and operations.
    mutating func claimJobs(_ capacity: JobCapacity, until leaseEnd: Timestamp, at now: Timestamp) -> [ClaimedJob] {
        let due = jobs.indices.filter { jobs[$0].isDue(at: now) && isFree(jobs[$0], at: now) }
        let ended = due.filter { jobs[$0].leaseUntil != nil }
        func longest(_ limit: Int, _ isMeant: (JobRow) -> Bool, _ time: (JobRow) -> Timestamp) -> [Int] {
            let waiting = due.filter { jobs[$0].leaseUntil == nil && isMeant(jobs[$0]) }
            guard waiting.count > limit else { return waiting }
            let sorted = waiting.sorted { (time(jobs[$0]), jobs[$0].due) < (time(jobs[$1]), jobs[$1].due) }
            return Array(sorted.prefix(limit))
        }
        func taken(_ limit: Int, _ candidates: [Int]) -> [Int] {
            Array(Set(candidates).sorted { jobs[$0].comesBefore(jobs[$1]) }.prefix(limit))
        }
        let placingMax = max(0, capacity.placing)
        let placing = longest(placingMax, { $0.kind == .place }) { $0.deadline ?? $0.due }
        let otherMax = max(0, capacity.other)
        let other =
            longest(max(otherMax, Memory.consideredMax), { $0.kind != .place }, \.due)
            + longest(otherMax, { $0.kind == .hint }, \.due)
            + longest(otherMax, { $0.kind == .operate }, \.due)
        let claimed =
            taken(placingMax, placing + ended.filter { jobs[$0].kind == .place })
            + taken(otherMax, other + ended.filter { jobs[$0].kind != .place })
        return claimed.map { index in
            jobs[index].epoch += 1
            jobs[index].leaseUntil = leaseEnd
            jobs[index].nextDueAt = jobs[index].nextDueAt.flatMap { $0 > now ? $0 : nil }
            return jobs[index].claimed
        }
    }

    /// However many jobs wait, so many are looked at.
    private static let consideredMax = 512

    private func isFree(_ row: JobRow, at now: Timestamp) -> Bool {
        let isFree = row.isFree(at: now) && !(flaws.contains(.leasesNeverEnd) && row.leaseUntil != nil)
        return isFree || flaws.contains(.claimsTwice)
    }

    var nextJobDue: Timestamp? {
        jobs.compactMap { row in row.dueAt.map { due in row.leaseUntil.map { max(due, $0) } ?? due } }.min()
    }

    func requireHeld(_ job: ClaimedJob) throws(StoreError) {
        guard flaws.contains(.ignoresEpochs) || holds(job) else { throw .leaseLost }
    }

    /// Whether a job is still held by this claim.
    func holds(_ job: ClaimedJob) -> Bool {
        index(of: job.checkoutID, job.kind).map { jobs[$0].epoch == job.epoch && jobs[$0].leaseUntil != nil } ?? false
    }

    mutating func renew(_ job: ClaimedJob, until leaseEnd: Timestamp) throws(StoreError) {
        try requireHeld(job)
        guard let index = index(of: job.checkoutID, job.kind) else { throw .leaseLost }
        jobs[index].leaseUntil = leaseEnd
    }

    mutating func end(_ job: ClaimedJob, _ end: JobEnd) throws(StoreError) {
        try requireHeld(job)
        guard let index = index(of: job.checkoutID, job.kind) else { throw .leaseLost }
        if flaws.contains(.forgetsOrdersWhileHeld) { jobs[index].nextDueAt = nil }
        jobs[index].end(job, end)
    }

    mutating func resume(at now: Timestamp) {
        for index in jobs.indices {
            jobs[index].leaseUntil = nil
            let latest = jobs[index].kind == .watchOrder ? now + JobOrder.watchPauseMax : now
            if let due = jobs[index].dueAt { jobs[index].dueAt = min(due, latest) }
        }
        if flaws.contains(.forgetsSweepsAtStart) {
            for index in jobs.indices where jobs[index].kind == .sweep { jobs[index].dueAt = nil }
        }
        for name in keys.keys { keys[name]?.leaseUntil = nil }
        for id in ids {
            guard let checkout = checkouts[id] else { continue }
            switch checkout.status {
            case .created, .waiting, .inProgress: order(JobOrder(.observe, at: now, onlyIfAbsent: true), for: id)
            case .authorized: order(JobOrder(.place, at: now, onlyIfAbsent: true), for: id)
            case .orderPlaced, .tokenized, .cancelled, .disabled, .expired, .orderFailed, .needsReview: break
            }
        }
    }
}

/// Idempotency keys.
extension Memory {
    mutating func begin(_ request: IdempotentRequest, until leaseEnd: Timestamp, at now: Timestamp) -> IdempotentStart {
        let name = KeyName(scope: request.scope, key: request.key)
        guard var row = keys[name] else {
            keys[name] = KeyRow(fingerprint: request.fingerprint, leaseUntil: leaseEnd)
            return .ours(IdempotencyClaim(scope: request.scope, key: request.key, epoch: 1), resuming: nil)
        }
        guard row.fingerprint == request.fingerprint else { return .otherBody }
        if let answer = row.answer { return .answered(answer) }
        if let leaseUntil = row.leaseUntil, leaseUntil > now { return .inFlight(retryAfter: leaseUntil - now) }
        row.epoch += 1
        row.leaseUntil = leaseEnd
        keys[name] = row
        let claim = IdempotencyClaim(scope: request.scope, key: request.key, epoch: row.epoch)
        return .ours(claim, resuming: flaws.contains(.forgetsKeys) ? nil : row.checkoutID)
    }

    mutating func end(_ claim: IdempotencyClaim, answer: StoredAnswer?) throws(StoreError) {
        let name = try heldName(claim)
        keys[name]?.answer = answer
        keys[name]?.leaseUntil = nil
    }

    private mutating func link(_ claim: IdempotencyClaim, to id: Checkout.ID) throws(StoreError) {
        keys[try heldName(claim)]?.checkoutID = id
    }

    private func heldName(_ claim: IdempotencyClaim) throws(StoreError) -> KeyName {
        let name = KeyName(scope: claim.scope, key: claim.key)
        guard let row = keys[name], row.epoch == claim.epoch, row.leaseUntil != nil else { throw .leaseLost }
        return name
    }
}

extension Checkout {
    /// Account and merchant reference while this checkout alone may become their order.
    var heldReference: String? {
        guard holdsReference, let merchantReference = placedReference ?? merchantReference else { return nil }
        return "\(account)\n\(merchantReference)"
    }
}
