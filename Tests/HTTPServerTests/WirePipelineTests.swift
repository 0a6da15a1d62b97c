import Testing

@Suite("On the wire, requests sent ahead")
struct WirePipelineTests {
    static let rows: [WireCase] = [
        WireCase.all(
            .stays(204),
            [
                "9110 9.3.7 OPTIONS with a body": message(
                    "OPTIONS / HTTP/1.1",
                    "Host: a",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9110 9.3.5 DELETE with a body": message(
                    "DELETE /items/1 HTTP/1.1",
                    "Host: a",
                    "Content-Length: 5",
                    body: "hello",
                ),
            ],
        ),
        WireCase.all(
            .stays(413),
            [
                "9110 15.5.14 a short body where none is taken": message(
                    "POST /small HTTP/1.1",
                    "Host: a",
                    "Content-Length: 35",
                    body: get("/smuggled"),
                ),
                "9110 15.5.14 a body a little too long": message(
                    "PUT /items/1 HTTP/1.1",
                    "Host: a",
                    "Content-Length: 11",
                    body: "hello world",
                ),
            ],
        ),
        WireCase.all(
            .refused(413),
            [
                "9112 9.6 a long body of what is not there": message(
                    "POST /none HTTP/1.1",
                    "Host: a",
                    "Content-Length: 65537",
                    body: get("/smuggled"),
                ),
                "9112 9.6 a long body in chunks of what is not there": message(
                    "POST /none HTTP/1.1",
                    "Host: a",
                    "Transfer-Encoding: chunked",
                    body: "10001\r\n" + get("/smuggled"),
                ),
                "9112 9.6 GET with a long body in chunks": get("/", "Transfer-Encoding: chunked") + "10001\r\n"
                    + get("/smuggled"),
                "9112 9.6 a huge body of the wrong method": message(
                    "POST /alive HTTP/1.1",
                    "Host: a",
                    "Content-Length: 999999999",
                ),
                "9112 9.6 a body in many chunks of what is not there": message(
                    "POST /none HTTP/1.1",
                    "Host: a",
                    "Transfer-Encoding: chunked",
                    body: String(repeating: "100\r\n" + String(repeating: "x", count: 256) + "\r\n", count: 257),
                ),
            ],
        ),
        WireCase.all(
            .refused(400),
            [
                "9112 7.1 a broken chunk of what is not there": message(
                    "POST /none HTTP/1.1",
                    "Host: a",
                    "Transfer-Encoding: chunked",
                    body: "5 \r\nhello\r\n0\r\n\r\n",
                ),
                "9112 7.1 a broken chunk of the wrong method": message(
                    "POST /alive HTTP/1.1",
                    "Host: a",
                    "Transfer-Encoding: chunked",
                    body: "1\r\nab\r\n0\r\n\r\n",
                ),
                "9112 7.1 a broken chunk of a file": message(
                    "POST /file.txt HTTP/1.1",
                    "Host: a",
                    "Transfer-Encoding: chunked",
                    body: "+1\r\na\r\n0\r\n\r\n",
                ),
                "9112 7.1 a broken chunk of GET": get("/", "Transfer-Encoding: chunked") + "5\nhello\r\n0\r\n\r\n",
            ],
        ),
        WireCase.all(
            .refused(413),
            [
                "9110 15.5.14 a body in chunks that is too long": message(
                    "PUT /items/1 HTTP/1.1",
                    "Host: a",
                    "Transfer-Encoding: chunked",
                    body: "b\r\nhello world\r\n0\r\n\r\n",
                ),
                "9110 15.5.14 a body in many chunks that is too long": message(
                    "PUT /items/1 HTTP/1.1",
                    "Host: a",
                    "Transfer-Encoding: chunked",
                    body: "6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n",
                ),
            ],
        ),
        WireCase.all(.stays(200, 200, body: "2"), ["9112 9.3.2 two requests": get("/items/1") + get("/items/2")]),
        WireCase.all(
            .stays(200, 200, 200, 200, 200, 404),
            [
                "9112 9.3.2 requests of all kinds": get("/items/1") + post("Content-Length: 2", body: "hi")
                    + chunked("1\r\nx\r\n0\r\n\r\n") + get("/stream") + get("/file.txt") + get("/none")
            ],
        ),
        WireCase.all(
            .init(statuses: Array(repeating: 200, count: 40), end: .stays),
            ["9112 9.3.2 more requests than wait at once": String(repeating: get("/"), count: 40)],
        ),
        WireCase.all(
            .stays(200, 204, 204),
            [
                "9112 2.2 lines between requests with bodies": post("Content-Length: 3", body: "AAA\r\n")
                    + message("PUT /items/1 HTTP/1.1", "Host: a", "Content-Length: 4", body: "BBBB\r\n")
                    + message("PUT /items/1 HTTP/1.1", "Host: a", "Content-Length: 5", body: "CCCCC\r\n")
            ],
        ),
        WireCase.all(
            .closes(200, 200, 400),
            ["9112 9.3.2 a bad request behind good ones": get("/") + get("/items/2") + get("/", "X : y")],
        ),
        WireCase.all(
            .closes(200, 400),
            [
                "9112 9.3.2 a bad request behind one with a body": post("Content-Length: 5", body: "hello")
                    + "garbage\r\n\r\n"
            ],
        ),
        WireCase.all(
            .closes(200, 200, body: "2"),
            ["9112 9.6 close in the middle": get("/") + get("/items/2", "Connection: close") + get("/items/3")],
        ),
        WireCase.all(
            .stays(404, 405, 200, body: "home"),
            ["9112 9.3.2 refused in the middle": get("/none") + message("DELETE / HTTP/1.1", "Host: a") + get("/")],
        ),
        WireCase.all(
            .stays(200, 200, body: "9"),
            [
                "9110 9.3.1 a request with a body of GET and its rest": get("/", "Content-Length: 37")
                    + "GET /smuggled HTTP/1.1\r\nHost: aaaaa\r\n" + get("/items/9")
            ],
        ),
        WireCase.all(
            .stays(200, body: "home"),
            [
                "9110 9.3.1 GET with a body": get("/", "Content-Length: 5") + "hello",
                "9110 9.3.1 GET with a body in chunks": get("/", "Transfer-Encoding: chunked")
                    + "5\r\nhello\r\n0\r\n\r\n",
            ],
        ),
        WireCase.all(
            .stays(200, body: ""),
            ["9110 9.3.2 HEAD with a body": message("HEAD / HTTP/1.1", "Host: a", "Content-Length: 5", body: "hello")],
        ),
        WireCase.all(
            .stays(200, body: "0123456789"),
            ["9110 9.3.1 a file with a body": get("/file.txt", "Content-Length: 5") + "hello"],
        ),
        WireCase.all(
            .stays(200, body: "1"),
            ["9110 9.3.1 a handler with a body that it does not want": get("/items/1", "Content-Length: 5") + "hello"],
        ),
        WireCase.all(
            .stays(404),
            [
                "9112 9.3 a body of what is not there": message(
                    "POST /none HTTP/1.1",
                    "Host: a",
                    "Content-Length: 35",
                    body: get("/smuggled"),
                )
            ],
        ),
        WireCase.all(
            .stays(405),
            [
                "9112 9.3 a body of the wrong method": message(
                    "POST /alive HTTP/1.1",
                    "Host: a",
                    "Content-Length: 35",
                    body: get("/smuggled"),
                )
            ],
        ),
        WireCase.all(
            .stays(501),
            [
                "9112 9.3 a body of an unknown method": message(
                    "BREW / HTTP/1.1",
                    "Host: a",
                    "Content-Length: 35",
                    body: get("/smuggled"),
                )
            ],
        ),
        WireCase.all(
            .stays(405),
            [
                "9112 9.3 a body in chunks of the wrong method": message(
                    "POST /alive HTTP/1.1",
                    "Host: a",
                    "Transfer-Encoding: chunked",
                    body: "0\r\n\r\n",
                ),
                "9112 9.3 a body in chunks of a file": message(
                    "POST /file.txt HTTP/1.1",
                    "Host: a",
                    "Transfer-Encoding: chunked",
                    body: "23\r\n" + get("/smuggled") + "\r\n0\r\n\r\n",
                ),
            ],
        ),
        WireCase.all(
            .stays(404),
            [
                "9112 9.3 a body in chunks of what is not there": message(
                    "POST /none HTTP/1.1",
                    "Host: a",
                    "Transfer-Encoding: chunked",
                    body: "23\r\n" + get("/smuggled") + "\r\n0\r\nX: y\r\n\r\n",
                )
            ],
        ),
    ].flatMap { $0 }

    @Test func `are answered in their order, and no body is taken for one`() async throws {
        try await WireCase.run(Self.rows)
    }
}
