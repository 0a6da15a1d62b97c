import HTTPMessage
import HTTPServer
import HTTPTypes
import Testing

@Suite("On the wire, a target")
struct WireTargetTests {
    static let rows: [WireCase] = [
        WireCase.all(
            .stays(404),
            [
                "9112 3.2.1 quotes within a path": get("/with_\"lovely\"_quotes"),
                "9110 4.2.3 every letter in its case": get("/ALIVE"),
                "9112 3.2.1 two slashes": get("//alive"),
                "9112 3.2.1 two slashes and a host": get("//evil.example/"),
                "9112 3.2.1 a slash at the end": get("/alive/"),
                "9112 3.2.1 a way out": get("/../file.txt"),
                "9112 3.2.1 an escaped way out": get("/%2e%2e/file.txt"),
                "9112 3.2.1 a way out behind an escaped slash": get("/..%2ffile.txt"),
                "9112 3.2.1 a way out escaped twice": get("/%252e%252e/file.txt"),
                "9112 3.2.1 a way out within a parameter": get("/items/%2e%2e"),
                "9112 3.2.1 a path of a dot": get("/./file.txt"),
                "9112 3.2.4 everything behind a slash": get("/*"),
                "9112 3 a path of 7,900 bytes": get("/" + String(repeating: "a", count: 7900)),
            ],
        ),
        WireCase.all(
            .refused(400),
            [
                "9112 3.2.1 a query without a path": get("?a"),
                "9112 3.2 an address without Host": message("GET http://b/target HTTP/1.1"),
                "9112 3.2 an address and a malformed Host": message("GET http://b/target HTTP/1.1", "Host: a/b"),
                "9112 3.2.2 an address of another scheme": get("ftp://a/file.txt"),
                "9112 3.2.2 an address of a file": get("file:///etc/passwd"),
                "9112 3.2.2 an address without slashes": get("http:/alive"),
                "9110 4.2.1 an address without a host": get("http:///alive"),
                "9110 4.2.1 an address with nothing but a port": get("http://:80/alive"),
                "9110 4.2.4 an address with a name and a password": get("http://a%12:b!&*$@b:1234/alive"),
                "9110 4.2.4 an address with a name": get("http://user@a/alive"),
                "9110 4.2.1 an address with a port that is none": get("http://a:99999/alive"),
                "9112 3.2 an address with a fragment": get("http://a/alive#x"),
                "9112 3.2.4 everything, of GET": get("*"),
                "9112 3.2.4 everything, of POST": message("POST * HTTP/1.1", "Host: a", "Content-Length: 0"),
                "9112 3.2.4 everything and a path": message("OPTIONS */a HTTP/1.1", "Host: a"),
                "9112 3.2.3 a host and a port of GET": get("a:80"),
                "9112 3.2 a name without a slash": get("alive"),
                "9112 3.2 a fragment": get("/alive#frag"),
                "9112 3.2 a fragment behind a query": get("/target?page=1#posts-17408"),
                "9112 3.2 a backslash": get("/..\\file.txt"),
                "9112 3.2 a backslash at the start": get("\\alive"),
                "9112 3.2 angle brackets": get("/<script>"),
                "9112 3.2 angle brackets within a query": get("/target?<script>"),
                "9110 4.2.1 an escape without digits": get("/items/%"),
                "9110 4.2.1 an escape of one digit": get("/items/%2"),
                "9110 4.2.1 an escape of no digits": get("/items/%zz"),
                "9110 4.2.1 an escape of UTF-16": get("/items/%u0041"),
                "9110 4.2.1 an escaped NUL": get("/items/a%00b"),
                "9112 3.2 a NUL": get("/\0test"),
                "9112 3.2 a DEL": get("/a\u{7f}b"),
                "9112 3.2 a control character": get("/a\u{1}b"),
                "9112 3.2 a tab": get("/a\tb"),
                "9112 3.2 a space": get("/foo bar/"),
                "9112 3.2 a space within a query": get("/target?a b"),
                "9112 3.2 UTF-8": get("/caf\u{c3}\u{a9}"),
                "9112 3.2 UTF-8 within a query": get("/target?\u{ce}\u{b4}"),
                "9112 3.2 Latin-1": get("/caf\u{e9}"),
            ],
        ),
        WireCase.all(
            .stays(400),
            [
                "9110 4.2.3 UTF-8 that is broken": get("/items/%ff"),
                "9110 4.2.3 UTF-8 of a slash in two bytes": get("/..%c0%af..%c0%afetc"),
            ],
        ),
        WireCase.all(
            .stays(200, body: "home"),
            [
                "9110 4.2.3 an address without a path": message("GET http://b HTTP/1.1", "Host: b"),
                "9110 4.2.3 an address with a port and no path": message("GET http://b:1234 HTTP/1.1", "Host: b"),
                "9110 4.2.3 an address with a query and no path": message("GET http://b?hail=all HTTP/1.1", "Host: b"),
                "9110 4.2.3 an address with a port, a query and no path": message(
                    "GET http://b:1234?hail=all HTTP/1.1",
                    "Host: b",
                ),
            ],
        ),
        WireCase.all(
            .stays(421),
            [
                "9110 7.4 an address of https without TLS": message("GET https://b/target HTTP/1.1", "Host: b"),
                "9110 7.4 an address of https with a body": message(
                    "POST https://a/ HTTP/1.1",
                    "Host: a",
                    "Content-Length: 5",
                    body: "hello",
                ),
            ],
        ),
        WireCase.all(
            .refused(414),
            [
                "9110 15.5.15 a path that is too long": get("/" + String(repeating: "A", count: 8192)),
                "9110 15.5.15 a query that is too long": get("/target?" + String(repeating: "A", count: 30_000)),
            ],
        ),
        WireCase.all(.stays(200, body: "1"), ["9112 3.2.1 a path": get("/items/1")]),
        WireCase.all(.stays(200, body: "a a=b&c"), ["9112 3.2.1 a query": get("/target?a=b&c")]),
        WireCase.all(.stays(200, body: "a "), ["9112 3.2.1 an empty query": get("/target?")]),
        WireCase.all(
            .stays(200, body: "a a=b?c=?"),
            ["9110 4.2.1 question marks within a query": get("/target?a=b?c=?")],
        ),
        WireCase.all(.stays(200, body: "a q=|"), ["9112 3.2.1 a bar within a query": get("/target?q=|")]),
        WireCase.all(.stays(200, body: "a q=\"\\\""), ["9112 3.2.1 quotes within a query": get("/target?q=\"\\\"")]),
        WireCase.all(.stays(200, body: "a /../etc"), ["9112 3.2.1 a slash within a query": get("/target?/../etc")]),
        WireCase.all(.stays(200, body: "a %zz"), ["9110 4.2.1 a broken escape within a query": get("/target?%zz")]),
        WireCase.all(.stays(200, body: "a"), ["9110 4.2.3 an escaped letter": get("/items/%61")]),
        WireCase.all(.stays(200, body: "alive"), ["9110 4.2.3 an escaped letter of a name": get("/%61live")]),
        WireCase.all(.stays(200), ["9110 4.2.3 an escaped letter beyond ASCII": get("/items/%C3%A9")]),
        WireCase.all(.stays(200, body: "a\r\nb"), ["9110 4.2.3 an escaped line end": get("/items/a%0D%0Ab")]),
        WireCase.all(.stays(200, body: "a/b"), ["9110 4.2.3 an escaped slash": get("/items/a%2Fb")]),
        WireCase.all(.stays(200, body: "a?b"), ["9110 4.2.3 an escaped question mark": get("/items/a%3Fb")]),
        WireCase.all(.stays(200, body: "a%2e"), ["9110 4.2.3 an escaped percent sign": get("/items/a%252e")]),
        WireCase.all(
            .stays(200, body: "a;b=c,d:e@f!$&'()*+~"),
            ["9110 4.2.1 a semicolon and other signs": get("/items/a;b=c,d:e@f!$&'()*+~")],
        ),
        WireCase.all(.stays(404, body: "404 /none"), ["9110 15.5.5 no such path": get("/none")]),
        WireCase.all(
            .stays(200, body: "b x"),
            ["9112 3.2.2 an address": message("GET http://b/target?x HTTP/1.1", "Host: b")],
        ),
        WireCase.all(
            .stays(200, body: "b -"),
            ["9112 3.2.2 an address and another host": message("GET http://b/target HTTP/1.1", "Host: a")],
        ),
        WireCase.all(
            .stays(200, body: "b:8080 -"),
            ["9112 3.2.2 an address with a port": message("GET http://b:8080/target HTTP/1.1", "Host: b:8080")],
        ),
        WireCase.all(
            .stays(200, body: "B -"),
            ["9110 4.2.3 an address with the scheme in capitals": message("GET HTTP://B/target HTTP/1.1", "Host: a")],
        ),
        WireCase.all(
            .stays(200, body: "[::1]:80 -"),
            ["9112 3.2.2 an address of IPv6": message("GET http://[::1]:80/target HTTP/1.1", "Host: a")],
        ),
        WireCase.all(
            .closes(200, body: "b -"),
            ["9112 3.2.2 an address in HTTP/1.0 without Host": message("GET http://b/target HTTP/1.0")],
        ),
    ].flatMap { $0 }

    @Test func `may be of https where a trusted proxy says that its client came so`() async throws {
        let proxies = try TrustedProxies(["127.0.0.1"])
        try await TestServer.with(proxies: proxies) { router in
            router.onFast(.get, "/") { _, _ in Response(.ok) }
        } test: { server in
            let client = try server.client()
            #expect(try await client.answer(to: get("https://a/", "X-Forwarded-Proto: https")).status == 200)
            #expect(try await client.answer(to: get("https://a/")).status == 421)
        }
    }

    @Test func `has one of three forms, and holds nothing that has to be escaped`() async throws {
        try await WireCase.run(Self.rows)
    }
}
