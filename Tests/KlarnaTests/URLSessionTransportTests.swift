import Klarna
import Synchronization
import Testing

/// Each test shows one way in which FoundationNetworking goes astray, or a peer does.
@Suite("The transport", .timeLimit(.minutes(2)))
struct URLSessionTransportTests {
    private let transport = URLSessionTransport()

    @Test func `delivers status, fields and body`() async throws {
        let server = try RawServer.answering(
            "HTTP/1.1 201 Created\r\nKlarna-Correlation-Id: c-1\r\nContent-Length: 2\r\n\r\n{}"
        )
        let response = try await transport.send(.post(server.url, body: "{\"a\":1}"))
        #expect(response.status == 201)
        #expect(response["klarna-correlation-id"] == "c-1")
        #expect(response.body == Array("{}".utf8))
        let request = try #require(server.requests.first?.request)
        #expect(request.hasPrefix("POST / HTTP/1.1\r\n"))
        #expect(request.hasSuffix("\r\n\r\n{\"a\":1}"))
        #expect(request.lowercased().contains("content-type: application/json\r\n"))
    }

    @Test(arguments: ["GET", "DELETE", "POST"], [false, true])
    func `delivers a 401 that challenges, which FoundationNetworking keeps to itself`(method: String, isEffect: Bool)
        async throws
    {
        let server = try RawServer.answering(
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"klarna\"\r\nKlarna-Correlation-Id: c-2\r\n"
                + "Content-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"
        )
        let body = method == "POST" ? "{}" : nil
        let response = try await transport.send(.make(method, server.url, body: body, isEffect: isEffect))
        #expect(response.status == 401)
        #expect(response["WWW-Authenticate"] == "Basic realm=\"klarna\"")
        #expect(response["Klarna-Correlation-Id"] == "c-2")
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [false, true])
    func `sends an effect once when the peer drops the connection`(withReset: Bool) async throws {
        let server = try RawServer { connection in
            while let request = connection.readRequest() {
                guard request.hasPrefix("GET") else { return withReset ? connection.reset() : connection.close() }
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
        // The pool then has a connection on which FoundationNetworking would send the POST, and begin it again on another.
        _ = try await transport.send(.get(server.url))
        await #expect(throws: TransportError.self) { try await transport.send(.post(server.url, isEffect: true)) }
        #expect(server.requests.map { $0.request.prefix(4) } == ["GET ", "POST"])
        #expect(server.requests.map(\.connection) == [1, 2])
        // Nothing follows later, and the pool is as it was.
        _ = try await transport.send(.get(server.url))
        #expect(server.requests.map { $0.request.prefix(4) } == ["GET ", "POST", "GET "])
        #expect(server.requests.last?.connection == 1)
        #expect(server.connectionCount == 2)
    }

    @Test func `gives each effect a connection of its own and closes it afterwards`() async throws {
        let closed = AsyncStream.makeStream(of: Int.self)
        let server = try RawServer { connection in
            while connection.readRequest() != nil { connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") }
            closed.continuation.yield(connection.number)
        }
        for _ in 1...3 { _ = try await transport.send(.post(server.url, isEffect: true)) }
        #expect(server.requests.map(\.connection) == [1, 2, 3])
        var numbers: Set<Int> = []
        for await number in closed.stream where numbers.insert(number).inserted && numbers.count == 3 { break }
        #expect(numbers == [1, 2, 3])
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `follows no redirect and gives its credentials to nobody`(status: Int) async throws {
        let other = try RawServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let server = try RawServer.answering(
            "HTTP/1.1 \(status) Moved\r\nLocation: \(other.url)/elsewhere\r\nContent-Length: 0\r\n\r\n"
        )
        #expect(try await transport.send(.get(server.url)).status == status)
        #expect(try await transport.send(.post(server.url, isEffect: true)).status == status)
        _ = try await transport.send(.get(other.url))
        #expect(other.requests.map { $0.request.prefix(6) } == ["GET / "])
    }

    @Test(arguments: [("GET", false), ("POST", true)])
    func `gives up on a server that says nothing`(method: String, isEffect: Bool) async throws {
        let server = try RawServer { $0.waitForClose() }
        let body = method == "POST" ? "{}" : nil
        await #expect(throws: TransportError.lost(reason: "no answer within 0.4 seconds")) {
            try await transport.send(
                .make(method, server.url, body: body, timeout: .milliseconds(400), isEffect: isEffect)
            )
        }
    }

    @Test func `gives up on an answer that drips, although it never pauses for long`() async throws {
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n")
            while connection.write("x") { pause(milliseconds: 30) }
        }
        await #expect(throws: TransportError.lost(reason: "no answer within 1.0 seconds")) {
            try await transport.send(.get(server.url, timeout: .seconds(1)))
        }
    }

    @Test(arguments: ["Content-Length: 100000000", "Transfer-Encoding: chunked"])
    func `stops at an answer that is too long`(framing: String) async throws {
        let chunk = String(repeating: "x", count: 1 << 14)
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n")
            let piece = framing.hasPrefix("T") ? "4000\r\n\(chunk)\r\n" : chunk
            // Without an end, unless the client makes one.
            while connection.write(piece) { pause(milliseconds: 1) }
        }
        await #expect(throws: TransportError.lost(reason: "the answer is longer than 100000 bytes")) {
            try await transport.send(.get(server.url, bodyBytesMax: 100_000))
        }
    }

    @Test func `takes an answer of just the length that is allowed`() async throws {
        let server = try RawServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345")
        #expect(try await transport.send(.get(server.url, bodyBytesMax: 5)).body.count == 5)
        await #expect(throws: TransportError.self) { try await transport.send(.get(server.url, bodyBytesMax: 4)) }
    }

    static let brokenAnswers = [
        "",  // Closed before a byte of the answer.
        "hello, world\r\n\r\n",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n12345\r\n0\r\n\r\n",
    ]

    @Test(arguments: brokenAnswers, [false, true])
    func `calls a request lost whose answer is broken`(answer: String, withReset: Bool) async throws {
        let server = try RawServer { connection in
            _ = connection.readRequest()
            connection.write(answer)
            if withReset { connection.reset() }
        }
        let error = await transport.failure(of: .post(server.url, isEffect: true))
        #expect(error?.isLost == true, "\(String(describing: error))")
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [false, true])
    func `knows that a refused connection sent nothing`(isEffect: Bool) async throws {
        let refusing = try RefusingPort()
        let url = "http://127.0.0.1:\(refusing.port)"
        await #expect(throws: TransportError.notSent(reason: "the connection was refused")) {
            try await transport.send(.post(url, isEffect: isEffect))
        }
        await #expect(throws: TransportError.notSent(reason: "the connection was refused")) {
            try await transport.send(.get(url))
        }
    }

    /// Of the two addresses of `localhost` one refuses, and FoundationNetworking then takes the loss of the answer for a
    /// refused connection, if that address came first.
    @Test(arguments: hasIPv6 ? [false, true] : [false])
    func `calls a request lost that was sent after another address had refused`(isIPv6: Bool) async throws {
        let refusing = try RefusingPort()
        let bound = isIPv6 ? socketOnIPv6Loopback(port: refusing.port) : nil
        try #require(bound != nil || !isIPv6)
        let server = try RawServer(on: bound) { connection in _ = connection.readRequest() }
        let error = await transport.failure(of: .post("http://localhost:\(server.port)", isEffect: true))
        #expect(error?.isLost == true, "\(String(describing: error))")
        #expect(server.requests.count == 1)
    }

    @Test func `knows that a connection that did not come about sent nothing`() async throws {
        let silent = try SilentPort()
        let request = OutboundRequest.post(
            "http://127.0.0.1:\(silent.port)",
            connectTimeout: .milliseconds(300),
            isEffect: true,
        )
        await #expect(throws: TransportError.notSent(reason: "no connection within 0.3 seconds")) {
            try await transport.send(request)
        }
        await #expect(throws: TransportError.lost(reason: "no answer within 0.3 seconds")) {
            try await transport.send(.get("http://127.0.0.1:\(silent.port)", timeout: .milliseconds(300)))
        }
    }

    @Test func `knows that a failed TLS handshake sent nothing`() async throws {
        let server = try RawServer { connection in
            _ = connection.readSome()
            connection.write("this is not TLS\r\n\r\n")
            connection.waitForClose()
        }
        let error = await transport.failure(of: .post("https://127.0.0.1:\(server.port)", isEffect: true))
        #expect(error?.isLost == false, "\(String(describing: error))")
    }

    @Test(arguments: ["http://kassa.invalid/", "ftp://127.0.0.1/", "http://", "", "http://[::1", "not a url"])
    func `knows that an address without a host sent nothing`(url: String) async {
        let error = await transport.failure(of: .post(url, isEffect: true))
        #expect(error?.isLost == false, "\(String(describing: error))")
    }

    @Test func `ends when its caller gives up`() async throws {
        let arrived = AsyncStream.makeStream(of: Void.self)
        let closed = AsyncStream.makeStream(of: Void.self)
        let server = try RawServer { connection in
            _ = connection.readRequest()
            arrived.continuation.yield()
            connection.waitForClose()
            closed.continuation.yield()
        }
        let call = Task { [transport] in try await transport.send(.post(server.url, isEffect: true)) }
        for await _ in arrived.stream { break }
        call.cancel()
        await #expect(throws: TransportError.lost(reason: "the call was given up")) { try await call.value }
        for await _ in closed.stream { break }
    }

    @Test func `reuses a connection for reads, and keeps neither cookies nor answers`() async throws {
        let server = try RawServer.answering(
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nCache-Control: max-age=3600\r\nContent-Length: 2\r\n\r\n{}"
        )
        for _ in 1...3 { _ = try await transport.send(.get(server.url)) }
        #expect(server.requests.map(\.connection) == [1, 1, 1])
        #expect(server.requests.allSatisfy { !$0.request.lowercased().contains("cookie") })
    }

    @Test func `has more requests under way at once than FoundationNetworking's six`() async throws {
        let waiting = Gathering(count: 12)
        let server = try RawServer { connection in
            while connection.readRequest() != nil {
                waiting.join()
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        try await withThrowingTaskGroup { group in
            for _ in 1...12 { group.addTask { try await transport.send(.get(server.url)).status } }
            for try await status in group { #expect(status == 200) }
        }
    }
}

extension URLSessionTransport {
    /// How it ends when it has to fail.
    fileprivate func failure(of request: OutboundRequest) async -> TransportError? {
        do throws(TransportError) {
            let response = try await send(request)
            Issue.record("it was answered with \(response.status)")
            return nil
        } catch {
            return error
        }
    }
}

extension TransportError {
    fileprivate var isLost: Bool {
        switch self {
        case .lost: true
        case .notSent: false
        }
    }
}

extension OutboundRequest {
    fileprivate static func make(
        _ method: String,
        _ url: String,
        body: String? = nil,
        timeout: Duration = .seconds(60),
        connectTimeout: Duration? = nil,
        isEffect: Bool = false,
        bodyBytesMax: Int = 1 << 20,
    ) -> OutboundRequest {
        OutboundRequest(
            method: method,
            url: url,
            fields: [
                (name: "Authorization", value: "Basic dTpw"), (name: "Content-Type", value: "application/json"),
            ],
            body: body.map { Array($0.utf8) },
            timeout: timeout,
            connectTimeout: connectTimeout ?? timeout,
            isEffect: isEffect,
            bodyBytesMax: bodyBytesMax,
        )
    }

    fileprivate static func get(
        _ url: String,
        timeout: Duration = .seconds(60),
        bodyBytesMax: Int = 1 << 20,
    ) -> OutboundRequest {
        make("GET", url, timeout: timeout, bodyBytesMax: bodyBytesMax)
    }

    fileprivate static func post(
        _ url: String,
        body: String = "{}",
        connectTimeout: Duration? = nil,
        isEffect: Bool = false,
    ) -> OutboundRequest {
        make("POST", url, body: body, connectTimeout: connectTimeout, isEffect: isEffect)
    }
}
