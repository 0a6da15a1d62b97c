import Testing

@Suite("On the wire, chunks")
struct WireChunkTests {
    static let rows: [WireCase] = [
        WireCase.all(
            .stays(200, body: "0123456789"),
            [
                "9112 7.1 small hexadecimal letters": chunked("a\r\n0123456789\r\n0\r\n\r\n"),
                "9112 7.1 large hexadecimal letters": chunked("A\r\n0123456789\r\n0\r\n\r\n"),
            ],
        ),
        WireCase.all(
            .stays(200, body: "hello"),
            [
                "9112 7.1 zeros before a size": chunked("0005\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 more zeros than a number has digits": chunked(
                    "00000000000000000000005\r\nhello\r\n0\r\n\r\n"
                ),
                "9112 7.1 three zeros at the end": chunked("5\r\nhello\r\n000\r\n\r\n"),
                "9112 7.1 a chunk for each byte": chunked(
                    "1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n"
                ),
            ],
        ),
        WireCase.all(
            .refused(400),
            [
                "9112 7.1 a minus": chunked("-1\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a plus": chunked("+5\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 plus nothing": chunked("+0\r\n\r\nX"),
                "9112 7.1 a prefix": chunked("0x5\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a large prefix": chunked("0X5\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a prefix at the end": chunked("5\r\nhello\r\n0x0\r\n\r\n"),
                "9112 7.1 a suffix": chunked("5h\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 an underscore": chunked("1_0\r\nhello world!!!!!\r\n0\r\n\r\n"),
                "9112 7.1 a space before the size": chunked(" 5\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a tab before the size": chunked("\t5\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a space behind the size": chunked("5 \r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a tab behind the size": chunked("5\t\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a space behind the last size": chunked("5\r\nhello\r\n0 \r\n\r\n"),
                "9112 7.1 a space within the size": chunked("1 0\r\n0123456789abcdef\r\n0\r\n\r\n"),
                "9112 7.1 no size": chunked("\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 no size but a semicolon": chunked(";a\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a letter that is no digit": chunked("g\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a decimal point": chunked("5.0\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a comma": chunked("5,5\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a quoted size": chunked("\"5\"\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 digits of full width": chunked("\u{ef}\u{bc}\u{95}\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a NUL before the size": chunked("\05\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a NUL behind the size": chunked("5\0\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a size of 2^63": chunked("8000000000000000\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a size of 2^64 - 1": chunked("ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a size of 2^64 and five": chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 zeros without end": chunked(String(repeating: "0", count: 40) + "5\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a size of 300 digits": chunked(
                    String(repeating: "f", count: 300) + "\r\nhello\r\n0\r\n\r\n"
                ),
                "9112 2.2 a bare LF behind the size": chunked("5\nhello\r\n0\r\n\r\n"),
                "9112 2.2 a bare CR behind the size": chunked("5\rhello\r\n0\r\n\r\n"),
                "9112 2.2 two CRs behind the size": chunked("5\r\r\nhello\r\n0\r\n\r\n"),
                "9112 2.2 two CRs and a semicolon": chunked("5\r\r;ABCD\r\n34\r\nE\r\n0\r\n\r\n"),
                "9112 7.1 spaces over two lines": chunked("3 \n  \r\nfoo\r\n0\r\n\r\n"),
                "9112 7.1 nothing behind the data": chunked("5\r\nhello0\r\n\r\n"),
                "9112 2.2 a bare LF behind the data": chunked("5\r\nhello\n0\r\n\r\n"),
                "9112 2.2 a bare CR behind the data": chunked("5\r\nhello\r0\r\n\r\n"),
                "9112 7.1 an empty line behind the data": chunked("5\r\nhello\r\n\r\n0\r\n\r\n"),
                "9112 7.1 data longer than said": chunked("5\r\nhello!!\r\n0\r\n\r\n"),
                "9112 7.1 data shorter than said": chunked("7\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a missing end": chunked("3\r\nfoo\r\n\r\n"),
                "9112 2.2 bare LFs everywhere": chunked("5\nhello\n0\n\n"),
                "9112 2.2 a bare LF at the end": chunked("5\r\nhello\r\n0\r\n\n"),
                "9112 2.2 a bare LF behind the last size": chunked("5\r\nhello\r\n0\n\r\n"),
                "9112 2.2 a bare CR at the end": chunked("5\r\nhello\r\n0\r\n\rX"),
            ],
        ),
        WireCase.all(
            .refused(413),
            [
                "9112 7.1 a size of 2^31": chunked("80000000\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a size of 2^32 and five": chunked("100000005\r\nhello\r\n0\r\n\r\n"),
                "9112 7.1 a second chunk that is too large": chunked("5\r\nhello\r\n1869c\r\n"),
            ],
        ),
        WireCase.all(
            .ends(400),
            [
                "9112 8 a body without an end": chunked("5\r\nhello\r\n"),
                "9112 8 a body that ends within a size": chunked("5"),
                "9112 8 a body that ends within the data": chunked("5\r\nhel"),
                "9112 8 a body that ends before its last line": chunked("5\r\nhello\r\n0\r\n"),
            ],
        ),
        WireCase.all(
            .stays(200, body: "hello world"),
            ["9112 7.1 two chunks": chunked("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")],
        ),
        WireCase.all(.stays(200, body: ""), ["9112 7.1 no chunk": chunked("0\r\n\r\n")]),
        WireCase.all(
            .stays(200, body: "all your base are belong to us"),
            ["9112 7.1 a size of two digits": chunked("1e\r\nall your base are belong to us\r\n0\r\n\r\n")],
        ),
        WireCase.all(
            .stays(200, body: "0\r\n\r\n"),
            ["9112 7.1 data that look like the end": chunked("5\r\n0\r\n\r\n\r\n0\r\n\r\n")],
        ),
        WireCase.all(
            .stays(200, body: get("/smuggled")),
            ["9112 7.1 data that are a request": chunked("23\r\n" + get("/smuggled") + "\r\n0\r\n\r\n")],
        ),
    ].flatMap { $0 }

    @Test func `are exactly as long as they say`() async throws {
        try await WireCase.run(Self.rows)
    }
}
