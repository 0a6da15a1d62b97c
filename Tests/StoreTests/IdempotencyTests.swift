import Checkouts
import Testing
import Wire

@Suite("An idempotency key")
struct IdempotencyTests {
    private static let request = IdempotentRequest(scope: "shop POST /v1/checkouts", key: "k-1", fingerprint: "abc")
    private static let lease = Duration.seconds(60)
    private static let answer = StoredAnswer(
        status: 201,
        fields: [StoredAnswer.Field("location", "/v1/checkouts/1"), StoredAnswer.Field("x-b", "2")],
        body: [0, 255, 10, 34],
    )

    @Test(arguments: StoreUnderTest.all)
    func `begins once, is in flight, and is then answered the same for ever`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let claim = try await store.claim(Self.request)
            let soon = Timestamp.start + .seconds(20)
            #expect(
                try await store.begin(Self.request, lease: Self.lease, at: soon) == .inFlight(retryAfter: .seconds(40))
            )
            try await store.end(claim, answer: Self.answer, at: soon)
            for hours in [0, 1, 100] {
                let now = Timestamp.start + .seconds(3600 * hours)
                #expect(try await store.begin(Self.request, lease: Self.lease, at: now) == .answered(Self.answer))
            }
            let other = StoredAnswer(status: 500, fields: [], body: [])
            await #expect(throws: StoreError.leaseLost) { try await store.end(claim, answer: other, at: soon) }
            #expect(try await store.begin(Self.request, lease: Self.lease, at: soon) == .answered(Self.answer))
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `used for another body is refused in every state`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let other = IdempotentRequest(scope: Self.request.scope, key: Self.request.key, fingerprint: "xyz")
            func expectRefused() async throws {
                #expect(try await store.begin(other, lease: Self.lease, at: .start) == .otherBody)
            }
            let first = try await store.claim(Self.request)
            try await expectRefused()
            try await store.end(first, answer: nil, at: .start)
            try await expectRefused()
            let second = try await store.claim(Self.request)
            try await store.end(second, answer: Self.answer, at: .start)
            try await expectRefused()
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `belongs to its scope`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let elsewhere = IdempotentRequest(scope: "other shop", key: Self.request.key, fingerprint: "xyz")
            let claim = try await store.claim(Self.request)
            let other = try await store.claim(elsewhere)
            try await store.end(claim, answer: Self.answer, at: .start)
            try await store.end(other, answer: nil, at: .start)
            _ = try await store.claim(elsewhere)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `is given to one of many who begin at once`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let starts = try await withThrowingTaskGroup(of: IdempotentStart.self) { group in
                for _ in 0..<64 {
                    group.addTask { try await store.begin(Self.request, lease: Self.lease, at: .start) }
                }
                return try await group.reduce(into: [IdempotentStart]()) { $0.append($1) }
            }
            let owned = starts.filter { if case .ours = $0 { true } else { false } }
            #expect(owned.count == 1)
            #expect(starts.count { $0 == .inFlight(retryAfter: Self.lease) } == 63)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `remembers the checkout, and a later try resumes it`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let first = try await store.claim(Self.request)
            let checkout = Checkout.new()
            try await store.commit(Change(checkout.id, checkout: checkout, claim: first))

            let second = try await store.claim(Self.request, resuming: checkout.id, at: .start + Self.lease)
            #expect(second.epoch == first.epoch + 1)
            try await store.end(second, answer: nil, at: .start + Self.lease)
            let third = try await store.claim(Self.request, resuming: checkout.id, at: .start + Self.lease)
            #expect(third.epoch == second.epoch + 1)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `obeys only the latest claim, and a change under an older one writes nothing`(
        _ kind: StoreUnderTest
    ) async throws {
        try await kind.run { store in
            let old = try await store.claim(Self.request)
            let new = try await store.claim(Self.request, at: .start + Self.lease)
            let checkout = Checkout.new()
            let event = Event(at: .start, type: "checkout.created", source: .api)
            let jobs = [JobOrder(.observe, at: .start)]
            let change = Change(checkout.id, checkout: checkout, events: [event], jobs: jobs, claim: old)
            await #expect(throws: StoreError.leaseLost) { try await store.commit(change) }
            #expect(try await store.checkout(checkout.id) == nil)
            #expect(try await store.nextJobDue() == nil)
            for answer in [Self.answer, nil] {
                await #expect(throws: StoreError.leaseLost) { try await store.end(old, answer: answer, at: .start) }
            }
            try await store.commit(Change(checkout.id, checkout: checkout, claim: new))
            try await store.end(new, answer: Self.answer, at: .start)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `that nobody began cannot be ended`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let claim = IdempotencyClaim(scope: "s", key: "k", epoch: 1)
            for answer in [Self.answer, nil] {
                await #expect(throws: StoreError.leaseLost) { try await store.end(claim, answer: answer, at: .start) }
            }
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `abandoned by an earlier process can be begun at once`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let old = try await store.claim(Self.request)
            let checkout = Checkout.new()
            try await store.commit(Change(checkout.id, checkout: checkout, claim: old))
            try await store.resume(at: .start)
            let new = try await store.claim(Self.request, resuming: checkout.id)
            await #expect(throws: StoreError.leaseLost) { try await store.end(old, answer: Self.answer, at: .start) }
            try await store.end(new, answer: Self.answer, at: .start)
            try await store.resume(at: .start)
            #expect(try await store.begin(Self.request, lease: Self.lease, at: .start) == .answered(Self.answer))
        }
    }
}

extension Store {
    fileprivate func claim(
        _ request: IdempotentRequest,
        resuming expected: Checkout.ID? = nil,
        at now: Timestamp = .start,
    ) async throws -> IdempotencyClaim {
        let start = try await begin(request, lease: .seconds(60), at: now)
        guard case .ours(let claim, let resuming) = start else { throw NotOurs(start: start) }
        #expect(resuming == expected)
        #expect(claim.scope == request.scope && claim.key == request.key)
        return claim
    }
}

private struct NotOurs: Error { let start: IdempotentStart }
