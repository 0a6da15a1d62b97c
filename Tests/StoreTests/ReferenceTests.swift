import Checkouts
import Testing
import Wire

@Suite("A merchant reference")
struct ReferenceTests {
    @Test(arguments: StoreUnderTest.all)
    func `is held by one checkout at a time`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let one = try await store.holding("A-1")
            let before = try await store.waiting("A-1")
            var two = before
            try two.holdReference()
            let event = Event(at: .start, type: "order.sent", source: .worker)
            let change = Change(two.id, checkout: two, events: [event], jobs: [JobOrder(.place, at: .start)])
            let error = await #expect(throws: StoreError.self) { try await store.commit(change) }
            #expect(error?.conflict == .referenceTaken)
            #expect(try await store.existing(two.id) == before)
            #expect(try await store.events(of: two.id).isEmpty)
            #expect(try await store.nextJobDue() == nil)
            #expect(try await store.existing(one.id).holdsReference)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `is held alongside other references, and the same one of another account`(
        _ kind: StoreUnderTest
    ) async throws {
        try await kind.run { store in
            _ = try await store.holding("A-1")
            _ = try await store.holding("A-2")
            _ = try await store.holding("A-1", account: "sweden")
            // Without a reference there is nothing to hold.
            for _ in 0..<2 { _ = try await store.holding(nil) }
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `can be held again by its holder, and by another once it is given up`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            var one = try await store.holding("A-1")
            _ = try one.apply(.placementSent(at: .start, exclusively: true), at: .start)
            try await store.commit(Change(one.id, checkout: one))
            one = try await store.existing(one.id)
            _ = try one.apply(.placementFailed(Problem(.orderRejected, "for a test"), next: nil), at: .start)
            try await store.commit(Change(one.id, checkout: one))
            _ = try await store.holding("A-1")
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `of 32 checkouts that want it goes to one`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            var waiting: [Checkout] = []
            for _ in 0..<32 { waiting.append(try await store.waiting("A-1")) }
            let won = try await withThrowingTaskGroup(of: Bool.self) { group in
                for var checkout in waiting {
                    try checkout.holdReference()
                    group.addTask { [checkout] in
                        do throws(StoreError) {
                            try await store.commit(Change(checkout.id, checkout: checkout))
                            return true
                        } catch {
                            #expect(error.conflict == .referenceTaken)
                            return false
                        }
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(won == 1)
        }
    }

    @Test(arguments: StoreUnderTest.all, Checkout.Status.allCases)
    func `shows as rivals those that have or may have an authorization or order`(
        _ kind: StoreUnderTest,
        _ status: Checkout.Status,
    ) async throws {
        try await kind.run { store in
            let checkout = try await store.insert(.new(merchantReference: "A-1"))
            var other = Checkout.new(merchantReference: "A-1")
            try other.become(status)
            other = try await store.insert(other)
            let counts = [.authorized, .orderPlaced, .needsReview].contains(status)
            #expect(try await store.rivals(of: checkout) == (counts ? [other] : []))
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `has no rivals under another account, another reference or none, nor is one its own`(
        _ kind: StoreUnderTest
    ) async throws {
        try await kind.run { store in
            for (account, reference) in [("default", "A-2"), ("default", nil), ("sweden", "A-1")] {
                var other = Checkout.new(account: account, merchantReference: reference)
                try other.become(.orderPlaced)
                _ = try await store.insert(other)
            }
            var own = Checkout.new(merchantReference: "A-1")
            try own.become(.orderPlaced)
            own = try await store.insert(own)
            #expect(try await store.rivals(of: own).isEmpty)
            #expect(try await store.rivals(of: .new()).isEmpty)
            #expect(try await store.rivals(of: .new(merchantReference: "A-1")) == [own])
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `has at most the newest 100 rivals`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            var ids: [Checkout.ID] = []
            for second in 0..<103 {
                var other = Checkout.new(at: .start + .seconds(second), merchantReference: "A-1")
                try other.become(.orderPlaced)
                ids.append(try await store.insert(other).id)
            }
            let rivals = try await store.rivals(of: .new(merchantReference: "A-1"))
            #expect(rivals.map(\.id) == Array(ids.reversed().prefix(100)))
        }
    }
}

extension Store {
    fileprivate func waiting(_ reference: String?, account: String = "default") async throws -> Checkout {
        var checkout = Checkout.new(account: account, merchantReference: reference)
        try checkout.become(.waiting)
        return try await insert(checkout)
    }

    fileprivate func holding(_ reference: String?, account: String = "default") async throws -> Checkout {
        var checkout = try await waiting(reference, account: account)
        try checkout.holdReference()
        try await commit(Change(checkout.id, checkout: checkout))
        return try await existing(checkout.id)
    }
}
