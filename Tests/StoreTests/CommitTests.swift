import Checkouts
import Klarna
import Testing
import Wire

@Suite("A commit")
struct CommitTests {
    @Test(arguments: StoreUnderTest.all)
    func `stores a new checkout as version 1 and gives it back unchanged`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let address = Address(givenName: "Ada", email: "ada@example.com")
            let checkout = Checkout.new(merchantReference: "A-1", billingAddress: address)
            #expect(try await store.commit(Change(checkout.id, checkout: checkout)) == 1)
            let stored = try await store.existing(checkout.id)
            #expect(stored.version == 1)
            #expect(stored.purchase == checkout.purchase)
            #expect(stored.returnURLs == checkout.returnURLs)
            #expect(stored.metadata == checkout.metadata)
            #expect(stored.status == .created)
            #expect(stored.createdAt == checkout.createdAt)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `keeps everything a checkout goes through, and counts its versions`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            var checkout = try await store.insert(.new())
            let steps: [(inout Checkout) throws -> Void] = [
                { try $0.open(hppSessionID: "hpp-1") },
                { try $0.authorize(token: "token-1", body: #"{"order_amount":1990}"#) },
                { try $0.authorize(token: "token-2") },
                { _ = try $0.apply(.placementSent(at: .start, exclusively: true), at: .start + .seconds(1)) },
                { try $0.find(orderID: "order-1") },
            ]
            for (index, step) in steps.enumerated() {
                try step(&checkout)
                let version = try await store.commit(Change(checkout.id, checkout: checkout))
                #expect(version == Int64(index) + 2)
                let stored = try await store.existing(checkout.id)
                #expect(stored.version == version)
                #expect(stored.status == checkout.status)
                #expect(stored.sessions == checkout.sessions)
                #expect(stored.placement == checkout.placement)
                #expect(stored.spareAuthorizations == checkout.spareAuthorizations)
                #expect(stored.order == checkout.order)
                #expect(stored.updatedAt == checkout.updatedAt)
                checkout = stored
            }
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `of a checkout that was never stored finds nothing`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let id = Checkout.new().id
            let (found, events) = (try await store.checkout(id), try await store.events(of: id))
            #expect(found == nil)
            #expect(events.isEmpty)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `made from an older state is stale and writes nothing`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let read = try await store.insert(.new())
            var first = read
            try first.open(hppSessionID: "hpp-1")
            try await store.commit(Change(read.id, checkout: first))

            var second = read
            try second.open(hppSessionID: "hpp-2")
            let late = Change(
                read.id,
                checkout: second,
                events: [Event(at: .start, type: "late", source: .poll)],
                jobs: [JobOrder(.observe, at: .start)],
            )
            await #expect(throws: StoreError.stale) { try await store.commit(late) }
            #expect(try await store.existing(read.id).sessions?.hppSessionID.rawValue == "hpp-1")
            #expect(try await store.events(of: read.id).isEmpty)
            #expect(try await store.nextJobDue() == nil)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `of a new checkout whose id exists is stale`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let checkout = Checkout.new()
            try await store.commit(Change(checkout.id, checkout: checkout))
            await #expect(throws: StoreError.stale) { try await store.commit(Change(checkout.id, checkout: checkout)) }
            #expect(try await store.existing(checkout.id).version == 1)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `that carries no checkout leaves it as it is and returns 0`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let checkout = try await store.insert(.new())
            let hint = Change(checkout.id, events: [Event(at: .start, type: "hint", source: .callback)])
            #expect(try await store.commit(hint) == 0)
            #expect(try await store.existing(checkout.id) == checkout)
            #expect(try await store.events(of: checkout.id).map(\.event.type) == ["hint"])
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `for a checkout that does not exist is a conflict`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let id = Checkout.new().id
            let event = Change(id, events: [Event(at: .start, type: "hint", source: .callback)])
            let job = Change(id, jobs: [JobOrder(.hint, at: .start)])
            for change in [event, job] {
                let error = await #expect(throws: StoreError.self) { try await store.commit(change) }
                #expect(error?.conflict == .missingCheckout)
            }
            let due = try await store.nextJobDue()
            #expect(due == nil)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `that carries a checkout other than its own is a conflict`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let (one, other) = (Checkout.new(), Checkout.new())
            let error = await #expect(throws: StoreError.self) {
                try await store.commit(Change(one.id, checkout: other))
            }
            #expect(error?.conflict == .other)
            let found = try await store.checkout(other.id)
            #expect(found == nil)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `never gives one order id to two checkouts`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            var one = try await store.insert(.new())
            try one.open(hppSessionID: "hpp-1")
            try one.find(orderID: "order-1")
            try await store.commit(Change(one.id, checkout: one))

            let before = try await store.insert(.new())
            var two = before
            try two.open(hppSessionID: "hpp-2")
            try two.find(orderID: "order-1")
            let change = Change(
                two.id,
                checkout: two,
                events: [Event(at: .start, type: "order.placed", source: .worker)],
                jobs: [JobOrder(.readOrder, at: .start)],
            )
            let error = await #expect(throws: StoreError.self) { try await store.commit(change) }
            #expect(error?.conflict == .orderTaken)
            #expect(try await store.existing(before.id) == before)
            #expect(try await store.events(of: before.id).isEmpty)
            #expect(try await store.nextJobDue() == nil)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `never gives one HPP session to two checkouts`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            var one = try await store.insert(.new())
            try one.open(hppSessionID: "hpp-1")
            try await store.commit(Change(one.id, checkout: one))
            var two = Checkout.new()
            try two.open(hppSessionID: "hpp-1")
            let change = Change(two.id, checkout: two)
            let error = await #expect(throws: StoreError.self) { try await store.commit(change) }
            #expect(error?.conflict == .other)
            #expect(try await store.checkout(two.id) == nil)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `of 64 writers who read the same version lets exactly one win`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let id = try await store.insert(.new()).id
            for round in 1...20 {
                let read = try await store.existing(id)
                let versions = try await withThrowingTaskGroup(of: Int64?.self) { group in
                    for writer in 0..<64 {
                        group.addTask {
                            let event = Event(
                                at: .start,
                                type: "round \(round)",
                                source: .worker,
                                detail: [
                                    "writer": .integer(Int64(writer))
                                ],
                            )
                            do {
                                return try await store.commit(Change(id, checkout: read, events: [event]))
                            } catch StoreError.stale {
                                return nil
                            }
                        }
                    }
                    return try await group.reduce(into: [Int64]()) { versions, version in
                        if let version { versions.append(version) }
                    }
                }
                #expect(versions == [Int64(round) + 1])
            }
            #expect(try await store.events(of: id).map(\.event.type) == (1...20).map { "round \($0)" })
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `that fails among many leaves the others alone`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let taken = try await store.insert(.new())
            let ids = try await withThrowingTaskGroup(of: Checkout.ID?.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        // Every third one inserts what exists already.
                        var checkout = Checkout.new()
                        if number.isMultiple(of: 3) {
                            let event = Event(at: .start, type: "never", source: .api)
                            let again = Change(taken.id, checkout: Checkout.again(taken), events: [event])
                            await #expect(throws: StoreError.stale) { try await store.commit(again) }
                            return nil
                        }
                        try checkout.open(hppSessionID: "hpp-\(number)")
                        try await store.commit(Change(checkout.id, checkout: checkout))
                        return checkout.id
                    }
                }
                return try await group.reduce(into: [Checkout.ID]()) { ids, id in if let id { ids.append(id) } }
            }
            #expect(ids.count == 133)
            for id in ids { #expect(try await store.checkout(id)?.version == 1) }
            #expect(try await store.existing(taken.id) == taken)
            #expect(try await store.events(of: taken.id).isEmpty)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `that was answered is there when the store is opened again`(_ kind: StoreUnderTest) async throws {
        try await withPlace { place in
            let first = try await kind.open(place, .forTests)
            let checkouts = try await withThrowingTaskGroup(of: Checkout.self) { group in
                for _ in 0..<100 {
                    group.addTask { try await first.store.insert(.new(), jobs: [JobOrder(.observe, at: .start)]) }
                }
                return try await group.reduce(into: [Checkout]()) { $0.append($1) }
            }
            await first.close()
            await #expect(throws: StoreError.self) { try await first.store.checkWritable() }
            await #expect(throws: StoreError.self) { try await first.store.checkout(checkouts[0].id) }

            let second = try await kind.open(place, .forTests)
            for checkout in checkouts { #expect(try await second.store.checkout(checkout.id) == checkout) }
            #expect(try await second.store.claimJobs(.each(200), lease: .seconds(1), at: .start).count == 100)
            await second.close()
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `is read under another key as damage, not as a checkout`(_ kind: StoreUnderTest) async throws {
        try await withPlace { place in
            let first = try await kind.open(place, .forTests)
            let checkout = try await first.store.insert(.new())
            await first.close()
            let second = try await kind.open(place, Vault(secretKey: Array(repeating: 8, count: 32)))
            let error = await #expect(throws: StoreError.self) { try await second.store.checkout(checkout.id) }
            #expect(error?.isUnavailable == true)
            await second.close()
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `can be made while the store says that it can be written`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            for _ in 0..<3 { try await store.checkWritable() }
            let checkout = try await store.insert(.new())
            try await store.checkWritable()
            #expect(try await store.existing(checkout.id) == checkout)
        }
    }
}

extension Checkout {
    /// The same checkout as one that was never stored.
    fileprivate static func again(_ checkout: Checkout) -> Checkout {
        Checkout(id: checkout.id, purchase: checkout.purchase, createdAt: checkout.createdAt)
    }
}

extension StoreError {
    var isConflict: Bool {
        if case .conflict = self { true } else { false }
    }

    var conflict: Conflict? {
        if case .conflict(let conflict, _) = self { conflict } else { nil }
    }

    var isUnavailable: Bool {
        if case .unavailable = self { true } else { false }
    }

    /// The words that go with it.
    var reason: String {
        switch self {
        case .stale, .leaseLost: ""
        case .conflict(_, let reason), .unavailable(let reason): reason
        }
    }
}
