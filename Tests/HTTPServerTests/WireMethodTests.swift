import Testing

@Suite("On the wire, a method")
struct WireMethodTests {
    static let rows: [WireCase] = [
        WireCase.all(
            .stays(405, fields: ["allow": "GET, HEAD, OPTIONS"]),
            [
                "9110 15.5.6 a method that a file does not know": message(
                    "PUT /file.txt HTTP/1.1",
                    "Host: a",
                    "Content-Length: 2",
                    body: "hi",
                ),
                "9110 15.5.6 PATCH with a body and conditions": message(
                    "PATCH /file.txt HTTP/1.1",
                    "Host: a",
                    "If-Match: \"e0023aa4e\"",
                    "Content-Length: 10",
                    body: "cccccccccc",
                ),
            ],
        ),
        WireCase.all(
            .stays(405),
            [
                "9110 9.3.8 TRACE": message("TRACE / HTTP/1.1", "Host: a"),
                "9110 9.3.8 TRACE with a body": message(
                    "TRACE / HTTP/1.1",
                    "Host: a",
                    "Content-Length: 5",
                    body: "hello",
                ),
            ],
        ),
        WireCase.all(
            .refused(501),
            [
                "9110 9.3.6 CONNECT": message("CONNECT example.com:443 HTTP/1.1", "Host: example.com:443"),
                "9110 9.3.6 CONNECT in capitals and HTTP/1.0": message(
                    "CONNECT HOME0.EXAMPLE:443 HTTP/1.0",
                    "User-Agent: x",
                ),
                "9110 9.3.6 CONNECT with an underscore": message("CONNECT home_0.example:443 HTTP/1.0"),
                "9110 9.3.6 CONNECT with bytes behind": message(
                    "CONNECT 0-home.example:443 HTTP/1.0",
                    body: "some data\r\nand yet even more",
                ),
                "9110 9.3.6 CONNECT with a body": message(
                    "CONNECT foo.example:443 HTTP/1.0",
                    "Content-Length: 10",
                    body: "blarfcicle",
                ),
                "9112 3.2.3 CONNECT of a path": message("CONNECT / HTTP/1.1", "Host: a"),
            ],
        ),
        WireCase.all(
            .stays(501),
            [
                "9110 9.1 a method nobody knows": message("BREW / HTTP/1.1", "Host: a"),
                "9110 9.1 a method of WebDAV": message("MKCOL /x HTTP/1.1", "Host: a"),
                "9110 9.1 a method longer than that of WebDAV": message("MKCOLA / HTTP/1.1", "Host: a"),
                "9110 9.1 a method of discovery": message(
                    "M-SEARCH /x HTTP/1.1",
                    "HOST: 239.255.255.250:1900",
                    "MAN: \"ssdp:discover\"",
                    "ST: \"ssdp:all\"",
                ),
                "9110 9.1 a method of caches": message("PURGE /file.txt HTTP/1.1", "Host: www.example.com"),
                "9110 9.1 SEARCH": message("SEARCH / HTTP/1.1", "Host: www.example.com"),
                "9110 9.1 REPORT": message("REPORT /test HTTP/1.1", "Host: a"),
                "9110 9.1 LINK with two links": message(
                    "LINK /dog.jpg HTTP/1.1",
                    "Host: a",
                    "Link: <http://example.com/joe>; rel=\"tag\"",
                    "Link: <http://example.com/sally>; rel=\"tag\"",
                ),
                "9110 9.1 UNLINK": message("UNLINK /dog.jpg HTTP/1.1", "Host: a"),
                "9110 9.1 SOURCE": message("SOURCE /music HTTP/1.1", "Host: a"),
                "9110 9.1 small letters": message("get / HTTP/1.1", "Host: a"),
                "9110 9.1 mixed letters": message("Get / HTTP/1.1", "Host: a"),
                "9110 9.1 small letters of a method with a body": message(
                    "post / HTTP/1.1",
                    "Host: a",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9110 9.1 a letter too many": message("GETT / HTTP/1.1", "Host: a"),
                "9110 9.1 a letter too few": message("GE / HTTP/1.1", "Host: a"),
                "9110 5.6.2 a method of signs": message("!#$%&'*+-.^_`|~ / HTTP/1.1", "Host: a"),
                "9110 5.6.2 a method of digits": message("123 / HTTP/1.1", "Host: a"),
                "9112 3 a method of 300 letters": message(
                    String(repeating: "A", count: 300) + " / HTTP/1.1",
                    "Host: a",
                ),
            ],
        ),
        WireCase.all(
            .refused(400),
            [
                "9112 3.2.4 a method of discovery for everything": message("M-SEARCH * HTTP/1.1", "Host: a"),
                "9112 3 a method without an end": message(
                    String(repeating: "A", count: 20_000) + " / HTTP/1.1",
                    "Host: a",
                ),
                "9110 5.6.2 a bracket": message("G(T / HTTP/1.1", "Host: a"),
                "9110 5.6.2 a colon": message("GET: / HTTP/1.1", "Host: a"),
                "9110 5.6.2 a slash": message("GET/1 / HTTP/1.1", "Host: a"),
                "9110 5.6.2 quotes": message("\"GET\" / HTTP/1.1", "Host: a"),
                "9110 5.6.2 a NUL": message("G\0T / HTTP/1.1", "Host: a"),
                "9110 5.6.2 a DEL": message("G\u{7f}T / HTTP/1.1", "Host: a"),
                "9110 5.6.2 a byte beyond ASCII": message("G\u{c9}T / HTTP/1.1", "Host: a"),
                "9110 5.6.2 a mark of byte order": message("\u{ef}\u{bb}\u{bf}GET / HTTP/1.1", "Host: a"),
                "9112 3 no method": message(" / HTTP/1.1", "Host: a"),
                "9112 3 a record of TLS": "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}",
                "9112 2.1 a status line": message("HTTP/1.1 200 OK", "Host: a"),
                "9112 3 bytes of nothing": "\u{9c}\u{1f}\u{e4}\u{b7}\u{2}\u{d5}\u{80}\u{3}",
                "9112 3 a line of spaces": "   \r\n\r\n",
            ],
        ),
        WireCase.all(.stays(200, body: "home"), ["9110 9.3.1 GET": get("/")]),
        WireCase.all(
            .stays(200, body: "", fields: ["content-length": "4", "content-type": "text/plain"]),
            ["9110 9.3.2 HEAD": message("HEAD / HTTP/1.1", "Host: a")],
        ),
        WireCase.all(
            .stays(204, body: "", fields: ["content-length": ""]),
            ["9110 9.3.4 PUT": message("PUT /items/1 HTTP/1.1", "Host: a", "Content-Length: 2", body: "hi")],
        ),
        WireCase.all(.stays(204), ["9110 9.3.5 DELETE": message("DELETE /items/1 HTTP/1.1", "Host: a")]),
        WireCase.all(
            .stays(204, fields: ["allow": "DELETE, GET, HEAD, OPTIONS, PUT", "content-length": ""]),
            ["9110 9.3.7 OPTIONS": message("OPTIONS /items/1 HTTP/1.1", "Host: a")],
        ),
        WireCase.all(
            .stays(204, fields: ["allow": "GET, HEAD, OPTIONS"]),
            ["9110 9.3.7 OPTIONS of a file": message("OPTIONS /file.txt HTTP/1.1", "Host: a")],
        ),
        WireCase.all(
            .stays(204, body: ""),
            ["9112 3.2.4 OPTIONS of everything": message("OPTIONS * HTTP/1.1", "Host: a")],
        ),
        WireCase.all(.closes(204), ["9112 3.2.4 OPTIONS of everything in HTTP/1.0": message("OPTIONS * HTTP/1.0")]),
        WireCase.all(
            .stays(204, fields: ["allow": "DELETE, GET, HEAD, OPTIONS, POST, PUT"]),
            ["9112 3.2.4 OPTIONS of an address without a path": message("OPTIONS http://a HTTP/1.1", "Host: a")],
        ),
        WireCase.all(
            .stays(204, fields: ["allow": "GET, HEAD, OPTIONS, POST"]),
            ["9112 3.2.4 OPTIONS of an address with a path": message("OPTIONS http://a/ HTTP/1.1", "Host: a")],
        ),
        WireCase.all(.stays(404), ["9110 9.3.7 OPTIONS of nothing": message("OPTIONS /none HTTP/1.1", "Host: a")]),
        WireCase.all(
            .stays(405, fields: ["allow": "GET, HEAD, OPTIONS, POST"]),
            ["9110 15.5.6 a method that the address does not know": message("DELETE / HTTP/1.1", "Host: a")],
        ),
        WireCase.all(
            .stays(405, body: "", fields: ["allow": "OPTIONS, POST"]),
            ["9110 15.5.6 HEAD of what knows no GET": message("HEAD /small HTTP/1.1", "Host: a")],
        ),
        WireCase.all(
            .stays(405, body: "405 /file.txt"),
            [
                "9110 9.3.8 TRACE with credentials": message(
                    "TRACE /file.txt HTTP/1.1",
                    "Host: a",
                    "Authorization: Bearer s3cret",
                )
            ],
        ),
        WireCase.all(.closes(501), ["9110 9.1 ANNOUNCE in HTTP/1.0": message("ANNOUNCE /music HTTP/1.0", "Host: a")]),
        WireCase.all(.refused(505), ["9113 3.4 the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]),
    ].flatMap { $0 }

    @Test func `is known to the address, or the answer says what is`() async throws {
        try await WireCase.run(Self.rows)
    }
}
