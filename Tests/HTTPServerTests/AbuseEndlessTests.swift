import HTTPMessage
import HTTPServer
import HTTPTypes
import Testing

@Suite("Peers that never stop", .serialized, .timeLimit(.minutes(10)))
struct AbuseEndlessTests {
    private static let chunked = "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    private static let kilobyte = String(repeating: "x", count: 1024)

    /// How each begins, what it goes on with, and what it is answered.
    private static let requests: [(String, start: String, repeated: String, status: Int)] = [
        ("a request line", "GET /", "a", 414),
        ("a method", "", "A", 400),
        ("a field's value", "GET / HTTP/1.1\r\nHost: a\r\nX: ", "x", 431),
        ("a field's name", "GET / HTTP/1.1\r\nHost: a\r\n", "x", 431),
        ("fields", "GET / HTTP/1.1\r\nHost: a\r\n", "X: a\r\n", 431),
        ("empty lines", "", "\r\n", 400),
        ("line feeds", "", "\n", 400),
        ("NULs", "", "\0", 400),
        ("a chunk's size", chunked, "0", 400),
        ("a chunk's extension", chunked + "1;", "a", 400),
        ("chunk extensions", chunked, "1;a=b\r\nx\r\n", 400),
        ("chunks", chunked, "400\r\n" + kilobyte + "\r\n", 413),
        ("trailers", chunked + "0\r\n", "X: a\r\n", 400),
        ("a trailer", chunked + "0\r\nX: ", "a", 400),
        (
            "a body that is too long", "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n", "x",
            413,
        ),
        (
            "a body that nobody wants", "POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n", "x",
            413,
        ),
        (
            "chunks that nobody wants", "POST /none HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            "1\r\nx\r\n", 413,
        ),
        ("what follows the last request", "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "x", 200),
    ]

    @Test func `are answered at the limit and cut soon after it`() async {
        await #expect(processExitsWith: .success) {
            var limits = ServerLimits()
            limits.lingerTimeout = .milliseconds(100)
            try await Siege.run(limits) { router in
                router.on(.post, "/body", bodyBytesMax: 10_000) { _, _ in Response(.ok) }
            } abuse: { siege in
                for request in AbuseEndlessTests.requests {
                    let peers = try siege.peers(4)
                    async let answers = AbuseEndlessTests.pester(
                        peers,
                        start: request.start,
                        repeated: request.repeated,
                    )
                    try await siege.expectService()
                    for answer in try await answers {
                        let start = String(decoding: answer.prefix(15), as: UTF8.self)
                        #expect(answer.isAnswer(request.status), "\(request.0): \(start)")
                    }
                }
            }
        }
    }

    /// Sends through each until it is cut, reading beside it, and returns what came back.
    private static func pester(_ peers: [Peer], start: String, repeated: String) async throws -> [[UInt8]] {
        let piece = String(repeating: repeated, count: (32 << 10) / repeated.utf8.count)
        return try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for peer in peers {
                group.addTask {
                    async let answer = onOwnThread { peer.rest() }
                    try await onOwnThread {
                        peer.send(start)
                        while peer.send(piece) {}
                    }
                    return try await answer
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
