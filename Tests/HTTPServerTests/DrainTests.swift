import HTTPMessage
import HTTPServer
import HTTPTypes
import Logging
import Testing

@Suite("Draining")
struct DrainTests {
    /// The clients here keep their side open, and a drain that lasts as long as they like would say nothing.
    private static var limits: ServerLimits {
        var limits = ServerLimits()
        limits.lingerTimeout = .milliseconds(50)
        return limits
    }

    private static func routes(_ router: inout Router, started: Gate, gate: Gate) {
        router.on(.get, "/slow") { _, _ in
            started.open()
            await gate.pass()
            return Response(.ok, contentType: "text/plain", bytes: Array("slow".utf8))
        }
        router.onFast(.get, "/health") { _, _ in Response(.ok, contentType: "text/plain", bytes: Array("fine".utf8)) }
    }

    @Test func `a request under way is finished, idle connections are closed, new ones are refused`() async throws {
        let started = Gate()
        let gate = Gate()
        try await TestServer.with(Self.limits) {
            Self.routes(&$0, started: started, gate: gate)
        } test: { server in
            let idle = try server.client()
            #expect(try await idle.answer(to: get("/health")).status == 200)
            let busy = try server.client()
            try await busy.send(get("/slow") + get("/health"))
            await started.pass()
            async let shutdown: Void = server.server.shutdown(grace: .seconds(60))
            #expect(try await idle.rest() == "")
            gate.open()
            let answer = try await busy.answer()
            #expect(answer.body == "slow")
            #expect(answer.closes)
            #expect(try await busy.rest() == "")
            await shutdown
            #expect(throws: ClientError.self) { try server.client() }
        }
    }

    @Test func `what is not finished after the grace is cut, and its handler is told`() async throws {
        let started = Gate()
        let cancelled = Gate()
        try await TestServer.with(.init()) { router in
            router.on(.get, "/endless") { _, _ in
                started.open()
                try? await Task.sleep(for: .seconds(600))
                if Task.isCancelled { cancelled.open() }
                return Response(.ok)
            }
        } test: { server in
            let client = try server.client()
            try await client.send(get("/endless"))
            await started.pass()
            await server.server.shutdown(grace: .milliseconds(20))
            await cancelled.pass()
            // Closed with nothing said; a reset is as good.
            #expect((try? await client.rest()) ?? "" == "")
        }
    }

    @Test func `a half-sent request may come to its end`() async throws {
        let gate = Gate()
        try await TestServer.with(Self.limits, loops: 1) {
            Self.routes(&$0, started: gate, gate: gate)
        } test: { server in
            let client = try server.client()
            try await client.send("GET /health HTTP/1.1\r\n")
            let other = try server.client()
            // One loop: when this is answered, the first half above has been read.
            #expect(try await other.answer(to: get("/health")).status == 200)
            async let shutdown: Void = server.server.shutdown(grace: .seconds(60))
            #expect(try await other.rest() == "")
            let answer = try await client.answer(to: "Host: a\r\n\r\n")
            #expect(answer.body == "fine")
            #expect(answer.closes)
            await shutdown
        }
    }

    @Test func `cancelling the run cuts everything`() async throws {
        let server = Server(logger: Logger(label: "test"))
        let address = try server.bind(ListenAddress(host: "127.0.0.1", port: 0))
        let client = try Client(port: address.port)
        let run = Task { try await server.run(Router { refusal, _ in Response(refusal.status) }) }
        #expect(try await client.answer(to: get("/")).status == 404)
        run.cancel()
        try await run.value
        #expect((try? await client.rest()) ?? "" == "")
        await server.shutdown(grace: .zero)
    }

    @Test func `a server that was shut down before it ran does not run`() async throws {
        let server = Server(logger: Logger(label: "test"))
        let address = try server.bind(ListenAddress(host: "127.0.0.1", port: 0))
        await server.shutdown(grace: .seconds(60))
        try await server.run(Router { refusal, _ in Response(refusal.status) })
        #expect(throws: ClientError.self) { try Client(port: address.port) }
    }

    @Test func `connections made before the run are served by it`() async throws {
        var router = Router { refusal, _ in Response(refusal.status) }
        router.onFast(.get, "/") { _, _ in Response(.ok) }
        let server = Server(logger: Logger(label: "test"))
        let address = try server.bind(ListenAddress(host: "localhost", port: 0))
        let client = try Client(port: address.port)
        try await client.send(get("/"))
        async let run: Void = server.run(router)
        #expect(try await client.answer().status == 200)
        await server.shutdown(grace: .seconds(60))
        try await run
    }
}
