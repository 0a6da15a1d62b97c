import Checkouts
import Testing
import Wire

@Suite("A process that takes up another's work")
struct ResumeTests {
    private static let lease = Duration.seconds(90)
    /// Nothing here depends on which way the clock went since.
    private static let moments: [Timestamp] = [.start - .seconds(7200), .start, .start + .seconds(7200)]

    @Test(arguments: StoreUnderTest.all, moments)
    func `ends the leases of jobs, and whoever held them has lost them`(
        _ kind: StoreUnderTest,
        _ now: Timestamp,
    ) async throws {
        try await kind.run { store in
            let id = try await store.insert(.authorized, jobs: [JobOrder(.place, at: .start)]).id
            try await store.end(try await store.claimOne(at: .start), .again(at: .start))
            let old = try await store.claimOne(at: .start)
            try await store.resume(at: now)
            await #expect(throws: StoreError.leaseLost) { try await store.commit(Change(id, job: old)) }
            let new = try await store.claimOne(at: now)
            #expect(new.epoch == old.epoch + 1)
            #expect(new.attempt == 1)
            #expect(new.dueAt == min(.start, now))
            await #expect(throws: StoreError.leaseLost) { try await store.end(old, .done) }
            try await store.end(new, .done)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `does not lose what was ordered while a job was held`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let later = Timestamp.start + .seconds(600)
            let id = try await store.insert(.waiting, jobs: [JobOrder(.observe, at: .start)]).id
            _ = try await store.claimOne(at: .start)
            try await store.commit(Change(id, jobs: [JobOrder(.observe, at: later)]))
            try await store.resume(at: .start)
            try await store.end(try await store.claimOne(at: .start), .done)
            #expect(try await store.nextJobDue() == later)
        }
    }

    @Test(arguments: StoreUnderTest.all, Checkout.Status.allCases)
    func `makes every job that waits due, and keeps its attempts and deadline`(
        _ kind: StoreUnderTest,
        _ status: Checkout.Status,
    ) async throws {
        try await kind.run { store in
            let deadline = Timestamp.start + .seconds(3600)
            let kinds = JobOrder.Kind.allCases.filter { $0 != .watchOrder }
            for job in kinds {
                let order = JobOrder(job, at: .start, deadline: deadline)
                _ = try await store.insert(status, jobs: [order])
            }
            for job in try await store.claimJobs(.each(100), lease: Self.lease, at: .start) {
                try await store.end(job, .again(at: .start + .seconds(86_400)))
            }
            try await store.resume(at: .start + .seconds(1))
            let backlog = try await store.backlog(at: .start + .seconds(1))
            for job in kinds { #expect(backlog.jobs[job]?.nextDeadline == deadline) }
            let jobs = try await store.claimJobs(.each(100), lease: Self.lease, at: .start + .seconds(1))
            let putOff = jobs.filter { $0.attempt == 1 }
            #expect(Set(putOff.map(\.kind)) == Set(kinds))
            #expect(putOff.count == kinds.count)
            #expect(jobs.allSatisfy { $0.dueAt == .start + .seconds(1) })
        }
    }

    @Test(arguments: StoreUnderTest.all, [60, 3600, 90 * 86_400])
    func `leaves orders that are only watched their turn, if it is within a day`(
        _ kind: StoreUnderTest,
        _ seconds: Int64,
    ) async throws {
        try await kind.run { store in
            _ = try await store.insert(
                .orderPlaced,
                jobs: [JobOrder(.watchOrder, at: .start + .seconds(seconds))],
            )
            try await store.resume(at: .start)
            #expect(try await store.nextJobDue() == .start + min(.seconds(seconds), JobOrder.watchPauseMax))
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `keeps the turn of what was due before`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            _ = try await store.insert(.waiting, jobs: [JobOrder(.observe, at: .start)])
            try await store.resume(at: .start + .seconds(60))
            #expect(try await store.nextJobDue() == .start)
        }
    }

    @Test(arguments: StoreUnderTest.all, Checkout.Status.allCases)
    func `orders the job that is missing of a checkout that has not ended`(
        _ kind: StoreUnderTest,
        _ status: Checkout.Status,
    ) async throws {
        try await kind.run { store in
            let expected: JobOrder.Kind? =
                switch status {
                case .created, .waiting, .inProgress: .observe
                case .authorized: .place
                case .orderPlaced, .tokenized, .cancelled, .disabled, .expired, .orderFailed, .needsReview: nil
                }
            // One never had a job, the other's is done.
            let never = try await store.insert(status).id
            let done = try await store.insert(status, jobs: expected.map { [JobOrder($0, at: .start)] } ?? []).id
            let old = try await store.claimJobs(.each(1), lease: Self.lease, at: .start).first
            if let old { try await store.end(old, .done) }

            let now = Timestamp.start + .seconds(5)
            for _ in 0..<2 { try await store.resume(at: now) }
            let jobs = try await store.claimJobs(.each(10), lease: Self.lease, at: now)
            #expect(Set(jobs.map(\.checkoutID)) == (expected == nil ? [] : [never, done]))
            #expect(jobs.count == (expected == nil ? 0 : 2))
            #expect(jobs.allSatisfy { $0.kind == expected && $0.dueAt == now && $0.attempt == 0 })
            #expect(jobs.first { $0.checkoutID == done }?.epoch == old.map { $0.epoch + 1 })
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `orders nothing beside a job that is there`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let later = Timestamp.start + .seconds(600)
            _ = try await store.insert(.inProgress, jobs: [JobOrder(.observe, at: later)])
            try await store.resume(at: .start)
            let job = try await store.claimOne(at: .start)
            #expect(job.kind == .observe)
            #expect(job.revision == 1)
            try await store.end(job, .done)
            #expect(try await store.nextJobDue() == nil)
        }
    }
}
