import COpenSSL
import Glibc
import HTTPMessage
import HTTPServer
import HTTPTypes
import Testing

@Suite("The handshake of TLS")
struct TLSHandshakeTests {
    @Test(arguments: [(TLS1_2_VERSION, "TLSv1.2"), (TLS1_3_VERSION, "TLSv1.3")])
    func `succeeds in the versions that are safe`(_ version: Int32, _ name: String) async throws {
        try await TLSServer.with { server in
            let client = try server.client(.init(version: version))
            #expect(try await client.answer(to: get("/health")).body == "fine")
            #expect(try await client.withTLS { $0.version } == name)
        }
    }

    @Test(arguments: [TLS1_VERSION, TLS1_1_VERSION])
    func `is refused in older versions`(_ version: Int32) async throws {
        try await TLSServer.with { server in
            let error = try await #require(throws: ClientError.self) {
                try await server.client(.init(version: version)).answer(to: get("/health"))
            }
            #expect(error.description.hasSuffix("tlsv1 alert protocol version"))
            try await server.expectHealth()
        }
    }

    @Test(arguments: ["AES128-SHA", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "DHE"])
    func `is refused with ciphers that keep no secret for ever or that pad`(_ ciphers: String) async throws {
        try await TLSServer.with { server in
            await #expect(throws: ClientError.self) {
                try await server.client(.init(version: TLS1_2_VERSION, ciphers: ciphers)).answer(to: get("/health"))
            }
            try await server.expectHealth()
        }
    }

    @Test(arguments: [
        ("ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
        ("ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        ("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"),
    ])
    func `takes the faster cipher, but ChaCha from who wants it first`(_ offered: String, _ taken: String) async throws
    {
        try await TLSServer.with { server in
            let client = try server.client(.init(version: TLS1_2_VERSION, ciphers: offered))
            _ = try await client.answer(to: get("/health"))
            #expect(try await client.withTLS { $0.cipher } == taken)
        }
    }

    @Test(arguments: [["http/1.1"], ["h2", "http/1.1"], ["http/1.1", "h2"], ["x", "http/1.0", "http/1.1"], []])
    func `chooses HTTP/1.1, and nothing where nothing is offered`(_ offered: [String]) async throws {
        try await TLSServer.with { server in
            let client = try server.client(.init(protocols: offered))
            #expect(try await client.answer(to: get("/health")).body == "fine")
            #expect(try await client.withTLS { $0.chosenProtocol } == (offered.isEmpty ? nil : "http/1.1"))
        }
    }

    @Test(arguments: [["h2"], ["http/1.0"], ["HTTP/1.1"], ["http/1.1x", "h3"]])
    func `is refused where only other protocols are offered`(_ offered: [String]) async throws {
        try await TLSServer.with { server in
            let error = try await #require(throws: ClientError.self) {
                try await server.client(.init(protocols: offered)).answer(to: get("/health"))
            }
            #expect(error.description.hasSuffix("tlsv1 alert no application protocol"))
            try await server.expectHealth()
        }
    }

    @Test(arguments: ["first.example", "unknown.example", nil])
    func `shows the certificate under every name`(_ name: String?) async throws {
        try await TLSServer.with { server in
            let client = try server.client(.init(serverName: name))
            #expect(try await client.answer(to: get("/health")).body == "fine")
            #expect(try await client.withTLS { $0.subject } == "CN=first.example")
        }
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func `is shorter the second time`(_ version: Int32) async throws {
        try await TLSServer.with { server in
            let first = try server.client(.init(version: version))
            _ = try await first.answer(to: get("/health"))
            #expect(try await first.withTLS { $0.hasResumed } == false)
            let ticket = try await first.withTLS { try $0.ticket() }
            let second = try server.client(.init(version: version, ticket: ticket))
            #expect(try await second.answer(to: get("/health")).body == "fine")
            #expect(try await second.withTLS { $0.hasResumed })
        }
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func `is made in full when the keys of tickets are new`(_ version: Int32) async throws {
        try await TLSServer.with { server in
            let first = try server.client(.init(version: version))
            _ = try await first.answer(to: get("/health"))
            let ticket = try await first.withTLS { try $0.ticket() }
            try server.context.reload()
            let second = try server.client(.init(version: version, ticket: ticket))
            #expect(try await second.answer(to: get("/health")).body == "fine")
            #expect(try await second.withTLS { $0.hasResumed } == false)
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\n", "\0\0\0\0\0\0\0\0", "\u{16}\u{3}\u{1}\0\u{5}hello",
        "\u{16}\u{3}\u{1}\0\0", "\u{15}\u{3}\u{1}\0\u{2}\u{2}\u{28}", "SSH-2.0-a\r\n",
        String(repeating: "x", count: 100_000),
    ])
    func `ends the connection when something else comes`(_ bytes: String) async throws {
        try await TLSServer.with { server in
            let client = try Client(port: server.port)
            try? await client.send(bytes)
            client.finishSending()
            // An alert or nothing, and perhaps a reset behind it: never an answer, which would not be encrypted.
            let rest = (try? await client.rest()) ?? ""
            #expect(!rest.contains("HTTP"))
            try await server.expectHealth()
        }
    }

    @Test func `may be cut at every byte`() async throws {
        let hello = try TLSWire.clientHello()
        try await TLSServer.with { server in
            for count in 0..<hello.count {
                let client = try Client(port: server.port)
                try await client.send(Array(hello[..<count]))
                client.finishSending()
                _ = try? await client.rest()
            }
            try await server.expectHealth()
        }
    }

    @Test func `may come one byte at a time`() async throws {
        let hello = try TLSWire.clientHello()
        try await TLSServer.with { server in
            let client = try Client(port: server.port)
            for byte in hello { try await client.send([byte]) }
            client.finishSending()
            #expect(try await client.rest().utf8.first == 0x16)
        }
    }

    @Test(arguments: [0, 1, 5, 100])
    func `has its own deadline, and then nothing is said`(_ count: Int) async throws {
        var limits = ServerLimits()
        limits.handshakeTimeout = .milliseconds(50)
        let hello = try TLSWire.clientHello()
        try await TLSServer.with(limits) { server in
            let client = try Client(port: server.port)
            try await client.send(Array(hello[..<count]))
            #expect(try await client.rest() == "")
        }
    }

    @Test func `is followed by the deadline for the first request, at which the end is announced`() async throws {
        var limits = ServerLimits()
        limits.headTimeout = .milliseconds(50)
        try await TLSServer.with(limits) { server in
            let client = try server.client()
            try await client.withTLS { try $0.handshake() }
            #expect(try await client.rest() == "")
        }
    }

    @Test func `is not repeated, and the connection goes on`() async throws {
        try await TLSServer.with { server in
            let client = try server.client(.init(version: TLS1_2_VERSION))
            #expect(try await client.answer(to: get("/health")).body == "fine")
            let error = try await #require(throws: ClientError.self) {
                try await client.withTLS { try $0.renegotiate() }
            }
            #expect(error.description.hasSuffix("no renegotiation"))
            try await server.expectHealth()
        }
    }

    @Test func `leaves room for new keys afterwards`() async throws {
        try await TLSServer.with { server in
            let client = try server.client(.init(version: TLS1_3_VERSION))
            try await client.withTLS { try $0.handshake() }
            for _ in 0..<20 {
                try await client.withTLS { try $0.renewKeys() }
                #expect(try await client.answer(to: get("/health")).body == "fine")
            }
        }
    }

    @Test func `shows the new certificate after a reload, while open connections go on`() async throws {
        try await TLSServer.with { server in
            let old = try server.client()
            #expect(try await old.answer(to: get("/health")).body == "fine")
            try await server.files.makePair(named: "second.example")
            try server.context.reload()
            #expect(server.context.certificate.subject == "CN=second.example")
            #expect(try await old.answer(to: get("/health")).body == "fine")
            #expect(try await old.withTLS { $0.subject } == "CN=first.example")
            let new = try server.client()
            #expect(try await new.answer(to: get("/health")).body == "fine")
            #expect(try await new.withTLS { $0.subject } == "CN=second.example")
        }
    }

    @Test(arguments: ["cert.pem", "key.pem"])
    func `shows the old certificate when one of the new files is broken`(_ name: String) async throws {
        try await TLSServer.with { server in
            try server.files.write("broken", to: name)
            #expect(throws: TLSError.self) { try server.context.reload() }
            #expect(server.context.certificate.subject == "CN=first.example")
            let client = try server.client()
            #expect(try await client.answer(to: get("/health")).body == "fine")
            #expect(try await client.withTLS { $0.subject } == "CN=first.example")
        }
    }

    @Test func `says in the log why it failed`() async throws {
        try await TLSServer.with { server in
            let client = try Client(port: server.port)
            try await client.send(get("/health"))
            _ = try? await client.rest()
            let line = try #require(server.log.lines.first)
            #expect(line.hasPrefix("a TLS handshake failed"))
            #expect(line.contains("http request"))
        }
    }
}
