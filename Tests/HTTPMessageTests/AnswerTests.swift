import HTTPMessage
import HTTPTypes
import Testing

@Suite("Answers")
struct AnswerTests {
    @Test func `keep the connection in HTTP/1.1 and close it in HTTP/1.0, unless asked otherwise`() {
        for (request, field) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", nil),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", "close"),
            ("GET / HTTP/1.0\r\n\r\n", "close"),
            ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "keep-alive"),
        ] as [(String, String?)] {
            let exchange = Exchange([request.bytes])
            let expected = field.map { "\r\nConnection: \($0)\r\n" }
            #expect(exchange.output.contains("\r\nConnection:") == (expected != nil))
            if let expected { #expect(exchange.output.contains(expected)) }
            #expect(exchange.output.hasSuffix("<close>") == (field == "close"))
        }
    }

    @Test func `to HEAD say the length of the body and leave the body out`() {
        let exchange = Exchange(["HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\n".bytes])
        #expect(exchange.output == "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 5\r\n\r\n")
    }

    @Test func `let a careful client send its body`() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n"
        #expect(Exchange([head.bytes, "hi".bytes]).output.hasPrefix("<continue>HTTP/1.1 200 OK"))
        // A client that has begun already needs no leave.
        #expect(Exchange([(head + "hi").bytes]).output.hasPrefix("HTTP/1.1 200 OK"))
        // Refused, it may send the body or not: nobody could tell what follows.
        let refused = Exchange([head.bytes], bodyBytesMax: 1)
        #expect(refused.output.hasPrefix("HTTP/1.1 413 "))
        #expect(refused.output.hasSuffix("<close>"))
    }

    @Test func `come one after the other, whatever the peer has sent ahead`() {
        var connection = HTTPConnection(limits: MessageLimits())
        connection.receive("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n".bytes.span)
        guard case .head(let first) = connection.next() else {
            Issue.record("no head was read")
            return
        }
        #expect(connection.readBody(upTo: 0) == .reading)
        guard case .body = connection.next() else {
            Issue.record("no body was read")
            return
        }
        #expect(first.path == "/1")
        #expect(connection.phase == .answering)
        #expect(connection.next() == nil)
        _ = connection.beginAnswer(length: 0)
        connection.finishAnswer()
        guard case .head(let second) = connection.next() else {
            Issue.record("no second head was read")
            return
        }
        #expect(second.path == "/2")
    }

    @Test func `of unknown length are chunked in HTTP/1.1 and end with the connection in HTTP/1.0`() {
        for (version, isChunked, connectionField) in [
            ("1.1", true, ResponseFraming.ConnectionField.unsaid), ("1.0", false, .close),
        ] {
            var connection = HTTPConnection(limits: MessageLimits())
            connection.receive("GET / HTTP/\(version)\r\nHost: a\r\nConnection: keep-alive\r\n\r\n".bytes.span)
            _ = connection.next()
            let framing = connection.beginAnswer(length: nil)
            #expect(framing.isChunked == isChunked)
            #expect(framing.connection == connectionField)
            var head: [UInt8] = []
            framing.appendHead(of: Response(.ok), date: [], to: &head)
            let text = String(decoding: head, as: UTF8.self)
            #expect(text.contains("Transfer-Encoding: chunked") == isChunked)
            #expect(!text.contains("Content-Length"))
        }
    }

    @Test func `write chunks, and never an empty one`() {
        var bytes: [UInt8] = []
        ResponseFraming.appendChunk([UInt8](repeating: 0x78, count: 26), to: &bytes)
        ResponseFraming.appendChunk([], to: &bytes)
        bytes += ResponseFraming.lastChunk
        #expect(String(decoding: bytes, as: UTF8.self) == "1a\r\n\(String(repeating: "x", count: 26))\r\n0\r\n\r\n")
    }

    @Test func `hold no line that a field's value has smuggled in`() {
        var response = Response(.found)
        response.fields[.location] = "/a\r\nSet-Cookie: evil=1\r\n\r\n<script>"
        let text = Self.head(of: response)
        #expect(text.components(separated: "\r\n").filter { $0.hasPrefix("Set-Cookie") }.isEmpty)
        #expect(text.ranges(of: "\r\n\r\n").count == 1)
        #expect(HTTPField.Name("X\r\nY") == nil)
    }

    @Test func `leave framing and connection to the server`() throws {
        var response = Response(.ok)
        response.fields[.contentLength] = "99"
        response.fields[.transferEncoding] = "gzip"
        response.fields[.connection] = "upgrade"
        #expect(Self.head(of: response) == "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\n\r\n")
    }

    @Test func `have one date, their own if they carry one`() {
        var response = Response(.ok)
        response.fields[.date] = "yesterday"
        #expect(Self.head(of: response) == "HTTP/1.1 200 OK\r\nDate: yesterday\r\nContent-Length: 7\r\n\r\n")
    }

    @Test(arguments: [204, 304])
    func `without a body do not speak of one`(_ code: Int) {
        #expect(!Self.head(of: Response(.init(code: code))).contains("Content-Length"))
    }

    private static func head(of response: Response) -> String {
        var bytes: [UInt8] = []
        let framing = ResponseFraming(length: 7, isChunked: false, omitsBody: false, connection: .unsaid)
        framing.appendHead(of: response, date: Array("now".utf8), to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension String {
    fileprivate func components(separated separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}
