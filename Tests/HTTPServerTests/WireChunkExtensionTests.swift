import Testing

@Suite("On the wire, extensions of chunks")
struct WireChunkExtensionTests {
    static let rows: [WireCase] = [
        WireCase.all(
            .stays(200, body: "hello"),
            [
                "9112 7.1.1 a name": chunked("5;ext\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 a name and a value": chunked("5;ext=value\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 one with the last chunk": chunked("5\r\nhello\r\n0;a=b\r\n\r\n"),
                "9112 7.1.1 a quoted value": chunked("5;a=\"b c; d=\\\"e\\\" \\\\\"\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 an empty quoted value": chunked("5;a=\"\"\r\nhello\r\n0\r\n\r\n"),
                "9110 5.6.4 bytes beyond ASCII within quotes": chunked("5;a=\"\u{e9}\t\u{ff}\"\r\nhello\r\n0\r\n\r\n"),
                "9110 5.6.3 a space before the semicolon": chunked("5 ;a=b\r\nhello\r\n0\r\n\r\n"),
                "9110 5.6.3 spaces around the semicolons": chunked("5 ;\ta ; b=c ; d\r\nhello\r\n0\r\n\r\n"),
                "9110 5.6.3 spaces around the equals sign": chunked("5;a = b;c\t=\t\"d\"\r\nhello\r\n0\r\n\r\n"),
                "9110 5.6.2 every byte of a token": chunked("5;!#$%&'*+-.^_`|~09azAZ=!#$\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 a name of many bytes": chunked(
                    "5;" + String(repeating: "a", count: 2000) + "\r\nhello\r\n0\r\n\r\n"
                ),
            ],
        ),
        WireCase.all(
            .refused(400),
            [
                "9112 7.1.1 no semicolon": chunked("2 erfrferferf\r\naa\r\n0 rrrr\r\n\r\n"),
                "9112 7.1.1 nothing but a semicolon": chunked("5;\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 nothing but a semicolon at the end": chunked("5\r\nhello\r\n0;\r\n\r\n"),
                "9112 7.1.1 a semicolon too many": chunked("5;a;\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 two semicolons": chunked("5;;a\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 no name before the value": chunked("5;=b\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 no value behind the equals sign": chunked("5;a=\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 two equals signs": chunked("5;a==b\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 two values": chunked("5;a=b=c\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 two names": chunked("5;a b\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 two words for a value": chunked("5;a=b c\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 a space behind the last one": chunked("5;a=b \r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 a space behind the last name": chunked("5;a \r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 a bracket in a name": chunked("5;bad[=x\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 a slash in a value": chunked("5;a=b/c\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 a quote within a value": chunked("5;a=b\"c\"\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 a word behind a quoted value": chunked("5;a=\"b\"c\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 a quoted name": chunked("5;\"a\"=b\r\nhello\r\n0\r\n\r\n"),
                "9110 5.6.4 a quote that is not closed": chunked("5;a=\"b\";c=\"d\r\nhello\r\n0\r\n\r\n"),
                "9110 5.6.4 a quote whose end is escaped": chunked("5;a=\"b\\\"\r\nhello\r\n0\r\n\r\n"),
                "9110 5.6.4 an escaped line end within quotes": chunked("5;a=\"b\\\r\nhello\"\r\n0\r\n\r\n"),
                "9110 5.6.4 a line end within quotes": chunked("5;a=\"b\r\n\"\r\nhello\r\n0\r\n\r\n"),
                "9110 5.6.4 a NUL within quotes": chunked("5;a=\"\0\"\r\nhello\r\n0\r\n\r\n"),
                "9110 5.6.2 a byte beyond ASCII in a name": chunked("5;\u{e9}\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 a NUL in a name": chunked("5;\0ext\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 a DEL in a name": chunked("5;\u{7f}ext\r\nhello\r\n0\r\n\r\n"),
                "9112 2.2 a bare LF in a name": chunked("5;a\nb\r\nhello\r\n0\r\n\r\n"),
                "9112 2.2 a bare LF behind a semicolon": chunked("5;\nhello\r\n0\r\n\r\n"),
                "9112 2.2 a bare LF behind a name": chunked("5;a\nhello\r\n0\r\n\r\n"),
                "9112 2.2 a bare CR in a name": chunked("5;a\rX\r\nhello\r\n0\r\n\r\n"),
                "9110 5.6.4 a chunk within a quoted value": chunked("5;a=\"\n0\r\n\r\n\"\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1.1 more than anybody needs": chunked(
                    "5;" + String(repeating: "a", count: 20_000) + "\r\nhello\r\n0\r\n\r\n"
                ),
            ],
        ),
        WireCase.all(
            .stays(200, body: "hello world"),
            ["9112 7.1.1 several of all kinds": chunked("5;a;b=c;d=\"e\"\r\nhello\r\n6;f;g\r\n world\r\n0\r\n\r\n")],
        ),
    ].flatMap { $0 }

    @Test func `have exactly one form, and mean nothing`() async throws {
        try await WireCase.run(Self.rows)
    }
}
