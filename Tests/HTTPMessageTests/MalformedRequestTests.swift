import HTTPMessage
import Testing

@Suite("Malformed requests")
struct MalformedRequestTests {
    struct Malformed: Sendable, CustomTestStringConvertible {
        let status: Int
        let message: String
        var testDescription: String { message.debugDescription }

        init(_ status: Int, _ message: String) {
            self.status = status
            self.message = message
        }
    }

    static let requestLines = [
        Malformed(400, " / HTTP/1.1"),
        Malformed(400, "GET  / HTTP/1.1"),
        Malformed(400, "GET /  HTTP/1.1"),
        Malformed(400, "GET / HTTP/1.1 "),
        Malformed(400, "GET /"),
        Malformed(400, "GET"),
        Malformed(400, "GET\t/\tHTTP/1.1"),
        Malformed(400, "G(T / HTTP/1.1"),
        Malformed(400, "GET / http/1.1"),
        Malformed(400, "GET / HTTP/1.10"),
        Malformed(400, "GET / HTTP/11"),
        Malformed(400, "GET / HTTP/1,1"),
        Malformed(505, "GET / HTTP/2.0"),
        Malformed(505, "GET / HTTP/0.9"),
        Malformed(505, "PRI * HTTP/2.0"),
        Malformed(400, "GET * HTTP/1.1"),
        Malformed(400, "GET a HTTP/1.1"),
        Malformed(400, "GET ?a HTTP/1.1"),
        Malformed(400, "GET /#fragment HTTP/1.1"),
        Malformed(400, "GET /?a#fragment HTTP/1.1"),
        Malformed(400, "GET /a\\b HTTP/1.1"),
        Malformed(400, "GET /<a> HTTP/1.1"),
        Malformed(400, "GET /\u{e9} HTTP/1.1"),
        Malformed(400, "GET /a\u{0}b HTTP/1.1"),
        Malformed(400, "GET /a%00b HTTP/1.1"),
        Malformed(400, "GET /a%2 HTTP/1.1"),
        Malformed(400, "GET /a%zz HTTP/1.1"),
        Malformed(400, "GET /a\u{7f} HTTP/1.1"),
        Malformed(400, "GET ftp://a/ HTTP/1.1"),
        Malformed(400, "GET http:///a HTTP/1.1"),
        Malformed(400, "GET http://user@a/ HTTP/1.1"),
        Malformed(400, "GET http://a:99999/ HTTP/1.1"),
        Malformed(501, "CONNECT a:443 HTTP/1.1"),
    ]

    static let fields = [
        Malformed(400, "Host: a\r\nHost: a"),
        Malformed(400, "Host: a\r\nhost: b"),
        Malformed(400, "Accept: x"),
        Malformed(400, "Host:"),
        Malformed(400, "Host: a b"),
        Malformed(400, "Host: a/b"),
        Malformed(400, "Host: a,b"),
        Malformed(400, "Host: user@a"),
        Malformed(400, "Host: a:b"),
        Malformed(400, "Host: a:65536"),
        Malformed(400, "Host: a:1:2"),
        Malformed(400, "Host: :80"),
        Malformed(400, "Host: [::1"),
        Malformed(400, "Host: [::g]"),
        Malformed(400, "Host: [::1]x"),
        Malformed(400, "Host: \u{e9}"),
        Malformed(400, "Host : a"),
        Malformed(400, "Host: a\r\nX : y"),
        Malformed(400, "Host: a\r\n: y"),
        Malformed(400, "Host: a\r\nX"),
        Malformed(400, "Host: a\r\nX y"),
        Malformed(400, "Host: a\r\nX(: y"),
        Malformed(400, "Host: a\r\nX: y\r\n folded"),
        Malformed(400, "Host: a\r\n\tfolded: y"),
        Malformed(400, " Host: a"),
        Malformed(400, "Host: a\r\nX: y\u{0}z"),
        Malformed(400, "Host: a\r\nX: y\u{8}z"),
        Malformed(400, "Host: a\r\nX: y\rz"),
        Malformed(400, "Host: a\r\nX: y\nZ: w"),
        Malformed(400, "Host: a\nX: y"),
        Malformed(417, "Host: a\r\nExpect: 200-ok"),
        Malformed(417, "Host: a\r\nExpect: 100-continue, cake"),
        Malformed(400, "Host: a\r\nContent-Length: 1\r\nContent-Length: 1"),
        Malformed(400, "Host: a\r\nContent-Length: 1\r\nContent-Length: 2"),
        Malformed(400, "Host: a\r\nContent-Length: 1, 1"),
        Malformed(400, "Host: a\r\nContent-Length:"),
        Malformed(400, "Host: a\r\nContent-Length: +1"),
        Malformed(400, "Host: a\r\nContent-Length: -1"),
        Malformed(400, "Host: a\r\nContent-Length: 0x1"),
        Malformed(400, "Host: a\r\nContent-Length: 1 1"),
        Malformed(400, "Host: a\r\nContent-Length: 1.0"),
        Malformed(400, "Host: a\r\nContent-Length: \u{661}"),
        Malformed(400, "Host: a\r\nContent-Length: 9223372036854775808"),
        Malformed(400, "Host: a\r\nContent-Length: 18446744073709551617"),
        Malformed(400, "Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked"),
        Malformed(400, "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        Malformed(400, "Host: a\r\nTransfer-Encoding: chunked, chunked"),
        Malformed(400, "Host: a\r\nTransfer-Encoding: chunked, gzip"),
        Malformed(400, "Host: a\r\nTransfer-Encoding: identity"),
        Malformed(400, "Host: a\r\nTransfer-Encoding: xchunked"),
        Malformed(400, "Host: a\r\nTransfer-Encoding:"),
        Malformed(400, "Host: a\r\nTransfer-Encoding: \u{b}chunked"),
        Malformed(400, "Host: a\r\nTransfer-Encoding: chunked;q=1"),
        Malformed(501, "Host: a\r\nTransfer-Encoding: gzip, chunked"),
    ]

    static let chunks = [
        "-1\r\nx\r\n0\r\n\r\n", "+1\r\nx\r\n0\r\n\r\n", "0x1\r\nx\r\n0\r\n\r\n", " 1\r\nx\r\n0\r\n\r\n",
        "1 \r\nx\r\n0\r\n\r\n",
        "\r\nx\r\n0\r\n\r\n", ";a\r\nx\r\n0\r\n\r\n", "g\r\nx\r\n0\r\n\r\n", "1\nx\n0\n\n", "1\r\nxy\r\n0\r\n\r\n",
        "1\r\nx0\r\n\r\n", "1\r\nx\n0\r\n\r\n", "1\rx\r\n0\r\n\r\n", "1;a\nb\r\nx\r\n0\r\n\r\n",
        "1;a\u{0}\r\nx\r\n0\r\n\r\n",
        "10000000000000000\r\nx", "1;\r\nx\r\n0\r\n\r\n", "1;a=\"b\r\nx\r\n0\r\n\r\n", "1;a \r\nx\r\n0\r\n\r\n",
        "0\r\n folded\r\n\r\n", "0\r\nA b: c\r\n\r\n",
        "0\r\n: c\r\n\r\n",
        "0\r\nA: \u{0}\r\n\r\n", "0\r\nA: b\n\r\n", "0\r\n\rx", "0\r\n\n", "1_0\r\nx",
    ].map { Malformed(400, $0) }

    @Test(arguments: requestLines)
    func `a request line that is not exactly right is refused however it is cut`(_ given: Malformed) {
        expectRefusal(given.message + "\r\nHost: a\r\n\r\n", given.status)
    }

    @Test(arguments: fields)
    func `fields that are not exactly right are refused however they are cut`(_ given: Malformed) {
        expectRefusal("GET / HTTP/1.1\r\n" + given.message + "\r\n\r\n", given.status)
    }

    @Test(arguments: chunks)
    func `chunks that are not exactly right are refused however they are cut`(_ given: Malformed) {
        expectRefusal("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + given.message, given.status)
    }

    @Test func `bytes of another protocol are refused at the first that cannot be HTTP`() {
        #expect(Exchange([[0x16]], ends: false).refusal == 400)
        #expect(Exchange(["GET / HTTP/1.1\r\nX: \u{1}".bytes], ends: false).refusal == 400)
        #expect(Exchange(["\r\n\r\n\r\n\r\n".bytes], ends: false).refusal == nil)
        #expect(Exchange(["\r\n\r\n\r\n\r\n\r\n".bytes], ends: false).refusal == 400)
    }

    @Test func `the refusal of HEAD has no body, however little of it was understood`() {
        for (message, hasBody) in [
            ("HEAD / HTTP/1.1\r\n\r\n", false), ("\r\nHEAD /# HTTP/1.1\r\n\r\n", false),
            ("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", false),
            ("HEADER / HTTP/1.1\r\n\r\n", true), ("GET / HTTP/1.1\r\n\r\n", true),
        ] {
            var connection = HTTPConnection(limits: MessageLimits())
            connection.receive(message.bytes.span)
            connection.receiveEnd()
            while let event = connection.next() {
                if case .head = event { _ = connection.readBody(upTo: 10) }
            }
            let framing = connection.beginAnswer(length: 7)
            #expect(framing.omitsBody != hasBody, "\(message.debugDescription)")
            #expect(framing.connection == .close)
        }
    }

    @Test func `HTTP/1.0 takes no transfer coding and needs no Host`() {
        expectRefusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400)
        expectRefusal("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400)
        #expect(Exchange(["GET / HTTP/1.0\r\nExpect: magic\r\n\r\n".bytes]).refusal == nil)
    }

    /// Refused with one status, told to close, and nothing after it is read.
    private func expectRefusal(_ message: String, _ status: Int) {
        let whole = Exchange([(message + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n").bytes])
        #expect(whole.refusal == status)
        #expect(whole.requests == [])
        #expect(whole.output.contains("Connection: close\r\n\r\n<close>"))
        for pieces in (message + "GET / HTTP/1.1\r\nHost: a\r\n\r\n").everyCut {
            let exchange = Exchange(pieces)
            #expect(exchange.refusal == status, "cut after \(pieces[0].count)")
            #expect(exchange.requests == [])
        }
    }
}
