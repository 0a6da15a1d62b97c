import Checkouts
import Testing
import Wire

@Suite("A claim of jobs")
struct ClaimTests {
    private static let lease = Duration.seconds(90)

    /// Jobs by the second at which they fall due and that of their deadline, in the order in which they are claimed.
    struct Queue: Sendable {
        let due: [(second: Int, deadline: Int?)]

        static let all = [
            Queue(due: [(0, 1), (0, 2), (0, 3)]),
            Queue(due: [(2, 1), (1, 2), (0, 3)]),
            Queue(due: [(0, 5), (1, 5), (2, 5)]),
            Queue(due: [(0, nil), (1, nil), (2, 8)]),
            Queue(due: [(0, nil), (5, 4), (6, nil)]),
            Queue(due: [(1, -50), (0, 0), (0, 40)]),
        ]
    }

    @Test(arguments: StoreUnderTest.all, Queue.all)
    func `takes the nearest deadlines first, then the longest due`(_ kind: StoreUnderTest, _ queue: Queue) async throws
    {
        for job in [JobOrder.Kind.place, .observe] {
            try await kind.run { store in
                var ids: [Checkout.ID] = []
                for (second, deadline) in queue.due.reversed() {
                    let order = JobOrder(
                        job,
                        at: .start + .seconds(second),
                        deadline: deadline.map { .start + .seconds($0) },
                    )
                    ids.insert(try await store.insert(.new(), jobs: [order]).id, at: 0)
                }
                let now = Timestamp.start + .seconds(9)
                let first = try await store.claimJobs(.each(2), lease: Self.lease, at: now)
                #expect(first.map(\.checkoutID) == Array(ids[..<2]))
                let second = try await store.claimJobs(.each(2), lease: Self.lease, at: now)
                #expect(second.map(\.checkoutID) == Array(ids[2...]))
            }
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `has room of its own for placing, and puts it first`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            for _ in 0..<6 {
                let urgent = JobOrder(.observe, at: .start - .seconds(900), deadline: .start - .seconds(600))
                _ = try await store.insert(.new(), jobs: [urgent, JobOrder(.place, at: .start)])
            }
            func kinds(_ placing: Int, _ other: Int) async throws -> [JobOrder.Kind] {
                let capacity = JobCapacity(placing: placing, other: other)
                return try await store.claimJobs(capacity, lease: Self.lease, at: .start).map(\.kind)
            }
            #expect(try await kinds(0, 0) == [])
            #expect(try await kinds(2, 1) == [.place, .place, .observe])
            #expect(try await kinds(1, 0) == [.place])
            #expect(try await kinds(0, 2) == [.observe, .observe])
            #expect(try await kinds(100, 2) == [.place, .place, .place, .observe, .observe])
            #expect(try await kinds(100, 100) == [.observe])
            #expect(try await kinds(100, 100) == [])
        }
    }

    @Test(arguments: StoreUnderTest.all, [JobOrder.Kind.place, .observe])
    func `takes no job before its time, however near its deadline`(
        _ kind: StoreUnderTest,
        _ job: JobOrder.Kind,
    ) async throws {
        try await kind.run { store in
            let early = JobOrder(job, at: .start + .seconds(1), deadline: .start)
            _ = try await store.insert(.new(), jobs: [early])
            let due = try await store.insert(.new(), jobs: [JobOrder(job, at: .start)])
            #expect(try await store.claimOne(at: .start).checkoutID == due.id)
        }
    }

    @Test(arguments: StoreUnderTest.all, [JobOrder.Kind.place, .observe])
    func `finds jobs whose lease has ended among the others, by their deadline`(
        _ kind: StoreUnderTest,
        _ job: JobOrder.Kind,
    ) async throws {
        try await kind.run { store in
            func insert(deadline: Int) async throws -> Checkout.ID {
                let order = JobOrder(job, at: .start, deadline: .start + .seconds(deadline))
                return try await store.insert(.new(), jobs: [order]).id
            }
            let held = try await insert(deadline: 200)
            #expect(try await store.claimOne(at: .start).checkoutID == held)
            let (before, after) = (try await insert(deadline: 100), try await insert(deadline: 300))
            let claimed = try await store.claimJobs(.each(2), lease: Self.lease, at: .start + Self.lease)
            #expect(claimed.map(\.checkoutID) == [before, held])
            #expect(claimed.map(\.epoch) == [1, 2])
            #expect(try await store.claimOne(at: .start + Self.lease).checkoutID == after)
        }
    }

    @Test(arguments: StoreUnderTest.all, [JobOrder.Kind.hint, .operate])
    func `has what somebody waits for before orders that are only watched`(
        _ kind: StoreUnderTest,
        _ job: JobOrder.Kind,
    ) async throws {
        try await kind.run { store in
            for _ in 0..<600 {
                let watch = JobOrder(.watchOrder, at: .start - .seconds(60), deadline: .start + .seconds(86_400))
                _ = try await store.insert(.orderPlaced, jobs: [watch])
            }
            let id = try await store.insert(.orderPlaced, jobs: [JobOrder(job, at: .start)]).id
            let claimed = try await store.claimJobs(.each(2), lease: .seconds(90), at: .start)
            #expect(claimed.first?.checkoutID == id)
            #expect(claimed.map(\.kind) == [job, .watchOrder])
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `leaves nobody behind in a long queue`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let count = 1_500
            let ids = try await withThrowingTaskGroup(of: Checkout.ID.self) { group in
                for number in 0..<count {
                    group.addTask {
                        // The longest due ones have no deadline at all.
                        let order = JobOrder(
                            .observe,
                            at: .start + .milliseconds(number),
                            deadline: number < 700 ? nil : .start + .seconds(number),
                        )
                        return try await store.insert(.new(), jobs: [order]).id
                    }
                }
                return try await group.reduce(into: Set<Checkout.ID>()) { $0.insert($1) }
            }
            var claimed: [Checkout.ID] = []
            while true {
                let jobs = try await store.claimJobs(.each(100), lease: Self.lease, at: .start + .seconds(60))
                guard !jobs.isEmpty else { break }
                claimed += jobs.map(\.checkoutID)
            }
            #expect(claimed.count == count)
            #expect(Set(claimed) == ids)
        }
    }
}
