import HTTPMessage
import HTTPServer
import HTTPTypes
import Logging
import Synchronization
import Testing
import Wire

/// A merchant's server that writes down what it is told.
final class Receiver: Sendable {
    struct Call: Sendable, Hashable {
        let path: String
        let contentType: String?
        let body: [UInt8]

        var json: JSON { (try? JSON.parse(body)) ?? .null }
    }

    private let state: Mutex<(answers: [Int?], calls: [Call])>

    var calls: [Call] { state.withLock { $0.calls } }

    var bodies: [JSON] { calls.map(\.json) }

    private init(_ answers: [Int?]) { state = Mutex((answers, [])) }

    /// Answers with these statuses in turn, then with 204; `nil` is silence. The second argument of `work` are merchant
    /// URLs for HPP, the third is where paths of any two segments begin.
    static func serve(
        answering answers: [Int?] = [],
        _ work: @Sendable (Receiver, JSON, String) async throws -> Void,
    ) async throws {
        let receiver = Receiver(answers)
        var router = Router(refuse: { refusal, _ in Response(refusal.status) })
        router.on(.post, "/{kind}/{id}", bodyBytesMax: 10_000) { request, _ in
            let call = Call(path: request.path, contentType: request[.contentType], body: request.body)
            guard let status = receiver.take(call) else {
                try await Task.sleep(for: .seconds(600))
                return Response(.noContent)
            }
            switch status {
            case 302, 303: return Response(HTTPResponse.Status(code: status), fields: [.location: "/elsewhere"])
            case 400:
                let body: JSON = ["error_type": "approval_failed", "error_text": "The mug was sold."]
                return Response(.badRequest, contentType: "application/json", bytes: body.bytes)
            case _: return Response(HTTPResponse.Status(code: status))
            }
        }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = Server(loops: 1, logger: logger)
        let address = try server.bind(try #require(ListenAddress("127.0.0.1:0")))
        try await withThrowingTaskGroup { [router] group in
            group.addTask { try await server.run(router) }
            defer { group.cancelAll() }
            let base = "http://\(address)"
            try await work(receiver, ["status_update": .string("\(base)/status/{{session_id}}")], base)
        }
    }

    static func serve(
        answering answers: [Int?] = [],
        _ work: @Sendable (Receiver, JSON) async throws -> Void,
    ) async throws {
        try await serve(answering: answers) { receiver, urls, _ in try await work(receiver, urls) }
    }

    private func take(_ call: Call) -> Int? {
        state.withLock { state in
            state.calls.append(call)
            return state.answers.isEmpty ? 204 : state.answers.removeFirst()
        }
    }
}
