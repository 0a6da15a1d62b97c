import Testing

@Suite("On the wire, a request line")
struct WireVersionTests {
    static let rows: [WireCase] = [
        WireCase.all(
            .closes(200, body: "home"),
            [
                "9112 3.2 1.0 without Host": message("GET / HTTP/1.0"),
                "9110 9.3.1 1.0 of GET with a body": message("GET / HTTP/1.0", "conTENT-Length: 5", body: "HELLO"),
            ],
        ),
        WireCase.all(
            .refused(400),
            [
                "9112 3.2 1.0 with two Hosts": message("GET / HTTP/1.0", "Host: a", "Host: a"),
                "9112 3.2 1.0 with a malformed Host": message("GET / HTTP/1.0", "Host: a b"),
                "9112 3.2 1.2 without Host": message("GET / HTTP/1.2"),
                "9112 2.3 1.10": message("GET / HTTP/1.10", "Host: a"),
                "9112 2.3 11": message("GET / HTTP/11", "Host: a"),
                "9112 2.3 11.1": message("GET / HTTP/11.1", "Host: a"),
                "9112 2.3 01.01": message("GET / HTTP/01.01", "Host: a"),
                "9112 2.3 1 and nothing behind": message("GET / HTTP/1", "Host: a"),
                "9112 2.3 1 and a dot": message("GET / HTTP/1.", "Host: a"),
                "9112 2.3 a dot and 1": message("GET / HTTP/.1", "Host: a"),
                "9112 2.3 a comma for the dot": message("GET / HTTP/1,1", "Host: a"),
                "9112 2.3 a letter for a digit": message("GET / HTTP/1.x", "Host: a"),
                "9112 2.3 a letter behind": message("GET / HTTP/1.1x", "Host: a"),
                "9112 2.3 a minus": message("GET / HTTP/-1.1", "Host: a"),
                "9112 2.3 digits of full width": message("GET / HTTP/1.\u{ef}\u{bc}\u{91}", "Host: a"),
                "9112 2.3 a space within": message("GET / HTTP/ 1.1", "Host: a"),
                "9112 2.3 small letters": message("GET / http/1.1", "Host: a"),
                "9112 2.3 mixed letters": message("GET / Http/1.1", "Host: a"),
                "9112 2.3 a letter before": message("GET / IHTTP/1.0", "Host: a"),
                "9112 2.3 a letter too few": message("GET / HTP/1.1", "Host: a"),
                "9112 2.3 no slash": message("GET / HTTP1.1", "Host: a"),
                "9112 2.3 HTTPS": message("GET / HTTPS/1.1", "Host: a"),
                "9112 2.3 of streaming": message("PUT /music RTSP/1.0", "Host: a"),
                "9112 2.3 of a radio": message("GET /music ICE/1.0", "Host: a"),
                "9112 3 no version": message("GET /", "Host: a"),
                "9112 3 a request of HTTP/0.9": "GET /\r\n",
                "9112 3 no target": message("GET HTTP/1.1", "Host: a"),
                "9112 3 no target and two spaces": message("GET  HTTP/1.1", "Host: a"),
                "9112 3 nothing but a method": message("GET", "Host: a"),
                "9112 3 two spaces behind the method": message("GET  / HTTP/1.1", "Host: a"),
                "9112 3 two spaces behind the target": message("GET /  HTTP/1.1", "Host: a"),
                "9112 3 a space behind the version": message("GET / HTTP/1.1 ", "Host: a"),
                "9112 3 a tab behind the version": message("GET / HTTP/1.1\t", "Host: a"),
                "9112 3 a tab behind the method": message("GET\t/ HTTP/1.1", "Host: a"),
                "9112 3 tabs for spaces": message("GET\t/\tHTTP/1.1", "Host: a"),
                "9112 3 a vertical tab for a space": message("GET\u{b}/ HTTP/1.1", "Host: a"),
                "9112 3 a form feed for a space": message("GET /\u{c}HTTP/1.1", "Host: a"),
                "9112 3 a space before the method": message(" GET / HTTP/1.1", "Host: a"),
                "9112 3 a tab before the method": message("\tGET / HTTP/1.1", "Host: a"),
                "9112 3 a fourth word": message("GET / HTTP/1.1 HTTP/1.1", "Host: a"),
            ],
        ),
        WireCase.all(
            .stays(200, body: "home"),
            [
                "9110 2.5 1.2": message("GET / HTTP/1.2", "Host: a"),
                "9110 2.5 1.9": message("GET / HTTP/1.9", "Host: a"),
            ],
        ),
        WireCase.all(
            .refused(505),
            [
                "9110 15.6.6 2.0": message("GET / HTTP/2.0", "Host: a"),
                "9110 15.6.6 0.9": message("GET / HTTP/0.9", "Host: a"),
                "9110 15.6.6 5.6": message("GET / HTTP/5.6", "Host: a"),
                "9110 15.6.6 9.9": message("GET / HTTP/9.9", "Host: a"),
            ],
        ),
        WireCase.all(
            .closes(404),
            [
                "9112 3.2 1.0 with Host": message(
                    "GET /test HTTP/1.0",
                    "Host: 0.0.0.0:5000",
                    "User-Agent: x",
                    "Accept: */*",
                )
            ],
        ),
        WireCase.all(
            .closes(200, body: "hello"),
            ["9112 6.2 1.0 with a body": message("POST / HTTP/1.0", "Content-Length: 5", body: "hello")],
        ),
        WireCase.all(
            .init(statuses: [200], end: .closes, body: "streamed", fields: ["transfer-encoding": ""]),
            ["9112 6.3 1.0 and an answer of unknown length": message("GET /stream HTTP/1.0")],
        ),
    ].flatMap { $0 }

    @Test func `is three words, the last of them a version of HTTP/1`() async throws {
        try await WireCase.run(Self.rows)
    }
}
