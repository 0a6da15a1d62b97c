import Foundation
import Klarna
import Logging
import Money
import SQLiteStore
import Synchronization
import TimeAndChance
import Wire

@testable import Checkouts

/// Several nodes of the service on one database, and one Klarna for all of them.
final class Nodes: Sendable {
    let desks: [CheckoutDesk]
    let klarna: OneKlarna
    let store: any Store
    let clock = SetClock()
    private let directory: URL

    init(_ count: Int) throws {
        let clock = clock
        klarna = OneKlarna { clock.now }
        directory = FileManager.default.temporaryDirectory.appending(path: "kassa-nodes-\(UUID())")
        let key = [UInt8](repeating: 7, count: 32)
        store = try SQLiteStore(path: directory.appending(path: "kassa.db").path, vault: Vault(secretKey: key))
        let (store, klarna) = (store, klarna)
        desks = try (0..<count).map { _ in try Nodes.desk(store, klarna, clock) }
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private static func desk(_ store: any Store, _ klarna: OneKlarna, _ clock: SetClock) throws -> CheckoutDesk {
        let account = try KlarnaAccount(
            username: "user",
            password: Secret("password"),
            environment: .playground,
            region: .eu,
        )
        let surroundings = Surroundings(now: { clock.now })
        let quota = KlarnaQuota(createPaymentSession: 1_000_000, createHPPSession: 1_000_000, other: 1_000_000)
        let gate = KlarnaGate(quota: quota, surroundings: surroundings, account: "default")
        return CheckoutDesk(
            store: store,
            clients: ["default": KlarnaClient(account: account, transport: klarna, gate: gate)],
            publicURL: "http://127.0.0.1:8080",
            pathSecret: PathSecret(secretKey: key),
            surroundings: surroundings,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        )
    }

    private static let key = [UInt8](repeating: 7, count: 32)

    func open() async throws -> Checkout { try await desks[0].open(.mug) }

    func events(_ id: Checkout.ID) async throws -> [String] { try await store.events(of: id).map(\.event.type) }

    /// Takes a job that is due and no other one, as a worker of that node would.
    func claim(_ kind: JobOrder.Kind, _ node: Int) async throws -> ClaimedJob? {
        let desk = desks[node]
        let jobs = try await store.claimJobs(
            JobCapacity(placing: 0, other: 10),
            lease: desk.policy.lease,
            at: desk.now,
        )
        for job in jobs where job.kind != kind { try await store.end(job, .again(at: desk.now)) }
        return jobs.first { $0.kind == kind }
    }

    /// Takes the job to place, as a worker of that node would.
    func claimPlacing(_ node: Int) async throws -> ClaimedJob? {
        let desk = desks[node]
        return try await store.claimJobs(JobCapacity(placing: 1, other: 0), lease: desk.policy.lease, at: desk.now)
            .first
    }

    /// Opens a checkout, has the shopper pay and the order placed.
    func buy() async throws -> Checkout.ID {
        let checkout = try await open()
        klarna.approve()
        try await desks[0].observe(checkout.id, because: .poll)
        try await workUntilQuiet()
        return checkout.id
    }

    /// Every node at work while something is done.
    func working<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value {
        let workers = desks.map { Worker(desk: $0, logger: $0.logger) }
        let working = workers.map { worker in Task { await worker.run() } }
        let result: Result<Value, any Error>
        do {
            result = .success(try await work())
        } catch {
            result = .failure(error)
        }
        for worker in workers { worker.drain() }
        for task in working { await task.value }
        return try result.get()
    }

    /// Whoever repeats a request under that key.
    func asker(_ key: String) async throws -> CheckoutDesk.Asker {
        let request = IdempotentRequest(scope: "merchant POST /captures", key: key, fingerprint: "body")
        let start = try await store.begin(request, lease: .seconds(120), at: clock.now)
        guard case .ours(let claim, _) = start else { throw Unexpected.keyInUse }
        return CheckoutDesk.Asker(claim)
    }

    private enum Unexpected: Error { case keyInUse }

    /// Does every job that is due now, on the first node or another.
    func workUntilQuiet(_ node: Int = 0) async throws {
        let desk = desks[node]
        let worker = Worker(desk: desk, logger: desk.logger)
        while true {
            let capacity = JobCapacity(placing: 10, other: 10)
            let jobs = try await store.claimJobs(capacity, lease: desk.policy.lease, at: desk.now)
            guard !jobs.isEmpty else { return }
            for job in jobs { await worker.work(job) }
        }
    }
}

/// Time that moves when told.
final class SetClock: Sendable {
    private let time = Mutex(Timestamp(milliseconds: 1_741_079_730_000))

    var now: Timestamp { time.withLock(\.self) }

    func advance(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
}

extension NewCheckout {
    static let mug = NewCheckout(
        account: "default",
        purchase: Purchase(
            country: "SE",
            currency: "SEK",
            locale: "sv-SE",
            orderAmount: 25_000,
            orderTaxAmount: 5000,
            orderLines: [
                OrderLine(
                    type: "physical",
                    name: "Mug",
                    quantity: 2,
                    unitPrice: 12_500,
                    taxRate: 2500,
                    totalAmount: 25_000,
                    totalTaxAmount: 5000,
                )
            ],
            merchantReference1: "order-1001",
        ),
        returnURLs: .kassa,
        page: PageOptions(),
        metadata: JSONObject(),
    )
}
