import HTTPMessage
import HTTPServer
import HTTPTypes
import Logging
import Synchronization
import Testing

/// A server on a port of its own, for as long as a test takes.
struct TestServer {
    let server: Server
    let port: Int
    let log: TestLog

    /// Runs a server, lets `test` use it, and ends it.
    static func with(
        _ limits: ServerLimits = .init(),
        loops: Int = 2,
        tls: TLSContext? = nil,
        proxies: TrustedProxies = .none,
        at place: ListenAddress = ListenAddress(host: "127.0.0.1", port: 0),
        _ routes: (inout Router) throws -> Void = { _ in },
        test: (TestServer) async throws -> Void,
    ) async throws {
        var router = Router { refusal, request in
            Response(
                refusal.status,
                contentType: "text/plain",
                bytes: Array("\(refusal.status.code) \(request?.path ?? "-")".utf8),
            )
        }
        try routes(&router)
        let log = TestLog()
        let logger = Logger(label: "test") { _ in log }
        let server = Server(limits: limits.patient, loops: loops, proxies: proxies, logger: logger)
        let address = try server.bind(place, tls: tls)
        async let run: Void = server.run(router)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await test(TestServer(server: server, port: address.port, log: log)))
        } catch {
            outcome = .failure(error)
        }
        await server.shutdown(grace: .zero)
        try await run
        try outcome.get()
    }

    func client(receiveBufferBytes: Int32? = nil) throws -> Client {
        try Client(port: port, receiveBufferBytes: receiveBufferBytes)
    }

    /// The answer to one request on a connection of its own.
    func answer(to request: String) async throws -> Answer {
        try await client().answer(to: request)
    }
}

/// Keeps the lines that a server logs.
struct TestLog: LogHandler {
    private final class Lines: Sendable {
        let lines = Mutex<[String]>([])
    }

    private let kept = Lines()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    var lines: [String] { kept.lines.withLock { $0 } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        kept.lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
    }
}

/// A door that opens once; whoever waits before goes on then.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}

/// A GET in HTTP/1.1.
func get(_ path: String, _ fields: String...) -> String {
    "GET \(path) HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
}

extension ServerLimits {
    /// Deadlines that no test has set are far away: a busy machine is no reason to fail.
    fileprivate var patient: ServerLimits {
        let standard = ServerLimits()
        var limits = self
        for deadline in [
            \.handshakeTimeout, \.headTimeout, \.bodyTimeout, \.bodyRateGrace, \.writeStallTimeout, \.keepAliveTimeout,
        ] as [WritableKeyPath<ServerLimits, Duration>]
        where limits[keyPath: deadline] == standard[keyPath: deadline] {
            limits[keyPath: deadline] = .seconds(600)
        }
        return limits
    }
}
