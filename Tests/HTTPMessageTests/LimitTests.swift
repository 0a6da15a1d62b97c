import HTTPMessage
import Testing

@Suite("Limits of a message")
struct LimitTests {
    static let limits = MessageLimits(
        requestLineBytesMax: 30,
        headBytesMax: 100,
        fieldsMax: 3,
        discardBytesMax: 10,
        requestsMax: 2,
    )

    @Test func `a request line may be exactly as long as its limit`() {
        let fits = "GET /" + String(repeating: "a", count: 16) + " HTTP/1.1"
        #expect(fits.bytes.count == 30)
        #expect(read(fits + "\r\nHost: a\r\n\r\n").refusal == nil)
        let long = fits.replacing("GET /", with: "GET /b")
        for pieces in (long + "\r\nHost: a\r\n\r\n").everyCut {
            #expect(Exchange(pieces, limits: Self.limits).refusal == 414)
        }
    }

    @Test func `a head may be exactly as long as its limit`() {
        let start = "GET / HTTP/1.1\r\nHost: a\r\nX: "
        for (count, refusal) in [(98, nil), (99, 431), (200, 431)] as [(Int, Int?)] {
            let line = start + String(repeating: "x", count: count - start.bytes.count - 2)
            for pieces in (line + "\r\n\r\n").everyCut {
                #expect(Exchange(pieces, limits: Self.limits).refusal == refusal, "\(count) bytes")
            }
        }
    }

    @Test func `there may be so many fields and no more`() {
        #expect(read("GET / HTTP/1.1\r\nHost: a\r\nA:\r\nB:\r\n\r\n").refusal == nil)
        #expect(read("GET / HTTP/1.1\r\nHost: a\r\nA:\r\nB:\r\nC:\r\n\r\n").refusal == 431)
    }

    @Test func `a body may be exactly as long as its limit, in chunks as well`() {
        #expect(read("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", body: 5).requests.count == 1)
        #expect(
            read("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n", body: 5).output.hasPrefix("HTTP/1.1 413 ")
        )
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(read(chunked + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", body: 5).requests.count == 1)
        for pieces in (chunked + "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n").everyCut {
            #expect(Exchange(pieces, limits: Self.limits, bodyBytesMax: 5).refusal == 413)
        }
        #expect(read(chunked + "FFFFFFFFFFFFFFF\r\n", body: 5).refusal == 413)
    }

    @Test func `what chunks carry beside their data has a limit`() {
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let extensions = "1;" + String(repeating: "a", count: 20_000) + "\r\nx\r\n0\r\n\r\n"
        #expect(read(chunked + extensions).refusal == 400)
        let trailers = "0\r\n" + String(repeating: "a: b\r\n", count: 5000) + "\r\n"
        #expect(read(chunked + trailers).refusal == 400)
    }

    @Test func `the last request of a connection is told so`() {
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        let exchange = read(request + request + request)
        #expect(exchange.requests.count == 2)
        #expect(exchange.output.components(of: "Connection: close") == 1)
        #expect(exchange.output.hasSuffix("/ <close>"))
    }

    @Test func `an unwanted body is thrown away when it is short, and costs the connection when it is long`() {
        let next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
        let short = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789"
        for pieces in (short + next).everyCut {
            let exchange = Exchange(pieces, limits: Self.limits, bodyBytesMax: 5)
            #expect(exchange.requests.map(\.path) == ["/next"])
        }
        let long = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n0123456789x"
        let exchange = read(long + next, body: 5)
        #expect(exchange.requests == [])
        #expect(exchange.output.hasSuffix("Connection: close\r\n\r\n<close>"))
    }

    private func read(_ message: String, body: Int = 1000) -> Exchange {
        Exchange([message.bytes], limits: Self.limits, bodyBytesMax: body)
    }
}

extension String {
    fileprivate func components(of needle: String) -> Int {
        ranges(of: needle).count
    }
}
