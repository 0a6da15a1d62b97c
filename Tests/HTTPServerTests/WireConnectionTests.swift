import Testing

@Suite("On the wire, a connection")
struct WireConnectionTests {
    static let rows: [WireCase] = [
        WireCase.all(
            .closes(200, body: "home"),
            [
                "9112 9.6 close": get("/", "Connection: close"),
                "9110 7.8 an upgrade in HTTP/1.0": message(
                    "GET / HTTP/1.0",
                    "Connection: Upgrade",
                    "Upgrade: websocket",
                ),
            ],
        ),
        WireCase.all(
            .closes(200),
            [
                "9110 7.6.1 close in capitals": get("/", "Connection: CLOSE"),
                "9110 7.6.1 close in a list": get("/", "Connection: x, close, y"),
                "9110 7.6.1 close without spaces in a list": get("/", "Connection: x,close"),
                "9110 5.6.1 close behind empty elements": get("/", "Connection: , ,close"),
                "9110 5.3 close on the second line": get("/", "Connection: keep-alive", "Connection: close"),
                "9112 9.3 close before keep-alive": get("/", "Connection: close, keep-alive"),
                "9112 9.3 close behind keep-alive": get("/", "Connection: keep-alive, close"),
                "9112 9.3 HTTP/1.0": message("GET / HTTP/1.0", "Host: a"),
                "9112 9.3 HTTP/1.0 that keeps alive and closes": message(
                    "GET / HTTP/1.0",
                    "Connection: keep-alive, close",
                ),
                "9112 9.3 HTTP/1.0 with another option": message("GET / HTTP/1.0", "Connection: x"),
                "9112 9.3 HTTP/1.0 that keeps alive by another field": message("GET / HTTP/1.0", "Keep-Alive: 300"),
            ],
        ),
        WireCase.all(
            .stays(200),
            [
                "9110 7.6.1 close in other words": get("/", "Connection: closed, not-close, close-not"),
                "9110 7.6.1 close with the sign of long s": get("/", "Connection: clo\u{c5}\u{bf}e"),
                "9110 7.6.1 another option": get("/", "Connection: x-y"),
                "9110 5.6.1 an empty field": get("/", "Connection:"),
                "9112 9.3 HTTP/1.0 that keeps alive in capitals": message("GET / HTTP/1.0", "Connection: Keep-Alive"),
                "9112 9.3 HTTP/1.0 that keeps alive in a list": message("GET / HTTP/1.0", "Connection: x, keep-alive"),
                "9110 7.8 an upgrade of POST": post("Connection: Upgrade", "Upgrade: websocket"),
            ],
        ),
        WireCase.all(
            .stays(200, body: "home"),
            [
                "9110 7.8 an upgrade of an odd version": get(
                    "/",
                    "Connection: Upgrade",
                    "Upgrade: websocket",
                    "Sec-WebSocket-Version: 99",
                ),
                "9110 7.8 an upgrade that Connection does not name": get("/", "Upgrade: websocket"),
                "9110 7.8 an upgrade to what nobody knows": get("/", "Connection: Upgrade", "Upgrade: made-up/1.0"),
                "9113 3.1 an upgrade to HTTP/2": get(
                    "/",
                    "Connection: Upgrade, HTTP2-Settings",
                    "Upgrade: h2c",
                    "HTTP2-Settings: AAMAAABkAAQAAP__",
                ),
            ],
        ),
        WireCase.all(
            .stays(200, fields: ["connection": ""]),
            ["9112 9.3 keep-alive in HTTP/1.1": get("/", "Connection: keep-alive")],
        ),
        WireCase.all(
            .closes(204),
            [
                "9110 7.6.1 close among many": message(
                    "PUT /items/1 HTTP/1.1",
                    "Host: a",
                    "Connection: close, token, upgrade, token, keep-alive",
                )
            ],
        ),
        WireCase.all(
            .stays(200, body: "a -"),
            ["9110 7.6.1 a field that names Host": get("/target", "Connection: Host")],
        ),
        WireCase.all(
            .closes(200, body: "hello"),
            ["9112 9.6 close of POST": post("Connection: close", "Content-Length: 5", body: "hello")],
        ),
        WireCase.all(
            .closes(200, body: "q=42"),
            [
                "9112 9.6 close of POST and lines behind": post(
                    "Connection: close",
                    "Content-Length: 4",
                    body: "q=42\r\n\r\n",
                )
            ],
        ),
        WireCase.all(
            .closes(200, body: "", fields: ["content-length": "4"]),
            ["9112 9.6 close of HEAD": message("HEAD / HTTP/1.1", "Host: a", "Connection: close")],
        ),
        WireCase.all(
            .closes(200, body: "0123456789"),
            ["9112 9.6 close of a file": get("/file.txt", "Connection: close")],
        ),
        WireCase.all(.closes(404), ["9112 9.6 close of what is not there": get("/none", "Connection: close")]),
        WireCase.all(
            .closes(200, body: "streamed", fields: ["transfer-encoding": "chunked"]),
            ["9112 9.6 close of an answer in chunks": get("/stream", "Connection: close")],
        ),
        WireCase.all(
            .stays(200, body: "streamed", fields: ["transfer-encoding": "chunked", "content-length": ""]),
            ["9112 7.1 an answer in chunks": get("/stream")],
        ),
        WireCase.all(
            .stays(200, body: "", fields: ["content-length": ""]),
            ["9110 9.3.2 an answer in chunks to HEAD": message("HEAD /stream HTTP/1.1", "Host: a")],
        ),
        WireCase.all(
            .stays(200, fields: ["connection": "keep-alive"]),
            ["9112 9.3 HTTP/1.0 that keeps alive": message("GET / HTTP/1.0", "Connection: keep-alive")],
        ),
        WireCase.all(
            .closes(200, body: "streamed"),
            [
                "9112 9.3 HTTP/1.0 that keeps alive, and an answer of unknown length": message(
                    "GET /stream HTTP/1.0",
                    "Connection: keep-alive",
                )
            ],
        ),
        WireCase.all(
            .stays(200, body: "hello"),
            [
                "9112 9.3 HTTP/1.0 that keeps alive, with a body": message(
                    "POST / HTTP/1.0",
                    "Connection: keep-alive",
                    "Content-Length: 5",
                    body: "hello",
                )
            ],
        ),
        WireCase.all(
            .stays(404, fields: ["connection": "keep-alive"]),
            [
                "9112 9.3 HTTP/1.0 that keeps alive, of what is not there": message(
                    "GET /none HTTP/1.0",
                    "Connection: keep-alive",
                )
            ],
        ),
        WireCase.all(
            .stays(200, body: "home", fields: ["upgrade": ""]),
            [
                "9110 7.8 an upgrade": get(
                    "/",
                    "Connection: Upgrade",
                    "Upgrade: websocket",
                    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                    "Sec-WebSocket-Version: 13",
                )
            ],
        ),
        WireCase.all(
            .stays(200, body: "sweet post body"),
            [
                "9110 7.8 an upgrade of POST with a body": post(
                    "Connection: Upgrade",
                    "Upgrade: HTTP/2.0",
                    "Content-Length: 15",
                    body: "sweet post body",
                )
            ],
        ),
        WireCase.all(
            .stays(204),
            [
                "9110 7.8 an upgrade of PUT": message(
                    "PUT /items/1 HTTP/1.1",
                    "Host: a",
                    "Connection: upgrade",
                    "Content-Length: 4",
                    "Upgrade: ws",
                    body: "abcd",
                )
            ],
        ),
        WireCase.all(
            .closes(200, 400),
            [
                "9110 7.8 an upgrade and bytes behind": get("/", "Connection: Upgrade", "Upgrade: WebSocket")
                    + "Hot diggity dogg\r\n\r\n"
            ],
        ),
    ].flatMap { $0 }

    @Test func `goes on or ends as Connection and the version say`() async throws {
        try await WireCase.run(Self.rows)
    }
}
