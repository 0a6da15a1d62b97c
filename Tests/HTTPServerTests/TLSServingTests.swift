import COpenSSL
import HTTPMessage
import HTTPServer
import HTTPTypes
import Testing

@Suite("Requests over TLS")
struct TLSServingTests {
    /// Three million bytes in which no two places look the same.
    private static let large = (0..<375_000).flatMap { Array("\($0 + 1_000_000)\n".utf8) }

    private static func routes(_ router: inout Router) {
        router.on(.get, "/large") { _, _ in Response(.ok, contentType: "text/plain", bytes: large) }
        router.on(.post, "/echo", bodyBytesMax: large.count) { request, _ in
            Response(.ok, contentType: "text/plain", bytes: request.body)
        }
        router.on(.get, "/pieces") { _, _ in
            Response(
                .ok,
                body: .stream { write in
                    var rest = large[...]
                    while !rest.isEmpty {
                        try await write(Array(rest.prefix(10_000)))
                        rest = rest.dropFirst(10_000)
                    }
                },
            )
        }
        router.on(.get, "/breaks") { _, _ in
            Response(
                .ok,
                body: .stream { write in
                    try await write(Array("half".utf8))
                    throw ConnectionAbort()
                },
            )
        }
    }

    private static func post(_ body: [UInt8], _ fields: String = "") -> [UInt8] {
        Array("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\(fields)\r\n".utf8) + body
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION], ["/large", "/pieces"])
    func `get large answers, however slowly they are read`(_ version: Int32, _ path: String) async throws {
        try await TLSServer.with(.init(), Self.routes) { server in
            let client = try server.client(.init(version: version), receiveBufferBytes: 4096)
            let answer = try await client.answer(to: get(path))
            let isWhole = Array(answer.body.utf8) == Self.large
            #expect(isWhole)
            #expect(try await client.answer(to: get("/health")).body == "fine")
        }
    }

    @Test(arguments: [1, 16_383, 16_384, 16_385, 65_536, 1_500_000])
    func `may have large bodies`(_ count: Int) async throws {
        let body = Array(Self.large.prefix(count))
        try await TLSServer.with(.init(), Self.routes) { server in
            let client = try server.client()
            try await client.send(Self.post(body))
            let isWhole = try await Array(client.answer().body.utf8) == body
            #expect(isWhole)
        }
    }

    @Test func `are answered in their order when they are sent ahead`() async throws {
        try await TLSServer.with(.init(), Self.routes) { server in
            let client = try server.client()
            try await client.send((0..<200).flatMap { Self.post(Array("\($0)".utf8)) })
            for index in 0..<200 { #expect(try await client.answer().body == "\(index)") }
        }
    }

    /// What follows the requests has been read with them, so no readiness will tell of it.
    @Test func `are answered when the end came with them`() async throws {
        try await TLSServer.with(.init(), Self.routes) { server in
            let client = try server.client()
            #expect(try await client.answer(to: get("/health")).body == "fine")
            try await client.withTLS { try $0.sendLast(Array((get("/health") + get("/health")).utf8)) }
            #expect(try await client.answer().body == "fine")
            #expect(try await client.answer().body == "fine")
            #expect(try await client.rest() == "")
        }
    }

    @Test func `are answered when the client has announced its end`() async throws {
        try await TLSServer.with(.init(), Self.routes) { server in
            let client = try server.client()
            try await client.send(get("/health") + get("/health"))
            try await client.withTLS { $0.announceEnd() }
            #expect(try await client.answer().body == "fine")
            #expect(try await client.answer().body == "fine")
            #expect(try await client.rest() == "")
        }
    }

    @Test(arguments: [true, false])
    func `are not served in part`(_ isAnnounced: Bool) async throws {
        try await TLSServer.with(.init(), Self.routes) { server in
            let client = try server.client()
            try await client.send(Array(Self.post(Array("12345".utf8)).dropLast()))
            if isAnnounced { try await client.withTLS { $0.announceEnd() } } else { client.finishSending() }
            let answer = try await client.answer()
            #expect(answer.status == 400)
            #expect(answer.closes)
        }
    }

    @Test func `end with an announcement, unless the answer is not complete`() async throws {
        try await TLSServer.with(.init(), Self.routes) { server in
            let whole = try server.client()
            #expect(try await whole.answer(to: get("/health", "Connection: close")).body == "fine")
            #expect(try await whole.rest() == "")
            let broken = try server.client()
            try await broken.send("GET /breaks HTTP/1.0\r\n\r\n")
            await #expect(throws: ClientError.self) { try await broken.rest() }
        }
    }

    @Test func `know that they are secure`() async throws {
        try await TLSServer.with(.init()) { router in
            router.onFast(.get, "/secure") { request, _ in
                Response(.ok, contentType: "text/plain", bytes: Array("\(request.isSecure)".utf8))
            }
        } test: { server async throws in
            #expect(try await server.client().answer(to: get("/secure")).body == "true")
        }
    }

    @Test func `come through a proxy that names the client before the handshake`() async throws {
        var limits = ServerLimits()
        limits.connectionsPerAddressMax = 1
        let proxies = try TrustedProxies(["127.0.0.1"], speakProxyProtocol: true)
        let preamble = "PROXY TCP4 192.0.2.7 127.0.0.1 4711 443\r\n"
        try await TLSServer.with(limits, proxies: proxies) { router in
            router.onFast(.get, "/client") { request, _ in
                Response(.ok, contentType: "text/plain", bytes: Array(request.remoteAddress.utf8))
            }
        } test: { server in
            let first = try server.client(.init(preamble: preamble))
            #expect(try await first.answer(to: get("/client")).body == "192.0.2.7")
            // One too many of this client. It is known before the handshake, and said after it.
            let second = try server.client(.init(preamble: preamble))
            try await second.withTLS { try $0.handshake() }
            #expect(try await second.answer().status == 503)
            #expect(try await second.rest() == "")
        }
    }

    @Test func `are served to many at once`() async throws {
        try await TLSServer.with(.init(), Self.routes) { server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<64 {
                    group.addTask {
                        let client = try server.client()
                        for count in 0..<10 {
                            let body = Array(Self.large.dropFirst(number * 1000).prefix(count * 3000))
                            try await client.send(Self.post(body))
                            let isWhole = try await Array(client.answer().body.utf8) == body
                            #expect(isWhole)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `leave nothing behind but the connections that are closed`() async throws {
        var limits = ServerLimits()
        limits.connectionsMax = 2
        try await TLSServer.with(limits, Self.routes) { server in
            let first = try server.client()
            let second = try server.client()
            #expect(try await first.answer(to: get("/health")).body == "fine")
            #expect(try await second.answer(to: get("/health")).body == "fine")
            // No room, and nothing can be said before a handshake.
            await #expect(throws: ClientError.self) { try await server.client().answer(to: get("/health")) }
            #expect(try await first.answer(to: get("/health", "Connection: close")).body == "fine")
            #expect(try await first.rest() == "")
            first.finishSending()
            var body = ""
            while body != "fine" { body = (try? await server.client().answer(to: get("/health")).body) ?? "" }
            #expect(try await second.answer(to: get("/health")).body == "fine")
        }
    }
}
