public import Klarna
public import Logging
public import TimeAndChance
package import Wire

/// Everything that can be done with checkouts, for the routes, the worker and the commands alike.
///
/// Each operation reads a checkout, decides by its machine what follows, and commits that before anything leaves for Klarna.
/// Copies share what must be shared: the store, the readings under way, the worker's bell.
public struct CheckoutDesk: Sendable {
    public let store: any Store
    let clients: [String: KlarnaClient]
    let links: Links
    package let policy: Policy
    package let surroundings: Surroundings
    let logger: Logger
    let readings: Flights<HPPSessionID, HPPReading>
    let bell: Bell
    let counts = DeskCounts()
    let looks = RecentLooks()
    let hints = RecentLooks()

    /// There is a client for each Klarna account, by its name. `publicURL` is the one under which Klarna and browsers reach
    /// this service, without a slash at its end.
    public init(
        store: any Store,
        clients: [String: KlarnaClient],
        publicURL: String,
        pathSecret: PathSecret,
        checkoutPages: [String: CheckoutPages] = [:],
        policy: Policy = Policy(),
        surroundings: Surroundings,
        logger: Logger,
    ) {
        self.store = store
        self.clients = clients
        self.links = Links(publicURL: publicURL, pathSecret: pathSecret, checkoutPages: checkoutPages)
        self.policy = policy
        self.surroundings = surroundings
        self.logger = logger
        readings = Flights(surroundings)
        bell = Bell(surroundings)
    }

    /// Our time: what is due, and when something happened here. Klarna's deadlines are not judged by it.
    package var now: Timestamp { surroundings.now() }

    /// The names of the Klarna accounts that a checkout can choose.
    public var accounts: Set<String> { Set(clients.keys) }

    public func checkout(_ id: Checkout.ID) async throws(DeskError) -> Checkout {
        guard let checkout = try await stored({ () async throws(StoreError) in try await store.checkout(id) }) else {
            throw .notFound
        }
        return checkout
    }

    func client(for checkout: Checkout) throws(DeskError) -> KlarnaClient {
        guard let client = clients[checkout.account] else { throw .unknownAccount(checkout.account) }
        return client
    }

    /// Moves a checkout along by what `decide` says of its present state, and commits that with everything that follows.
    ///
    /// When somebody else was faster than `known` tells, the decision is made anew on what they left. News that contradicts
    /// what is known is recorded and changes nothing. An order that another checkout has already is given to a person.
    /// `correlationID` is by what Klarna knows the answer that brought the news, `paymentCorrelationID` the one before it, where
    /// it takes two.
    @discardableResult
    package func settle(
        _ known: Checkout,
        because source: Event.Source,
        job: ClaimedJob? = nil,
        jobEnd: JobEnd? = nil,
        claim: IdempotencyClaim? = nil,
        correlationID: String? = nil,
        paymentCorrelationID: String? = nil,
        decide: (Checkout) -> [Checkout.News],
    ) async throws(DeskError) -> Checkout {
        let id = known.id
        var before = known
        while true {
            var change = Change(id, job: job, jobEnd: jobEnd, claim: claim)
            let news = decide(before)
            warn(of: news, about: before)
            let after = change.tell(news, to: before, because: source, at: now, policy: policy, surroundings)
            change.note(correlationID, paymentCorrelationID)
            guard change.isWorthWriting else { return after }
            do {
                let committed = try await commit(change, after)
                counts.moved(from: before.status, to: committed.status)
                counts.settled(between: before, and: committed)
                return committed
            } catch .store(.stale) {
                before = try await checkout(id)
            } catch .store(.conflict(.orderTaken, let reason)) where before.order == nil {
                guard let order = after.order else { throw .store(.conflict(.orderTaken, reason: reason)) }
                logger.critical(
                    "Klarna names an order that another checkout has",
                    metadata: ["checkout": "\(id)", "order": "\(order.orderID.rawValue)"],
                )
                return try await settle(before, because: source, job: job, jobEnd: jobEnd) { _ in
                    [.placementUnidentified(.orderMismatch(order.orderID))]
                }
            }
        }
    }

    /// Records what is done, whoever holds the job by now: that it happened does not depend on a lease.
    func recordDone(
        _ news: [Checkout.News],
        of checkout: Checkout,
        _ job: ClaimedJob,
        jobEnd: JobEnd,
        correlationID: String?,
    ) async throws(DeskError) {
        do {
            try await settle(
                checkout,
                because: .worker,
                job: job,
                jobEnd: jobEnd,
                correlationID: correlationID,
            ) { _ in news }
        } catch .store(.leaseLost) {
            try await settle(checkout, because: .worker, correlationID: correlationID) { _ in news }
        }
    }

    /// One payment never has two orders. If Klarna shows two all the same, somebody must know.
    private func warn(of news: [Checkout.News], about checkout: Checkout) {
        guard let known = checkout.order else { return }
        for case .orderFound(let order) in news where order.orderID != known.orderID {
            logger.critical(
                "Klarna shows a second order of a checkout",
                metadata: ["checkout": "\(checkout.id)", "order": "\(order.orderID.rawValue)"],
            )
        }
    }

    /// Commits a change, wakes the worker when there is work, and returns the checkout as it now stands.
    func commit(_ change: Change, _ checkout: Checkout) async throws(DeskError) -> Checkout {
        let version = try await stored { () async throws(StoreError) in try await store.commit(change) }
        // The worker may be waiting for a job that is due later than these, though not for longer than that.
        if change.jobs.contains(where: { $0.dueAt < now + policy.lookEvery }) { bell.ring() }
        var committed = checkout
        if change.checkout != nil { committed.version = version }
        return committed
    }

    func stored<Value>(_ work: () async throws(StoreError) -> Value) async throws(DeskError) -> Value {
        do {
            return try await work()
        } catch {
            throw .store(error)
        }
    }
}
