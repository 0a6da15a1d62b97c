import HTTPMessage
import HTTPTypes
import Testing

@Suite("The head of an answer")
struct ResponseHeadTests {
    @Test(arguments: [
        (200, "OK"), (201, "Created"), (303, "See Other"), (404, "Not Found"),
        (413, "Content Too Large"),
        (422, "Unprocessable Content"), (503, "Service Unavailable"), (599, ""),
    ])
    func `says the registered reason for a status that is a mere code`(_ code: Int, _ reason: String) {
        #expect(Self.head(Response(.init(code: code))).hasPrefix("HTTP/1.1 \(code) \(reason)\r\n"))
    }

    @Test func `says the reason that a status has of its own`() {
        let status = HTTPResponse.Status(code: 404, reasonPhrase: "Gone Fishing")
        #expect(Self.head(Response(status)).hasPrefix("HTTP/1.1 404 Gone Fishing\r\n"))
    }

    @Test(
        arguments: [
            ([:], "Server: a\r\nVary: b\r\n"),
            ([.contentType: "c"], "Content-Type: c\r\nServer: a\r\nVary: b\r\n"),
            ([.vary: "own"], "Vary: own\r\nServer: a\r\n"),
            ([.server: ""], "Server: \r\nVary: b\r\n"),
            ([.vary: "own", .server: "own"], "Vary: own\r\nServer: own\r\n"),
        ] as [(HTTPFields, String)]
    )
    func `says the common fields that the answer does not say itself`(
        _ fields: HTTPFields,
        _ expected: String,
    ) {
        let common = CommonFields([.server: "a", .vary: "b"])
        let head = Self.head(Response(.ok, fields: fields), common)
        #expect(head == "HTTP/1.1 200 OK\r\nDate: now\r\n\(expected)Content-Length: 0\r\n\r\n")
    }

    @Test func `writes common fields of one name as one`() {
        var fields: HTTPFields = [.vary: "a"]
        fields.append(HTTPField(name: .vary, value: "b"))
        #expect(Self.head(Response(.ok), CommonFields(fields)).contains("\r\nVary: a, b\r\n"))
    }

    @Test func `leaves framing and connection to the server, whatever is common`() {
        let common = CommonFields([
            .date: "a", .contentLength: "9", .connection: "b", .transferEncoding: "c", .vary: "d",
        ])
        #expect(
            Self.head(Response(.ok), common).contains(
                "\r\nDate: now\r\nVary: d\r\nContent-Length: 0\r\n\r\n"
            )
        )
    }

    @Test(arguments: [0, 7, 10, 99, 100, 1_048_576, Int.max])
    func `writes every length`(_ length: Int) {
        var bytes: [UInt8] = []
        let framing = ResponseFraming(
            length: length,
            isChunked: false,
            omitsBody: false,
            connection: .unsaid,
        )
        framing.appendHead(of: Response(.ok), date: [], to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self).hasSuffix("\r\nContent-Length: \(length)\r\n\r\n")
        )
    }

    private static func head(_ response: Response, _ common: CommonFields = .none) -> String {
        var bytes: [UInt8] = []
        let framing = ResponseFraming(
            length: 0,
            isChunked: false,
            omitsBody: false,
            connection: .unsaid,
        )
        framing.appendHead(of: response, date: Array("now".utf8), common: common, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

@Suite("A connection whose last answer is written")
struct AbandonedConnectionTests {
    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", true),
        ("GET / HTTP/1.0\r\n\r\n", true),
        // It has broken its word already.
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nx", false),
        // The end is the server's wish, of which the peer has not heard yet.
        ("x\r\n\r\n", false),
    ])
    func `is waited for unless the peer has promised to send nothing more`(
        _ request: String,
        _ isAbandoned: Bool,
    ) {
        var connection = HTTPConnection(limits: MessageLimits())
        connection.receive(request.bytes.span)
        if case .head? = connection.next() {
            _ = connection.readBody(upTo: 0)
            _ = connection.next()
        }
        #expect(!connection.isAbandoned)
        _ = connection.beginAnswer(length: 0)
        connection.finishAnswer()
        #expect(connection.phase == .closed)
        #expect(connection.isAbandoned == isAbandoned)
    }

    @Test func `is not waited for when the peer has announced its end`() {
        var connection = HTTPConnection(limits: MessageLimits())
        connection.receive("x\r\n\r\n".bytes.span)
        connection.receiveEnd()
        _ = connection.next()
        _ = connection.beginAnswer(length: 0)
        connection.finishAnswer()
        #expect(connection.isAbandoned)
    }
}
