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
    /// `correlationID` is by what Klarna knows the answer that brought the news.
    @discardableResult
    package func settle(
        _ known: Checkout,
        because source: Event.Source,
        job: ClaimedJob? = nil,
        jobEnd: JobEnd? = nil,
        claim: IdempotencyClaim? = nil,
        correlationID: String? = nil,
        decide: (Checkout) -> [Checkout.News],
    ) async throws(DeskError) -> Checkout {
        let id = known.id
        var before = known
        while true {
            var change = Change(id, job: job, jobEnd: jobEnd, claim: claim)
            let news = decide(before)
            warn(of: news, about: before)
            let after = change.tell(news, to: before, because: source, at: now, policy: policy, surroundings)
            change.note(correlationID)
            guard change.isWorthWriting else { return after }
            do {
                let committed = try await commit(change, after)
                counts.moved(from: before.status, to: committed.status)
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

/// Why an operation could not be done, by what the caller does next. Its description holds no personal data.
public enum DeskError: Error, Sendable, CustomStringConvertible {
    case notFound
    /// The checkout names an account that is not configured.
    case unknownAccount(String)
    /// The checkout's state forbids it.
    case notAllowed(Checkout, reason: String)
    /// Klarna answered and refused.
    case klarnaRefused(Problem.KlarnaAnswer, retryAfter: Duration?)
    /// Klarna did not give a usable answer: the truth is not known now.
    case klarnaUnknown(reason: String)
    /// Klarna was not asked, because it was asked too much or answers nobody now.
    case klarnaBusy(retryAfter: Duration)
    /// What is asked for does not fit the order.
    case invalid(Faults)
    case store(StoreError)

    public var description: String {
        switch self {
        case .invalid: "what is asked for does not fit the order"
        case .notFound: "there is no such checkout"
        case .unknownAccount(let account): "the account \(account) is not configured"
        case .notAllowed(let checkout, _): "the checkout is \(checkout.status.rawValue)"
        case .klarnaRefused(let answer, _):
            "Klarna refused with \(answer.status ?? 0) \(answer.errorCode ?? ""), correlation id \(answer.correlationID ?? "unknown")"
        case .klarnaUnknown(let reason): "Klarna gave no usable answer: \(reason)"
        case .klarnaBusy: "Klarna was not asked: there were too many calls, or it does not answer now"
        case .store(let error): "the store failed: \(error)"
        }
    }

    init(_ error: KlarnaError) {
        switch error {
        case .notSent(let reason): self = .klarnaUnknown(reason: reason)
        case .paused(let retryAfter): self = .klarnaBusy(retryAfter: retryAfter)
        case .unknown(let lost): self = .klarnaUnknown(reason: lost.reason)
        case .refused(let refusal):
            self = .klarnaRefused(Problem.KlarnaAnswer(refusal), retryAfter: refusal.retryAfter)
        }
    }
}

extension Problem.KlarnaAnswer {
    init(_ refusal: Refusal) {
        self.init(
            status: refusal.status,
            errorCode: refusal.code,
            errorMessages: refusal.messages,
            correlationID: refusal.correlationID,
        )
    }

    init?(_ lost: Lost) {
        guard let status = lost.status else { return nil }
        self.init(
            status: status,
            errorCode: lost.code,
            errorMessages: lost.messages,
            correlationID: lost.correlationID,
        )
    }
}

extension Change {
    /// Lets the checkout take in the news, and adds what follows: the new state, its events, its jobs.
    mutating func tell(
        _ news: [Checkout.News],
        to before: Checkout,
        because source: Event.Source,
        at now: Timestamp,
        policy: Policy,
        _ surroundings: Surroundings,
    ) -> Checkout {
        var after = before
        for piece in news {
            let told = piece.told
            let unchanged = after
            do {
                let effects = try after.apply(piece, at: now)
                jobs += effects.map { JobOrder($0, of: after, at: now, policy, surroundings) }
                guard after != unchanged else { continue }
                // An authorization beside another one, or after the end, does not make the checkout an authorized one.
                let isBeside = told.type == "checkout.authorized" && after.placement == unchanged.placement
                let type = isBeside ? "authorization.kept" : told.type
                events.append(Event(at: now, type: type, source: source, detail: told.detail))
            } catch {
                var detail = told.detail
                detail["news"] = .string(told.type)
                detail["checkout_status"] = .string(error.from.rawValue)
                events.append(Event(at: now, type: "news.ignored", source: source, detail: detail))
            }
        }
        if after != before { checkout = after }
        return after
    }

    /// Keeps with each event by what Klarna knows the answer that brought it.
    fileprivate mutating func note(_ correlationID: String?) {
        guard let correlationID else { return }
        events = events.map { event in
            guard event.detail["klarna"] == nil else { return event }
            var detail = event.detail
            detail["correlation_id"] = .string(correlationID)
            return Event(at: event.at, type: event.type, source: event.source, detail: detail, eventID: event.eventID)
        }
    }

    var isWorthWriting: Bool {
        checkout != nil || !events.isEmpty || !jobs.isEmpty || jobEnd != nil || job != nil || claim != nil
    }
}

extension JobOrder {
    init(
        _ effect: Checkout.Effect,
        of checkout: Checkout,
        at now: Timestamp,
        _ policy: Policy,
        _ surroundings: Surroundings,
    ) {
        switch effect {
        case .observe:
            let pause = surroundings.jittered(policy.nextPoll(of: checkout, 0))
            self.init(.observe, at: now + pause, deadline: checkout.deadline)
        case .closePage: self.init(.disable, at: now + policy.lease)
        case .placeOrder: self.init(.place, at: now, deadline: checkout.deadline)
        case .releaseAuthorizations: self.init(.release, at: now)
        case .readOrder: self.init(.readOrder, at: now)
        case .watchOrder: self.init(.watchOrder, at: now + policy.nextWatch(of: checkout.order, 0))
        case .acknowledge: self.init(.acknowledge, at: now)
        case .operate: self.init(.operate, at: now)
        case .sweep: self.init(.sweep, at: now + policy.delay(policy.sweepAfterEnd, 0))
        }
    }
}

extension OrderPlacement {
    /// The intent to place this checkout's order with that token: bytes rendered once, and a key that is always the same.
    init(for checkout: Checkout, token: AuthorizationToken, authorizedAt: Timestamp) {
        self.init(
            token: token,
            body: checkout.purchase.placeOrderBody(),
            idempotencyKey: derivedUUID("kassa place \(checkout.id) \(token.rawValue)"),
            authorizedAt: authorizedAt,
        )
    }
}
