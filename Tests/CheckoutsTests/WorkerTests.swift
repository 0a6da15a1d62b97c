import Klarna
import Logging
import Synchronization
import Testing
import Wire

@testable import Checkouts

@Suite("The worker")
struct WorkerTests {
    @Test(arguments: [true, false])
    func `finishes the job under way and takes no other once it is told to stop`(drains: Bool) async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        try await shop.desk.observe(checkout.id, because: .poll)
        shop.klarna.close("/order")
        let worker = Worker(desk: shop.desk, logger: shop.desk.logger)
        let running = Task { await worker.run() }
        while shop.klarna.held == 0 { await Task.yield() }
        if drains { worker.drain() } else { running.cancel() }
        shop.klarna.open()
        await running.value
        #expect(try await shop.desk.checkout(checkout.id).status == .orderPlaced)
        // Reading the order is left for the next process.
        let left = try await shop.store.claimJobs(
            JobCapacity(placing: 10, other: 10),
            lease: .seconds(90),
            at: shop.desk.now,
        ).map(\.kind)
        #expect(left == [.readOrder])
    }

    @Test func `ends while it waits`() async throws {
        let shop = try Shop()
        for stop in [{ (worker: Worker, task: Task<Void, Never>) in worker.drain() }, { _, task in task.cancel() }] {
            let worker = Worker(desk: shop.desk, logger: shop.desk.logger)
            let running = Task { await worker.run() }
            await Task.yield()
            stop(worker, running)
            await running.value
        }
    }

    @Test func `does not go round and round when due jobs cannot be claimed`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.approve()
        try await shop.desk.observe(checkout.id, because: .poll)
        let store = FailingStore(shop.store)
        let desk = try shop.anotherDesk(on: store)
        let worker = Worker(desk: desk, logger: desk.logger)
        let running = Task { await worker.run() }
        while store.asked.isEmpty { await Task.yield() }
        desk.bell.ring()
        while try await !shop.desk.checkout(checkout.id).status.isFinal { await Task.yield() }
        worker.drain()
        await running.value
        // It neither asked when the next job is due, which is at once, nor gave up.
        #expect(store.asked.prefix(2) == ["claim", "claim"])
    }

    @Test func `reads every fifteen seconds from the moment the shopper is on the page`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        for _ in 0..<8 {
            try await shop.workUntilQuiet()
            shop.advance(.seconds(720))
        }
        try await shop.workUntilQuiet()
        shop.klarna.page("BACK")
        try await shop.desk.observe(checkout.id, because: .redirect)
        for _ in 0..<20 {
            let due = try #require(try await shop.store.nextJobDue())
            #expect((Duration.seconds(12)...Duration.seconds(18)).contains(due - shop.desk.now))
            shop.advance(due - shop.desk.now)
            try await shop.workUntilQuiet()
        }
        let due = try #require(try await shop.store.nextJobDue())
        #expect(due - shop.desk.now >= .seconds(48))
    }

    @Test func `goes on closing a page that Klarna would not close and shows open`() async throws {
        let shop = try Shop()
        let checkout = try await shop.desk.open(.mug)
        shop.klarna.page("IN_PROGRESS")
        shop.klarna.fail("/hpp/v1/sessions/hpp-1", .answer(400, [:]))
        let error = await #expect(throws: DeskError.self) { try await shop.desk.disable(checkout.id) }
        guard case .klarnaUnknown? = error else {
            Issue.record("the page is open, and it is told as \(String(describing: error))")
            return
        }
        let job = try await shop.store.claimJobs(
            JobCapacity(placing: 10, other: 10),
            lease: .seconds(90),
            at: .start + .seconds(90),
        )
        .first { $0.kind == .disable }
        shop.klarna.fail("/hpp/v1/sessions/hpp-1", .answer(400, [:]))
        await Worker(desk: shop.desk, logger: shop.desk.logger).work(try #require(job))
        #expect(try await shop.desk.checkout(checkout.id).status == .inProgress)
        shop.advance(.seconds(100))
        try await shop.workUntilQuiet()
        #expect(try await shop.desk.checkout(checkout.id).status == .disabled)
    }

    @Test func `lets a checkout that never came to be at Klarna expire`() async throws {
        let shop = try Shop()
        shop.klarna.fail("/payments/v1/sessions", .lostRequest, .notSent, .lostRequest)
        await #expect(throws: DeskError.self) { try await shop.desk.open(.mug) }
        let created = try #require(try await shop.store.checkouts(CheckoutFilter()).first)
        #expect(created.status == .created)
        shop.advance(.seconds(47 * 3600))
        try await shop.workUntilQuiet()
        #expect(try await shop.desk.checkout(created.id).status == .created)
        shop.advance(.seconds(3600))
        try await shop.workUntilQuiet()
        #expect(try await shop.desk.checkout(created.id).status == .expired)
        #expect(try await shop.store.nextJobDue() == nil)
    }

    @Test func `shows one page when a checkout is resumed twice at once`() async throws {
        let shop = try Shop()
        shop.klarna.fail("/payments/v1/sessions", .notSent, .notSent, .notSent)
        await #expect(throws: DeskError.self) { try await shop.desk.open(.mug) }
        let created = try #require(try await shop.store.checkouts(CheckoutFilter()).first)
        shop.klarna.close("/hpp/v1/sessions")
        let resuming = (0..<2).map { _ in Task { try await shop.desk.resumeOpening(created.id) } }
        while shop.klarna.held < 2 { await Task.yield() }
        shop.klarna.open()
        for task in resuming { #expect(try await task.value.sessions?.redirectURL == "https://pay.example/1") }
        let events = try await shop.events(created.id)
        #expect(events.filter { $0.type == "checkout.waiting" }.count == 1)
        #expect(events.last?.type == "news.ignored")
        #expect(events.last?.detail["hpp_session_id"] == "hpp-1")
    }

    @Test func `does not open a checkout that was closed while its sessions were created`() async throws {
        let shop = try Shop()
        shop.klarna.close("/hpp/v1/sessions")
        let opening = Task { try await shop.desk.open(.mug) }
        while shop.klarna.held == 0 { await Task.yield() }
        let created = try #require(try await shop.store.checkouts(CheckoutFilter()).first)
        #expect(try await shop.desk.disable(created.id).status == .disabled)
        shop.klarna.open()
        let closed = try await opening.value
        #expect(closed.status == .disabled)
        #expect(closed.sessions == nil)
    }
}

/// A store that can claim no job at first.
private final class FailingStore: StoreDecorator {
    let base: any Store
    private let calls = Mutex<[String]>([])

    init(_ base: any Store) { self.base = base }

    var asked: [String] { calls.withLock(\.self) }

    func perform<Value: Sendable>(
        _ call: StoreCall,
        _ work: () async throws(StoreError) -> Value,
    ) async throws(StoreError) -> Value {
        switch call {
        case .claimJobs:
            let isFirst = calls.withLock { calls in
                calls.append("claim")
                return calls.count == 1
            }
            guard !isFirst else { throw .unavailable(reason: "the disk is full") }
        case .nextJobDue: calls.withLock { $0.append("next") }
        case _: break
        }
        return try await work()
    }
}
