import Foundation
import FoundationNetworking
import HTTPServer
import KlarnaSandbox
import Logging
import Testing
import Wire

/// A sandbox on a real port, and a client that follows no redirects.
struct RunningSandbox: Sendable {
    struct Answer: Sendable {
        let status: Int
        let fields: [String: String]
        let body: [UInt8]

        var json: JSON { (try? JSON.parse(body)) ?? .null }

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    let base: String

    /// Serves a fresh sandbox while `work` runs.
    static func serve(
        profile: SandboxProfile = .standard,
        timing: SandboxService.Timing = .init(),
        _ work: @Sendable (RunningSandbox) async throws -> Void,
    ) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let service = try SandboxService(profile: profile, timing: timing, logger: logger) {
            Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        }
        let server = Server(loops: 1, logger: logger)
        let address = try server.bind(try #require(ListenAddress("127.0.0.1:0")))
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run(service.router()) }
            group.addTask { await service.run() }
            defer { group.cancelAll() }
            try await work(RunningSandbox(base: "http://\(address)"))
        }
    }

    func send(
        _ method: String,
        _ path: String,
        _ body: JSON? = nil,
        form: String? = nil,
        idempotencyKey: String? = nil,
    ) async throws -> Answer {
        let url = path.hasPrefix("http") ? path : base + path
        var request = URLRequest(url: try #require(URL(string: url)))
        request.httpMethod = method
        request.setValue("Basic dXNlcjpwYXNzd29yZA==", forHTTPHeaderField: "Authorization")
        request.setValue(idempotencyKey, forHTTPHeaderField: "Klarna-Idempotency-Key")
        if let bytes = body?.bytes ?? form.map({ Array($0.utf8) }) {
            let type = body == nil ? "application/x-www-form-urlencoded" : "application/json"
            request.setValue(type, forHTTPHeaderField: "Content-Type")
            request.httpBody = Data(bytes)
        }
        let session = URLSession(configuration: .ephemeral, delegate: Staying(), delegateQueue: nil)
        defer { session.finishTasksAndInvalidate() }
        let (data, response) = try await session.data(for: request)
        let answer = try #require(response as? HTTPURLResponse)
        var fields: [String: String] = [:]
        for (name, value) in answer.allHeaderFields { fields["\(name)".lowercased()] = "\(value)" }
        return Answer(status: answer.statusCode, fields: fields, body: Array(data))
    }

    /// A payment session and the page around it.
    func open(
        _ purchase: JSON = .mug,
        urls: JSON? = .merchantURLs,
        options: JSON? = nil,
    ) async throws -> (id: String, page: String, paymentSession: String) {
        let created = try await send("POST", "/payments/v1/sessions", purchase)
        let paymentSession = try #require(created.json["session_id"]?.string)
        var body: JSONObject = ["payment_session_url": .string("\(base)/payments/v1/sessions/\(paymentSession)")]
        body["merchant_urls"] = urls
        body["options"] = options
        let hosted = try await send("POST", "/hpp/v1/sessions", .object(body)).json
        return (
            try #require(hosted["session_id"]?.string), try #require(hosted["redirect_url"]?.string), paymentSession,
        )
    }

    /// The path to place an order at, for a shopper who agreed.
    func authorize() async throws -> String {
        let session = try await open(urls: nil)
        _ = try await send("POST", "/sandbox/hpp/\(session.id)/approve")
        let reading = try await send("GET", "/hpp/v1/sessions/\(session.id)").json
        return "/payments/v1/authorizations/\(try #require(reading["authorization_token"]?.string))/order"
    }

    func data(_ path: String) async throws -> [JSON] {
        try #require(try await send("GET", "/sandbox/\(path)").json["data"]?.array)
    }

    func order(_ fault: JSON) async throws {
        try #require(try await send("POST", "/sandbox/faults", fault).status == 201)
    }

    /// The callbacks, once none of them is under way any more.
    func settledCallbacks() async throws -> [JSON] {
        while true {
            let callbacks = try await data("callbacks")
            if !callbacks.contains(where: { $0["state"] == "pending" }) { return callbacks }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

private final class Staying: NSObject, URLSessionTaskDelegate, Sendable {
    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest,
        completionHandler: @escaping (URLRequest?) -> Void,
    ) {
        completionHandler(nil)
    }
}
