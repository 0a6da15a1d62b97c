import Testing

@Suite("On the wire, the length of a body")
struct WireLengthTests {
    static let rows: [WireCase] = [
        WireCase.all(
            .stays(200, body: "hello"),
            [
                "9112 6.2 a length": post("Content-Length: 5", body: "hello"),
                "9110 5.1 a length in odd letters": post("conTENT-Length: 5", body: "hello"),
                "9112 5 spaces around a length": post("Content-Length:  5 ", body: "hello"),
                "9112 5 tabs around a length": post("Content-Length:\t5\t", body: "hello"),
                "9112 5 no space before a length": post("Content-Length:5", body: "hello"),
                "9110 8.6 zeros before a length": post("Content-Length: 005", body: "hello"),
                "9110 5.1 a length beside one with an underscore": post(
                    "Content-Length: 5",
                    "Content_Length: 99",
                    body: "hello",
                ),
            ],
        ),
        WireCase.all(
            .stays(200, body: ""),
            [
                "9112 6.2 a length of none": post("Content-Length: 0"),
                "9112 6.3 no length at all": post(),
                "9110 8.6 zeros only": post("Content-Length: 00"),
                "9110 5.1 a length whose name has an underscore": post("Content_Length: 99"),
            ],
        ),
        WireCase.all(
            .stays(200),
            [
                "9112 6.2 a body that is a request": post("Content-Length: 35", body: get("/smuggled")),
                "9110 6.4 a body of every kind of byte": post("Content-Length: 6", body: "\0\r\n\u{7f}\u{ff}\n"),
                "9110 8.6 a body as long as the address takes": post(
                    "Content-Length: 100000",
                    body: String(repeating: "x", count: 100_000),
                ),
            ],
        ),
        WireCase.all(
            .refused(400),
            [
                "9110 8.6 an empty length": post("Content-Length:"),
                "9110 8.6 a length of spaces": post("Content-Length:   "),
                "9110 8.6 a length with a plus": post("Content-Length: +5", body: "hello"),
                "9110 8.6 a length with a minus": post("Content-Length: -1"),
                "9110 8.6 minus nothing": post("Content-Length: -0"),
                "9110 8.6 a length in hexadecimal": post("Content-Length: 0x5", body: "hello"),
                "9110 8.6 hexadecimal letters": post("Content-Length: a", body: "helloworld"),
                "9110 8.6 a length in octal": post("Content-Length: 0o5", body: "hello"),
                "9110 8.6 a length in binary": post("Content-Length: 0b1", body: "h"),
                "9110 8.6 a length with an exponent": post("Content-Length: 5e0", body: "hello"),
                "9110 8.6 a length with a fraction": post("Content-Length: 5.0", body: "hello"),
                "9110 8.6 a length with an underscore": post("Content-Length: 1_0", body: "helloworld"),
                "9110 8.6 a length with a space inside": post("Content-Length: 4 2"),
                "9110 8.6 a length of two numbers": post("Content-Length: 13 37"),
                "9110 8.6 a length with a tab inside": post("Content-Length: 1\t0", body: "helloworld"),
                "9110 8.6 a length in words": post("Content-Length: five", body: "hello"),
                "9110 8.6 a length with a unit": post("Content-Length: 5B", body: "hello"),
                "9110 8.6 a length with a parameter": post("Content-Length: 5;a=b", body: "hello"),
                "9110 8.6 a quoted length": post("Content-Length: \"5\"", body: "hello"),
                "9110 8.6 a length in digits of another script": post("Content-Length: \u{d9}\u{a5}", body: "hello"),
                "9110 8.6 a length with a no-break space": post("Content-Length: \u{a0}5", body: "hello"),
                "9110 5.5 a length with a NUL": post("Content-Length: 5\0", body: "hello"),
                "9110 5.5 a length with a vertical tab": post("Content-Length: \u{b}5", body: "hello"),
                "9110 8.6 a length of 2^63": post("Content-Length: 9223372036854775808"),
                "9110 8.6 a length of 2^64": post("Content-Length: 18446744073709551616"),
                "9110 8.6 a length of 2^64 and five": post("Content-Length: 18446744073709551621", body: "hello"),
                "9110 8.6 a length of 21 digits": post("Content-Length: 100000000000000000000"),
                "9110 8.6 a length of 300 digits": post("Content-Length: " + String(repeating: "9", count: 300)),
                "9112 6.3 two lengths that differ": post(
                    "Content-Length: 5",
                    "Content-Length: 10",
                    body: "helloworld",
                ),
                "9112 6.3 two lengths, the second shorter": post(
                    "Content-Length: 10",
                    "Content-Length: 5",
                    body: "helloworld",
                ),
                "9110 8.6 two equal lengths": post("Content-Length: 5", "Content-Length: 5", body: "hello"),
                "9110 5.1 two lengths in different letters": post(
                    "Content-Length: 5",
                    "CONTENT-LENGTH: 6",
                    body: "hello!",
                ),
                "9112 6.3 lengths far apart": post("Content-Length: 5", "X: y", "Content-Length: 0", body: "hello"),
                "9112 6.3 a list of lengths that differ": post("Content-Length: 5, 10", body: "helloworld"),
                "9110 8.6 a list of equal lengths": post("Content-Length: 5, 5", body: "hello"),
                "9110 8.6 a list of three equal lengths": post("Content-Length: 5,5,5", body: "hello"),
                "9110 8.6 a list with an empty length": post("Content-Length: 5,", body: "hello"),
                "9110 8.6 a length and an empty one": post("Content-Length: 5", "Content-Length:", body: "hello"),
                "9112 5.1 a space before the colon of a length": post("Content-Length : 5", body: "hello"),
                "9112 5.1 a length, and one with a space before its colon": post(
                    "Content-Length: 11",
                    "Content-Length : 5",
                    body: "hello world",
                ),
                "9112 5.1 a tab within the name of a length": post(
                    "Content-Length: 11",
                    "Content\tLength: 5",
                    body: "hello world",
                ),
                "9112 2.2 a CR within the name of a length": post("Content\rLength: 5", body: "hello"),
                "9112 5.2 a folded length": post("Content-Length:\r\n 5", body: "hello"),
                "9112 2.2 a length behind a bare LF": post("X: y\nContent-Length: 5", body: "hello"),
                "9112 2.2 a length behind a bare CR": post("X: y\rContent-Length: 5", body: "hello"),
            ],
        ),
        WireCase.all(
            .refused(413),
            [
                "9110 8.6 a length of 2^31": post("Content-Length: 2147483648"),
                "9110 8.6 a length of 2^32 and five": post("Content-Length: 4294967301", body: "hello"),
                "9110 8.6 a length of 2^63 - 1": post("Content-Length: 9223372036854775807"),
                "9110 15.5.14 a body longer than the address takes": post("Content-Length: 100001"),
            ],
        ),
        WireCase.all(
            .ends(400),
            [
                "9112 6.3 a body that ends early": post("Content-Length: 10", body: "hello"),
                "9112 6.3 a body that never begins": post("Content-Length: 10"),
            ],
        ),
        WireCase.all(
            .stays(200, body: "abc"),
            ["9110 8.6 zeros before a length, and more fields": post("Content-Length: 003", "X: y", body: "abc")],
        ),
        WireCase.all(
            .stays(200, body: "0123456789ab"),
            ["9110 8.6 a length that octal would make shorter": post("Content-Length: 012", body: "0123456789ab")],
        ),
        WireCase.all(
            .stays(200, 501),
            ["9112 6.2 bytes behind a body of none": post("Content-Length: 0", body: "X") + get("/")],
        ),
    ].flatMap { $0 }

    @Test func `is one number, or the request is refused`() async throws {
        try await WireCase.run(Self.rows)
    }
}
