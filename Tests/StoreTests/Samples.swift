import Checkouts
import Klarna
import Money
import Testing
import Wire

extension Timestamp {
    /// An arbitrary moment that tests count from.
    static let start = Timestamp(milliseconds: 1_750_000_000_000)
}

extension Checkout {
    /// A checkout that was never stored.
    static func new(
        at time: Timestamp = .start,
        account: String = "default",
        merchantReference: String? = nil,
        billingAddress: Address? = nil,
    ) -> Checkout {
        let mug = OrderLine(name: "Mug", quantity: 1, unitPrice: MinorUnits(1990), totalAmount: MinorUnits(1990))
        let purchase = Purchase(
            country: "DE",
            currency: "EUR",
            locale: "de-DE",
            orderAmount: MinorUnits(1990),
            orderLines: [mug],
            merchantReference1: merchantReference,
            billingAddress: billingAddress,
        )
        return Checkout(
            id: ID(ULID(at: time)),
            account: account,
            purchase: purchase,
            returnURLs: .merchant([.success: "https://shop.example/thanks"]),
            metadata: ["cart": "17"],
            createdAt: time,
        )
    }

    /// Brings the checkout to `waiting` under sessions of these ids.
    mutating func open(hppSessionID: String) throws {
        let sessions = Sessions(
            paymentSessionID: PaymentSessionID(rawValue: "kp-\(hppSessionID)"),
            hppSessionID: HPPSessionID(rawValue: hppSessionID),
            redirectURL: "https://pay.example/\(hppSessionID)",
            qrCodeURL: nil,
            expiresAt: createdAt + .seconds(3600),
            paymentMethodCategories: ["pay_later"],
        )
        _ = try apply(.opened(sessions), at: createdAt)
    }

    mutating func authorize(token: String, body: String = "{}") throws {
        let placement = OrderPlacement(
            token: AuthorizationToken(rawValue: token),
            body: Array(body.utf8),
            idempotencyKey: "key-1",
            authorizedAt: createdAt,
        )
        _ = try apply(.authorized(placement, ifEnded: .release), at: createdAt)
    }

    /// Brings a new checkout to any status, as its life would. Session and order ids are its own.
    mutating func become(_ status: Status) throws {
        if status == .tokenized {
            let terms = PaymentSessionTerms(intent: .tokenize)
            self = Checkout(id: id, account: account, purchase: purchase, terms: terms, createdAt: createdAt)
        }
        if status != .created { try open(hppSessionID: "hpp-\(id)") }
        let problem = Problem(.orderRejected, "for a test")
        switch status {
        case .created, .waiting: break
        case .inProgress: _ = try apply(.pageOpen(hppStatus: "IN_PROGRESS"), at: createdAt)
        case .authorized: try authorize(token: "token-1")
        case .orderPlaced: try find(orderID: "order-\(id)")
        case .tokenized:
            try authorize(token: "token-1")
            let token = CustomerToken(madeBy: id, token: KlarnaTokenID(rawValue: "klarna-token"), createdAt: createdAt)
            _ = try apply(.tokenCreated(token), at: createdAt)
        case .cancelled: _ = try apply(.pageCancelled, at: createdAt)
        case .disabled: _ = try apply(.pageDisabled, at: createdAt)
        case .expired: _ = try apply(.pageExpired, at: createdAt)
        case .orderFailed:
            try authorize(token: "token-1")
            _ = try apply(.placementFailed(problem, next: nil), at: createdAt)
        case .needsReview: _ = try apply(.placementUnidentified(problem), at: createdAt)
        }
    }

    /// Begins an attempt to place that excludes all others with the same merchant reference.
    mutating func holdReference() throws {
        try authorize(token: "token-1")
        _ = try apply(.placementSent(at: createdAt, exclusively: true), at: createdAt)
    }

    mutating func find(orderID: String) throws {
        let order = Order(
            orderID: OrderID(rawValue: orderID),
            authorizedAmount: MinorUnits(1990),
            remainingAuthorizedAmount: MinorUnits(1990),
            placedAt: createdAt,
        )
        _ = try apply(.orderFound(order), at: createdAt)
    }
}

extension JobCapacity {
    /// Room for so many jobs of each sort.
    static func each(_ count: Int) -> JobCapacity { JobCapacity(placing: count, other: count) }
}

extension Store {
    /// Stores a new checkout that has come to a status, with jobs that wait, and returns it as the store has it.
    func insert(_ status: Checkout.Status, at time: Timestamp = .start, jobs: [JobOrder] = []) async throws -> Checkout
    {
        var checkout = Checkout.new(at: time)
        try checkout.become(status)
        return try await insert(checkout, jobs: jobs)
    }

    /// Stores a new checkout and returns it as the store has it.
    func insert(_ checkout: Checkout, jobs: [JobOrder] = []) async throws -> Checkout {
        try await commit(Change(checkout.id, checkout: checkout, jobs: jobs))
        return try await existing(checkout.id)
    }

    func existing(_ id: Checkout.ID) async throws -> Checkout {
        guard let checkout = try await checkout(id) else { throw Missing(id: id) }
        return checkout
    }

    /// Claims the one job that is due.
    func claimOne(at now: Timestamp, lease: Duration = .seconds(90)) async throws -> ClaimedJob {
        let jobs = try await claimJobs(.each(2), lease: lease, at: now)
        guard let job = jobs.first, jobs.count == 1 else { throw Unexpected(jobs: jobs) }
        return job
    }
}

extension Checkout {
    /// One of a history: later ones sort after earlier ones.
    static func numbered(_ number: Int) -> Checkout { .new(at: .start + .seconds(number)) }
}

extension Store {
    /// Stores a new checkout with an entry in its history and a job: three tables that agree, or none has it.
    func insertWhole(_ checkout: Checkout) async throws(StoreError) {
        let event = Event(at: .start, type: "noted", source: .api)
        let jobs = [JobOrder(.observe, at: .start)]
        try await commit(Change(checkout.id, checkout: checkout, events: [event], jobs: jobs))
    }

    /// The ids of at most 100 checkouts, oldest first. Each of them is there whole, and nothing else is.
    func wholeCheckouts() async throws -> [Checkout.ID] {
        let ids = try await checkouts(CheckoutFilter(limit: 100)).map(\.id)
        for id in ids { #expect(try await events(of: id).map(\.event.type) == ["noted"]) }
        #expect(try await backlog(at: .start).jobs[.observe]?.count ?? 0 == ids.count)
        return ids.reversed()
    }
}

struct Missing: Error { let id: Checkout.ID }

struct Unexpected: Error { let jobs: [ClaimedJob] }
