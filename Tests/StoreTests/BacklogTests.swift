import Checkouts
import Testing
import Wire

@Suite("The backlog")
struct BacklogTests {
    private static let lease = Duration.seconds(90)

    @Test(arguments: StoreUnderTest.all)
    func `of an empty store is empty`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let backlog = try await store.backlog(at: .start)
            #expect(backlog == Backlog())
        }
    }

    @Test(arguments: StoreUnderTest.all, Checkout.Status.allCases)
    func `counts the checkouts that are not settled, and knows the oldest`(
        _ kind: StoreUnderTest,
        _ status: Checkout.Status,
    ) async throws {
        try await kind.run { store in
            for second in [20, 10, 30] { _ = try await store.insert(status, at: .start + .seconds(second)) }
            let group = try await store.backlog(at: .start).checkouts
            let counts = !status.isFinal || status == .needsReview
            let expected = Backlog.Group(count: 3, oldestCreatedAt: .start + .seconds(10))
            #expect(group == (counts ? [status: expected] : [:]))
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `forgets a checkout that is settled`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            var checkout = try await store.insert(.waiting)
            #expect(try await store.backlog(at: .start).checkouts.map(\.key) == [.waiting])
            try checkout.find(orderID: "order-1")
            try await store.commit(Change(checkout.id, checkout: checkout))
            #expect(try await store.backlog(at: .start).checkouts.isEmpty)
        }
    }

    @Test(arguments: StoreUnderTest.all, JobOrder.Kind.allCases)
    func `counts the jobs that wait, are due and are worked on, and knows the nearest deadline`(
        _ kind: StoreUnderTest,
        _ job: JobOrder.Kind,
    ) async throws {
        try await kind.run { store in
            func queue(at now: Timestamp) async throws -> Backlog.Queue? {
                let jobs = try await store.backlog(at: now).jobs
                #expect(jobs.keys.allSatisfy { $0 == job })
                return jobs[job]
            }
            func deadline(_ second: Int) -> Timestamp { .start + .seconds(second) }
            for second in [0, 10, 20] {
                let order = JobOrder(job, at: .start + .seconds(second), deadline: deadline(100 - second))
                _ = try await store.insert(.new(), jobs: [order])
            }
            _ = try await store.insert(.new(), jobs: [JobOrder(job, at: .start + .seconds(30))])
            #expect(try await queue(at: .start) == Backlog.Queue(due: 1, count: 4, nextDeadline: deadline(80)))
            let later = Timestamp.start + .seconds(20)
            #expect(try await queue(at: later) == Backlog.Queue(due: 3, count: 4, nextDeadline: deadline(80)))

            let held = try await store.claimJobs(.each(2), lease: Self.lease, at: later)
            #expect(try await queue(at: later) == Backlog.Queue(due: 1, count: 4, nextDeadline: deadline(80)))
            // A lease that has ended holds nothing.
            let ended = later + Self.lease
            #expect(try await queue(at: ended) == Backlog.Queue(due: 4, count: 4, nextDeadline: deadline(80)))
            for job in held { try await store.end(job, .done) }
            #expect(try await queue(at: later) == Backlog.Queue(due: 1, count: 2, nextDeadline: deadline(100)))
            for job in try await store.claimJobs(.each(9), lease: Self.lease, at: ended) {
                try await store.end(job, .done)
            }
            #expect(try await queue(at: ended) == nil)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `counts callbacks for unknown checkouts, each once`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let (one, other) = (Checkout.new().id, Checkout.new().id)
            func orphan(_ id: Checkout.ID, _ event: String, session: String? = "hpp-1") -> OrphanCallback {
                OrphanCallback(checkoutID: id, eventID: event, at: .start, hppSessionID: session, status: nil)
            }
            for callback in [
                orphan(one, "a"), orphan(one, "a", session: nil), orphan(one, "b"), orphan(other, "a"),
            ] {
                try await store.keep(callback)
                try await store.keep(callback)
            }
            #expect(try await store.backlog(at: .start).orphanCallbacks == 3)
        }
    }
}
