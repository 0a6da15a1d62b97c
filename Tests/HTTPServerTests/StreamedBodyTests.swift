import HTTPMessage
import HTTPServer
import HTTPTypes
import Synchronization
import Testing

@Suite("Streamed bodies")
struct StreamedBodyTests {
    struct Failure: Error {}

    static func routes(_ router: inout Router) {
        router.on(.get, "/chunks") { _, _ in
            Response(
                .ok,
                body: .stream { write in
                    try await write(Array("one ".utf8))
                    await Task.yield()
                    try await write([])
                    try await write(Array("two".utf8))
                },
            )
        }
        router.on(.get, "/length/{announced}") { _, parameters in
            Response(
                .ok,
                body: .stream(length: Int(parameters["announced"])) { write in
                    try await write(Array("12345".utf8))
                    await Task.yield()
                },
            )
        }
        router.on(.get, "/fails") { _, _ in
            Response(
                .ok,
                body: .stream { write in
                    try await write(Array("half".utf8))
                    throw Failure()
                },
            )
        }
        router.onFast(.get, "/health") { _, _ in Response(.ok, contentType: "text/plain", bytes: Array("fine".utf8)) }
    }

    @Test func `are sent in chunks, and the connection goes on`() async throws {
        try await TestServer.with(.init(), Self.routes) { server in
            let client = try server.client()
            try await client.send(get("/chunks") + "HEAD /chunks HTTP/1.1\r\nHost: a\r\n\r\n" + get("/health"))
            let answer = try await client.answer()
            #expect(answer.isChunked)
            #expect(answer.body == "one two")
            #expect(try await client.answer(hasBody: false).isChunked)
            #expect(try await client.answer().body == "fine")
        }
    }

    @Test func `end with the connection in HTTP/1.0`() async throws {
        try await TestServer.with(.init(), Self.routes) { server in
            let answer = try await server.answer(to: "GET /chunks HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(answer.body == "one two")
            #expect(answer.closes)
        }
    }

    @Test func `of an announced length keep to it, or the connection is cut`() async throws {
        try await TestServer.with(.init(), Self.routes) { server in
            let client = try server.client()
            let answer = try await client.answer(to: get("/length/5"))
            #expect(answer.fields["content-length"] == "5")
            #expect(answer.body == "12345")
            #expect(try await client.answer(to: get("/health")).body == "fine")
            for length in [4, 6] {
                await #expect(throws: ClientError.self) { try await server.answer(to: get("/length/\(length)")) }
            }
        }
    }

    @Test func `that fail in the middle do not look whole`() async throws {
        try await TestServer.with(.init(), Self.routes) { server in
            await #expect(throws: ClientError.self) { try await server.answer(to: get("/fails")) }
            #expect(server.log.lines.contains { $0.contains("Failure") })
        }
    }

    @Test func `wait while the peer does not read, and end when it is gone`() async throws {
        let written = Atomic(0)
        let ended = Gate()
        var limits = ServerLimits()
        limits.unsentBytesMax = 1000
        try await TestServer.with(limits) { router in
            router.on(.get, "/endless") { _, _ in
                Response(
                    .ok,
                    body: .stream { write in
                        defer { ended.open() }
                        while true {
                            try await write([UInt8](repeating: 0x78, count: 10_000))
                            written.wrappingAdd(10_000, ordering: .relaxed)
                        }
                    },
                )
            }
        } test: { server in
            let client = try server.client(receiveBufferBytes: 4096)
            try await client.send(get("/endless"))
            // The writer comes to a stop once the buffers of the system are full: two looks then see the same number.
            var before = -1
            while written.load(ordering: .relaxed) != before || before == 0 {
                before = written.load(ordering: .relaxed)
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(before < 20_000_000)
            client.reset()
            await ended.pass()
        }
    }

    @Test func `can be written from any thread`() async throws {
        try await TestServer.with(.init()) { router in
            router.on(.get, "/") { _, _ in
                Response(
                    .ok,
                    body: .stream { write in
                        for number in 0..<10 {
                            try await Task.detached { try await write(Array("\(number)".utf8)) }.value
                        }
                    },
                )
            }
        } test: { server async throws in
            #expect(try await server.answer(to: get("/")).body == "0123456789")
        }
    }
}
