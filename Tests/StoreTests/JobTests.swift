import Checkouts
import Testing
import Wire

@Suite("A job")
struct JobTests {
    private static let lease = Duration.seconds(90)

    @Test(arguments: StoreUnderTest.all)
    func `is claimed when it is due, the longest due first, up to the limit`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            var ids: [Int: Checkout.ID] = [:]
            for second in [3, 1, 2, 9] {
                ids[second] = try await store.insert(
                    .new(),
                    jobs: [JobOrder(.observe, at: .start + .seconds(second))],
                ).id
            }
            let now = Timestamp.start + .seconds(3)
            #expect(try await store.claimJobs(.each(0), lease: Self.lease, at: now).isEmpty)
            let first = try await store.claimJobs(.each(2), lease: Self.lease, at: now)
            #expect(first.map(\.checkoutID) == [ids[1], ids[2]])
            #expect(first.map(\.dueAt) == [.start + .seconds(1), .start + .seconds(2)])
            let second = try await store.claimJobs(.each(10), lease: Self.lease, at: now)
            #expect(second.map(\.checkoutID) == [ids[3]])
            #expect(second.allSatisfy { $0.kind == .observe && $0.attempt == 0 && $0.epoch == 1 && $0.revision == 1 })
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `is never claimed by two at once`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            for _ in 0..<100 { _ = try await store.insert(.new(), jobs: [JobOrder(.observe, at: .start)]) }
            let claimed = try await withThrowingTaskGroup(of: [ClaimedJob].self) { group in
                for _ in 0..<40 {
                    group.addTask { try await store.claimJobs(.each(7), lease: Self.lease, at: .start) }
                }
                return try await group.reduce(into: [ClaimedJob]()) { $0 += $1 }
            }
            #expect(claimed.count == 100)
            #expect(Set(claimed.map(\.checkoutID)).count == 100)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `is claimed anew only once its lease has ended`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            _ = try await store.insert(.new(), jobs: [JobOrder(.observe, at: .start)])
            let old = try await store.claimOne(at: .start)
            let almost = Timestamp.start + .milliseconds(89_999)
            #expect(try await store.claimJobs(.each(1), lease: Self.lease, at: almost).isEmpty)
            let new = try await store.claimOne(at: .start + Self.lease)
            #expect(new.epoch == old.epoch + 1)
            #expect(new.attempt == old.attempt)
            #expect(new.dueAt == old.dueAt)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `is held longer when its lease is renewed`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            _ = try await store.insert(.new(), jobs: [JobOrder(.place, at: .start)])
            let job = try await store.claimOne(at: .start)
            try await store.renew(job, lease: Self.lease, at: .start + .seconds(60))
            let later = Timestamp.start + .seconds(149)
            #expect(try await store.claimJobs(.each(1), lease: Self.lease, at: later).isEmpty)
            #expect(try await store.nextJobDue() == .start + .seconds(150))
            #expect(try await store.claimOne(at: .start + .seconds(150)).epoch == 2)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `obeys only the one who holds it now`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let checkout = try await store.insert(.new(), jobs: [JobOrder(.place, at: .start)])
            let old = try await store.claimOne(at: .start)
            let new = try await store.claimOne(at: .start + Self.lease)

            var changed = checkout
            try changed.open(hppSessionID: "hpp-1")
            let event = Event(at: .start, type: "late", source: .worker)
            let late = Change(checkout.id, checkout: changed, events: [event], job: old, jobEnd: .done)
            await #expect(throws: StoreError.leaseLost) { try await store.commit(late) }
            await #expect(throws: StoreError.leaseLost) { try await store.end(old, .done) }
            await #expect(throws: StoreError.leaseLost) { try await store.end(old, .again(at: .start)) }
            await #expect(throws: StoreError.leaseLost) { try await store.renew(old, lease: Self.lease, at: .start) }
            #expect(try await store.existing(checkout.id) == checkout)
            #expect(try await store.events(of: checkout.id).isEmpty)

            let timely = Change(checkout.id, checkout: changed, events: [event], job: new, jobEnd: .done)
            #expect(try await store.commit(timely) == 2)
            #expect(try await store.nextJobDue() == nil)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `is held by nobody after its end`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            for end in [JobEnd.done, .again(at: .start)] {
                let checkout = try await store.insert(.new(), jobs: [JobOrder(.place, at: .start)])
                let job = try await store.claimOne(at: .start)
                try await store.end(job, end)
                await #expect(throws: StoreError.leaseLost) { try await store.end(job, .done) }
                await #expect(throws: StoreError.leaseLost) {
                    try await store.renew(job, lease: Self.lease, at: .start)
                }
                await #expect(throws: StoreError.leaseLost) { try await store.commit(Change(checkout.id, job: job)) }
                guard end != .done else { continue }
                try await store.end(try await store.claimOne(at: .start), .done)
            }
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `stays claimed by a commit that does not end it`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let checkout = try await store.insert(.new(), jobs: [JobOrder(.place, at: .start)])
            let job = try await store.claimOne(at: .start)
            for _ in 0..<3 { try await store.commit(Change(checkout.id, job: job)) }
            #expect(try await store.claimJobs(.each(1), lease: Self.lease, at: .start).isEmpty)
            try await store.end(job, .done)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `that waits already is kept and becomes due at the earlier time`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let id = try await store.insert(.new(), jobs: [JobOrder(.observe, at: .start + .seconds(20))]).id
            for second in [30, 10, 15] {
                try await store.commit(Change(id, jobs: [JobOrder(.observe, at: .start + .seconds(second))]))
            }
            #expect(try await store.nextJobDue() == .start + .seconds(10))
            let job = try await store.claimOne(at: .start + .seconds(10))
            #expect(job.dueAt == .start + .seconds(10))
            #expect(job.revision == 4)
            try await store.end(job, .done)
            #expect(try await store.nextJobDue() == nil)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `exists once of each kind`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let orders = JobOrder.Kind.allCases.map { JobOrder($0, at: .start) }
            _ = try await store.insert(.new(), jobs: orders + orders)
            let jobs = try await store.claimJobs(.each(100), lease: Self.lease, at: .start)
            #expect(jobs.map(\.kind.rawValue).sorted() == JobOrder.Kind.allCases.map(\.rawValue).sorted())
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `that is put off comes back with one more attempt`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let id = try await store.insert(.new(), jobs: [JobOrder(.observe, at: .start)]).id
            var now = Timestamp.start
            for attempt in 0..<4 {
                let job = try await store.claimOne(at: now)
                #expect(job.attempt == attempt)
                #expect(job.epoch == Int64(attempt) + 1)
                now = now + .seconds(5)
                try await store.commit(Change(id, job: job, jobEnd: .again(at: now)))
                #expect(try await store.nextJobDue() == now)
            }
            // Ordered anew it begins from the start.
            try await store.commit(Change(id, jobs: [JobOrder(.observe, at: now)]))
            #expect(try await store.claimOne(at: now).attempt == 0)
        }
    }

    /// What was ordered while the job was held, how it ended, and when it is due then with which attempt.
    struct Meanwhile: Sendable {
        let ordered: [Int]
        let end: JobEnd
        let due: Int?
        let attempt: Int

        static let all = [
            Meanwhile(ordered: [], end: .done, due: nil, attempt: 0),
            Meanwhile(ordered: [50], end: .done, due: 50, attempt: 0),
            Meanwhile(ordered: [70, 50, 60], end: .done, due: 50, attempt: 0),
            Meanwhile(ordered: [], end: .again(at: .start + .seconds(30)), due: 30, attempt: 2),
            Meanwhile(ordered: [20], end: .again(at: .start + .seconds(30)), due: 20, attempt: 0),
            Meanwhile(ordered: [50], end: .again(at: .start + .seconds(30)), due: 30, attempt: 2),
        ]
    }

    @Test(arguments: StoreUnderTest.all, Meanwhile.all)
    func `that was ordered while it was held is not lost at its end`(
        _ kind: StoreUnderTest,
        _ meanwhile: Meanwhile,
    ) async throws {
        try await kind.run { store in
            let id = try await store.insert(.new(), jobs: [JobOrder(.observe, at: .start)]).id
            try await store.end(try await store.claimOne(at: .start), .again(at: .start))
            let job = try await store.claimOne(at: .start)
            #expect(job.attempt == 1)
            for second in meanwhile.ordered {
                try await store.commit(Change(id, jobs: [JobOrder(.observe, at: .start + .seconds(second))]))
            }
            #expect(try await store.claimJobs(.each(1), lease: Self.lease, at: .start + .seconds(80)).isEmpty)
            try await store.end(job, meanwhile.end)
            #expect(try await store.nextJobDue() == meanwhile.due.map { .start + .seconds($0) })
            guard let due = meanwhile.due else { return }
            let next = try await store.claimOne(at: .start + .seconds(due))
            #expect(next.attempt == meanwhile.attempt)
            #expect(next.revision == Int64(1 + meanwhile.ordered.count))
            try await store.end(next, .done)
            #expect(try await store.nextJobDue() == nil)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `can end and be ordered anew in the same commit`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let id = try await store.insert(.new(), jobs: [JobOrder(.observe, at: .start)]).id
            let job = try await store.claimOne(at: .start)
            let next = JobOrder(.observe, at: .start + .seconds(5))
            try await store.commit(Change(id, jobs: [next], job: job, jobEnd: .done))
            #expect(try await store.nextJobDue() == next.dueAt)
            #expect(try await store.claimOne(at: next.dueAt).attempt == 0)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `ordered for later while its holder died outlives the next holder`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let id = try await store.insert(.new(), jobs: [JobOrder(.observe, at: .start)]).id
            _ = try await store.claimOne(at: .start)
            let later = Timestamp.start + .seconds(600)
            try await store.commit(Change(id, jobs: [JobOrder(.observe, at: later)]))
            try await store.end(try await store.claimOne(at: .start + Self.lease), .done)
            #expect(try await store.nextJobDue() == later)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `never gives an epoch out twice, even when it was done in between`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let id = try await store.insert(.new(), jobs: [JobOrder(.observe, at: .start)]).id
            let old = try await store.claimOne(at: .start)
            try await store.end(old, .done)
            try await store.commit(Change(id, jobs: [JobOrder(.observe, at: .start)]))
            let new = try await store.claimOne(at: .start)
            #expect(new.epoch > old.epoch)
            await #expect(throws: StoreError.leaseLost) { try await store.commit(Change(id, job: old)) }
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `falls due next at its time or, while it is held, at the end of its lease`(
        _ kind: StoreUnderTest
    ) async throws {
        try await kind.run { store in
            #expect(try await store.nextJobDue() == nil)
            _ = try await store.insert(.new(), jobs: [JobOrder(.observe, at: .start)])
            #expect(try await store.nextJobDue() == .start)
            let job = try await store.claimOne(at: .start)
            #expect(try await store.nextJobDue() == .start + Self.lease)
            _ = try await store.insert(.new(), jobs: [JobOrder(.observe, at: .start + .seconds(40))])
            #expect(try await store.nextJobDue() == .start + .seconds(40))
            try await store.end(job, .again(at: .start + .seconds(30)))
            #expect(try await store.nextJobDue() == .start + .seconds(30))
        }
    }

    /// What was ordered before, and whether a job that is only wanted if there is none comes of the next order.
    enum Before: CaseIterable {
        case nothing, done, waiting, held, doneInTheSameCommit, putOffInTheSameCommit
    }

    @Test(arguments: StoreUnderTest.all, Before.allCases)
    func `that is only wanted if there is none leaves one that waits as it is`(
        _ kind: StoreUnderTest,
        _ before: Before,
    ) async throws {
        try await kind.run { store in
            let id = try await store.insert(.new()).id
            let first = JobOrder(.observe, at: .start, deadline: .start + .seconds(900))
            let order = JobOrder(
                .observe,
                at: .start - .seconds(5),
                deadline: .start + .seconds(100),
                onlyIfAbsent: true,
            )
            var job: ClaimedJob?
            if before != .nothing {
                try await store.commit(Change(id, jobs: [first]))
                try await store.end(try await store.claimOne(at: .start), .again(at: .start))
                if before != .waiting { job = try await store.claimOne(at: .start) }
                if before == .done, let done = job { try await store.end(done, .done) }
            }
            switch before {
            case .nothing, .done, .waiting, .held: try await store.commit(Change(id, jobs: [order]))
            case .doneInTheSameCommit: try await store.commit(Change(id, jobs: [order], job: job, jobEnd: .done))
            case .putOffInTheSameCommit:
                try await store.commit(Change(id, jobs: [order], job: job, jobEnd: .again(at: .start)))
            }
            switch before {
            case .nothing, .done, .doneInTheSameCommit:
                #expect(try await store.backlog(at: .start).jobs[.observe]?.nextDeadline == order.deadline)
                let next = try await store.claimOne(at: .start)
                #expect(next.dueAt == order.dueAt)
                #expect(next.attempt == 0)
            case .waiting, .putOffInTheSameCommit:
                #expect(try await store.backlog(at: .start).jobs[.observe]?.nextDeadline == first.deadline)
                let next = try await store.claimOne(at: .start)
                #expect(next.dueAt == first.dueAt)
                #expect(next.attempt == (before == .waiting ? 1 : 2))
                #expect(next.revision == 1)
            case .held:
                guard let job else { return }
                try await store.end(job, .done)
                #expect(try await store.nextJobDue() == nil)
            }
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `has the deadline of its latest order that named one, until it is done`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let id = try await store.insert(.new()).id
            func deadline() async throws -> Timestamp? {
                try await store.backlog(at: .start).jobs[.observe]?.nextDeadline
            }
            let (near, far) = (Timestamp.start + .seconds(1), Timestamp.start + .seconds(9))
            for (ordered, expected) in [(nil, nil), (near, near), (nil, near), (far, far)] as [(Timestamp?, Timestamp?)]
            {
                try await store.commit(Change(id, jobs: [JobOrder(.observe, at: .start, deadline: ordered)]))
                #expect(try await deadline() == expected)
            }
            let job = try await store.claimOne(at: .start)
            #expect(try await deadline() == far)
            try await store.commit(Change(id, jobs: [JobOrder(.observe, at: .start, deadline: near)]))
            try await store.end(job, .done)
            #expect(try await deadline() == near)
            try await store.end(try await store.claimOne(at: .start), .again(at: .start))
            #expect(try await deadline() == near)
            try await store.end(try await store.claimOne(at: .start), .done)
            try await store.commit(Change(id, jobs: [JobOrder(.observe, at: .start)]))
            #expect(try await deadline() == nil)
        }
    }
}
