import Foundation
import Klarna
import Logging
import SQLiteStore
import Synchronization
import TimeAndChance
import Wire

@testable import Checkouts

extension NewCheckout {
    static let mug = NewCheckout(
        account: "default",
        purchase: .mug,
        returnURLs: .kassa,
        page: PageOptions(),
        metadata: JSONObject(),
    )
}

extension CheckoutDesk {
    /// Opens a checkout whose HPP session has another id than the ones before.
    func open(
        _ new: NewCheckout,
        because source: Event.Source,
        session: String,
        in shop: Shop,
    ) async throws -> Checkout {
        shop.klarna.page("WAITING")
        shop.klarna.fail(
            "/hpp/v1/sessions",
            .answer(201, ["session_id": .string(session), "redirect_url": "https://pay.example/2"]),
        )
        return try await open(new, because: source)
    }
}

/// A desk on a database of its own, and a clock that moves when told.
final class Shop: Sendable {
    let klarna: FakeKlarna
    let desk: CheckoutDesk
    let store: any Store
    private let clock = ManualClock()
    private let policy: Policy
    private let directory: URL

    init(policy: Policy = Policy()) throws {
        klarna = FakeKlarna(clock)
        self.policy = policy
        directory = FileManager.default.temporaryDirectory.appending(path: "kassa-desk-\(UUID())")
        let key = [UInt8](repeating: 7, count: 32)
        store = try SQLiteStore(path: directory.appending(path: "kassa.db").path, vault: Vault(secretKey: key))
        desk = try Shop.desk(store, klarna, clock, policy)
    }

    /// Another process on the same store, as far as a test can have one.
    func anotherDesk(on other: (any Store)? = nil, policy: Policy? = nil) throws -> CheckoutDesk {
        try Shop.desk(other ?? store, klarna, clock, policy ?? self.policy)
    }

    private static func desk(
        _ store: any Store,
        _ klarna: FakeKlarna,
        _ clock: ManualClock,
        _ policy: Policy,
    ) throws -> CheckoutDesk {
        let account = try KlarnaAccount(
            username: "user",
            password: Secret("password"),
            environment: .playground,
            region: .eu,
        )
        let quota = KlarnaQuota(createPaymentSession: 1_000_000, createHPPSession: 1_000_000, other: 1_000_000)
        let surroundings = Surroundings(now: { clock.now })
        // Whoever waits at the gate finds that time has passed.
        let waiting = Surroundings(now: { clock.now }, sleep: { clock.advance($0) })
        let gate = KlarnaGate(quota: quota, surroundings: waiting, account: "default")
        return CheckoutDesk(
            store: store,
            clients: ["default": KlarnaClient(account: account, transport: klarna, gate: gate)],
            publicURL: "http://127.0.0.1:8080",
            pathSecret: PathSecret(secretKey: [UInt8](repeating: 7, count: 32)),
            policy: policy,
            surroundings: surroundings,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        )
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    /// The time by Klarna's clock, as the desk knows it.
    var klarnaNow: Timestamp? { desk.clients["default"]?.klarnaNow }
    var calls: [String] { klarna.state.withLock(\.calls) }
    var placed: [(token: String, key: String, body: [UInt8])] { klarna.state.withLock(\.placed) }

    func advance(_ duration: Duration) { clock.advance(duration) }

    func events(_ id: Checkout.ID) async throws -> [Event] { try await store.events(of: id).map(\.event) }

    /// Does every job that is due now, and those that follow from them, one after the other.
    func workUntilQuiet(_ other: CheckoutDesk? = nil) async throws {
        let desk = other ?? desk
        let worker = Worker(desk: desk, logger: desk.logger)
        while true {
            let jobs = try await desk.store.claimJobs(
                JobCapacity(placing: 10, other: 10),
                lease: desk.policy.lease,
                at: desk.now,
            )
            guard !jobs.isEmpty else { return }
            for job in jobs { await worker.work(job) }
        }
    }
}

extension Policy {
    static func sameReference(_ latePayment: Checkout.LatePayment) -> Policy {
        var policy = Policy()
        policy.sameReference = latePayment
        return policy
    }
}

/// Time that moves when told.
final class ManualClock: Sendable {
    private let time = Mutex(Timestamp.start)

    var now: Timestamp { time.withLock(\.self) }

    func advance(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
}
