import Foundation
import Testing
import Wire

/// What the races need to see and to do.
extension Street {
    /// A checkout under a merchant reference of its own. What is added stands at the beginning of the body's members.
    func openCheckout(_ reference: String, adding members: String = "") async throws -> JSON {
        let body = Street.mugs.replacingOccurrences(of: "order-1001", with: reference)
            .replacingOccurrences(of: "{\"merchant", with: "{\(members)\"merchant")
        let answer = try await post(body)
        try #require(answer.status == 201, "\(answer.text)")
        return try answer.json
    }

    func refresh(_ checkout: JSON) async throws -> Answer {
        try await ask("POST", "\(shop)/v1/checkouts/\(id(checkout))/refresh", headers: authorization)
    }

    func close(_ checkout: JSON) async throws -> Answer {
        try await ask("DELETE", "\(shop)/v1/checkouts/\(id(checkout))", headers: authorization)
    }

    func events(of checkout: JSON) async throws -> [JSON] {
        try await api("GET", "/v1/checkouts/\(id(checkout))/events")["data"]?.array ?? []
    }

    func orders(of checkout: JSON) async throws -> [JSON] {
        try await orders().filter { $0["merchant_reference2"]?.string == id(checkout) }
    }

    func expectOneOrder(_ checkout: JSON, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let orders = try await orders(of: checkout)
        #expect(orders.count == 1, sourceLocation: sourceLocation)
        let placements = try await requests().filter {
            $0["path"]?.string?.hasSuffix("/order") == true
                && $0["body"]?["merchant_reference2"]?.string == id(checkout)
        }
        #expect(Set(placements.compactMap { $0["body"]?.text }).count <= 1, sourceLocation: sourceLocation)
        #expect(
            Set(placements.compactMap { $0["idempotency_key"]?.string }).count <= 1,
            sourceLocation: sourceLocation,
        )
    }

    // MARK: Callbacks by hand

    /// Calls as Klarna does, at a time of our choosing.
    func tell(_ url: String, _ status: String, event: String) async throws -> Answer {
        let body: JSON = ["event_id": .string(event), "session": ["session_id": "s", "status": .string(status)]]
        return try await ask("POST", url, headers: ["Content-Type": "application/json"], body: body.text)
    }

    func callbackURL(of checkout: JSON) async throws -> String { try await merchantURL("status_update", of: checkout) }

    func successURL(of checkout: JSON) async throws -> String { try await merchantURL("success", of: checkout) }

    /// The one that Klarna was told last.
    func lastCallbackURL() async throws -> String {
        let told = try await requests().last { $0["path"] == "/hpp/v1/sessions" }
        return try #require(told?["body"]?["merchant_urls"]?["status_update"]?.string)
    }

    /// As Klarna was told it together with this checkout's payment session.
    private func merchantURL(_ name: String, of checkout: JSON) async throws -> String {
        let session = try #require(checkout["klarna"]?["payment_session_id"]?.string)
        let told = try await requests().last {
            $0["path"] == "/hpp/v1/sessions" && $0["body"]?["payment_session_url"]?.string?.hasSuffix(session) == true
        }
        return try #require(told?["body"]?["merchant_urls"]?[name]?.string)
    }

    // MARK: Waiting

    /// Waits until the checkout has ended, whichever way.
    func waitForEnd(of checkout: JSON) async throws -> String {
        try await wait(for: "an end") {
            let status = try await self.api("GET", "/v1/checkouts/\(self.id(checkout))")["status"]?.string ?? ""
            return ["created", "waiting", "in_progress", "authorized"].contains(status) ? nil : status
        }
    }

    func waitForEvent(id event: String, of checkout: JSON) async throws {
        _ = try await wait(for: "event \(event)") {
            try await self.events(of: checkout).first { $0["event_id"]?.string == event }
        }
    }

    /// Waits until no authorization is left with which an order could be placed.
    func waitForReleases() async throws {
        _ = try await wait(for: "the last release") {
            try await self.sessions().contains { $0.hasLiveAuthorization } ? nil : true
        }
    }

    /// Waits until Klarna makes no more calls about the last news of that checkout.
    func waitForCallback(of checkout: JSON) async throws -> JSON {
        let session = checkout["klarna"]?["hpp_session_id"]?.string
        return try await wait(for: "the end of the calls") {
            let last = try await self.callbacks().last {
                $0["kind"] == "status" && $0["hpp_session_id"]?.string == session
            }
            return last?["state"] == "pending" ? nil : last
        }
    }
}
