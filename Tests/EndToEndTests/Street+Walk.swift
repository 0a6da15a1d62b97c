import Foundation
import Testing
import Wire

/// What a walk through everything that is offered needs to say and to see.
extension Street {
    /// Calls the merchant API with a JSON body.
    func send(_ method: String, _ path: String, _ body: JSON? = nil, key: String? = nil) async throws -> Answer {
        var headers = authorization.merging(["Content-Type": "application/json"]) { $1 }
        headers["Idempotency-Key"] = key
        return try await ask(method, "\(shop)/v1\(path)", headers: headers, body: body?.text)
    }

    /// The same, and the answer is the one that is expected.
    @discardableResult
    func send(
        _ method: String,
        _ path: String,
        _ body: JSON? = nil,
        key: String? = nil,
        expecting status: Int,
        sourceLocation: SourceLocation = #_sourceLocation,
    ) async throws -> JSON {
        let answer = try await send(method, path, body, key: key)
        let what = "\(method) \(path): \(answer.status) \(answer.text)"
        try #require(answer.status == status, "\(what)", sourceLocation: sourceLocation)
        return answer.body.isEmpty ? .null : try answer.json
    }

    /// Two mugs, with other members beside or in the place of theirs.
    static func mugs(_ members: JSONObject = JSONObject()) throws -> JSON {
        let body = try JSON.parse(Array(mugs.utf8))
        return .object((body.object ?? JSONObject()).merging(members))
    }

    func open(_ members: JSONObject = JSONObject()) async throws -> JSON {
        try await send("POST", "/checkouts", try Street.mugs(members), expecting: 201)
    }

    /// A checkout that is paid.
    func buy(_ members: JSONObject = JSONObject()) async throws -> JSON {
        let checkout = try await open(members)
        _ = try await act("approve", on: checkout)
        return try await waitForStatus("order_placed", of: checkout)
    }

    func path(_ checkout: JSON) -> String { "/checkouts/\(id(checkout))" }

    // MARK: Klarna's double

    /// What was sent there the last time.
    func lastBody(_ method: String, _ path: String, suffix: String = "") async throws -> JSON {
        let request = try await requests().last {
            let sent = $0["path"]?.string ?? ""
            return $0["method"]?.string == method && sent.hasPrefix(path) && sent.hasSuffix(suffix)
        }
        return try #require(request?["body"], "nothing was sent by \(method) to \(path)")
    }

    func pull(_ lever: String, _ body: JSON? = nil) async throws -> JSON {
        let headers = ["Content-Type": "application/json"]
        let answer = try await ask("POST", "\(sandbox)/sandbox/\(lever)", headers: headers, body: body?.text)
        try #require((200...299).contains(answer.status), "\(lever): \(answer.text)")
        return try answer.json
    }

    func list(_ name: String) async throws -> [JSON] {
        let answer = try await ask("GET", "\(sandbox)/sandbox/\(name)")
        return try #require(try answer.json["data"]?.array, "\(answer.status) \(answer.text)")
    }

    /// The one order of a checkout, as Klarna's double has it.
    func order(of checkout: JSON) async throws -> JSON {
        let orders = try await orders().filter { $0["order_id"] == checkout["order"]?["order_id"] }
        try #require(orders.count == 1)
        return orders[0]
    }

    func types(of checkout: JSON) async throws -> [String] {
        try await events(of: checkout).compactMap { $0["type"]?.string }
    }
}

extension JSONObject {
    func merging(_ others: JSONObject) -> JSONObject {
        others.members.reduce(into: self) { $0[$1.name] = $1.value }
    }
}

extension JSON {
    /// `captured/refunded/remaining` of an order.
    var sums: String {
        let names = ["captured_amount", "refunded_amount", "remaining_authorized_amount"]
        return names.map { self[$0]?.text ?? "-" }.joined(separator: "/")
    }
}
