import Foundation
import HTTPMessage
import HTTPServer
import HTTPTypes
import Testing

/// Requests that random has been at. `KASSA_FUZZ_SECONDS` lets the test go on for that long, each round with new ones.
@Suite("Fuzzed requests", .serialized, .timeLimit(.minutes(60 * 24)))
struct AbuseFuzzTests {
    private static let connections = 16

    @Test func `are answered in HTTP or not at all, and others are served`() async throws {
        let seconds = Int(ProcessInfo.processInfo.environment["KASSA_FUZZ_SECONDS"] ?? "") ?? 0
        let end = ContinuousClock.now + .seconds(seconds)
        var limits = ServerLimits()
        limits.lingerTimeout = .milliseconds(100)
        try await TestServer.with(limits, Self.routes) { server in
            let faithful = try server.client()
            var seed: UInt64 = 1
            repeat {
                for _ in 0..<100 {
                    try await Self.round(seed, at: server)
                    let other = seed % 100 == 0 ? try server.client() : faithful
                    #expect(try await other.answer(to: get("/health")).body == "fine", "after seed \(seed)")
                    seed += 1
                }
            } while ContinuousClock.now < end
        }
    }

    private static func routes(_ router: inout Router) {
        router.onFast(.get, "/health") { _, _ in Response(.ok, contentType: "text/plain", bytes: Array("fine".utf8)) }
        router.on(.post, "/echo", bodyBytesMax: 2000) { request, _ in
            await Task.yield()
            return Response(.ok, contentType: "text/plain", bytes: request.body)
        }
        router.on(.get, "/stream/{count}") { _, parameters in
            Response(
                .ok,
                body: .stream { write in
                    for number in 0..<min(Int(parameters["count"]) ?? 1, 20) {
                        try await write(Array("\(number) ".utf8))
                    }
                },
            )
        }
    }

    /// Sends what `seed` makes over some connections at once, and looks at all that comes back.
    private static func round(_ seed: UInt64, at server: TestServer) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<connections {
                group.addTask {
                    var random = Random(state: seed &* 1000 &+ UInt64(number))
                    let pieces = Mutation.pieces(&random)
                    let isPatient = Bool.random(using: &random)
                    let peer = try Peer(port: server.port)
                    let answer = try await onOwnThread {
                        // Reading beside it is not needed: answers to so few bytes find room in the system's buffers.
                        for piece in pieces where !peer.send(piece) { break }
                        guard isPatient else { return [UInt8]() }
                        peer.finishSending()
                        return peer.rest()
                    }
                    #expect(
                        isHTTP(answer[...]),
                        "seed \(seed), connection \(number): \(String(decoding: answer, as: UTF8.self))",
                    )
                }
            }
            try await group.waitForAll()
        }
    }
}

/// Valid requests, made invalid.
private enum Mutation {
    private static let requests = [
        get("/health"),
        get("/health", "Connection: close"),
        get("/stream/5", "Accept-Encoding: gzip", "Range: bytes=0-1,3-4"),
        "HEAD /stream/3 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /stream/2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
        "POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nnoone",
        "GET http://a/health?a=%20 HTTP/1.1\r\nHost: a:80\r\nX-Forwarded-For: 1.2.3.4\r\nCookie: a=b\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    ].map { Array($0.utf8) }

    private static let spices = [
        "\r\n", "\n", "\r", "\0", ":", " ", "\t", "0", "-1", "9223372036854775808", "chunked", "\u{FF}", "%00", ",",
    ]
    .map { Array($0.utf8) }

    /// A pipeline of some requests, mutated some times, in one to four pieces.
    static func pieces(_ random: inout Random) -> [[UInt8]] {
        var bytes = (0..<Int.random(in: 1...5, using: &random)).flatMap { _ in any(requests, &random) }
        for _ in 0..<Int.random(in: 0...4, using: &random) { mutate(&bytes, &random) }
        var pieces = [bytes]
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let last = pieces.removeLast()
            let cut = Int.random(in: 0...last.count, using: &random)
            pieces += [Array(last[..<cut]), Array(last[cut...])]
        }
        return pieces
    }

    private static func mutate(_ bytes: inout [UInt8], _ random: inout Random) {
        guard !bytes.isEmpty else { return }
        let at = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, at + Int.random(in: 1...20, using: &random))
        switch Int.random(in: 0..<7, using: &random) {
        case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[at] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.removeSubrange(at..<end)
        case 3: bytes.insert(contentsOf: bytes[at..<end], at: at)
        case 4: bytes.insert(contentsOf: any(spices, &random), at: at)
        case 5: bytes.replaceSubrange(at..<end, with: any(requests, &random).shuffled(using: &random).prefix(10))
        default: bytes.removeSubrange(at...)
        }
    }

    private static func any(_ choices: [[UInt8]], _ random: inout Random) -> [UInt8] {
        choices.randomElement(using: &random) ?? []
    }
}

/// Whether bytes are whole answers one after the other, the last of which may be cut off: resets overtake. Those to HEAD
/// cannot be told by themselves, so a body may be missing wherever the next answer or the end is.
private func isHTTP(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
        let text = String(decoding: rest, as: UTF8.self)
        guard
            let match = text.prefixMatch(
                of: /HTTP\/1\.1 ([1-5][0-9]{2}) [A-Za-z -]+\r\n((?:[A-Za-z-]+: [^\r\n]*\r\n)*)\r\n/
            )
        else { return !text.contains("\r\n\r\n") && "HTTP/1.1 ".hasPrefix(text.prefix(9)) }
        rest = rest.dropFirst(match.0.utf8.count)
        if rest.starts(with: "HTTP/1.1 ".utf8) { continue }
        let fields = match.2.lowercased()
        if let length = fields.firstMatch(of: /content-length: ([0-9]+)\r\n/).flatMap({ Int($0.1) }) {
            rest = rest.dropFirst(length)
        } else if fields.contains("transfer-encoding: chunked\r\n") {
            guard let count = chunkedCount(rest) else { return true }
            rest = rest.dropFirst(count)
        } else if match.1 != "100", match.1 != "204", match.1 != "304" {
            // Up to the end of the connection.
            return fields.contains("connection: close\r\n")
        }
    }
    return true
}

/// How long a chunked body is; nil when it is cut off or none.
private func chunkedCount(_ bytes: ArraySlice<UInt8>) -> Int? {
    var rest = bytes
    while let end = rest.firstIndex(of: UInt8(ascii: "\r")) {
        guard let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16) else { return nil }
        rest = rest[end...].dropFirst(2 + size + 2)
        if size == 0 { return bytes.count - rest.count }
    }
    return nil
}

/// The same numbers again for the same seed (SplitMix64).
private struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}
