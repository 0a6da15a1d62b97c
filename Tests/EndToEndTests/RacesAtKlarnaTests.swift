import Foundation
import Testing
import Wire

/// Schedules that have cost merchants money elsewhere, over sockets: what Klarna does, and when its news arrives.
///
/// R11, R12 and R17 are about orders, and stand with ``RacesOverOrdersTests``; R20 belongs to webhooks.
@Suite("Races with Klarna's news")
struct RacesAtKlarnaTests {
    @Test func `R1 success redirect, callback and poll within one millisecond: one order`() async throws {
        let street = try await Street()
        defer { street.close() }
        for round in 0..<5 {
            let checkout = try await street.openCheckout("r1-\(round)")
            let callback = try await street.callbackURL(of: checkout)
            let success = try await street.act("approve", on: checkout)
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<3 {
                    group.addTask { try await street.ask("GET", success) }
                    group.addTask { try await street.refresh(checkout) }
                    group.addTask { try await street.tell(callback, "COMPLETED", event: "event-r1") }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status < 300 }, "\(answers.map(\.text))")
            _ = try await street.waitForStatus("order_placed", of: checkout)
            try await street.expectOneOrder(checkout)
            let events = try await street.events(of: checkout)
            #expect(events.count { $0["type"] == "order.placed" } == 1)
            #expect(events.count { $0["event_id"] == "event-r1" } == 1)
        }
    }

    @Test func `R2 callback before the answer that creates the page is stored: kept`() async throws {
        let street = try await Street()
        defer { street.close() }
        try await street.fault("POST", "/hpp/v1/sessions", "delay_ms:1500", count: 1)
        async let opening = street.openCheckout("r2")
        try await street.waitForRequest(containing: "/hpp/v1/sessions")
        let early = try await street.tell(try await street.lastCallbackURL(), "IN_PROGRESS", event: "event-r2")
        #expect(early.status == 204)
        let checkout = try await opening
        #expect(try await street.events(of: checkout).contains { $0["event_id"] == "event-r2" })
        _ = try await street.act("approve", on: checkout)
        _ = try await street.waitForStatus("order_placed", of: checkout)
        try await street.expectOneOrder(checkout)
    }

    @Test func `R3 Klarna places the order and the socket dies before the answer: that order, no second`() async throws
    {
        let street = try await Street()
        defer { street.close() }
        try await street.fault("POST", "/payments/v1/authorizations", "close_after", count: 3)
        let checkout = try await street.openCheckout("r3")
        _ = try await street.act("approve", on: checkout)
        _ = try await street.waitForStatus("order_placed", of: checkout)
        try await street.expectOneOrder(checkout)
        #expect(try await street.events(of: checkout).contains { $0["type"] == "order.unknown" })
    }

    @Test func `R4 the same, and the process is killed: the next start resolves it alone`() async throws {
        let street = try await Street()
        defer { street.close() }
        try await street.fault("POST", "/callbacks", "callback_drop", count: 100)
        try await street.fault("POST", "/payments/v1/authorizations", "close_after", count: 1)
        let checkout = try await street.openCheckout("r4")
        _ = try await street.act("approve", on: checkout)
        _ = try await street.refresh(checkout)
        try await street.waitForRequest(containing: "/order")
        street.kill()
        try await street.restart()
        _ = try await street.waitForStatus("order_placed", of: checkout)
        try await street.expectOneOrder(checkout)
    }

    @Test func `R5 COMPLETED, then late IN_PROGRESS, FAILED and BACK: stays paid`() async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.openCheckout("r5")
        let callback = try await street.callbackURL(of: checkout)
        _ = try await street.act("approve", on: checkout)
        let paid = try await street.waitForStatus("order_placed", of: checkout)
        for (number, status) in ["IN_PROGRESS", "FAILED", "BACK", "DISABLED", "ERROR"].enumerated() {
            #expect(try await street.tell(callback, status, event: "late-\(number)").status == 204)
            try await street.waitForEvent(id: "late-\(number)", of: checkout)
            let now = try await street.refresh(checkout).json
            #expect(now["status"] == "order_placed")
            #expect(now["order"]?["order_id"] == paid["order"]?["order_id"])
        }
        try await street.expectOneOrder(checkout)
    }

    @Test func `R6 FAILED, then COMPLETED ten minutes later: becomes paid`() async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.openCheckout("r6")
        let failure = try await street.act("decline", on: checkout)
        _ = try await street.ask("GET", failure)
        _ = try await street.waitForStatus("in_progress", of: checkout)
        try await street.advanceKlarnasClock(seconds: 600)
        _ = try await street.act("approve", on: checkout)
        _ = try await street.waitForStatus("order_placed", of: checkout)
        try await street.expectOneOrder(checkout)
    }

    @Test(arguments: [0, 5, 20, 60])
    func `R7 the merchant cancels while the shopper completes: paid or given back, never live there alone`(
        milliseconds: Int
    ) async throws {
        let street = try await Street(settings: ["KASSA_LATE_PAYMENT": "release"])
        defer { street.close() }
        for round in 0..<4 {
            let checkout = try await street.openCheckout("r7-\(round)")
            async let closing = street.close(checkout)
            try await Task.sleep(for: .milliseconds(milliseconds))
            let session = checkout["klarna"]?["hpp_session_id"]?.string ?? ""
            let isPaid = try await street.shopperActs("approve", on: session).status == "COMPLETED"
            let answer = try await closing
            let ended = try await street.waitForEnd(of: checkout)
            let count = try await street.orders(of: checkout).count
            #expect(answer.status == (ended == "disabled" ? 200 : 409), "\(answer.text)")
            #expect((ended == "order_placed") == (count == 1), "\(ended), \(count) orders")
            #expect(isPaid || ended == "disabled")
            try await street.waitForReleases()
        }
    }

    @Test func `R8 two tabs, one basket, both completed: one order, the other authorization is given back`()
        async throws
    {
        let street = try await Street(settings: ["KASSA_SAME_REFERENCE": "release"])
        defer { street.close() }
        let tabs = [try await street.openCheckout("r8"), try await street.openCheckout("r8")]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for tab in tabs {
                group.addTask { _ = try await street.ask("GET", try await street.act("approve", on: tab)) }
            }
            try await group.waitForAll()
        }
        var ends: [String] = []
        for tab in tabs { ends.append(try await street.waitForEnd(of: tab)) }
        #expect(ends.sorted() == ["order_failed", "order_placed"])
        #expect(try await street.orders().count == 1)
        try await street.waitForReleases()
    }

    @Test func `R9 success page opened fifty times, prefetched and asked for with HEAD: no second effect`() async throws
    {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.openCheckout("r9")
        let success = try await street.act("approve", on: checkout)
        try await withThrowingTaskGroup(of: Answer.self) { group in
            for number in 0..<50 {
                group.addTask {
                    switch number % 5 {
                    case 0: try await street.ask("HEAD", success)
                    case 1: try await street.ask("GET", success, headers: ["Sec-Purpose": "prefetch"])
                    case _: try await street.ask("GET", success)
                    }
                }
            }
            for try await answer in group { #expect(answer.status == 200) }
        }
        _ = try await street.waitForStatus("order_placed", of: checkout)
        try await street.expectOneOrder(checkout)
        let placements = try await street.requests().count { $0["path"]?.string?.hasSuffix("/order") == true }
        #expect(placements == 1)
    }
}
