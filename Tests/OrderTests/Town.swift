import Foundation
import Klarna
import KlarnaSandbox
import Logging
import Money
import SQLiteStore
import Synchronization
import Testing
import TimeAndChance
import Wire

@testable import Checkouts

/// A merchant's desk and the sandbox's world, in one process and without sockets: time passes only while somebody waits, and what
/// is due then is done.
final class Town: Sendable {
    let klarna: WorldKlarna
    let desk: CheckoutDesk
    let store: any Store
    let clock: ManualClock
    private let dice: Dice
    private let hands = Hands()
    private let directory: URL

    /// Klarna's clock shows so much more than ours. What is drawn by lot is the same for the same seed.
    init(
        _ behaviour: SandboxWorld.Behaviour = .init(),
        klarnaAhead: Duration = .zero,
        seed: UInt64 = 1,
        store wrapped: (any Store) -> any Store = { $0 },
    ) throws {
        clock = ManualClock()
        klarna = WorldKlarna(clock, behaviour, ahead: klarnaAhead)
        dice = Dice(seed)
        directory = FileManager.default.temporaryDirectory.appending(path: "kassa-orders-\(UUID())")
        let vault = Vault(secretKey: [UInt8](repeating: 7, count: 32))
        store = wrapped(try SQLiteStore(path: directory.appending(path: "kassa.db").path, vault: vault))
        desk = try Town.desk(store, klarna, clock, dice, hands)
    }

    deinit {
        hands.rest()
        try? FileManager.default.removeItem(at: directory)
    }

    /// Another process on the same database.
    func anotherDesk() throws -> CheckoutDesk { try Town.desk(store, klarna, clock, dice, hands) }

    private static func desk(
        _ store: any Store,
        _ klarna: WorldKlarna,
        _ clock: ManualClock,
        _ dice: Dice,
        _ hands: Hands,
    ) throws -> CheckoutDesk {
        let account = try KlarnaAccount(
            username: "user",
            password: Secret("password"),
            environment: .playground,
            region: .eu,
        )
        let surroundings = Surroundings(
            now: { clock.now },
            sleep: { duration in
                try Task.checkCancellation()
                clock.advance(duration)
                await hands.work()
            },
            random: { dice.next() },
        )
        let boundless = KlarnaQuota.boundless
        let quota = KlarnaQuota(createPaymentSession: boundless, createHPPSession: boundless, other: boundless)
        // Whoever waits for the gate is in the middle of a call, for which others may be waiting: nobody works meanwhile.
        let patient = Surroundings(now: { clock.now }, sleep: { clock.advance($0) }, random: { dice.next() })
        let gate = KlarnaGate(quota: quota, surroundings: patient, account: "default")
        let desk = CheckoutDesk(
            store: store,
            clients: ["default": KlarnaClient(account: account, transport: klarna, gate: gate)],
            publicURL: "https://kassa.example",
            pathSecret: PathSecret(secretKey: [UInt8](repeating: 7, count: 32)),
            surroundings: surroundings,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        )
        hands.serve(desk)
        return desk
    }

    /// Opens a checkout and has the shopper pay: an order is placed.
    func buy(_ basket: JSON = .basket) async throws -> Checkout.ID {
        let checkout = try await open(basket)
        try klarna.act(.approve, on: checkout)
        _ = try await desk.observe(checkout.id, because: .callback)
        try await work()
        return checkout.id
    }

    /// Has a shopper agree to be charged again.
    func token() async throws -> CustomerToken.ID {
        CustomerToken.ID(madeBy: try await buy(.subscription("tokenize")))
    }

    func open(_ basket: JSON = .basket) async throws -> Checkout {
        let terms = NewCheckout.Terms(accounts: ["default": AccountTerms()], returnOrigins: ReturnOrigins([]))
        return try await desk.open(try NewCheckout(json: basket, terms: terms))
    }

    /// Does what is due now.
    func work(_ other: CheckoutDesk? = nil) async throws { try await (other ?? desk).workUntilQuiet() }

    /// Lets time pass, a quarter of an hour after the other, and does what falls due.
    func pass(_ duration: Duration, inStepsOf step: Duration = .seconds(900)) async throws {
        let end = clock.now + duration
        while clock.now < end {
            clock.advance(min(step, end - clock.now))
            try await work()
        }
    }

    func checkout(_ id: Checkout.ID) async throws -> Checkout { try await desk.checkout(id) }

    func events(_ id: Checkout.ID) async throws -> [Event] { try await store.events(of: id).map(\.event) }

    /// The order of a checkout, as Klarna's books have it.
    func order(_ id: Checkout.ID) async throws -> JSON {
        let orderID = try #require(try await checkout(id).order?.orderID.rawValue)
        return try #require(klarna.orders.first { $0["order_id"]?.string == orderID })
    }
}

/// Whoever waits does meanwhile what is due.
private final class Hands: Sendable {
    private let desks = Mutex<[CheckoutDesk]>([])

    func serve(_ desk: CheckoutDesk) { desks.withLock { $0.append(desk) } }

    /// The desks hold their hands: without this their database would stay open for ever.
    func rest() { desks.withLock { $0 = [] } }

    func work() async {
        for desk in desks.withLock(\.self) { try? await desk.workUntilQuiet() }
    }
}

extension CheckoutDesk {
    func workUntilQuiet() async throws {
        let worker = Worker(desk: self, logger: logger)
        while true {
            let room = JobCapacity(placing: 1, other: 1)
            let jobs = try await store.claimJobs(room, lease: policy.lease, at: now)
            guard !jobs.isEmpty else { return }
            for job in jobs { await worker.work(job) }
        }
    }
}

/// Time that moves when told.
final class ManualClock: Sendable {
    /// 2025-03-04T09:15:30Z.
    private let time = Mutex(Timestamp(milliseconds: 1_741_079_730_000))

    var now: Timestamp { time.withLock(\.self) }

    func advance(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
}
