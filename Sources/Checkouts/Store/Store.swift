public import Wire

/// What Kassa remembers. One write, and reads that are named by their purpose.
///
/// Two implementations keep the same promises, and one suite of tests checks them. A write that returned is on the disk.
public protocol Store: Sendable {
    /// Commits a change and everything that follows from it, or nothing at all.
    ///
    /// - Returns: The version the checkout has now, or 0 when the change carries none.
    /// - Throws: ``StoreError/stale`` when the checkout was changed since it was read; read it again and decide anew.
    @discardableResult
    func commit(_ change: Change) async throws(StoreError) -> Int64

    func checkout(_ id: Checkout.ID) async throws(StoreError) -> Checkout?

    /// Newest first, one page.
    func checkouts(_ filter: CheckoutFilter) async throws(StoreError) -> [Checkout]

    /// The whole history, oldest first.
    func events(of id: Checkout.ID) async throws(StoreError) -> [StoredEvent]

    /// Those of the same account and merchant reference that hold an authorization, an order, or the doubt whether there is
    /// one. At most 100.
    func rivals(of checkout: Checkout) async throws(StoreError) -> [Checkout]

    /// Takes jobs that are due under a lease of their own: those whose deadline is nearest first.
    func claimJobs(_ capacity: JobCapacity, lease: Duration, at now: Timestamp) async throws(StoreError) -> [ClaimedJob]

    /// When the next job falls due, whether or not it is leased now (then: when its lease ends); `nil` when there is none.
    func nextJobDue() async throws(StoreError) -> Timestamp?

    /// Gives a claimed job back without any other change.
    func end(_ job: ClaimedJob, _ end: JobEnd) async throws(StoreError)

    /// Extends the lease of a claimed job; throws ``StoreError/leaseLost`` when another worker has it.
    func renew(_ job: ClaimedJob, lease: Duration, at now: Timestamp) async throws(StoreError)

    /// Takes up what an earlier process left behind: ends its leases, and makes every job that waits due now, and one for each
    /// checkout that is not settled, whatever was lost or the clock was meanwhile. Orders that are only watched keep their turn,
    /// if it is within ``JobOrder/watchPauseMax``: there may be as many as were ever placed.
    ///
    /// Only for a store that one process uses alone.
    func resume(at now: Timestamp) async throws(StoreError)

    /// Keeps a callback for a checkout that is not known here, once for each event id. A second one is the first one again.
    func keep(_ orphan: OrphanCallback) async throws(StoreError)

    /// How much waits, for whoever watches over the process.
    func backlog(at now: Timestamp) async throws(StoreError) -> Backlog

    /// Begins a request under an idempotency key, or says what became of the earlier one.
    func begin(_ request: IdempotentRequest, lease: Duration, at now: Timestamp) async throws(StoreError)
        -> IdempotentStart

    /// Ends a request under an idempotency key: with an answer to replay, or (`nil`) open for another try.
    func end(_ claim: IdempotencyClaim, answer: StoredAnswer?, at now: Timestamp) async throws(StoreError)

    /// Throws unless a small write can be made durable now.
    func checkWritable() async throws(StoreError)
}

public enum StoreError: Error, Sendable, Hashable {
    /// The checkout was changed since it was read: read it again and decide anew.
    case stale
    /// Another worker holds the job now: change nothing and stop.
    case leaseLost
    /// The change contradicts what is stored. Nothing was written.
    case conflict(Conflict, reason: String)
    /// The database cannot be used now. Nothing can be said of a write that was under way.
    case unavailable(reason: String)

    /// What a change can contradict.
    public enum Conflict: Sendable, Hashable, CaseIterable {
        /// There is no such checkout.
        case missingCheckout
        /// Another checkout has that order.
        case orderTaken
        /// Another checkout holds that merchant reference, which only one may.
        case referenceTaken
        case other
    }
}

/// Everything that one decision changes, written in one transaction.
public struct Change: Sendable {
    public let checkoutID: Checkout.ID
    /// The new state, with the version it was made from (0: it is new). `nil` leaves the checkout as it is, unchecked.
    public var checkout: Checkout?
    public var events: [Event]
    /// Jobs to do. A job of the same kind that already waits is kept and becomes due at the earlier of both times.
    public var jobs: [JobOrder]
    /// The job this change was made for. It fails with ``StoreError/leaseLost`` when another worker holds that job now.
    public var job: ClaimedJob?
    /// What becomes of that job; `nil` keeps it and its lease.
    public var jobEnd: JobEnd?
    /// The idempotency key under which the checkout is created; the key then remembers the checkout.
    public var claim: IdempotencyClaim?

    public init(
        _ checkoutID: Checkout.ID,
        checkout: Checkout? = nil,
        events: [Event] = [],
        jobs: [JobOrder] = [],
        job: ClaimedJob? = nil,
        jobEnd: JobEnd? = nil,
        claim: IdempotencyClaim? = nil,
    ) {
        self.checkoutID = checkoutID
        self.checkout = checkout
        self.events = events
        self.jobs = jobs
        self.job = job
        self.jobEnd = jobEnd
        self.claim = claim
    }
}

/// One entry of a checkout's history. Appended, never changed.
public struct Event: Sendable, Hashable {
    public let at: Timestamp
    /// What happened: `checkout.created`, `callback.received`, `order.placed` and so on.
    public let type: String
    public let source: Source
    /// Facts without secrets and personal data.
    public let detail: JSONObject
    /// Klarna's `event_id`. A second event of the same checkout with the same id is the first one again and is not stored.
    public let eventID: String?

    public enum Source: String, Sendable, Hashable, CaseIterable {
        case api, redirect, callback, poll, worker, `operator`
    }

    public init(at: Timestamp, type: String, source: Source, detail: JSONObject = JSONObject(), eventID: String? = nil)
    {
        self.at = at
        self.type = type
        self.source = source
        self.detail = detail
        self.eventID = eventID
    }
}

/// An event with its place in the whole history.
public struct StoredEvent: Sendable, Hashable {
    public let sequence: Int64
    public let event: Event

    public init(sequence: Int64, event: Event) {
        self.sequence = sequence
        self.event = event
    }
}

/// Which checkouts to list, newest first.
public struct CheckoutFilter: Sendable, Hashable {
    public var status: Checkout.Status?
    public var merchantReference: String?
    /// 1 to 100.
    public var limit: Int
    /// Only those older than this one.
    public var after: Checkout.ID?

    public init(
        status: Checkout.Status? = nil,
        merchantReference: String? = nil,
        limit: Int = 20,
        after: Checkout.ID? = nil,
    ) {
        self.status = status
        self.merchantReference = merchantReference
        self.limit = limit
        self.after = after
    }
}
