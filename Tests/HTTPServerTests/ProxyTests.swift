import HTTPMessage
import HTTPServer
import HTTPTypes
import Testing

@Suite("Behind a proxy")
struct ProxyTests {
    private static let header = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n"
    private static let binaryHeader = ProxyHeaderTests.binary(0x21, 0x21, ProxyHeaderTests.tcp6)
    private static let withHeader = proxies(["127.0.0.0/8"], speakProxyProtocol: true)

    private static func proxies(_ texts: [String], speakProxyProtocol: Bool = false) -> TrustedProxies {
        (try? TrustedProxies(texts, speakProxyProtocol: speakProxyProtocol)) ?? .none
    }

    private static func routes(_ router: inout Router) {
        router.on(.get, "/who") { request, _ in
            Response(.ok, contentType: "text/plain", bytes: Array("\(request.remoteAddress) \(request.isSecure)".utf8))
        }
        router.onFast(.get, "/health") { _, _ in Response(.ok, contentType: "text/plain", bytes: Array("fine".utf8)) }
    }

    @Test(arguments: [
        (["127.0.0.1"], "203.0.113.7 true"), (["127.0.0.0/8", "10.0.0.0/8"], "203.0.113.7 true"),
        (["10.0.0.0/8", "unix"], "127.0.0.1 false"), ([], "127.0.0.1 false"),
    ])
    func `the client is whom a listed proxy names, and nobody else`(_ listed: [String], _ answer: String) async throws {
        try await TestServer.with(proxies: Self.proxies(listed), Self.routes) { server in
            let fields = ["X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: b.example"]
            let client = try server.client()
            #expect(try await client.answer(to: get("/who", fields[0], fields[1], fields[2])).body == answer)
            // Each request for itself.
            #expect(try await client.answer(to: get("/who")).body == "127.0.0.1 false")
        }
    }

    @Test(arguments: [
        (Array(header.utf8), "203.0.113.7 false"), (binaryHeader, "2001:db8::7 false"),
        (Array("PROXY UNKNOWN\r\n".utf8), "127.0.0.1 false"),
        (ProxyHeaderTests.binary(0x20, 0x00, []), "127.0.0.1 false"),
    ])
    func `a PROXY header names the client of the whole connection, whose own fields are not believed`(
        _ header: [UInt8],
        _ who: String,
    ) async throws {
        try await TestServer.with(proxies: Self.withHeader, Self.routes) { server in
            let client = try server.client()
            try await client.send(header + Array(get("/who", "X-Forwarded-For: 198.51.100.1").utf8))
            #expect(try await client.answer().body == who)
            #expect(try await client.answer(to: get("/who", "X-Forwarded-Proto: https")).body == who)
        }
    }

    @Test func `a PROXY header may name a listed proxy, whose fields are believed`() async throws {
        let proxies = Self.proxies(["127.0.0.1", "203.0.113.7"], speakProxyProtocol: true)
        try await TestServer.with(proxies: proxies, Self.routes) { server in
            let client = try server.client()
            try await client.send(Self.header)
            let answer = try await client.answer(to: get("/who", "X-Forwarded-For: 198.51.100.1"))
            #expect(answer.body == "198.51.100.1 false")
        }
    }

    @Test(arguments: [Array(header.utf8), binaryHeader])
    func `a PROXY header may come in any pieces`(_ header: [UInt8]) async throws {
        try await TestServer.with(proxies: Self.withHeader, Self.routes) { server in
            let bytes = header + Array(get("/health").utf8)
            for cut in 1...header.count {
                let client = try server.client()
                try await client.send(Array(bytes[..<cut]))
                try await client.send(Array(bytes[cut...]))
                #expect(try await client.answer().body == "fine", "cut at \(cut)")
            }
            let client = try server.client()
            for byte in bytes { try await client.send([byte]) }
            #expect(try await client.answer().body == "fine")
        }
    }

    @Test(arguments: [
        Array(get("/health").utf8), Array("PROXY TCP4 203.0.113.7\r\n".utf8) + Array(get("/health").utf8),
        ProxyHeaderTests.binary(0x21, 0x12, ProxyHeaderTests.tcp4) + Array(get("/health").utf8),
    ])
    func `a listed proxy without a valid PROXY header is not served`(_ bytes: [UInt8]) async throws {
        try await TestServer.with(proxies: Self.withHeader, Self.routes) { server in
            let client = try server.client()
            try await client.send(bytes)
            // Closed with nothing said; a reset is as good.
            #expect((try? await client.rest()) ?? "" == "")
            #expect(server.log.lines.contains { $0.contains("no valid PROXY header") })
        }
    }

    @Test(arguments: [
        (Array(header.utf8), withHeaderFromElsewhere), (binaryHeader, withHeaderFromElsewhere),
        (Array(header.utf8), TrustedProxies.none), (Array(header.utf8), proxies(["127.0.0.1"])),
    ])
    func `a PROXY header that is not asked for is a malformed request`(
        _ header: [UInt8],
        _ proxies: TrustedProxies,
    ) async throws {
        try await TestServer.with(proxies: proxies, Self.routes) { server in
            let client = try server.client()
            try await client.send(header + Array(get("/health").utf8))
            let answer = try await client.answer()
            #expect(answer.status == 400)
            #expect(answer.closes)
        }
    }

    private static let withHeaderFromElsewhere = proxies(["10.0.0.0/8", "unix"], speakProxyProtocol: true)

    @Test(arguments: ["", "PROXY TCP4 203."])
    func `a PROXY header that does not come ends with the time for a head`(_ start: String) async throws {
        var limits = ServerLimits()
        limits.headTimeout = .milliseconds(50)
        try await TestServer.with(limits, proxies: Self.withHeader, Self.routes) { server in
            let client = try server.client()
            try await client.send(start)
            #expect((try? await client.rest()) ?? "" == "")
        }
    }

    @Test func `connections count for the client whom a PROXY header names`() async throws {
        var limits = ServerLimits()
        limits.connectionsPerAddressMax = 1
        limits.sparesLoopback = false
        try await TestServer.with(limits, proxies: Self.withHeader, Self.routes) { server in
            let first = try server.client()
            #expect(try await first.answer(to: Self.header + get("/who")).body == "203.0.113.7 false")
            let second = try server.client()
            let refused = try await second.answer(to: Self.header + get("/who"))
            #expect(refused.status == 503)
            #expect(refused.fields["retry-after"] == "1")
            #expect(refused.closes)
            let third = try server.client()
            try await third.send(Self.binaryHeader)
            #expect(try await third.answer(to: get("/who")).body == "2001:db8::7 false")
            // The client that has gone may come again.
            #expect(try await first.answer(to: get("/who", "Connection: close")).status == 200)
            #expect(try await first.rest() == "")
            first.finishSending()
            var status = 503
            while status == 503 {
                let client = try server.client()
                let answer = try? await client.answer(to: Self.header + get("/who"))
                status = answer?.status ?? 503
            }
            #expect(status == 200)
        }
    }

    @Test func `listed proxies are not counted as one client`() async throws {
        var limits = ServerLimits()
        limits.connectionsPerAddressMax = 1
        limits.sparesLoopback = false
        try await TestServer.with(limits, proxies: Self.proxies(["127.0.0.1"]), Self.routes) { server in
            let clients = try (0..<4).map { _ in try server.client() }
            for client in clients { #expect(try await client.answer(to: get("/health")).status == 200) }
        }
    }

    @Test func `a shutdown serves a client whose PROXY header has just come`() async throws {
        var limits = ServerLimits()
        // For the client's request, however busy the machine is.
        limits.lingerTimeout = .seconds(600)
        try await TestServer.with(limits, loops: 1, proxies: Self.withHeader, Self.routes) { server in
            let client = try server.client()
            try await client.send(Self.header)
            let other = try server.client()
            // One loop: when this is answered, the header above has been read.
            #expect(try await other.answer(to: Self.header + get("/health")).status == 200)
            async let shutdown: Void = server.server.shutdown(grace: .seconds(600))
            #expect(try await other.rest() == "")
            let answer = try await client.answer(to: get("/who"))
            #expect(answer.body == "203.0.113.7 false")
            #expect(answer.closes)
            #expect(try await client.rest() == "")
            for client in [client, other] { client.finishSending() }
            await shutdown
        }
    }
}
