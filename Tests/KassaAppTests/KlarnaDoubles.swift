import Foundation
import Glibc
import HTTPMessage
import HTTPServer
import HTTPTypes
import Klarna
import Logging
import Synchronization
import Testing

/// Stands in for Klarna's hosts, each behind a real socket of its own on this machine.
struct KlarnaDoubles {
    /// What a host says to credentials that it is asked with.
    enum Manner: Sendable {
        case knows(Set<String>, HTTPResponse.Status = .notFound)
        case answers(HTTPResponse.Status)
        /// Never says anything.
        case isSilent
    }

    /// Runs a server for each host and lets `work` send there what is meant for the hosts.
    static func serve(_ hosts: [String: Manner], _ work: (Rerouting) async throws -> Void) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let servers = hosts.mapValues { _ in Server(loops: 1, logger: logger) }
        let addresses = try servers.mapValues { server in
            "http://\(try server.bind(ListenAddress(host: "127.0.0.1", port: 0)))"
        }
        try await withThrowingTaskGroup { group in
            for (host, server) in servers {
                guard let manner = hosts[host] else { continue }
                group.addTask { try await server.run(router(manner)) }
            }
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await work(Rerouting(addresses)))
            } catch {
                outcome = .failure(error)
            }
            for server in servers.values { await server.shutdown(grace: .zero) }
            group.cancelAll()
            try outcome.get()
        }
    }

    private static func router(_ manner: Manner) -> Router {
        var router = Router { refusal, _ in Response(refusal.status) }
        for path in ["/payments/v1/sessions/{id}", "/checkout/v3/orders/{id}"] {
            router.on(.get, path) { request, _ in
                switch manner {
                case .knows(let usernames, let status):
                    return usernames.contains(request.username ?? "") ? notFound(status) : refusal
                case .answers(let status): return Response(status, fields: [.location: "https://elsewhere.example/"])
                case .isSilent:
                    try await Task.sleep(for: .seconds(3600))
                    return Response(.ok)
                }
            }
        }
        return router
    }

    private static func notFound(_ status: HTTPResponse.Status) -> Response {
        let body = #"{"error_code": "NOT_FOUND", "error_messages": [], "correlation_id": "1"}"#
        return Response(status, contentType: "application/json", bytes: Array(body.utf8))
    }

    /// As the edge of Klarna's playground words it.
    private static let refusal = Response(
        .unauthorized,
        contentType: "text/html",
        bytes: Array("<html>401 Authorization Required</html>".utf8),
        fields: [.wwwAuthenticate: #"Basic realm="Klarna""#],
    )
}

/// Sends what is meant for some hosts elsewhere, and remembers who was asked. Nothing leaves for any other host.
final class Rerouting: Transport {
    private let ways: [String: String]
    private let transport = URLSessionTransport()
    private let sent = Mutex<[OutboundRequest]>([])

    init(_ ways: [String: String]) { self.ways = ways }

    /// The hosts that were asked, each as often as it was.
    var hosts: [String] { urls.map { String($0.prefix { $0 != "/" }) }.sorted() }

    var paths: [String] { urls.map { String($0.drop { $0 != "/" }) } }

    private var urls: [Substring] { sent.withLock { $0.map { $0.url.dropFirst("https://".count) } } }

    /// Where what is meant for that host goes.
    func way(_ host: String) throws -> String { try #require(ways[host]) }

    var methods: Set<String> { sent.withLock { Set($0.map(\.method)) } }

    func send(_ request: OutboundRequest) async throws(TransportError) -> InboundResponse {
        sent.withLock { $0.append(request) }
        guard let way = ways.first(where: { request.url.hasPrefix($0.key + "/") }) else {
            throw .notSent(reason: "the host name is not known")
        }
        return try await transport.send(
            OutboundRequest(
                method: request.method,
                url: way.value + request.url.dropFirst(way.key.count),
                fields: request.fields,
                body: request.body,
                timeout: request.timeout,
                connectTimeout: request.connectTimeout,
                isEffect: request.isEffect,
                bodyBytesMax: request.bodyBytesMax,
                purpose: request.purpose,
            )
        )
    }
}

/// A port that refuses every connection for as long as it is held: bound, and nobody listens.
final class RefusingPort: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { Glibc.close(descriptor) }
}

extension Request {
    /// RFC 7617.
    fileprivate var username: String? {
        guard let field = self[.authorization], field.hasPrefix("Basic "),
            let bytes = Data(base64Encoded: String(field.dropFirst("Basic ".count)))
        else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: ":").first.map(String.init)
    }
}
