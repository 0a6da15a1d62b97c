import Testing

@Suite("On the wire, a line")
struct WireLineTests {
    static let rows: [WireCase] = [
        WireCase.all(
            .stays(200, body: "home"),
            [
                "9112 2.2 an empty line before the request": "\r\n" + get("/"),
                "9112 2.2 two empty lines before the request": "\r\n\r\n" + get("/"),
                "9112 2.2 four empty lines before the request": "\r\n\r\n\r\n\r\n" + get("/"),
            ],
        ),
        WireCase.all(
            .stays(200, 200, body: "home"),
            [
                "9112 2.2 an empty line between requests": post("Content-Length: 4", body: "q=42") + "\r\n" + get("/"),
                "9112 2.2 two empty lines between requests": post("Content-Length: 4", body: "q=43") + "\r\n\r\n"
                    + get("/"),
            ],
        ),
        WireCase.all(
            .refused(400),
            [
                "9112 2.2 five empty lines before the request": "\r\n\r\n\r\n\r\n\r\n" + get("/"),
                "9112 2.2 empty lines without end": String(repeating: "\r\n", count: 10_000),
                "9112 2.2 a bare LF before the request": "\n" + get("/"),
                "9112 2.2 a bare CR before the request": "\r" + get("/"),
                "9112 2.2 a line of a space before the request": " \r\n" + get("/"),
                "9112 2.2 a NUL before the request": "\0" + get("/"),
                "9112 2.2 a bare LF behind the request line": "GET / HTTP/1.1\nHost: a\r\n\r\n",
                "9112 2.2 a bare CR behind the request line": "GET / HTTP/1.1\rHost: a\r\n\r\n",
                "9112 2.2 two CRs behind the request line": "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
                "9112 2.2 LF and CR in the wrong order": "GET / HTTP/1.1\n\rHost: a\n\r\n\r",
                "9112 2.2 a bare LF behind Host": "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
                "9112 2.2 a bare LF behind another field": "GET / HTTP/1.1\r\nHost: a\r\nX: y\nZ: w\r\n\r\n",
                "9112 2.2 a bare LF for the empty line": "GET / HTTP/1.1\r\nHost: a\r\n\n",
                "9112 2.2 a bare CR for the empty line": "GET / HTTP/1.1\r\nHost: a\r\n\rX",
                "9112 2.2 a bare CR and another request":
                    "GET / HTTP/1.1\r\nConnection: close\r\nHost: a\r\n\rZGET /smuggled: HTTP/1.1\r\nHost: a\r\n\r\n",
                "9112 2.2 two CRs for the empty line": "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n",
                "9112 2.2 two CRs behind a field": "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\r\n\r\n",
                "9112 2.2 bare LFs everywhere": "GET / HTTP/1.1\nHost: a\n\n",
                "9112 2.2 bare LFs and folds": "GET / HTTP/1.1\nLine1:   abc\n\tdef\n ghi\nHost: a\n\n",
                "9112 2.2 bare CRs everywhere": "GET / HTTP/1.1\rHost: a\r\r",
                "9112 2.2 a bare CR in a value": get("/", "X: val\rue"),
                "9112 2.2 a bare CR at the start of a value": get("/", "X:\rvalue"),
                "9112 2.2 a bare CR within a request with a body": post(
                    "Content-Length: 5",
                    "X: val\rue",
                    body: "hello",
                ),
                "9112 2.2 a field behind a bare CR": get("/", "Foo: 1\rBar: 2"),
                "9112 5.2 a fold": get("/", "X: y", " folded"),
                "9112 5.2 a fold of a tab": get("/", "X: y", "\tfolded"),
                "9112 5.2 a fold that looks like a length": message(
                    "POST / HTTP/1.1",
                    "Host: a",
                    "Foo: bar",
                    " Content-Length: 35",
                    body: get("/smuggled"),
                ),
                "9112 5.2 a fold of nothing": get("/", "X: y", " "),
                "9112 5.2 a fold of an empty value": get("/", "X:", " y"),
                "9112 5.2 a fold of Connection": get("/", "Connection:", " close"),
                "9112 5.2 a fold in a list of Connection": get(
                    "/",
                    "Connection: Something,",
                    " Upgrade, ,Keep-Alive",
                    "Upgrade: WebSocket",
                ),
                "9112 5.2 folds of a certificate": get(
                    "/",
                    "X-SSL:   -----BEGIN CERTIFICATE-----",
                    "\tMIIFbTCCBFWgAwIBAgICH4cwDQYJKoZIhvcNAQEFBQAwcDELMAkGA1UEBhMCVUsx",
                    "\t-----END CERTIFICATE-----",
                ),
                "9112 5.1 a fold before the colon": get("/", "name", " : value"),
                "9112 2.2 a fold before the first field": "GET / HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n",
                "9112 2.2 a line of a space before the first field": "GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n",
                "9112 2.2 a line of a tab before the first field": "GET / HTTP/1.1\r\n\t\r\nHost: a\r\n\r\n",
            ],
        ),
        WireCase.all(
            .ends(400),
            [
                "9112 8 an end within the request line": "GET / HT",
                "9112 8 an end behind the request line": "GET / HTTP/1.1\r\n",
                "9112 8 an end within a field's name": "PUT / HTTP/1.1\r\nContent-Leng",
                "9112 8 an end within a field's value": "GET / HTTP/1.1\r\nHost: a\r\nX: value",
                "9112 8 an end before the empty line": "GET / HTTP/1.1\r\nHost: a\r\n",
                "9112 8 an end within the empty line": "GET / HTTP/1.1\r\nHost: a\r\n\r",
            ],
        ),
        WireCase.all(.stays(200), ["9112 2.2 a field of Latin-1's next line": get("/x", "X: a\u{85}b")]),
        WireCase.all(
            .ends(),
            [
                "9112 8 an end before anything": "", "9112 2.2 an end behind an empty line": "\r\n",
                "9112 2.2 an end within an empty line": "\r",
            ],
        ),
        WireCase.all(
            .ends(200, body: "hi"),
            ["9112 2.2 an end behind a body and an empty line": post("Content-Length: 2", body: "hi\r\n")],
        ),
        WireCase.all(.ends(200, body: "home"), ["9112 8 an end behind a whole request": get("/")]),
        WireCase.all(.ends(200, body: "7"), ["9112 8 an end behind a request with a handler": get("/items/7")]),
        WireCase.all(
            .ends(200, 200, 404),
            ["9112 8 an end behind several requests": get("/items/7") + get("/file.txt") + get("/none")],
        ),
        WireCase.all(
            .ends(200, body: "hello"),
            ["9112 8 an end behind a request with a body": post("Content-Length: 5", body: "hello")],
        ),
        WireCase.all(
            .ends(200, 400),
            ["9112 8 an end behind a good request and half of another": get("/") + "GET /smuggled HT"],
        ),
    ].flatMap { $0 }

    @Test func `ends in CR LF and is not continued by the next`() async throws {
        try await WireCase.run(Self.rows)
    }
}
