import Foundation
import Testing
import Wire

/// The built `kassa`, a sandbox in another process, and nothing between them but HTTP.
@Suite("A purchase", .serialized)
struct PurchaseTests {
    @Test func `ends with exactly one order at Klarna and in the database`() async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.openCheckout()
        #expect(checkout["status"] == "waiting")
        #expect(try await street.ask("GET", checkout["redirect_url"]?.string ?? "").status == 200)
        let location = try await street.act("approve", on: checkout)
        let returned = try await street.ask("GET", location)
        #expect(returned.status == 200)
        #expect(returned.text.contains("order-1001"))
        let paid = try await street.waitForStatus("order_placed", of: checkout)
        #expect(paid["order"]?["authorized_amount"] == 25_000)
        #expect(try await street.orders().compactMap { $0["order_id"]?.string } == [paid["order"]?["order_id"]?.string])
        let again = try await street.ask("GET", location)
        #expect(again.status == 200)
        let orders = try await street.orders()
        #expect(orders.count == 1)
    }

    @Test func `leaves no secrets in the log, however much that tells`() async throws {
        let street = try await Street(settings: ["KASSA_LOG_LEVEL": "trace"])
        defer { street.close() }
        let checkout = try await street.openCheckout()
        let location = try await street.act("approve", on: checkout)
        _ = try await street.ask("GET", location)
        _ = try await street.waitForStatus("order_placed", of: checkout)
        street.terminate()
        #expect(street.waitForExit() == 0)
        #expect(street.log.contains("listening on"))
        for secret in [Street.key, "password", "/return/", "/callbacks/", "HTTPServer.Router"] {
            #expect(!street.log.contains(secret), "\(secret)")
        }
    }

    @Test func `is not served under another secret key than the one it was sealed with`() async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.openCheckout()
        street.kill()
        let otherKey = ["KASSA_SECRET_KEY": "\(String(repeating: "A", count: 43))="]
        let refusal = await #expect(throws: Failure.self) { try await street.restart(changing: otherKey) }
        #expect(refusal?.description.contains("kassa: secret_key: ") == true)
        try await street.restart()
        #expect(try await street.api("GET", "/v1/checkouts/\(street.id(checkout))")["status"] == "waiting")
    }

    @Test func `is finished by its callback alone`() async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.openCheckout()
        _ = try await street.act("approve", on: checkout)
        _ = try await street.waitForStatus("order_placed", of: checkout)
        let events = try await street.api("GET", "/v1/checkouts/\(street.id(checkout))/events")["data"]?.array ?? []
        let callbacks = events.filter { $0["source"] == "callback" && $0["type"] == "callback.received" }
        #expect(!callbacks.isEmpty)
        let orders = try await street.orders()
        #expect(orders.count == 1)
    }

    @Test(arguments: ["close_before", "close_after", "status:503", "garbage"])
    func `places one order whatever becomes of Klarna's answer`(effect: String) async throws {
        let street = try await Street()
        defer { street.close() }
        try await street.fault("POST", "/payments/v1/authorizations", effect, count: 2)
        let checkout = try await street.openCheckout()
        _ = try await street.act("approve", on: checkout)
        _ = try await street.waitForStatus("order_placed", of: checkout)
        let orders = try await street.orders()
        #expect(orders.count == 1)
    }

    /// The process ends by SIGKILL while its order is on the way: before Klarna acts on it, and after.
    @Test(arguments: ["delay_ms:3000", "close_after"])
    func `survives being killed between authorization and placing`(effect: String) async throws {
        let street = try await Street(settings: ["KASSA_RETRY_PLACE": "0s,1s"])
        defer { street.close() }
        try await street.fault("POST", "/payments/v1/authorizations", effect, count: 1)
        let checkout = try await street.openCheckout()
        _ = try await street.act("approve", on: checkout)
        try await street.waitForRequest(containing: "/order")
        street.kill()
        try await street.restart()
        _ = try await street.waitForStatus("order_placed", of: checkout)
        let orders = try await street.orders()
        #expect(orders.count == 1)
        let placements = try await street.requests().filter { $0["path"]?.string?.hasSuffix("/order") == true }
        #expect(Set(placements.compactMap { $0["body"] }).count <= 1)
    }

    @Test func `keeps a callback that was acknowledged before the process was killed`() async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.openCheckout()
        try await street.fault("GET", "/hpp/v1/sessions", "status:503", count: 2)
        _ = try await street.act("approve", on: checkout)
        try await street.waitForEvent("callback.received", of: checkout)
        street.kill()
        try await street.restart()
        _ = try await street.waitForStatus("order_placed", of: checkout)
        let orders = try await street.orders()
        #expect(orders.count == 1)
    }

    @Test func `is closed by the merchant, and cannot be paid then`() async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.openCheckout()
        let path = "/v1/checkouts/\(street.id(checkout))"
        #expect(try await street.api("DELETE", path)["status"] == "disabled")
        #expect(try await street.orders().isEmpty)
        let paid = try await street.openCheckout()
        _ = try await street.act("approve", on: paid)
        _ = try await street.waitForStatus("order_placed", of: paid)
        let refused = try await street.ask(
            "DELETE",
            street.shop + "/v1/checkouts/\(street.id(paid))",
            headers: street.authorization,
        )
        #expect(refused.status == 409)
    }

    @Test func `expires by Klarna's clock, and not before Klarna was asked`() async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.openCheckout()
        let path = "/v1/checkouts/\(street.id(checkout))/refresh"
        try await street.advanceKlarnasClock(seconds: 46 * 3600)
        #expect(try await street.api("POST", path)["status"] == "waiting")
        try await street.advanceKlarnasClock(seconds: 3600 + 180)
        #expect(try await street.api("POST", path)["status"] == "expired")
    }

    @Test func `is cancelled by a shopper who cannot go back`() async throws {
        let street = try await Street()
        defer { street.close() }
        let body = Street.mugs.replacingOccurrences(of: "{\"merchant", with: "{\"return_urls\": null, \"merchant")
        let checkout = try await street.post(body).json
        _ = try await street.act("cancel", on: checkout)
        _ = try await street.waitForStatus("cancelled", of: checkout)
        #expect(try await street.orders().isEmpty)
    }

    @Test func `replays an answer under its idempotency key, also after a restart`() async throws {
        let street = try await Street()
        defer { street.close() }
        let key = ["Idempotency-Key": "key-1"]
        let first = try await street.post(Street.mugs, headers: key)
        #expect(first.status == 201)
        street.kill()
        try await street.restart()
        let second = try await street.post(Street.mugs, headers: key)
        #expect(second.status == 201)
        #expect(second.body == first.body)
        #expect(second.headers["idempotent-replayed"] == "true")
        let other = try await street.post(Street.mugs.replacingOccurrences(of: "order-1001", with: "x"), headers: key)
        #expect(other.status == 422)
    }

    @Test func `lets requests in flight finish when it is asked to stop`() async throws {
        let street = try await Street()
        defer { street.close() }
        try await street.fault("POST", "/payments/v1/sessions", "delay_ms:1500", count: 1)
        async let answer = street.post(Street.mugs)
        try await street.waitForRequest(containing: "/payments/v1/sessions")
        street.terminate()
        #expect(try await answer.status == 201)
        #expect(street.waitForExit() == 0)
    }
}
