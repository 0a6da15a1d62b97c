import Checkouts
import Testing
import Wire

@Suite("The history of a checkout")
struct HistoryTests {
    @Test(arguments: StoreUnderTest.all)
    func `shows its events whole and in their order`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let one = try await store.insert(.new()).id
            let other = try await store.insert(.new()).id
            var told: [Event] = []
            for source in Event.Source.allCases {
                let detail: JSONObject = ["quote": "\"Ä\"", "list": [1, "two", .null], "nested": ["a": true]]
                let event = Event(at: .start, type: "from.\(source)", source: source, detail: detail, eventID: nil)
                told.append(event)
                try await store.commit(Change(one, events: [event]))
                try await store.commit(Change(other, events: [Event(at: .start, type: "noise", source: .api)]))
            }
            let pair = ["a", "b"].map { Event(at: .start, type: $0, source: .callback, eventID: "id-\($0)") }
            try await store.commit(Change(one, events: pair))
            let events = try await store.events(of: one)
            #expect(events.map(\.event) == told + pair)
            #expect(events.map(\.sequence) == events.map(\.sequence).sorted())
            #expect(Set(events.map(\.sequence)).count == events.count)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `takes an event id once, and the rest of the change still happens`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let checkout = try await store.insert(.new())
            let event = Event(at: .start, type: "callback.received", source: .callback, eventID: "e-1")
            try await store.commit(Change(checkout.id, events: [event, event]))

            var opened = checkout
            try opened.open(hppSessionID: "hpp-1")
            let again = Change(
                checkout.id,
                checkout: opened,
                events: [event, Event(at: .start, type: "next", source: .callback)],
                jobs: [JobOrder(.hint, at: .start)],
            )
            #expect(try await store.commit(again) == 2)
            #expect(try await store.events(of: checkout.id).map(\.event.type) == ["callback.received", "next"])
            #expect(try await store.claimOne(at: .start).kind == .hint)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `shares no event ids with that of another checkout`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            let event = Event(at: .start, type: "callback.received", source: .callback, eventID: "e-1")
            for _ in 0..<2 {
                let id = try await store.insert(.new()).id
                try await store.commit(Change(id, events: [event]))
                #expect(try await store.events(of: id).map(\.event) == [event])
            }
        }
    }
}

@Suite("The list of checkouts")
struct ListTests {
    @Test(arguments: StoreUnderTest.all)
    func `begins with the newest and is read page by page`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            var ids: [Checkout.ID] = []
            for second in 0..<7 { ids.append(try await store.insert(.new(at: .start + .seconds(second))).id) }
            var read: [Checkout.ID] = []
            while true {
                let page = try await store.checkouts(CheckoutFilter(limit: 3, after: read.last))
                #expect(page.count <= 3)
                guard !page.isEmpty else { break }
                read += page.map(\.id)
            }
            #expect(read == ids.reversed())
        }
    }

    @Test(arguments: StoreUnderTest.all, [(-1, 1), (0, 1), (1, 1), (100, 100), (101, 100)])
    func `has 1 to 100 entries a page`(_ kind: StoreUnderTest, _ page: (asked: Int, given: Int)) async throws {
        try await kind.run { store in
            try await withThrowingTaskGroup { group in
                for _ in 0..<102 { group.addTask { _ = try await store.insert(.new()) } }
                try await group.waitForAll()
            }
            #expect(try await store.checkouts(CheckoutFilter(limit: page.asked)).count == page.given)
        }
    }

    @Test(arguments: StoreUnderTest.all)
    func `can be limited to a status, a reference, or both`(_ kind: StoreUnderTest) async throws {
        try await kind.run { store in
            var ids: [String: Checkout.ID] = [:]
            for (number, name) in ["created A", "waiting A", "created B", "waiting B", "created -"].enumerated() {
                let reference = name.hasSuffix("-") ? nil : String(name.suffix(1))
                var checkout = Checkout.new(at: .start + .seconds(number), merchantReference: reference)
                if name.hasPrefix("waiting") { try checkout.open(hppSessionID: "hpp-\(number)") }
                ids[name] = try await store.insert(checkout).id
            }
            func names(_ filter: CheckoutFilter) async throws -> [String?] {
                try await store.checkouts(filter).map { found in ids.first { $0.value == found.id }?.key }
            }
            #expect(try await names(CheckoutFilter(status: .created)) == ["created -", "created B", "created A"])
            #expect(try await names(CheckoutFilter(merchantReference: "A")) == ["waiting A", "created A"])
            #expect(try await names(CheckoutFilter(status: .waiting, merchantReference: "B")) == ["waiting B"])
            #expect(try await names(CheckoutFilter(status: .created, after: ids["created B"])) == ["created A"])
            #expect(try await names(CheckoutFilter(status: .expired)).isEmpty)
            #expect(try await names(CheckoutFilter(merchantReference: "A' OR '1'='1")).isEmpty)
        }
    }
}
