import Foundation
import Glibc
import HTTPMessage
import HTTPServer
import HTTPTypes
import Testing

@Suite("Static files")
struct StaticFilesTests {
    /// Runs `test` on a server whose files lie in `site`, in a directory that also holds `secret.txt`.
    private static func with(_ test: (TestServer, Tree) async throws -> Void) async throws {
        let tree = try Tree()
        try tree.write("secret.txt", "secret")
        try tree.makeDirectory("site")
        try tree.makeDirectory("site/sub")
        try tree.makeDirectory("site/.hidden")
        try tree.makeDirectory("outside")
        try tree.write("outside/file.txt", "secret")
        try tree.write("site/index.html", "<p>home")
        try tree.write("site/sub/index.html", "<p>sub")
        try tree.write("site/.env", "secret")
        try tree.write("site/.hidden/file.txt", "secret")
        try tree.write("site/ten.txt", "0123456789")
        try tree.write("site/a b%41.js", "1")
        try tree.write("site/empty.css", "")
        try tree.write("site/noextension", "x")
        try tree.write("site/sub\\index.html", "secret")
        tree.link("site/link.txt", to: tree.path + "/secret.txt")
        tree.link("site/linked", to: "../outside")
        tree.link("site/inside.txt", to: "ten.txt")
        _ = unsafe mkfifo(tree.path + "/site/pipe.txt", 0o600)
        try await TestServer.with(.init()) { router in
            router.on(.get, "/api") { _, _ in Response(.ok, contentType: "text/plain", bytes: Array("api".utf8)) }
            try router.files(StaticFiles(directory: tree.path + "/site"))
        } test: { server in
            try await test(server, tree)
        }
    }

    @Test(arguments: [
        ("/", 200, "<p>home", "text/html; charset=utf-8"),
        ("/index.html", 200, "<p>home", "text/html; charset=utf-8"),
        ("/sub/", 200, "<p>sub", "text/html; charset=utf-8"),
        ("/ten.txt?v=1", 200, "0123456789", "text/plain; charset=utf-8"),
        ("/%74en.txt", 200, "0123456789", "text/plain; charset=utf-8"),
        ("/a%20b%2541.js", 200, "1", "text/javascript; charset=utf-8"),
        ("/empty.css", 200, "", "text/css; charset=utf-8"),
        ("/noextension", 200, "x", "application/octet-stream"),
        ("/api", 200, "api", "text/plain"),
    ])
    func `are served with their type`(_ path: String, _ status: Int, _ body: String, _ type: String) async throws {
        try await Self.with { server, _ in
            let client = try server.client()
            // Once from the disk, once from memory.
            for _ in 1...2 {
                let answer = try await client.answer(to: get(path))
                #expect(answer.status == status)
                #expect(answer.body == body)
                #expect(answer.fields["content-type"] == type)
            }
        }
    }

    @Test(arguments: [
        "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/sub/../../secret.txt",
        "/sub/..%2f..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt", "/.env", "/%2eenv", "/.hidden/file.txt", "/sub/../.env", "/link.txt",
        "/linked/file.txt",
        "/linked/", "/inside.txt", "/pipe.txt", "//ten.txt", "/./ten.txt", "/sub//index.html", "/ten.txt/",
        "/ten.txt/x",
        "/none", "/..%5csecret.txt", "/sub%5cindex.html", "/sub%2findex.html", "/ten.txt%0a", "/ten.txt%7f",
        "/%252e%252e/secret.txt", "/etc/passwd", "/%ff", "/" + String(repeating: "n", count: 256),
        "/" + String(repeating: "n", count: 5000), String(repeating: "/n", count: 2000),
    ])
    func `outside, hidden, linked or missing are not there`(_ path: String) async throws {
        try await Self.with { server, _ in
            let answer = try await server.answer(to: get(path))
            #expect(answer.status == 404 || (path == "/%ff" && answer.status == 400))
            #expect(!answer.body.contains("secret") || answer.body.hasSuffix(path))
        }
    }

    @Test(arguments: ["/a%00.txt", "/ten.txt%00.html", "/..\\secret.txt"])
    func `with a NUL or a backslash in the path are refused`(_ path: String) async throws {
        try await Self.with { server, _ async throws in
            #expect(try await server.answer(to: get(path)).status == 400)
        }
    }

    @Test func `too large for memory are sent piece by piece, whole and in part`() async throws {
        try await Self.with { server, tree in
            let content = String((0..<90_000).map { "\($0 % 10)abcdefghi\n" }.joined())
            try tree.write("site/large.txt", content)
            let client = try server.client()
            for _ in 1...2 {
                let answer = try await client.answer(to: get("/large.txt"))
                #expect(answer.body == content)
                #expect(answer.fields["content-length"] == "\(content.utf8.count)")
            }
            let part = try await client.answer(to: get("/large.txt", "Range: bytes=300000-700000"))
            #expect(part.status == 206)
            #expect(part.body == String(decoding: Array(content.utf8)[300_000...700_000], as: UTF8.self))
            let head = try await client.answer(to: "HEAD /large.txt HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(head.fields["content-length"] == "\(content.utf8.count)")
            #expect(try await client.answer(to: get("/ten.txt")).body == "0123456789")
        }
    }

    @Test func `that change are served as they are now`() async throws {
        try await Self.with { server, tree in
            let before = try await server.answer(to: get("/ten.txt"))
            try tree.write("site/ten.txt", "other")
            var after = before
            // Memory is believed for a moment.
            while after.body != "other" {
                try await Task.sleep(for: .milliseconds(50))
                after = try await server.answer(to: get("/ten.txt"))
            }
            #expect(after.fields["etag"] != before.fields["etag"])
            tree.remove("site/ten.txt")
            while try await server.answer(to: get("/ten.txt")).status == 200 {
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(try await server.answer(to: get("/ten.txt")).status == 404)
        }
    }

    @Test(arguments: [("/sub", "/sub/"), ("/sub?a=1&b", "/sub/?a=1&b"), ("/%73ub", "/%73ub/")])
    func `a directory without its slash leads to it`(_ path: String, _ location: String) async throws {
        try await Self.with { server, _ in
            let answer = try await server.answer(to: get(path))
            #expect(answer.status == 301)
            #expect(answer.fields["location"] == location)
        }
    }

    @Test func `names are bytes, whatever looks the same`() async throws {
        let tree = try Tree()
        // Bytes, since a compiler or an editor may take one spelling for the other.
        let names = [[0xC3, 0xA9], [0x65, 0xCC, 0x81]].map { String(decoding: $0 as [UInt8], as: UTF8.self) }
        try tree.write(names[0], "composed")
        try tree.write(names[1], "decomposed")
        try tree.write("K", "latin")
        try tree.write(".\u{301}", "hidden")
        try await TestServer.with { router in
            try router.files(StaticFiles(directory: tree.path))
        } test: { server in
            let client = try server.client()
            for (path, body) in [("/%C3%A9", "composed"), ("/e%CC%81", "decomposed"), ("/K", "latin")] {
                for _ in 1...2 { #expect(try await client.answer(to: get(path)).body == body) }
            }
            for path in ["/%E2%84%AA", "/.%CC%81"] {
                #expect(try await client.answer(to: get(path)).status == 404)
            }
        }
    }

    @Test func `a directory in the place of its index leads nowhere`() async throws {
        let tree = try Tree()
        try tree.makeDirectory("odd")
        try tree.makeDirectory("odd/index.html")
        try await TestServer.with { router in
            try router.files(StaticFiles(directory: tree.path))
        } test: { server in
            let answer = try await server.answer(to: get("/odd/"))
            #expect(answer.status == 404)
        }
    }

    @Test func `take no other method`() async throws {
        try await Self.with { server, _ in
            let client = try server.client()
            let answer = try await client.answer(to: "DELETE /ten.txt HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.status == 405)
            #expect(answer.fields["allow"] == "GET, HEAD, OPTIONS")
            #expect(try await client.answer(to: "OPTIONS /ten.txt HTTP/1.1\r\nHost: a\r\n\r\n").status == 204)
            #expect(try await client.answer(to: "DELETE /none HTTP/1.1\r\nHost: a\r\n\r\n").status == 404)
        }
    }

    @Test func `are found or missed without the body that came along, and the connection stays`() async throws {
        try await Self.with { server, _ in
            let client = try server.client()
            for (line, status) in [
                ("GET /ten.txt", 200), ("GET /none", 404), ("POST /none", 404), ("POST /ten.txt", 405),
            ] {
                let request = "\(line) HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
                #expect(try await client.answer(to: request).status == status)
            }
            #expect(try await client.answer(to: get("/ten.txt")).body == "0123456789")
        }
    }

    @Test func `a directory that is not there is told at the start`() {
        let error = #expect(throws: StaticFiles.OpenError.self) { try StaticFiles(directory: "/no/such/directory") }
        #expect(error?.description == "cannot serve files from /no/such/directory: No such file or directory")
    }
}
