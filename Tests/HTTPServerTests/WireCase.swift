import HTTPMessage
import HTTPServer
import HTTPTypes
import Testing

/// One row of the tables of raw bytes: what a client sends on a connection of its own, and what has to come of it.
struct WireCase: Sendable {
    enum End {
        /// Another request, sent together with the row's bytes, is answered.
        case stays
        /// The last answer says so, and another request sent together with the row's bytes is not read.
        case closes
        /// The client has said its last with the row's bytes; the server closes without having said so.
        case ends
    }

    struct Outcome: Sendable {
        var statuses: [Int]
        var end: End
        /// Of the last answer; nil when it does not matter.
        var body: String?
        /// Of the last answer. An empty value stands for a field that must not be there.
        var fields: [String: String] = [:]
    }

    /// The number of the RFC, its section, and what is odd about the bytes.
    let name: String
    /// Each character is one byte: "\u{e9}" is the byte E9.
    let text: String
    let outcome: Outcome

    init(_ name: String, _ text: String, _ outcome: Outcome) {
        self.name = name
        self.text = text
        self.outcome = outcome
    }

    /// Rows that have one outcome.
    static func all(_ outcome: Outcome, _ texts: KeyValuePairs<String, String>) -> [WireCase] {
        texts.map { WireCase($0, $1, outcome) }
    }

    var bytes: [UInt8] { text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }
}

extension WireCase.Outcome {
    /// One answer, and the end of the connection.
    static func refused(_ status: Int) -> Self { Self(statuses: [status], end: .closes) }

    static func closes(_ statuses: Int..., body: String? = nil, fields: [String: String] = [:]) -> Self {
        Self(statuses: statuses, end: .closes, body: body, fields: fields)
    }

    static func stays(_ statuses: Int..., body: String? = nil, fields: [String: String] = [:]) -> Self {
        Self(statuses: statuses, end: .stays, body: body, fields: fields)
    }

    static func ends(_ statuses: Int..., body: String? = nil) -> Self {
        Self(statuses: statuses, end: .ends, body: body)
    }
}

extension String {
    /// This message of a head alone with so many fields more.
    func with(fields count: Int) -> String {
        dropLast() + (0..<count).map { "X-\($0): y\r\n" }.joined() + "\r\n"
    }
}

/// A GET of what answers with the host it was asked of.
func target(_ host: String) -> String {
    message("GET /target HTTP/1.1", "Host: " + host)
}

/// A message of these lines.
func message(_ lines: String..., body: String = "") -> String {
    lines.joined(separator: "\r\n") + "\r\n\r\n" + body
}

/// A POST to what answers with the body it got.
func post(_ fields: String..., body: String = "") -> String {
    "POST / HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n" + body
}

/// A POST whose chunked body is exactly `coding`.
func chunked(_ coding: String) -> String {
    post("Transfer-Encoding: chunked", body: coding)
}

// MARK: - Running a table

extension WireCase {
    /// Sends every row of a table to one server, and records the rows that come out otherwise.
    static func run(_ rows: [WireCase]) async throws {
        try await withServer { server in
            await withTaskGroup(of: Void.self) { group in
                for (number, row) in rows.enumerated() {
                    if number >= 8 { await group.next() }
                    group.addTask { await row.expect(of: server) }
                }
            }
        }
    }

    /// Runs a server with the routes and files of a usual origin.
    static func withServer(_ test: (TestServer) async throws -> Void) async throws {
        let tree = try Tree()
        try tree.write("file.txt", "0123456789")
        try await TestServer.with(.init()) { router in
            routes(&router)
            try router.files(StaticFiles(directory: tree.path))
        } test: { server in
            try await test(server)
        }
    }

    private static func routes(_ router: inout Router) {
        router.onFast(.get, "/") { _, _ in .text("home") }
        router.on(.post, "/", bodyBytesMax: 100_000) { request, _ in
            .text(String(decoding: request.body, as: UTF8.self))
        }
        router.onFast(.get, "/alive") { _, _ in .text("alive") }
        router.onFast(.post, "/small") { _, _ in .text("small") }
        router.onFast(.get, "/smuggled") { _, _ in .text("smuggled") }
        router.onFast(.get, "/target") { request, _ in .text("\(request.authority) \(request.query ?? "-")") }
        router.onFast(.get, "/x") { request, _ in
            .text(HTTPField.Name("X").map { request.values(of: $0) }?.joined(separator: "|") ?? "")
        }
        router.on(.get, "/items/{id}") { _, parameters in
            await Task.yield()
            return .text(parameters["id"])
        }
        router.on(.put, "/items/{id}", bodyBytesMax: 10) { _, _ in Response(.noContent) }
        router.on(.delete, "/items/{id}") { _, _ in Response(.noContent) }
        router.onFast(.get, "/empty") { _, _ in Response(.noContent) }
        router.on(.get, "/stream") { _, _ in
            Response(.ok, body: .stream { write in try await write(Array("streamed".utf8)) })
        }
    }

    private var isHead: Bool { text.trimmingPrefix("\r\n").hasPrefix("HEAD ") }

    private func expect(of server: TestServer) async {
        do {
            if let difference = try await difference(on: server) {
                Issue.record("RFC \(name): \(difference)")
            }
        } catch {
            Issue.record("RFC \(name): \(error)")
        }
    }

    /// What came out otherwise than expected; nil when nothing did.
    private func difference(on server: TestServer) async throws -> String? {
        let client = try server.client()
        let next = outcome.end == .stays ? get("/alive") : outcome.end == .closes ? get("/smuggled") : ""
        try await client.send(bytes + Array(next.utf8))
        if outcome.end == .ends { client.finishSending() }
        var last = Answer()
        for (number, status) in outcome.statuses.enumerated() {
            last = try await client.answer(hasBody: number > 0 || !isHead)
            guard last.status == status else { return "answer \(number + 1) is \(last.status) and not \(status)" }
            guard status < 200 || last.fields["date"] != nil else { return "an answer has no date" }
        }
        if let body = outcome.body, last.body != body { return "the body is \(last.body.debugDescription)" }
        for (field, value) in outcome.fields where last.fields[field, default: ""] != value {
            return "\(field) is \(last.fields[field, default: "missing"])"
        }
        switch outcome.end {
        case .stays:
            if last.closes { return "it closes" }
            let alive = try await client.answer()
            return alive.body == "alive" ? nil : "the next request is answered \(alive.status) \(alive.body)"
        case .closes where !last.closes:
            return "it does not say that it closes"
        case .closes, .ends:
            let rest = try await client.rest()
            return rest.isEmpty ? nil : "after the last answer comes \(rest.prefix(200).debugDescription)"
        }
    }
}

extension Response {
    fileprivate static func text(_ text: String) -> Response {
        Response(.ok, contentType: "text/plain", bytes: Array(text.utf8))
    }
}
