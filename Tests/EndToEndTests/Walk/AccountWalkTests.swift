import Foundation
import Testing
import Wire

/// Accounts, limits, the command line, and what happens at Klarna without us.
@Suite("A walk around the counter")
struct AccountWalkTests {
    private static let america = [
        "KASSA_ACCOUNTS_AMERICA_USERNAME": "other", "KASSA_ACCOUNTS_AMERICA_PASSWORD": "secret",
        "KASSA_ACCOUNTS_AMERICA_REGION": "na", "KASSA_ACCOUNTS_AMERICA_COUNTRIES": "US",
    ]
    private static let dollars: JSONObject = [
        "purchase_country": "US", "purchase_currency": "USD", "locale": "en-US", "order_amount": 20_000,
        "order_tax_amount": .null,
        "order_lines": [["name": "Lamp", "quantity": 1, "unit_price": 20_000, "total_amount": 20_000]],
    ]

    @Test func `an account is chosen by country, or by name`() async throws {
        let street = try await Street()
        defer { street.close() }
        let url = ["KASSA_ACCOUNTS_AMERICA_URL": street.sandbox, "KASSA_KLARNA_URL": street.sandbox]
        street.kill()
        try await street.restart(changing: AccountWalkTests.america.merging(url) { $1 })
        let swedish = try await street.buy()
        let american = try await street.buy(AccountWalkTests.dollars)
        #expect(swedish["account"] == "default" && american["account"] == "america")
        try await street.send("POST", "\(street.path(american))/captures", [:], key: "c", expecting: 201)
        let named = try await street.open(AccountWalkTests.dollars.merging(["account": "america"]))
        #expect(named["account"] == "america")
        let members: [JSONObject] = [
            ["account": "america"], ["account": "nobody"], AccountWalkTests.dollars.merging(["account": "default"]),
            AccountWalkTests.dollars.merging(["purchase_country": "CA", "purchase_currency": "CAD", "locale": "en-CA"]),
        ]
        for members in members {
            try await street.send("POST", "/checkouts", try Street.mugs(members), expecting: 422)
        }
    }

    @Test func `the command line lists, shows and refreshes beside the running service`() async throws {
        let street = try await Street(settings: ["KASSA_POLLING_WAITING": "1h", "KASSA_POLLING_IN_PROGRESS": "1h"])
        defer { street.close() }
        let paid = try await street.buy()
        _ = try await street.open(["merchant_reference": "another"])
        let list = try await street.command(["checkouts", "list", "--json", "--status", "order_placed"])
        #expect(list.status == 0)
        #expect(try list.json["data"]?.array?.compactMap { $0["id"] } == [paid["id"]].compactMap(\.self))
        let api = try await street.send("GET", street.path(paid), expecting: 200)
        let show = try await street.command(["checkouts", "show", street.id(paid), "--json"])
        let events = try await street.events(of: paid)
        #expect(try show.json["order"] == api["order"] && show.json["id"] == paid["id"])
        #expect(try (show.json["events"]?.array?.count ?? 0) >= events.count)
        // Somebody captures in Klarna's portal; the command has the service look.
        _ = try await street.pull("orders/\(paid["order"]?["order_id"]?.string ?? "")/capture", ["amount": 7000])
        let refresh = try await street.command(["checkouts", "refresh", street.id(paid), "--json"])
        #expect(refresh.status == 0, "\(refresh.errors)")
        #expect(try refresh.json["id"] == paid["id"])
        try await street.waitForEvent("order.captured", of: paid)
        let seen = try await street.send("GET", street.path(paid), expecting: 200)
        #expect(seen["order"]?.sums == "7000/0/18000")
        let unknown = "chk_01JD7Y3Q4V8M2N6P0R5T9W1X3Z"
        #expect(try await street.command(["checkouts", "show", unknown, "--json"]).status != 0)
    }

    @Test func `what is done in Klarna's portal is seen, and counts`() async throws {
        let street = try await Street()
        defer { street.close() }
        let paid = try await street.buy()
        let (path, order) = (street.path(paid), "orders/\(paid["order"]?["order_id"]?.string ?? "")")
        _ = try await street.pull("\(order)/capture", ["amount": 20_000])
        // Klarna has less left than may be known here: it refuses, unless a reading has told already, and nothing is taken.
        let refused = try await street.send("POST", "\(path)/captures", ["amount": 6000], key: "a")
        #expect(refused.status == 502 || refused.status == 422, "\(refused.text)")
        _ = try await street.pull("\(order)/refund", ["amount": 500])
        let seen = try await street.send("POST", "\(path)/refresh", expecting: 200)
        #expect(seen["order"]?.sums == "20000/500/5000" && seen["problem"] == .null)
        for (name, amount) in [("captures", 20_000), ("refunds", 500)] {
            let list = try await street.send("GET", "\(path)/\(name)", expecting: 200)["data"]?.array ?? []
            let done = list.filter { $0["status"] == "succeeded" }
            #expect(done.compactMap { $0["origin"] } == ["elsewhere"], "\(list)")
            #expect(done.first?["amount"]?.integer == Int64(amount))
        }
        try await street.send("POST", "\(path)/captures", ["amount": 5001], key: "b", expecting: 422)
        _ = try await street.pull("\(order)/release")
        let released = try await street.send("POST", "\(path)/refresh", expecting: 200)
        #expect(released["order"]?.sums == "20000/500/0")
        let events = try await street.events(of: paid).filter { $0["detail"]?["origin"] == "elsewhere" }
        #expect(events.compactMap { $0["type"] } == ["order.captured", "order.refunded", "order.released"])
        let other = try await street.buy(["merchant_reference": "another"])
        _ = try await street.pull("orders/\(other["order"]?["order_id"]?.string ?? "")/cancel")
        let gone = try await street.send("POST", "\(street.path(other))/refresh", expecting: 200)
        #expect(gone["order"]?["status"] == "cancelled")
    }

    @Test func `Klarna's Retry-After is waited for`() async throws {
        let street = try await Street()
        defer { street.close() }
        let paid = try await street.buy()
        try await street.fault("POST", "/ordermanagement/v1/orders", "rate_limit:2", count: 1)
        try await street.send("POST", "\(street.path(paid))/captures", [:], key: "c", expecting: 201)
        try await expectPause(.seconds(2), before: "/captures", at: street)
        try await street.fault("POST", "/payments/v1/sessions", "rate_limit:2", count: 1)
        let refused = try await street.send("POST", "/checkouts", try Street.mugs(), key: "open")
        #expect(refused.status == 502 || refused.status == 503, "\(refused.text)")
        #expect(refused.headers["retry-after"] != nil)
        let opened = try await street.insist { _ in
            try await street.send("POST", "/checkouts", try Street.mugs(), key: "open")
        }
        #expect(opened.status == 201)
        try await expectPause(.seconds(2), before: "/payments/v1/sessions", at: street)
    }

    /// The last two requests of that name were so far apart: one that was turned away, and the next.
    private func expectPause(_ pause: Duration, before suffix: String, at street: Street) async throws {
        let asked = try await street.requests().filter { $0["path"]?.string?.hasSuffix(suffix) == true }.suffix(2)
        try #require(asked.first?["status"] == 429)
        let times = asked.compactMap { $0["at"]?.string }.compactMap { Timestamp($0) }
        try #require(times.count == 2)
        #expect(times[1] - times[0] >= pause, "\(times)")
    }

    @Test func `the check takes good credentials, and says what a refusal means`() async throws {
        let street = try await Street()
        defer { street.close() }
        let good = try await street.command(["check", "--json"])
        #expect(good.status == 0)
        #expect(try good.json["ok"] == true)
        try await street.fault("GET", "/", "status:401", count: 10)
        let bad = try await street.command(["check", "--json"])
        #expect(bad.status == 1)
        #expect(try bad.json["ok"] == false)
        let checks = try bad.json["checks"]?.array ?? []
        #expect(checks.contains { $0["ok"] == false && $0["cause"] == "wrong_credentials" }, "\(bad.output)")
        let wrong = try await street.command(["check"], changing: ["KASSA_KLARNA_ENVIRONMENT": "production"])
        #expect(wrong.status == 1)
    }
}
