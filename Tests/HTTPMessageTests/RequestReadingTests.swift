import HTTPMessage
import HTTPTypes
import Testing

@Suite("Reading requests")
struct RequestReadingTests {
    struct WellFormed: Sendable, CustomTestStringConvertible {
        let message: String
        let seen: [Exchange.Seen]
        var testDescription: String { message.debugDescription }

        init(_ message: String, _ seen: Exchange.Seen...) {
            self.message = message
            self.seen = seen
        }
    }

    static let wellFormed = [
        WellFormed(
            "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n",
            .init(method: "GET", path: "/", authority: "shop.example"),
        ),
        WellFormed(
            "\r\nGET /a%20b?x=1&y=?z HTTP/1.1\r\nhost:\t[::1]:8080 \t\r\nX:\r\n\r\n",
            .init(method: "GET", path: "/a%20b", query: "x=1&y=?z", authority: "[::1]:8080"),
        ),
        WellFormed(
            "GET /? HTTP/1.1\r\nHost: a\r\n\r\n",
            .init(method: "GET", path: "/", query: "", authority: "a"),
        ),
        WellFormed(
            "GET HTTP://Shop.example:80?q HTTP/1.1\r\nHost: other\r\n\r\n",
            .init(method: "GET", path: "/", query: "q", authority: "Shop.example:80"),
        ),
        WellFormed(
            "GET https://a/p HTTP/1.9\r\nHost: a\r\n\r\n",
            .init(method: "GET", path: "/p", authority: "a"),
        ),
        WellFormed("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", .init(method: "OPTIONS", path: "*", authority: "a")),
        WellFormed(
            "OPTIONS https://b HTTP/1.1\r\nHost: a\r\n\r\n",
            .init(method: "OPTIONS", path: "*", authority: "b"),
        ),
        WellFormed(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,\r\nTransfer-Encoding: , chunked\r\n\r\n"
                + "00000000000000000003 ;a\t; b = c;d=\"e\\\"; \\\\f\"\t;g\r\nabc\r\n0;h=i\r\n\r\n",
            .init(method: "POST", path: "/", authority: "a", body: "abc"),
        ),
        WellFormed("BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", .init(method: "BREW", path: "/pot", authority: "a")),
        WellFormed("GET / HTTP/1.0\r\n\r\n", .init(method: "GET", path: "/")),
        WellFormed(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
            .init(method: "POST", path: "/", authority: "a", body: "hello"),
        ),
        WellFormed(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            .init(method: "POST", path: "/", authority: "a"),
        ),
        WellFormed(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
                + "3;a=b;c=\"d e\"\r\nabc\r\n0A\r\n0123456789\r\n000\r\nTrailer: x\r\nOther:\r\n\r\n",
            .init(method: "POST", path: "/", authority: "a", body: "abc0123456789"),
        ),
        WellFormed(
            "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
                + "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
                + "HEAD /4 HTTP/1.1\r\nHost: a\r\n\r\n",
            .init(method: "GET", path: "/1", authority: "a"),
            .init(method: "POST", path: "/2", authority: "a", body: "hi"),
            .init(method: "POST", path: "/3", authority: "a", body: "x"),
            .init(method: "HEAD", path: "/4", authority: "a"),
        ),
    ]

    @Test(arguments: wellFormed)
    func `understands a well-formed message however it is cut`(_ given: WellFormed) {
        let whole = Exchange([given.message.bytes])
        #expect(whole.requests == given.seen)
        #expect(whole.refusal == nil)
        for pieces in given.message.everyCut {
            #expect(Exchange(pieces) == whole, "cut after \(pieces[0].count)")
        }
    }

    @Test func `finds fields by name whatever their case, and joins those that come twice`() throws {
        var connection = HTTPConnection(limits: MessageLimits())
        connection.receive("GET / HTTP/1.1\r\nHost: a\r\nACCEPT: x\r\nuser-agent:  me\t\r\naccept:y\r\n\r\n".bytes.span)
        guard case .head(let head) = connection.next() else {
            Issue.record("no head was read")
            return
        }
        let request = head.request(remoteAddress: "192.0.2.1", body: [])
        #expect(request[.accept] == "x, y")
        #expect(request.values(of: .accept) == ["x", "y"])
        #expect(request[.userAgent] == "me")
        #expect(request[.cookie] == nil)
        #expect(request.values(of: .cookie) == [])
        #expect(request.remoteAddress == "192.0.2.1")
    }

    @Test func `a request made for a test answers for its fields like one from the wire`() {
        let request = Request(method: .get, path: "/", fields: [.accept: "x", .userAgent: "me"])
        #expect(request[.accept] == "x")
        #expect(request[.userAgent] == "me")
    }

    @Test func `the end of the peer is an end between requests and an error within one`() {
        let message = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
        for count in message.bytes.indices {
            let exchange = Exchange([Array(message.bytes[..<count])])
            #expect(exchange.hasEnded == (count == 0), "after \(count) bytes")
            #expect(exchange.refusal == (count == 0 ? nil : 400), "after \(count) bytes")
        }
        #expect(Exchange([message.bytes]).hasEnded)
    }

    @Test func `does not begin with an empty line that an old client sends behind a body`() {
        var connection = HTTPConnection(limits: MessageLimits())
        connection.receive("\r\n".bytes.span)
        #expect(connection.next() == nil)
        // Else the deadline of a head would end in an answer that nobody asked for.
        #expect(connection.phase == .idle)
        connection.receive("G".bytes.span)
        #expect(connection.next() == nil)
        #expect(connection.phase == .head)
    }
}
