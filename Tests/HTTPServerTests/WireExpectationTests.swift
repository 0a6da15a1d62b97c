import Testing

@Suite("On the wire, an expectation")
struct WireExpectationTests {
    static let rows: [WireCase] = [
        WireCase.all(
            .stays(200, body: "hello"),
            [
                "9110 10.1.1 an expectation whose body came along": post(
                    "Expect: 100-continue",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9110 10.1.1 an expectation in other letters": post(
                    "Expect: 100-CONTINUE",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9110 10.1.1 an expectation twice": post(
                    "Expect: 100-continue",
                    "Expect: 100-continue",
                    "Content-Length: 5",
                    body: "hello",
                ),
            ],
        ),
        WireCase.all(
            .refused(417),
            [
                "9110 10.1.1 an unknown expectation": get("/", "Expect: 200-ok"),
                "9110 10.1.1 an unknown expectation with a body": post(
                    "Expect: cake",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9110 10.1.1 an unknown expectation beside the known one": post(
                    "Expect: 100-continue, cake",
                    "Content-Length: 5",
                    body: "hello",
                ),
                "9110 10.1.1 an expectation with a parameter": post(
                    "Expect: 100-continue;a=b",
                    "Content-Length: 5",
                    body: "hello",
                ),
            ],
        ),
        WireCase.all(
            .stays(200, body: "home"),
            ["9110 10.1.1 an expectation without a body": get("/", "Expect: 100-continue")],
        ),
        WireCase.all(
            .stays(200, body: ""),
            ["9110 10.1.1 an expectation with a body of none": post("Expect: 100-continue", "Content-Length: 0")],
        ),
        WireCase.all(.stays(200), ["9110 5.6.1 an empty expectation": get("/", "Expect:")]),
        WireCase.all(
            .closes(200, body: "hello"),
            [
                "9110 10.1.1 an expectation in HTTP/1.0": message(
                    "POST / HTTP/1.0",
                    "Expect: 100-continue",
                    "Content-Length: 5",
                    body: "hello",
                )
            ],
        ),
        WireCase.all(
            .closes(200),
            ["9110 10.1.1 an unknown expectation in HTTP/1.0": message("GET / HTTP/1.0", "Expect: cake")],
        ),
        WireCase.all(
            .refused(404),
            [
                "9110 10.1.1 an expectation that is refused": message(
                    "POST /none HTTP/1.1",
                    "Host: a",
                    "Expect: 100-continue",
                    "Content-Length: 5",
                )
            ],
        ),
        WireCase.all(
            .refused(413),
            ["9110 10.1.1 an expectation of too long a body": post("Expect: 100-continue", "Content-Length: 100001")],
        ),
        WireCase.all(
            .refused(400),
            [
                "9110 10.1.1 an expectation with a bad body": post(
                    "Expect: 100-continue",
                    "Transfer-Encoding: chunked",
                    body: "x\r\n",
                )
            ],
        ),
        WireCase.all(
            .closes(417, body: ""),
            ["9110 9.3.2 an unknown expectation of HEAD": message("HEAD / HTTP/1.1", "Host: a", "Expect: cake")],
        ),
    ].flatMap { $0 }

    @Test func `is known or refused, and ignored when it is idle`() async throws {
        try await WireCase.run(Self.rows)
    }

    @Test func `is met while the client waits, and not twice`() async throws {
        try await WireCase.withServer { server in
            let client = try server.client()
            let head = post("Expect: 100-continue", "Content-Length: 5")
            for body in ["hello", "again"] {
                let interim = try await client.answer(to: head)
                #expect(interim.status == 100)
                #expect(interim.fields.isEmpty)
                try await client.send(String(body.prefix(2)))
                try await client.send(String(body.dropFirst(2)))
                #expect(try await client.answer().body == body)
            }
        }
    }

    @Test func `is met for a body in chunks`() async throws {
        try await WireCase.withServer { server in
            let client = try server.client()
            #expect(
                try await client.answer(to: post("Expect: 100-continue", "Transfer-Encoding: chunked")).status == 100
            )
            #expect(try await client.answer(to: "2\r\nhi\r\n0\r\n\r\n").body == "hi")
            #expect(try await client.answer(to: get("/alive")).body == "alive")
        }
    }

    @Test func `waits for its turn behind another request`() async throws {
        try await WireCase.withServer { server in
            let client = try server.client()
            try await client.send(get("/items/1") + post("Expect: 100-continue", "Content-Length: 2"))
            #expect(try await client.answer().body == "1")
            #expect(try await client.answer().status == 100)
            #expect(try await client.answer(to: "hi").body == "hi")
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n", "POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n",
        "POST /alive HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n",
        "PUT /items/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n",
    ])
    func `is not met where the body is not wanted`(_ head: String) async throws {
        try await WireCase.withServer { server in
            let client = try server.client()
            let answer = try await client.answer(to: head + "Expect: 100-continue\r\n\r\n")
            #expect(answer.status >= 200)
            // Whether the client sends the body after this, nobody could tell.
            #expect(answer.closes)
            #expect(try await client.rest() == "")
        }
    }
}
