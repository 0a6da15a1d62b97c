package import Wire

/// A store around another one, which lets something happen before, after or instead of each call.
package protocol StoreDecorator: Store {
    var base: any Store { get }

    /// Does the work of a call, or does not.
    func perform<Value: Sendable>(
        _ call: StoreCall,
        _ work: () async throws(StoreError) -> Value,
    ) async throws(StoreError) -> Value
}

/// What a store is asked for.
package enum StoreCall: Sendable {
    case commit(Change)
    case claimJobs
    case nextJobDue
    case endJob(ClaimedJob)
    case renew(ClaimedJob)
    case resume
    case keepOrphan
    case begin
    case endKey
    case checkWritable
    /// Reading, of whatever.
    case read
}

extension StoreDecorator {
    @discardableResult
    package func commit(_ change: Change) async throws(StoreError) -> Int64 {
        try await perform(.commit(change)) { () async throws(StoreError) in try await base.commit(change) }
    }

    package func checkout(_ id: Checkout.ID) async throws(StoreError) -> Checkout? {
        try await perform(.read) { () async throws(StoreError) in try await base.checkout(id) }
    }

    package func checkouts(_ filter: CheckoutFilter) async throws(StoreError) -> [Checkout] {
        try await perform(.read) { () async throws(StoreError) in try await base.checkouts(filter) }
    }

    package func events(of id: Checkout.ID) async throws(StoreError) -> [StoredEvent] {
        try await perform(.read) { () async throws(StoreError) in try await base.events(of: id) }
    }

    package func rivals(of checkout: Checkout) async throws(StoreError) -> [Checkout] {
        try await perform(.read) { () async throws(StoreError) in try await base.rivals(of: checkout) }
    }

    package func claimJobs(
        _ capacity: JobCapacity,
        lease: Duration,
        at now: Timestamp,
    ) async throws(StoreError) -> [ClaimedJob] {
        try await perform(.claimJobs) { () async throws(StoreError) in
            try await base.claimJobs(capacity, lease: lease, at: now)
        }
    }

    package func nextJobDue() async throws(StoreError) -> Timestamp? {
        try await perform(.nextJobDue) { () async throws(StoreError) in try await base.nextJobDue() }
    }

    package func end(_ job: ClaimedJob, _ end: JobEnd) async throws(StoreError) {
        try await perform(.endJob(job)) { () async throws(StoreError) in try await base.end(job, end) }
    }

    package func renew(_ job: ClaimedJob, lease: Duration, at now: Timestamp) async throws(StoreError) {
        try await perform(.renew(job)) { () async throws(StoreError) in
            try await base.renew(job, lease: lease, at: now)
        }
    }

    package func resume(at now: Timestamp) async throws(StoreError) {
        try await perform(.resume) { () async throws(StoreError) in try await base.resume(at: now) }
    }

    package func keep(_ orphan: OrphanCallback) async throws(StoreError) {
        try await perform(.keepOrphan) { () async throws(StoreError) in try await base.keep(orphan) }
    }

    package func backlog(at now: Timestamp) async throws(StoreError) -> Backlog {
        try await perform(.read) { () async throws(StoreError) in try await base.backlog(at: now) }
    }

    package func begin(
        _ request: IdempotentRequest,
        lease: Duration,
        at now: Timestamp,
    ) async throws(StoreError) -> IdempotentStart {
        try await perform(.begin) { () async throws(StoreError) in
            try await base.begin(request, lease: lease, at: now)
        }
    }

    package func end(
        _ claim: IdempotencyClaim,
        answer: StoredAnswer?,
        at now: Timestamp,
    ) async throws(StoreError) {
        try await perform(.endKey) { () async throws(StoreError) in
            try await base.end(claim, answer: answer, at: now)
        }
    }

    package func checkWritable() async throws(StoreError) {
        try await perform(.checkWritable) { () async throws(StoreError) in try await base.checkWritable() }
    }
}
