import Checkouts
import Klarna
import Money
import Wire

extension Timestamp {
    /// An arbitrary moment that tests count from.
    static let start = Timestamp(milliseconds: 1_750_000_000_000)
}

extension Checkout {
    /// A checkout that was never stored.
    static func new(
        at time: Timestamp = .start,
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
        _ = try apply(.authorized(placement), at: createdAt)
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

extension Store {
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
        let jobs = try await claimJobs(limit: 2, lease: lease, at: now)
        guard let job = jobs.first, jobs.count == 1 else { throw Unexpected(jobs: jobs) }
        return job
    }
}

struct Missing: Error { let id: Checkout.ID }

struct Unexpected: Error { let jobs: [ClaimedJob] }
