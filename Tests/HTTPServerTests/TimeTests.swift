import HTTPMessage
import HTTPServer
import HTTPTypes
import Testing

/// The limits under test are short, all others keep their long defaults: what ends a connection here is only what is tested.
@Suite("Deadlines")
struct TimeTests {
    private static let short = Duration.milliseconds(50)
    /// For deadlines within which the client has to have done something.
    private static let enough = Duration.seconds(2)

    private static func routes(_ router: inout Router) {
        router.onFast(.get, "/health") { _, _ in Response(.ok, contentType: "text/plain", bytes: Array("fine".utf8)) }
        router.on(.post, "/echo", bodyBytesMax: 1000) { request, _ in
            Response(.ok, contentType: "text/plain", bytes: request.body)
        }
        router.on(.get, "/large") { _, _ in
            Response(.ok, contentType: "text/plain", bytes: [UInt8](repeating: 0x78, count: 30_000_000))
        }
    }

    private static func with(
        _ change: (inout ServerLimits) -> Void,
        test: (TestServer) async throws -> Void,
    ) async throws {
        var limits = ServerLimits()
        change(&limits)
        try await TestServer.with(limits, routes, test: test)
    }

    @Test(arguments: ["G", "GET /health HTTP/1.1\r\nHost: a\r\n"])
    func `a head that does not come to its end is answered 408`(_ start: String) async throws {
        try await Self.with {
            $0.headTimeout = Self.enough
        } test: { server in
            let client = try server.client()
            let answer = try await client.answer(to: start)
            #expect(answer.status == 408)
            #expect(answer.closes)
            #expect(try await client.rest() == "")
        }
    }

    @Test func `a connection on which nothing comes is closed without a word`() async throws {
        try await Self.with {
            $0.headTimeout = Self.short
        } test: { server async throws in
            #expect(try await server.client().rest() == "")
        }
    }

    @Test func `an idle connection is closed without a word after its last answer`() async throws {
        try await Self.with {
            $0.keepAliveTimeout = Self.short
        } test: { server in
            let client = try server.client()
            #expect(try await client.answer(to: get("/health")).body == "fine")
            #expect(try await client.rest() == "")
        }
    }

    @Test func `the second head on a connection has its own deadline`() async throws {
        try await Self.with {
            $0.headTimeout = Self.enough
        } test: { server in
            let client = try server.client()
            #expect(try await client.answer(to: get("/health")).body == "fine")
            #expect(try await client.answer(to: "GET /hea").status == 408)
        }
    }

    @Test func `a body that does not come to its end is answered 408`() async throws {
        try await Self.with {
            $0.bodyTimeout = Self.short
        } test: { server in
            let client = try server.client()
            let answer = try await client.answer(to: "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell")
            #expect(answer.status == 408)
            #expect(answer.body == "408 /echo")
            #expect(try await client.rest() == "")
        }
    }

    @Test func `a body that trickles is answered 408 long before its deadline`() async throws {
        try await Self.with {
            $0.bodyRateGrace = Self.short
            $0.bodyBytesPerSecondMin = 1000
        } test: { server in
            let client = try server.client()
            let answer = try await client.answer(
                to: "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\nhell"
            )
            #expect(answer.status == 408)
        }
    }

    @Test func `a peer that does not take its answer is cut`() async throws {
        try await Self.with {
            $0.writeStallTimeout = Self.short
        } test: { server in
            let stalled = try server.client(receiveBufferBytes: 4096)
            try await stalled.send(get("/large"))
            // It is gone when the server closes: shutting down with all grace then ends at once.
            await server.server.shutdown(grace: .seconds(60))
        }
    }

    @Test func `a body that nobody wants and that never comes is answered 408`() async throws {
        try await Self.with {
            $0.bodyTimeout = Self.short
        } test: { server in
            let client = try server.client()
            let answer = try await client.answer(to: "POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
            #expect(answer.status == 408)
            #expect(answer.closes)
            #expect(try await client.rest() == "")
        }
    }

    @Test func `a peer that keeps sending after its last answer is cut`() async throws {
        try await Self.with {
            $0.lingerTimeout = Self.short
        } test: { server in
            let client = try server.client()
            #expect(try await client.answer(to: "garbage\r\n\r\n").status == 400)
            await server.server.shutdown(grace: .seconds(60))
        }
    }
}
