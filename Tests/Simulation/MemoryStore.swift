public import Checkouts
internal import Synchronization
public import Wire

/// The store in memory, for tests that check what every store promises: what a simulation runs on keeps the same promises
/// as a database.
public final class MemoryStore: Store {
    private struct State {
        var memory = Memory()
        /// What only the key that a checkout was stored under opens.
        var seals: [Checkout.ID: [UInt8]] = [:]
        var isClosed = false
    }

    private let state: Mutex<State>
    private let vault: Vault

    /// An empty store, or one that goes on with what an earlier one remembers.
    public init(vault: Vault, continuing earlier: MemoryStore? = nil) {
        self.vault = vault
        var begun = earlier?.state.withLock(\.self) ?? State()
        begun.isClosed = false
        state = Mutex(begun)
    }

    /// Nothing is read or written from here on.
    public func close() { state.withLock { $0.isClosed = true } }

    private func locked<Value>(_ work: (inout State) throws(StoreError) -> Value) throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = state.withLock { state in
            guard !state.isClosed else { return .failure(.unavailable(reason: "the store is closed")) }
            do throws(StoreError) {
                return .success(try work(&state))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func remembered<Value>(_ work: (inout Memory) throws(StoreError) -> Value) throws(StoreError) -> Value {
        try locked { state throws(StoreError) in try work(&state.memory) }
    }

    private func opened(_ checkout: Checkout) throws(StoreError) -> Checkout {
        let seal = try locked { state throws(StoreError) in state.seals[checkout.id] }
        if let seal { _ = try vault.open(seal, for: checkout.id.rawValue) }
        return checkout
    }

    private func opened(_ checkouts: [Checkout]) throws(StoreError) -> [Checkout] {
        for checkout in checkouts { _ = try opened(checkout) }
        return checkouts
    }

    @discardableResult
    public func commit(_ change: Change) async throws(StoreError) -> Int64 {
        let seal = try vault.seal([], for: change.checkoutID.rawValue)
        return try locked { state throws(StoreError) in
            let version = try state.memory.commit(change)
            if change.checkout != nil { state.seals[change.checkoutID] = seal }
            return version
        }
    }

    public func checkout(_ id: Checkout.ID) async throws(StoreError) -> Checkout? {
        guard let checkout = try remembered({ memory throws(StoreError) in memory.checkouts[id] }) else { return nil }
        return try opened(checkout)
    }

    public func checkouts(_ filter: CheckoutFilter) async throws(StoreError) -> [Checkout] {
        try opened(remembered { memory throws(StoreError) in memory.list(filter) })
    }

    public func events(of id: Checkout.ID) async throws(StoreError) -> [StoredEvent] {
        try remembered { memory throws(StoreError) in memory.events[id] ?? [] }
    }

    public func rivals(of checkout: Checkout) async throws(StoreError) -> [Checkout] {
        try opened(remembered { memory throws(StoreError) in memory.rivals(of: checkout) })
    }

    public func claimJobs(
        _ capacity: JobCapacity,
        lease: Duration,
        at now: Timestamp,
    ) async throws(StoreError) -> [ClaimedJob] {
        try remembered { memory throws(StoreError) in memory.claimJobs(capacity, until: now + lease, at: now) }
    }

    public func nextJobDue() async throws(StoreError) -> Timestamp? {
        try remembered { memory throws(StoreError) in memory.nextJobDue }
    }

    public func end(_ job: ClaimedJob, _ end: JobEnd) async throws(StoreError) {
        try remembered { memory throws(StoreError) in try memory.end(job, end) }
    }

    public func renew(_ job: ClaimedJob, lease: Duration, at now: Timestamp) async throws(StoreError) {
        try remembered { memory throws(StoreError) in try memory.renew(job, until: now + lease) }
    }

    public func resume(at now: Timestamp) async throws(StoreError) {
        try remembered { memory throws(StoreError) in memory.resume(at: now) }
    }

    public func keep(_ orphan: OrphanCallback) async throws(StoreError) {
        try remembered { memory throws(StoreError) in memory.keep(orphan) }
    }

    public func backlog(at now: Timestamp) async throws(StoreError) -> Backlog {
        try remembered { memory throws(StoreError) in memory.backlog(at: now) }
    }

    public func begin(
        _ request: IdempotentRequest,
        lease: Duration,
        at now: Timestamp,
    ) async throws(StoreError) -> IdempotentStart {
        try remembered { memory throws(StoreError) in memory.begin(request, until: now + lease, at: now) }
    }

    public func end(_ claim: IdempotencyClaim, answer: StoredAnswer?, at now: Timestamp) async throws(StoreError) {
        try remembered { memory throws(StoreError) in try memory.end(claim, answer: answer) }
    }

    public func checkWritable() async throws(StoreError) {
        try locked { _ throws(StoreError) in }
    }
}
