import Testing

@Suite("On the wire, the coding of a body")
struct WireCodingTests {
    private static let zero = "0\r\n\r\n"
    private static let hello = "5\r\nhello\r\n0\r\n\r\n"

    static let rows: [WireCase] = [
        WireCase.all(
            .stays(200, body: "hello"),
            [
                "9112 7.1 chunked": chunked(hello),
                "9112 7 chunked in odd letters": post("Transfer-Encoding: ChUnKeD", body: hello),
                "9110 5.1 the field in capitals": post("TRANSFER-ENCODING: chunked", body: hello),
                "9112 5 spaces around chunked": post("Transfer-Encoding:  chunked  ", body: hello),
                "9112 5 tabs around chunked": post("Transfer-Encoding:\tchunked\t", body: hello),
                "9110 5.6.1 an empty element before chunked": post("Transfer-Encoding: , chunked", body: hello),
                "9110 5.6.1 an empty element behind chunked": post("Transfer-Encoding: chunked,", body: hello),
                "9110 5.6.1 an empty field before chunked": post(
                    "Transfer-Encoding:",
                    "Transfer-Encoding: chunked",
                    body: hello,
                ),
                "9110 5.1 a coding whose name has an underscore": post(
                    "Transfer_Encoding: chunked",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9110 2.5 chunked in HTTP/1.2": message(
                    "POST / HTTP/1.2",
                    "Host: a",
                    "Transfer-Encoding: chunked",
                    body: hello,
                ),
                "9110 10.1.4 TE does not frame": post("TE: chunked", "Content-Length: 5", body: "hello"),
                "9110 8.4 a coding of the content does not frame": post(
                    "Content-Encoding: chunked",
                    "Content-Length: 5",
                    body: "hello",
                ),
            ],
        ),
        WireCase.all(
            .refused(400),
            [
                "9112 6.3 length before coding": post("Content-Length: 5", "Transfer-Encoding: chunked", body: zero),
                "9112 6.3 coding before length": post("Transfer-Encoding: chunked", "Content-Length: 5", body: zero),
                "9112 6.3 a length that agrees with the coding": post(
                    "Content-Length: 15",
                    "Transfer-Encoding: chunked",
                    body: hello,
                ),
                "9112 6.3 a length of none beside chunked": post(
                    "Content-Length: 0",
                    "Transfer-Encoding: chunked",
                    body: zero,
                ),
                "9112 6.3 a length shorter than the coding": post(
                    "Content-Length: 4",
                    "Transfer-Encoding: chunked",
                    body: "23\r\n" + get("/smuggled") + "\r\n" + zero,
                ),
                "9112 6.3 a length longer than the coding": post(
                    "Content-Length: 40",
                    "Transfer-Encoding: chunked",
                    body: zero + get("/smuggled"),
                ),
                "9112 6.3 a request of HEAD behind the coding": post(
                    "Content-Length: 41",
                    "Transfer-Encoding: chunked",
                    body: zero + "HEAD /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
                ),
                "9112 6.3 a byte behind the coding": post(
                    "Content-Length: 6",
                    "Transfer-Encoding: chunked",
                    body: "0\r\n\r\nX",
                ),
                "9112 6.3 a length with a plus beside chunked": post(
                    "Content-Length: +5",
                    "Transfer-Encoding: chunked",
                    body: zero,
                ),
                "9112 6.3 a length that is none beside chunked": post(
                    "Content-Length: 5x",
                    "Transfer-Encoding: chunked",
                    body: zero,
                ),
                "9112 6.3 lengths on both sides of the coding": post(
                    "Content-Length: 5",
                    "Transfer-Encoding: chunked",
                    "Content-Length: 5",
                    body: zero,
                ),
                "9112 6.3 a length beside chunked with a space": post(
                    "Transfer-Encoding: chunked ",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9112 6.3 a length beside chunked with a tab": post(
                    "Transfer-Encoding:\tchunked",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9112 6.3 a length beside Chunked": post(
                    "Transfer-Encoding: Chunked",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9112 6.3 a length beside a comma": post(
                    "Transfer-Encoding: , chunked",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9112 6.3 a length beside a comma at the end": post(
                    "Transfer-Encoding: chunked,",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9112 6.3 a length beside an unknown coding": post(
                    "Transfer-Encoding: xchunked",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9112 6.3 a length beside identity": post(
                    "Transfer-Encoding: identity",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9112 6.3 a length before identity": post(
                    "Content-Length: 1",
                    "Transfer-Encoding: identity",
                    body: "h",
                ),
                "9112 6.3 a length beside an empty coding": post(
                    "Transfer-Encoding:",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9112 6.3 a length before three empty codings": post(
                    "Content-Length: 10",
                    "Transfer-Encoding:",
                    "Transfer-Encoding:",
                    "Transfer-Encoding:",
                    body: "2\r\nAA\r\n0\r\n\r\n",
                ),
                "9112 6.3 a length beside chunked and identity": post(
                    "Transfer-Encoding: chunked",
                    "Transfer-Encoding: identity",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9112 6.3 a length beside chunked twice": post(
                    "Transfer-Encoding: chunked, chunked",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9112 6.3 a length beside chunked with a parameter": post(
                    "Transfer-Encoding: chunked;ext=val",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9112 5.1 a space before the colon of a coding": post(
                    "Transfer-Encoding : chunked",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9112 5.2 a folded coding": post("Transfer-Encoding:\r\n chunked", "Content-Length: 5", body: "hello"),
                "9112 5.2 a folded coding of OPTIONS": message(
                    "OPTIONS / HTTP/1.1",
                    "Host: a",
                    "Transfer-Encoding:",
                    " chunked",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9112 5.2 a fold behind chunked": post("Transfer-Encoding: chunked\r\n  abc", body: hello),
                "9112 2.2 a coding behind a bare LF": post("X: y\nTransfer-Encoding: chunked", body: hello),
                "9112 2.2 a coding behind an empty value and a bare CR": post(
                    "X:\rTransfer-Encoding: chunked",
                    body: hello,
                ),
                "9112 2.2 a coding behind an empty value and a bare LF": post(
                    "X:\nTransfer-Encoding: chunked",
                    body: hello,
                ),
                "9112 6.1 chunked twice in a list": post("Transfer-Encoding: chunked, chunked", body: hello),
                "9112 6.1 chunked on two lines": post(
                    "Transfer-Encoding: chunked",
                    "Transfer-Encoding: chunked",
                    body: hello,
                ),
                "9112 6.1 chunked twice, another between": post(
                    "Transfer-Encoding: chunked, gzip, chunked",
                    body: hello,
                ),
                "9112 6.3 chunked before another coding": post("Transfer-Encoding: chunked, gzip", body: zero),
                "9112 6.3 chunked before deflate": post("Transfer-Encoding: chunked, deflate", body: "World"),
                "9112 6.3 chunked before another line": post(
                    "Transfer-Encoding: chunked",
                    "Transfer-Encoding: deflate",
                    body: "World",
                ),
                "9112 6.1 chunked behind what is no coding": post("Transfer-Encoding: c(w, chunked", body: hello),
                "9112 6.3 a coding without chunked": post("Transfer-Encoding: gzip", body: hello),
                "9112 6.3 identity": post("Transfer-Encoding: identity", body: hello),
                "9112 6.3 a coding nobody knows": post("Transfer-Encoding: pigeons", body: hello),
                "9112 6.3 an empty coding": post("Transfer-Encoding:", body: hello),
                "9112 6.3 nothing but a comma": post("Transfer-Encoding: ,", body: hello),
                "9112 6.3 a letter before chunked": post("Transfer-Encoding: xchunked", body: hello),
                "9112 6.3 a prefix before chunked": post("Transfer-Encoding: x-chunked", body: hello),
                "9112 6.3 a letter behind chunked": post("Transfer-Encoding: chunkedx", body: hello),
                "9112 6.3 chunked without its end": post("Transfer-Encoding: chunke", body: hello),
                "9112 6.3 chunked written twice": post("Transfer-Encoding: chunkedchunked", body: hello),
                "9112 6.3 chunked twice without a comma": post("Transfer-Encoding: chunked chunked", body: hello),
                "9112 6.3 chunked and another word": post("Transfer-Encoding: chunked identity", body: hello),
                "9112 7 chunked with a semicolon": post("Transfer-Encoding: chunked;", body: hello),
                "9112 7 chunked with a parameter": post("Transfer-Encoding: chunked;q=1", body: hello),
                "9112 7 quoted chunked": post("Transfer-Encoding: \"chunked\"", body: hello),
                "9112 7 chunked in single quotes": post("Transfer-Encoding: 'chunked'", body: hello),
                "9112 7 chunked behind a colon": post("Transfer-Encoding:: chunked", body: hello),
                "9110 5.5 chunked with a vertical tab": post("Transfer-Encoding: \u{b}chunked", body: hello),
                "9110 5.5 chunked with a form feed": post("Transfer-Encoding: \u{c}chunked", body: hello),
                "9110 5.5 chunked with a NUL": post("Transfer-Encoding: chunked\0", body: hello),
                "9110 5.5 chunked with a backspace": post("Transfer-Encoding: chunkedx\u{8}", body: hello),
                "9112 7 chunked with a no-break space": post("Transfer-Encoding: \u{a0}chunked", body: hello),
                "9112 7 chunked with the sign of kelvin for its k": post(
                    "Transfer-Encoding: chun\u{e2}\u{84}\u{aa}ed",
                    body: hello,
                ),
                "9112 6.1 chunked in HTTP/1.0": message(
                    "POST / HTTP/1.0",
                    "Host: a",
                    "Transfer-Encoding: chunked",
                    body: hello,
                ),
                "9112 6.1 chunked in HTTP/1.0 that keeps alive": message(
                    "POST / HTTP/1.0",
                    "Connection: keep-alive",
                    "Transfer-Encoding: chunked",
                    body: hello,
                ),
                "9112 6.1 a coding and a length in HTTP/1.0": message(
                    "POST / HTTP/1.0",
                    "Transfer-Encoding: chunked",
                    "Content-Length: 5",
                    body: "hello",
                ),
            ],
        ),
        WireCase.all(
            .refused(501),
            [
                "9112 6.1 chunked behind a coding": post("Transfer-Encoding: gzip, chunked", body: hello),
                "9112 6.1 chunked behind deflate": post("Transfer-Encoding: deflate, chunked", body: hello),
                "9112 6.1 chunked on the line behind another coding": post(
                    "Transfer-Encoding: deflate",
                    "Transfer-Encoding: chunked",
                    body: hello,
                ),
                "9112 6.1 chunked behind identity": post("Transfer-Encoding: identity, chunked", body: hello),
                "9112 6.1 chunked behind a coding nobody knows": post(
                    "Transfer-Encoding: cow;fed=hay, chunked",
                    body: hello,
                ),
            ],
        ),
        WireCase.all(
            .closes(200, 400),
            ["9110 5.1 a coding with an underscore and no length": post("Transfer_Encoding: chunked", body: zero)],
        ),
    ].flatMap { $0 }

    @Test func `is chunked and nothing else, or the request is refused`() async throws {
        try await WireCase.run(Self.rows)
    }
}
