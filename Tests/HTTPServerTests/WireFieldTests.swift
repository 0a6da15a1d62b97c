import Testing

@Suite("On the wire, a field")
struct WireFieldTests {
    static let rows: [WireCase] = [
        WireCase.all(
            .stays(200, body: "y"),
            [
                "9112 5 a value": get("/x", "X: y"),
                "9112 5 no space before a value": get("/x", "X:y"),
                "9112 5 spaces and tabs around a value": get("/x", "X: \t y \t "),
            ],
        ),
        WireCase.all(
            .stays(200, body: ""),
            [
                "9110 5.5 an empty value": get("/x", "X:"),
                "9110 5.5 a value of spaces": get("/x", "X:  \t "),
            ],
        ),
        WireCase.all(
            .stays(200),
            [
                "9110 5.5 UTF-8 in a value": get("/x", "X: D\u{c3}\u{bc}sseldorf"),
                "9110 5.5 Latin-1 in a value": get("/x", "X: D\u{fc}sseldorf"),
                "9110 5.5 the byte FF in a value": get("/x", "X: \u{ff}"),
                "9110 5.6.2 a name of signs": get("/", "!#$%&'*+-.^_`|~: y"),
                "9110 5.6.2 a name of digits": get("/", "123: y"),
                "9110 5.1 a name of 300 bytes": get("/", String(repeating: "n", count: 300) + ": y"),
                "9110 5.4 a value of 8,000 bytes": get("/", "X: " + String(repeating: "v", count: 8000)),
                "9110 5.4 100 fields": get("/").with(fields: 99),
                "6265 4.2 a cookie": get("/", "Cookie: foo=bar"),
                "6265 5.4 an empty cookie": get("/", "Cookie: "),
                "6265 5.4 a cookie without a value": get("/", "Cookie: foo="),
                "6265 5.4 two cookies on two lines": get("/", "Cookie: a=1", "Cookie: b=2"),
                "6265 5.4 a malformed cookie": get("/", "Cookie: ===;;;"),
                "6265 5.4 1,000 cookies": get("/", "Cookie: " + (0..<1000).map { "k\($0)=v" }.joined(separator: "; ")),
                "9110 12.5 fields of a browser": get(
                    "/",
                    "Accept: text/html,application/xml;q=0.9,*/*;q=0.8",
                    "Accept-Language: en-us,en;q=0.5",
                    "Accept-Charset: ISO-8859-1,utf-8;q=0.7,*;q=0.7",
                    "Keep-Alive: 300",
                ),
            ],
        ),
        WireCase.all(
            .refused(431),
            [
                "9110 5.4 101 fields": get("/").with(fields: 100),
                "9110 5.4 1,500 fields": get("/").with(fields: 1500),
                "9110 5.4 a value that is too long": get("/", "X: " + String(repeating: "B", count: 40_000)),
                "9110 5.4 a name that is too long": get("/", String(repeating: "A", count: 40_000) + ": y"),
                "9110 5.4 a name without an end": "GET / HTTP/1.1\r\nHost: a\r\n"
                    + String(repeating: "A", count: 30_000),
                "9110 5.4 a cookie that is too long": get(
                    "/",
                    "Cookie: big=" + String(repeating: "A", count: 50_000),
                ),
            ],
        ),
        WireCase.all(
            .refused(400),
            [
                "9110 5.5 a cookie with a NUL": get("/", "Cookie: foo=\0bar"),
                "9110 5.5 a cookie with control characters": get("/", "Cookie: foo=\u{1}\u{2}\u{3}"),
                "9112 5.1 a space before the colon": get("/", "X : y"),
                "9112 5.1 a tab before the colon": get("/", "X\t: y"),
                "9112 5.1 a space within a name": get("/", "X Y: z"),
                "9112 5 no name": get("/", ": y"),
                "9112 5 no name before Host": "GET / HTTP/1.1\r\n: y\r\nHost: a\r\n\r\n",
                "9112 5 nothing but a colon": get("/", ":"),
                "9112 5 no colon": get("/", "NoColonHere"),
                "9112 5 no colon but a value": get("/", "X y"),
                "9112 5 no colon but a NUL": get("/", "X\0y"),
                "9112 5 an equals sign for the colon": get("/", "X=y"),
                "9110 5.1 an at sign in a name": get("/", "Fo@: Failure"),
                "9110 5.1 a bracket in a name": get("/", "Bad[Name: y"),
                "9110 5.1 a round bracket in a name": get("/", "X(: y"),
                "9110 5.1 a slash in a name": get("/", "X/Y: z"),
                "9110 5.1 quotes in a name": get("/", "\"X\": y"),
                "9110 5.1 a comma in a name": get("/", "X,Y: z"),
                "9110 5.1 a semicolon in a name": get("/", "X;Y: z"),
                "9110 5.1 a brace in a name": get("/", "X{: y"),
                "9110 5.1 a control character in a name": get("/", "Foo\u{1}test: Bar"),
                "9110 5.1 a NUL in a name": get("/", "X\0: y"),
                "9110 5.1 a DEL in a name": get("/", "X\u{7f}: y"),
                "9110 5.1 UTF-8 in a name": get("/", "X-T\u{c3}\u{ab}st: y"),
                "9110 5.1 Latin-1 in a name": get("/", "X-T\u{eb}st: y"),
                "9110 5.1 a name that breaks off in a CR": get("/", "Connection\r\u{1b}\u{35}\u{d5}eep-Alive: y"),
                "9110 5.1 a name that breaks off in an escape": get("/", "X-Some-Header\u{1b}eep-Alive", "Accept: x"),
                "9110 5.5 a NUL in a value": get("/", "X: y\0z"),
                "9110 5.5 a NUL at the end of a value": get("/", "X: y\0"),
                "9110 5.5 bell, backspace and vertical tab in a value": get("/", "X: abc\u{7}\u{8}\u{b}def"),
                "9110 5.5 an escape in a value": get("/", "X: \u{1b}[31m"),
                "9110 5.5 a unit separator in a value": get("/", "X: \u{1f}"),
                "9110 5.5 a DEL in a value": get("/", "X: y\u{7f}z"),
            ],
        ),
        WireCase.all(
            .stays(200, body: "hello"),
            [
                "9110 5.3 two types": post(
                    "Content-Length: 5",
                    "Content-Type: text/plain",
                    "Content-Type: text/html",
                    body: "hello",
                ),
                "9110 15.5.16 a type nobody knows": post(
                    "Content-Length: 5",
                    "Content-Type: application/x-nonsense",
                    body: "hello",
                ),
                "9110 14.2 a range of POST": post("Content-Length: 5", "Range: bytes=0-10", body: "hello"),
            ],
        ),
        WireCase.all(
            .stays(200, body: "home"),
            [
                "9110 12.5.1 wishes nobody can fulfil": get(
                    "/",
                    "Accept: application/x-nonsense",
                    "Accept-Language: x-none",
                    "Accept-Charset: none",
                ),
                "9110 14.2 a range of what has none": get("/", "Range: bytes=0-1"),
                "9110 13.1 conditions of what has no validators": get(
                    "/",
                    "If-None-Match: \"x\"",
                    "If-Modified-Since: yesterday",
                ),
            ],
        ),
        WireCase.all(.stays(200, body: "a \t b"), ["9112 5 spaces and tabs within a value": get("/x", "X: a \t b")]),
        WireCase.all(.stays(200, body: "a: b"), ["9110 5.5 a value with a colon": get("/x", "X: a: b")]),
        WireCase.all(.stays(200, body: ": y"), ["9110 5.5 a value that begins with a colon": get("/x", "X:: y")]),
        WireCase.all(
            .stays(200, body: "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
            ["9110 5.5 a value of signs": get("/x", "X: !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")],
        ),
        WireCase.all(.stays(200, body: "++++++++++"), ["9110 5.5 a value of plus signs": get("/x", "X:++++++++++")]),
        WireCase.all(.stays(200, body: "a|b"), ["9110 5.3 the same name twice": get("/x", "X: a", "x: b")]),
        WireCase.all(.stays(200, body: "a"), ["9110 5.1 a name in capitals and small letters": get("/x", "x: a")]),
        WireCase.all(
            .closes(431, body: ""),
            [
                "9110 9.3.2 fields of HEAD that are too long": message(
                    "HEAD / HTTP/1.1",
                    "Host: a",
                    "X: " + String(repeating: "B", count: 20_000),
                )
            ],
        ),
        WireCase.all(
            .stays(200, body: "0123456789"),
            ["9110 14.2 a range that is none": get("/file.txt", "Range: bytes=abc-xyz")],
        ),
        WireCase.all(
            .stays(204),
            ["9110 7.6.2 no hops for OPTIONS": message("OPTIONS / HTTP/1.1", "Host: a", "Max-Forwards: 0")],
        ),
    ].flatMap { $0 }

    @Test func `is a name, a colon and a value`() async throws {
        try await WireCase.run(Self.rows)
    }
}
