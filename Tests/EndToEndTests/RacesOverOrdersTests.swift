import Foundation
import Testing
import Wire

/// Schedules that have cost merchants money elsewhere, over sockets: what is done with an order that exists.
@Suite("Races over an order")
struct RacesOverOrdersTests {
    @Test func `R11 the same capture asked for ten times under one key: one`() async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.buy()
        let path = "\(street.path(checkout))/captures"
        let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    try await street.insist { _ in try await street.send("POST", path, ["amount": 12_500], key: "r11") }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.status == 201 }, "\(answers.map(\.text))")
        #expect(Set(try answers.map { try $0.json["id"] }).count == 1)
        let order = try await street.order(of: checkout)
        #expect(order["captures"]?.array?.count == 1)
        #expect(order.sums == "12500/0/12500")
        let sends = try await street.requests().count { $0["path"]?.string?.hasSuffix("/captures") == true }
        #expect(sends == 1)
    }

    @Test(arguments: [(12_500, [201, 201], "25000/0/0"), (12_501, [201, 422], "12501/0/12499")])
    func `R11 under two keys: two, or one where there is not enough for both`(
        amount: Int64,
        statuses: [Int],
        sums: String,
    ) async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.buy()
        let path = "\(street.path(checkout))/captures"
        async let left = street.send("POST", path, ["amount": .integer(amount)], key: "left")
        async let right = street.send("POST", path, ["amount": .integer(amount)], key: "right")
        let answers = [try await left, try await right]
        #expect(answers.map(\.status).sorted() == statuses, "\(answers.map(\.text))")
        #expect(try await street.order(of: checkout).sums == sums)
        #expect(try await street.send("GET", street.path(checkout), expecting: 200)["order"]?.sums == sums)
    }

    /// What Klarna did is found by reading. What it did not do is asked for once more, under a key that it does not know yet.
    @Test(arguments: [("close_after", 1), ("close_before", 2)])
    func `R12 a capture gets no answer, and Klarna has forgotten its key since: captured once`(
        effect: String,
        keys: Int,
    ) async throws {
        let time = try WallClock()
        defer { time.close() }
        // Nothing is sent again before the process ends.
        let street = try await Street(settings: ["KASSA_RETRY_PLACE": "30m"].merging(time.environment) { $1 })
        defer { street.close() }
        let checkout = try await street.buy()
        let path = "\(street.path(checkout))/captures"
        try await street.fault("POST", "/ordermanagement/v1/orders", effect, count: 1)
        async let unanswered = try? street.send("POST", path, ["amount": 10_000], key: "r12")
        try await street.waitForEvent("operation.unknown", of: checkout)
        street.kill()
        _ = await unanswered
        try time.set(.init(hours: 25))
        try await street.advanceKlarnasClock(seconds: 25 * 3600)
        try await street.restart()
        let answer = try await street.insist { _ in
            try await street.send("POST", path, ["amount": 10_000], key: "r12")
        }
        let capture = try answer.json["id"]?.string ?? ""
        try await street.insist(on: "capture", "/v1\(path)/\(capture)") { $0["status"] == "succeeded" }
        let order = try await street.order(of: checkout)
        #expect(order.sums == "10000/0/15000")
        #expect(order["captures"]?.array?.compactMap { $0["reference"]?.string } == [capture])
        let sends = try await street.requests().filter { $0["path"]?.string?.hasSuffix("/captures") == true }
        #expect(Set(sends.compactMap { $0["idempotency_key"]?.string }).count == keys)
        #expect(Set(sends.compactMap { $0["body"]?.text }).count == 1)
        #expect(try await street.types(of: checkout).count { $0 == "order.captured" } == 1)
    }

    @Test func `R17 an order is pending and then rejected: no capture, and it is told`() async throws {
        let street = try await Street()
        defer { street.close() }
        let email: JSON = ["email": "customer+pend-reject-05@email.se"]
        let checkout = try await street.buy(["billing_address": email])
        #expect(checkout["order"]?["fraud_status"] == "PENDING")
        let captures = "\(street.path(checkout))/captures"
        let early = try await street.send("POST", captures, [:], key: "early", expecting: 409)
        #expect(early["type"] == "urn:kassa:problem:conflict")
        #expect(try await street.order(of: checkout).sums == "0/0/25000")
        try await street.advanceKlarnasClock(seconds: 6 * 60)
        try await street.waitForEvent("order.fraud_status", of: checkout)
        let rejected = try await street.send("GET", street.path(checkout), expecting: 200)
        #expect(rejected["order"]?["fraud_status"] == "REJECTED")
        _ = try await street.send("POST", captures, [:], key: "late", expecting: 409)
        let asked = try await street.requests().count { $0["path"]?.string?.hasSuffix("/captures") == true }
        #expect(asked == 0)
        // Four hours later Klarna cancels what nobody captured; a reading sees it.
        try await street.advanceKlarnasClock(seconds: 4 * 3600)
        let gone = try await street.send("POST", "\(street.path(checkout))/refresh", expecting: 200)
        #expect(gone["order"]?["status"] == "cancelled")
    }

    @Test func `R17 a notification that is not true is read, and not believed`() async throws {
        let street = try await Street()
        defer { street.close() }
        let email: JSON = ["email": "customer+pend-accept-05@email.se"]
        let checkout = try await street.buy(["billing_address": email])
        let url = try await street.lastBody("POST", "/payments/v1/sessions")["merchant_urls"]?["notification"]?.string
        let order = checkout["order"]?["order_id"] ?? .null
        let reads = try await street.reads(of: order)
        let body: JSON = ["order_id": order, "event_type": "FRAUD_RISK_ACCEPTED"]
        let headers = ["Content-Type": "application/json"]
        let told = try await street.ask("POST", try #require(url), headers: headers, body: body.text)
        #expect(told.status == 200)
        _ = try await street.wait(for: "a reading") { try await street.reads(of: order) > reads ? true : nil }
        let captures = "\(street.path(checkout))/captures"
        try await street.send("POST", captures, [:], key: "early", expecting: 409)
        #expect(try await !street.types(of: checkout).contains("order.fraud_status"))
        // Five minutes on Klarna accepts it, and says so itself.
        try await street.advanceKlarnasClock(seconds: 6 * 60)
        try await street.waitForEvent("order.fraud_status", of: checkout)
        try await street.send("POST", captures, [:], key: "late", expecting: 201)
        #expect(try await street.order(of: checkout).sums == "25000/0/0")
    }
}

extension Street {
    fileprivate func reads(of order: JSON) async throws -> Int {
        let path = "/ordermanagement/v1/orders/\(order.string ?? "")"
        return try await requests().count { $0["method"] == "GET" && $0["path"]?.string == path }
    }
}
