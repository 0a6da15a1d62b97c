import Checkouts
import Synchronization
import Wire

/// A store whose disk can be pulled out.
final class UnreliableStore: Store {
    private let store: any Store
    private let isDown = Mutex(false)

    init(_ store: any Store) { self.store = store }

    func fail(_ down: Bool = true) { isDown.withLock { $0 = down } }

    private func check() throws(StoreError) {
        if isDown.withLock(\.self) { throw .unavailable(reason: "/secret/path/kassa.db is gone") }
    }

    func commit(_ change: Change) async throws(StoreError) -> Int64 {
        try check()
        return try await store.commit(change)
    }

    func checkout(_ id: Checkout.ID) async throws(StoreError) -> Checkout? {
        try check()
        return try await store.checkout(id)
    }

    func checkouts(_ filter: CheckoutFilter) async throws(StoreError) -> [Checkout] {
        try check()
        return try await store.checkouts(filter)
    }

    func events(of id: Checkout.ID) async throws(StoreError) -> [StoredEvent] {
        try check()
        return try await store.events(of: id)
    }

    func claimJobs(limit: Int, lease: Duration, at now: Timestamp) async throws(StoreError) -> [ClaimedJob] {
        try check()
        return try await store.claimJobs(limit: limit, lease: lease, at: now)
    }

    func nextJobDue() async throws(StoreError) -> Timestamp? {
        try check()
        return try await store.nextJobDue()
    }

    func end(_ job: ClaimedJob, _ end: JobEnd) async throws(StoreError) {
        try check()
        try await store.end(job, end)
    }

    func renew(_ job: ClaimedJob, lease: Duration, at now: Timestamp) async throws(StoreError) {
        try check()
        try await store.renew(job, lease: lease, at: now)
    }

    func releaseAbandonedLeases() async throws(StoreError) {
        try check()
        try await store.releaseAbandonedLeases()
    }

    func begin(_ request: IdempotentRequest, lease: Duration, at now: Timestamp) async throws(StoreError)
        -> IdempotentStart
    {
        try check()
        return try await store.begin(request, lease: lease, at: now)
    }

    func end(_ claim: IdempotencyClaim, answer: StoredAnswer?, at now: Timestamp) async throws(StoreError) {
        try check()
        try await store.end(claim, answer: answer, at: now)
    }

    func checkWritable() async throws(StoreError) {
        try check()
        try await store.checkWritable()
    }
}
