import Testing

@Suite("On the wire, trailer fields")
struct WireTrailerTests {
    static let rows: [WireCase] = [
        WireCase.all(
            .stays(200, body: "hello"),
            [
                "9112 7.1.2 one": chunked("5\r\nhello\r\n0\r\nX-Checksum: abc\r\n\r\n"),
                "9112 7.1.2 several": chunked("5\r\nhello\r\n0\r\nVary: *\r\nContent-Type: text/plain\r\n\r\n"),
                "9110 6.5.1 a length": chunked("5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n"),
                "9110 6.5.1 a coding": chunked("5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"),
                "9110 6.5.1 a host": chunked("5\r\nhello\r\n0\r\nHost: evil.example\r\n\r\n"),
                "9110 6.5.1 credentials": chunked("5\r\nhello\r\n0\r\nAuthorization: Bearer evil\r\n\r\n"),
                "9110 6.5.1 a type": chunked("5\r\nhello\r\n0\r\nContent-Type: text/evil\r\n\r\n"),
                "9110 6.5.1 the end of the connection": chunked("5\r\nhello\r\n0\r\nConnection: close\r\n\r\n"),
                "9110 6.5.1 an expectation": chunked("5\r\nhello\r\n0\r\nExpect: cake\r\n\r\n"),
            ],
        ),
        WireCase.all(
            .stays(200, body: ""),
            [
                "9112 7.1.2 an empty value": chunked("0\r\nX:\r\n\r\n"),
                "9110 5.5 bytes beyond ASCII in a value": chunked("0\r\nX: \u{e9}\r\n\r\n"),
            ],
        ),
        WireCase.all(
            .refused(400),
            [
                "9112 7.1.2 no colon": chunked("0\r\nX\r\n\r\n"),
                "9112 5.1 a space before the colon": chunked("0\r\nX : y\r\n\r\n"),
                "9112 5.1 a space in the name": chunked("0\r\nX y: z\r\n\r\n"),
                "9112 5 no name": chunked("0\r\n: y\r\n\r\n"),
                "9110 5.1 a bracket in the name": chunked("0\r\nX[: y\r\n\r\n"),
                "9112 5.2 a fold": chunked("0\r\nX: y\r\n z\r\n\r\n"),
                "9112 5.2 a fold before the first": chunked("0\r\n X: y\r\n\r\n"),
                "9112 2.2 a bare LF behind one": chunked("0\r\nX: y\n\r\n"),
                "9112 2.2 a bare CR in one": chunked("0\r\nX: y\rz\r\n\r\n"),
                "9110 5.5 a NUL in one": chunked("0\r\nX: \0\r\n\r\n"),
                "9110 5.5 a DEL in one": chunked("0\r\nX: \u{7f}\r\n\r\n"),
                "9110 5.1 a byte beyond ASCII in a name": chunked("0\r\n\u{e9}: y\r\n\r\n"),
                "9112 7.1.2 a request where a trailer was to be": chunked(
                    "0\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
                ),
                "9112 7.1.2 more than anybody needs": chunked(
                    "0\r\n" + String(repeating: "a: b\r\n", count: 5000) + "\r\n"
                ),
            ],
        ),
        WireCase.all(
            .stays(200, body: "a"),
            [
                "9110 6.6.2 one that was announced": post(
                    "Trailer: X-Sum",
                    "Transfer-Encoding: chunked",
                    body: "1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n",
                )
            ],
        ),
    ].flatMap { $0 }

    @Test func `are well-formed, and none of them acts`() async throws {
        try await WireCase.run(Self.rows)
    }
}
