import Glibc
import HTTPMessage
import HTTPServer
import HTTPTypes
import Testing

@Suite("Serving")
struct ServingTests {
    struct Failure: Error {}

    static func routes(_ router: inout Router) {
        router.onFast(.get, "/health") { request, _ in
            Response(.ok, contentType: "text/plain", bytes: Array("fine".utf8))
        }
        router.on(.get, "/items/{id}/{part}") { request, parameters in
            await Task.yield()
            let text = "\(parameters["id"]) \(parameters["part"]) \(request.query ?? "-") \(request.remoteAddress)"
            return Response(.ok, contentType: "text/plain", bytes: Array(text.utf8))
        }
        router.on(.post, "/echo", bodyBytesMax: 1_000_000) { request, _ in
            Response(.created, contentType: "application/octet-stream", bytes: request.body)
        }
        router.on(.get, "/broken/{secret}") { _, _ in throw Failure() }
        router.on(.get, "/empty") { _, _ in Response(.noContent) }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let request: String
        let status: Int
        let body: String
        let fields: [String: String]
        var testDescription: String { request.debugDescription }

        init(_ request: String, _ status: Int, _ body: String, _ fields: [String: String] = [:]) {
            self.request = request
            self.status = status
            self.body = body
            self.fields = fields
        }
    }

    static let cases = [
        Case(get("/health"), 200, "fine", ["content-length": "4", "content-type": "text/plain"]),
        Case("HEAD /health HTTP/1.1\r\nHost: a\r\n\r\n", 200, "", ["content-length": "4"]),
        Case(get("/items/a%20b/%C3%A9?x=1"), 200, "a b \u{e9} x=1 127.0.0.1"),
        Case(get("http://b/health"), 200, "fine"),
        Case("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 201, "hello"),
        Case(
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            201,
            "hello",
        ),
        Case(get("/empty"), 204, ""),
        Case(get("/none"), 404, "404 /none"),
        Case(get("/items/a/"), 404, "404 /items/a/"),
        Case(get("/items/../b"), 404, "404 /items/../b"),
        Case("DELETE /health HTTP/1.1\r\nHost: a\r\n\r\n", 405, "405 /health", ["allow": "GET, HEAD, OPTIONS"]),
        Case(get("/echo"), 405, "405 /echo", ["allow": "OPTIONS, POST"]),
        Case("OPTIONS /health HTTP/1.1\r\nHost: a\r\n\r\n", 204, "", ["allow": "GET, HEAD, OPTIONS"]),
        Case("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 204, "", ["allow": "GET, HEAD, OPTIONS, POST"]),
        Case("BREW /health HTTP/1.1\r\nHost: a\r\n\r\n", 501, "501 /health"),
        Case("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501, "501 -", ["connection": "close"]),
        Case("GET /health HTTP/2.0\r\nHost: a\r\n\r\n", 505, "505 -", ["connection": "close"]),
        Case(get("/health", "Expect: cake"), 417, "417 -", ["connection": "close"]),
        Case(get("/health", "X : y"), 400, "400 -", ["connection": "close"]),
        Case(get("/items/%ff/b"), 400, "400 /items/%ff/b"),
        Case(get("/" + String(repeating: "a", count: 9000)), 414, "414 -", ["connection": "close"]),
        Case(get("/health", "X: " + String(repeating: "a", count: 17_000)), 431, "431 -", ["connection": "close"]),
        Case(
            "POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
            405,
            "405 /health",
            ["allow": "GET, HEAD, OPTIONS"],
        ),
        Case(get("/health", "Content-Length: 1") + "x", 200, "fine"),
        Case(
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000001\r\n\r\n",
            413,
            "413 /echo",
            ["connection": "close"],
        ),
        Case(
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nF4241\r\n",
            413,
            "413 /echo",
            ["connection": "close"],
        ),
        Case(get("/broken/s3cret"), 500, "500 /broken/s3cret"),
    ]

    @Test(arguments: cases)
    func `each request gets its answer, and the connection goes on unless it says otherwise`(_ given: Case) async throws
    {
        try await TestServer.with(.init(), Self.routes) { server in
            let client = try server.client()
            let answer = try await client.answer(to: given.request)
            #expect(answer.status == given.status)
            #expect(answer.body == given.body)
            #expect(answer.fields["date"]?.hasSuffix(" GMT") == true)
            for (name, value) in given.fields { #expect(answer.fields[name] == value, "\(name)") }
            if answer.closes {
                #expect(try await client.rest() == "")
            } else {
                #expect(try await client.answer(to: get("/health")).body == "fine")
            }
        }
    }

    @Test func `an error of a handler is logged with its route and without what the path holds`() async throws {
        try await TestServer.with(.init(), Self.routes) { server async throws in
            #expect(try await server.answer(to: get("/broken/s3cret")).status == 500)
            #expect(server.log.lines.contains { $0.contains("/broken/{secret}") && $0.contains("Failure") })
            #expect(!server.log.lines.contains { $0.contains("s3cret") })
        }
    }

    @Test func `answers leave in the order of the requests, however long a handler takes`() async throws {
        let gate = Gate()
        try await TestServer.with(.init()) { router in
            Self.routes(&router)
            router.on(.get, "/slow") { _, _ in
                await gate.pass()
                return Response(.ok, contentType: "text/plain", bytes: Array("slow".utf8))
            }
        } test: { server in
            let client = try server.client()
            try await client.send(
                get("/slow") + get("/health") + get("/items/1/2") + get("/none", "Connection: close")
            )
            gate.open()
            #expect(try await client.answer().body == "slow")
            #expect(try await client.answer().body == "fine")
            #expect(try await client.answer().body == "1 2 - 127.0.0.1")
            #expect(try await client.answer().status == 404)
            #expect(try await client.rest() == "")
        }
    }

    @Test func `hundreds of requests sent ahead are all answered`() async throws {
        try await TestServer.with(.init(), Self.routes) { server in
            let client = try server.client()
            async let sent: Void = client.send(String(repeating: get("/health"), count: 900))
            for _ in 0..<900 { #expect(try await client.answer().body == "fine") }
            try await sent
        }
    }

    @Test func `a careful client is told to go on before it sends its body`() async throws {
        try await TestServer.with(.init(), Self.routes) { server in
            let client = try server.client()
            let head = "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
            #expect(try await client.answer(to: head).status == 100)
            #expect(try await client.answer(to: "hi").body == "hi")
            // Refused at once, it must not be told to go on.
            #expect(try await client.answer(to: head.replacing("/echo", with: "/none")).status == 404)
            #expect(try await client.rest() == "")
        }
    }

    @Test func `a large body travels both ways`() async throws {
        try await TestServer.with(.init(), Self.routes) { server in
            let client = try server.client()
            let body = String(repeating: "0123456789", count: 100_000)
            async let sent: Void = client.send(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + body + get("/health")
            )
            #expect(try await client.answer().body == body)
            #expect(try await client.answer().body == "fine")
            try await sent
        }
    }

    @Test func `a client that has said its last still gets its answers`() async throws {
        try await TestServer.with(.init(), Self.routes) { server in
            let client = try server.client()
            try await client.send(get("/items/1/2") + get("/health"))
            client.finishSending()
            let rest = try await client.rest()
            #expect(rest.ranges(of: "HTTP/1.1 200 OK").count == 2)
        }
    }

    @Test func `HTTP/1.0 is answered and closed, or kept when it asks for it`() async throws {
        try await TestServer.with(.init(), Self.routes) { server in
            let client = try server.client()
            let kept = try await client.answer(to: "GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(kept.fields["connection"] == "keep-alive")
            let last = try await client.answer(to: "GET /health HTTP/1.0\r\n\r\n")
            #expect(last.closes)
            #expect(try await client.rest() == "")
        }
    }

    @Test func `a handler stays on its loop's thread from its first line to its last`() async throws {
        actor Counter {
            var count = 0
            func next() -> Int {
                count += 1
                return count
            }
        }
        let counter = Counter()
        try await TestServer.with(.init()) { router in
            router.on(.get, "/") { _, _ in
                let before = pthread_self()
                await Task.yield()
                let first = pthread_self() == before
                _ = await counter.next()
                let second = pthread_self() == before
                await withCheckedContinuation { continuation in
                    Task.detached { continuation.resume() }
                }
                let third = pthread_self() == before
                return Response(.ok, contentType: "text/plain", bytes: Array("\(first) \(second) \(third)".utf8))
            }
        } test: { server async throws in
            #expect(try await server.answer(to: get("/")).body == "true true true")
        }
    }

    @Test func `many clients at once all get their own answers`() async throws {
        try await TestServer.with(.init(), Self.routes) { server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let client = try server.client()
                        for round in 0..<20 {
                            let answer = try await client.answer(to: get("/items/\(number)/\(round)"))
                            #expect(answer.body == "\(number) \(round) - 127.0.0.1")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `a client that resets while its handler works harms nobody`() async throws {
        let started = Gate()
        let gate = Gate()
        try await TestServer.with(.init(), loops: 1) { router in
            Self.routes(&router)
            router.on(.get, "/slow") { _, _ in
                started.open()
                await gate.pass()
                return Response(.ok, contentType: "text/plain", bytes: Array("late".utf8))
            }
        } test: { server in
            let client = try server.client()
            try await client.send(get("/slow"))
            await started.pass()
            client.reset()
            // This connection may get the very slot of the one that is gone, and must not get its answer.
            let other = try server.client()
            #expect(try await other.answer(to: get("/health")).body == "fine")
            gate.open()
            #expect(try await other.answer(to: get("/health")).body == "fine")
        }
    }

    @Test func `what is done afterwards is done to every answer`() async throws {
        try await TestServer.with(.init()) { router in
            Self.routes(&router)
            router.afterwards { response, request in response.fields[.server] = request?.path ?? "none" }
        } test: { server async throws in
            #expect(try await server.answer(to: get("/health")).fields["server"] == "/health")
            #expect(try await server.answer(to: get("/none")).fields["server"] == "/none")
            #expect(try await server.answer(to: "garbage\r\n\r\n").fields["server"] == "none")
        }
    }
}
