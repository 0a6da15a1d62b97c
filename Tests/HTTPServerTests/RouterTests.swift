import HTTPMessage
import HTTPServer
import HTTPTypes
import Testing

@Suite("The router")
struct RouterTests {
    private static func router() -> Router {
        var router = Router { refusal, _ in Response(refusal.status) }
        for pattern in ["/", "/a", "/a/", "/a/{x}", "/a/b/d", "/a/{x}/c", "/{y}/z"] {
            router.on(.get, pattern) { _, parameters in
                let names = ["x", "y"].filter { pattern.contains("{\($0)}") }
                let values = names.map { "\($0)=\(parameters[$0])" }
                return Response(
                    .ok,
                    contentType: "text/plain",
                    bytes: Array(([pattern] + values).joined(separator: " ").utf8),
                )
            }
        }
        router.on(.put, "/a/{x}", bodyBytesMax: 2) { request, _ in Response(.ok, body: .bytes(request.body)) }
        return router
    }

    private static func answer(_ method: HTTPRequest.Method, _ path: String, _ body: [UInt8] = []) async -> Response {
        await router().answer(Request(method: method, path: path, body: body))
    }

    @Test(arguments: [
        ("/", "/"), ("/a", "/a"), ("/a/", "/a/"), ("/a/b", "/a/{x} x=b"), ("/a/b/d", "/a/b/d"),
        ("/a/b/c", "/a/{x}/c x=b"),
        ("/a/%2F", "/a/{x} x=/"), ("/%61", "/a"), ("/q/z", "/{y}/z y=q"), ("/a/z", "/a/{x} x=z"),
        ("/a/...", "/a/{x} x=..."),
    ])
    func `finds the route of a path, literal segments first`(_ path: String, _ expected: String) async {
        let response = await Self.answer(.get, path)
        guard case .bytes(let bytes) = response.body else {
            Issue.record("\(path) has no route")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test(arguments: ["/b", "/a/b/", "/a//c", "//z", "/a/.", "/a/..", "/a/%2e%2e", "/a/b/c/d", "/A", "*"])
    func `has nothing at other paths`(_ path: String) async {
        #expect(await Self.answer(.get, path).status == (path == "*" ? .noContent : .notFound))
    }

    @Test func `says which methods a path knows`() async {
        let response = await Self.answer(.delete, "/a/b")
        #expect(response.status == .methodNotAllowed)
        #expect(response.fields[.allow] == "GET, HEAD, OPTIONS, PUT")
        #expect(await Self.answer(.head, "/a/b").status == .ok)
        #expect(await Self.answer(.options, "/a/b").fields[.allow] == "GET, HEAD, OPTIONS, PUT")
    }

    @Test func `says its common fields in every answer that does not say them itself`() async throws {
        let routes = { @Sendable (router: inout Router) in
            router.always([.server: "a"])
            router.always([.vary: "b"])
            router.onFast(.get, "/own") { _, _ in Response(.ok, fields: [.vary: "own"]) }
        }
        var router = Self.router()
        routes(&router)
        let answer = await router.answer(Request(method: .get, path: "/own"))
        #expect(answer.fields[.server] == "a" && answer.fields[.vary] == "own")
        #expect(await router.answer(Request(method: .get, path: "/nothing/at/all")).fields[.vary] == "b")
        try await TestServer.with(.init(), routes) { server in
            let own = try await server.answer(to: get("/own"))
            #expect(own.fields["server"] == "a" && own.fields["vary"] == "own")
            let nothing = try await server.answer(to: get("/nothing"))
            #expect(nothing.fields["server"] == "a" && nothing.fields["vary"] == "b")
        }
    }

    @Test func `keeps to the limit of a body without a wire too`() async {
        #expect(await Self.answer(.put, "/a/b", [1, 2]).status == .ok)
        #expect(await Self.answer(.put, "/a/b", [1, 2, 3]).status == .contentTooLarge)
        // A body means nothing to GET, so it is as if none had come.
        #expect(await Self.answer(.get, "/a/b", [1]).status == .ok)
    }
}
