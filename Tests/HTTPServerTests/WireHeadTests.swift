import Testing

@Suite("On the wire, an answer to HEAD")
struct WireHeadTests {
    static let rows: [WireCase] = [
        WireCase.all(
            .closes(400, body: ""),
            [
                "9110 9.3.2 HEAD with a malformed field": message("HEAD / HTTP/1.1", "Host: a", "X : y"),
                "9110 9.3.2 HEAD with a malformed target": message("HEAD /<> HTTP/1.1", "Host: a"),
                "9110 9.3.2 HEAD with two lengths": message(
                    "HEAD / HTTP/1.1",
                    "Host: a",
                    "Content-Length: 1",
                    "Content-Length: 2",
                ),
            ],
        ),
        WireCase.all(
            .stays(200, body: "", fields: ["content-length": "10", "transfer-encoding": ""]),
            [
                "9110 9.3.2 HEAD of a file": message("HEAD /file.txt HTTP/1.1", "Host: a"),
                "9110 14.2 HEAD of a part of a file": message(
                    "HEAD /file.txt HTTP/1.1",
                    "Host: a",
                    "Range: bytes=0-1",
                ),
            ],
        ),
        WireCase.all(
            .stays(404, body: "", fields: ["content-length": "9"]),
            ["9110 9.3.2 HEAD of what is not there": message("HEAD /none HTTP/1.1", "Host: a")],
        ),
        WireCase.all(
            .stays(200, body: "", fields: ["content-length": "2"]),
            ["9110 9.3.2 HEAD of a handler": message("HEAD /items/42 HTTP/1.1", "Host: a")],
        ),
        WireCase.all(.closes(200, body: ""), ["9110 9.3.2 HEAD in HTTP/1.0": message("HEAD / HTTP/1.0")]),
        WireCase.all(
            .closes(505, body: ""),
            [
                "9110 9.3.2 HEAD with another version": message("HEAD / HTTP/3.0", "Host: a"),
                "9110 9.3.2 HEAD with another version behind an empty line": "\r\n"
                    + message("HEAD / HTTP/3.0", "Host: a"),
            ],
        ),
        WireCase.all(
            .stays(204, fields: ["content-length": ""]),
            ["9110 15.3.5 HEAD of nothing": message("HEAD /empty HTTP/1.1", "Host: a")],
        ),
        WireCase.all(
            .stays(204, fields: ["content-length": "", "transfer-encoding": ""]),
            ["9110 8.6 an answer without content": get("/empty")],
        ),
    ].flatMap { $0 }

    @Test(arguments: ["/", "/file.txt", "/items/1", "/empty", "/none", "/small", "/items/%ff", "/stream"])
    func `says what one to GET says`(_ path: String) async throws {
        try await WireCase.withServer { server in
            let client = try server.client()
            var toGet = try await client.answer(to: get(path))
            var toHead = try await client.answer(to: get(path).replacing("GET", with: "HEAD"))
            #expect(toHead.status == toGet.status)
            toGet.fields["date"] = nil
            toHead.fields["date"] = nil
            #expect(toHead.fields == toGet.fields)
        }
    }

    @Test func `has no body, whatever became of the request`() async throws {
        try await WireCase.run(Self.rows)
    }
}
