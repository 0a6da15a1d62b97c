import Foundation
import Testing
import Wire

/// A shop's backend and Klarna's double, each a process of its own, on ports of their own and an empty directory.
final class Street: Sendable {
    static let key = "test-key-0123456789"
    static let mugs = """
        {"merchant_reference": "order-1001", "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
         "order_amount": 25000, "order_tax_amount": 5000,
         "order_lines": [{"type": "physical", "reference": "SKU-1", "name": "Mug", "quantity": 2, "unit_price": 12500,
           "tax_rate": 2500, "total_amount": 25000, "total_tax_amount": 5000}]}
        """

    /// A plan that is paid for every month.
    static func plan(_ reference: String, intent: String) -> String {
        """
        {"merchant_reference": "\(reference)", "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
         "intent": "\(intent)", "order_amount": 10000,
         "order_lines": [{"type": "digital", "name": "Plan", "quantity": 1, "unit_price": 10000, "tax_rate": 2500,
           "total_amount": 10000, "subscription": {"name": "Plan", "interval": "MONTH", "interval_count": 1}}]}
        """
    }

    private let directory: URL
    private let settings: [String: String]
    private let sandboxProcess: Program
    private let backend: Locked<Program>
    let sandbox: String

    var shop: String { backend.value.url }
    var log: String { backend.value.log }
    var authorization: [String: String] { ["Authorization": "Bearer \(Street.key)"] }

    init(settings: [String: String] = [:]) async throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "kassa-street-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        sandboxProcess = try await Program(["sandbox", "--listen", "127.0.0.1:0"], in: directory, settings: [:])
        sandbox = sandboxProcess.url
        let port = try freePort()
        self.settings = [
            "KASSA_LISTEN": "127.0.0.1:\(port)", "KASSA_API_KEY": Street.key, "KASSA_KLARNA_URL": sandbox,
            "KASSA_KLARNA_USERNAME": "user", "KASSA_KLARNA_PASSWORD": "password",
            "KASSA_KLARNA_ENVIRONMENT": "playground", "KASSA_KLARNA_REGION": "eu",
            "KASSA_DATABASE_URL": "sqlite:\(directory.path)/kassa.db",
            "KASSA_CATALOG": "\(projectRoot.path)/config/catalog.json",
            "KASSA_PUBLIC_DIRECTORY": "\(projectRoot.path)/public",
        ].merging(settings) { $1 }
        backend = Locked(try await Program(["serve"], in: directory, settings: self.settings))
    }

    /// Runs another command beside the service, on the same configuration.
    func command(_ arguments: [String], changing others: [String: String] = [:]) async throws -> Command.Outcome {
        try await Command(arguments, in: directory, settings: settings.merging(others) { $1 }).outcome()
    }

    func close() {
        backend.value.kill()
        sandboxProcess.kill()
        try? FileManager.default.removeItem(at: directory)
    }

    func kill() { backend.value.kill() }

    func ends(within limit: Duration) async throws -> Bool { try await backend.value.ends(within: limit) }

    func terminate() { backend.value.terminate() }

    func waitForExit() -> Int32 { backend.value.waitForExit() }

    func restart(changing others: [String: String] = [:]) async throws {
        backend.value = try await Program(["serve"], in: directory, settings: settings.merging(others) { $1 })
    }

    // MARK: The merchant

    func post(_ body: String, headers: [String: String] = [:]) async throws -> Answer {
        let all = authorization.merging(["Content-Type": "application/json"]) { $1 }.merging(headers) { $1 }
        return try await ask("POST", shop + "/v1/checkouts", headers: all, body: body)
    }

    func openCheckout() async throws -> JSON {
        let answer = try await post(Street.mugs)
        try #require(answer.status == 201, "\(answer.text)")
        return try answer.json
    }

    func id(_ checkout: JSON) -> String { checkout["id"]?.string ?? "" }

    func api(_ method: String, _ path: String) async throws -> JSON {
        let answer = try await ask(method, shop + path, headers: authorization)
        try #require(answer.status == 200, "\(answer.text)")
        return try answer.json
    }

    func waitForStatus(_ status: String, of checkout: JSON) async throws -> JSON {
        try await wait(for: "status \(status)") {
            let now = try await self.api("GET", "/v1/checkouts/\(self.id(checkout))")
            return now["status"]?.string == status ? now : nil
        }
    }

    func waitForEvent(_ type: String, of checkout: JSON) async throws {
        _ = try await wait(for: "event \(type)") {
            let events = try await self.api("GET", "/v1/checkouts/\(self.id(checkout))/events")
            return events["data"]?.array?.first { $0["type"]?.string == type }
        }
    }

    // MARK: Klarna's double

    /// Acts as the shopper; returns where the browser would go.
    func act(_ action: String, on checkout: JSON) async throws -> String {
        let session = checkout["klarna"]?["hpp_session_id"]?.string ?? ""
        let answer = try await ask("POST", "\(sandbox)/sandbox/hpp/\(session)/\(action)")
        try #require(answer.status == 200, "\(answer.text)")
        return try answer.json["location"]?.string ?? ""
    }

    func fault(_ method: String, _ path: String, _ effect: String, count: Int64) async throws {
        let body: JSON = [
            "method": .string(method), "path": .string(path), "count": .integer(count), "effect": .string(effect),
        ]
        let answer = try await ask(
            "POST",
            sandbox + "/sandbox/faults",
            headers: ["Content-Type": "application/json"],
            body: body.text,
        )
        try #require((200..<300).contains(answer.status), "\(answer.text)")
    }

    func advanceKlarnasClock(seconds: Int64) async throws {
        let body: JSON = ["advance_seconds": .integer(seconds)]
        let answer = try await ask(
            "POST",
            sandbox + "/sandbox/clock",
            headers: ["Content-Type": "application/json"],
            body: body.text,
        )
        try #require(answer.status == 200, "\(answer.text)")
    }

    func orders() async throws -> [JSON] { try await list("orders") }
    func requests() async throws -> [JSON] { try await list("requests") }
    func sessions() async throws -> [JSON] { try await list("sessions") }
    func callbacks() async throws -> [JSON] { try await list("callbacks") }
    func tokens() async throws -> [JSON] { try await list("tokens") }

    func waitForRequest(containing part: String) async throws {
        _ = try await wait(for: "a request to \(part)") {
            try await self.requests().first { $0["path"]?.string?.contains(part) == true }
        }
    }

    /// Asks again until there is an answer. The limit only keeps a broken build from hanging.
    func wait<Value>(for what: String, _ look: () async throws -> Value?) async throws -> Value {
        for _ in 0..<1200 {
            if let value = try await look() { return value }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failure("\(what) did not come; the backend's last words:\n\(backend.value.log.suffix(3000))")
    }

    // MARK: HTTP

    func ask(
        _ method: String,
        _ url: String,
        headers: [String: String] = [:],
        body: String? = nil,
    ) async throws -> Answer {
        try await Exchange(method: method, url: url, headers: headers, body: body).answer()
    }
}
