import Testing

@testable import HTTPServer

@Suite("The PROXY header")
struct ProxyHeaderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        /// The client's address, or `-` for nobody; nil when the header is malformed.
        let client: String?
        var testDescription: String { name }

        init(_ line: String, _ client: String?) {
            name = line.debugDescription
            bytes = Array(line.utf8)
            self.client = client
        }

        init(_ name: String, _ command: UInt8, _ family: UInt8, _ block: [UInt8], _ client: String?) {
            self.name = name
            bytes = ProxyHeaderTests.binary(command, family, block)
            self.client = client
        }
    }

    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    static let ports: [UInt8] = [0x12, 0x67, 0x01, 0xBB]
    static let tcp4: [UInt8] = [203, 0, 113, 7, 192, 0, 2, 1] + ports
    static let tcp6: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [7]
        + [UInt8](repeating: 0, count: 15) + [1] + ports

    static func binary(_ command: UInt8, _ family: UInt8, _ block: [UInt8], announced: Int? = nil) -> [UInt8] {
        let count = announced ?? block.count
        return signature + [command, family, UInt8(count >> 8), UInt8(count & 0xFF)] + block
    }

    static let valid = [
        Case("PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n", "203.0.113.7"),
        Case("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255"),
        Case("PROXY TCP4 203.0.113.7 192.0.2.1 0 0\r\n", "203.0.113.7"),
        Case("PROXY TCP6 2001:db8::7 ::1 4711 443\r\n", "2001:db8::7"),
        Case("PROXY TCP6 ::ffff:203.0.113.7 ::1 4711 443\r\n", "203.0.113.7"),
        Case("PROXY UNKNOWN\r\n", "-"),
        Case("PROXY UNKNOWN whatever it is\r\n", "-"),
        Case("PROXY UNKNOWN " + String(repeating: "f", count: 91) + "\r\n", "-"),
        Case("version 2, IPv4", 0x21, 0x11, tcp4, "203.0.113.7"),
        Case("version 2, IPv6", 0x21, 0x21, tcp6, "2001:db8::7"),
        Case("version 2, IPv4, with additions", 0x21, 0x11, tcp4 + [0x04, 0x00, 0x02, 0xFF, 0xFF], "203.0.113.7"),
        Case("version 2, IPv6, with all that fits", 0x21, 0x21, tcp6 + zeros(4096 - 36), "2001:db8::7"),
        Case("version 2, a Unix-domain socket", 0x21, 0x31, zeros(216), "-"),
        Case("version 2, unspecified", 0x21, 0x00, [], "-"),
        Case("version 2, unspecified, with a block", 0x21, 0x00, zeros(7), "-"),
        Case("version 2, LOCAL", 0x20, 0x00, [], "-"),
        Case("version 2, LOCAL with addresses, which mean nothing", 0x20, 0x11, tcp4, "-"),
        Case("version 2, LOCAL of a family nobody knows", 0x20, 0xFF, zeros(3), "-"),
    ]

    static let malformed = [
        Case("GET / HTTP/1.1\r\nHost: a\r\n\r\n", nil),
        Case("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", nil),
        Case("proxy TCP4 203.0.113.7 192.0.2.1 4711 443\r\n", nil),
        Case("PROXY  TCP4 203.0.113.7 192.0.2.1 4711 443\r\n", nil),
        Case("PROXY TCP4 203.0.113.7  192.0.2.1 4711 443\r\n", nil),
        Case("PROXY TCP4 203.0.113.7 192.0.2.1 4711 443 \r\n", nil),
        Case("PROXY TCP4 203.0.113.7 192.0.2.1 4711\r\n", nil),
        Case("PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\n", nil),
        Case("PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\rx\r\n", nil),
        Case("PROXY TCP4 203.0.113.7 192.0.2.1 4711 65536\r\n", nil),
        Case("PROXY TCP4 203.0.113.7 192.0.2.1 04711 443\r\n", nil),
        Case("PROXY TCP4 203.0.113.7 192.0.2.1 -1 443\r\n", nil),
        Case("PROXY TCP4 203.0.113.7 192.0.2.1 +1 443\r\n", nil),
        Case("PROXY TCP4 203.0.113.7 192.0.2.1  443\r\n", nil),
        Case("PROXY TCP4 203.0.113.07 192.0.2.1 4711 443\r\n", nil),
        Case("PROXY TCP4 203.0.113 192.0.2.1 4711 443\r\n", nil),
        Case("PROXY TCP4 203.0.113.256 192.0.2.1 4711 443\r\n", nil),
        Case("PROXY TCP4 203.0.113.7\u{0} 192.0.2.1 4711 443\r\n", nil),
        Case("PROXY TCP4 2001:db8::7 ::1 4711 443\r\n", nil),
        Case("PROXY TCP6 203.0.113.7 192.0.2.1 4711 443\r\n", nil),
        Case("PROXY TCP6 [2001:db8::7] ::1 4711 443\r\n", nil),
        Case("PROXY TCP6 fe80::1%eth0 ::1 4711 443\r\n", nil),
        Case("PROXY TCP4 localhost 192.0.2.1 4711 443\r\n", nil),
        Case("PROXY UDP4 203.0.113.7 192.0.2.1 4711 443\r\n", nil),
        Case("PROXY \r\n", nil),
        Case("PROXY\r\n", nil),
        Case("PROXY UNKNOWNS\r\n", nil),
        Case("PROXY UNKNOWN " + String(repeating: "f", count: 92) + "\r\n", nil),
        Case("PROXY UNKNOWN " + String(repeating: "f", count: 200), nil),
        Case("version 1 by number", 0x11, 0x11, tcp4, nil),
        Case("version 3", 0x31, 0x11, tcp4, nil),
        Case("a command nobody knows", 0x22, 0x11, tcp4, nil),
        Case("datagrams over IPv4", 0x21, 0x12, tcp4, nil),
        Case("datagrams over IPv6", 0x21, 0x22, tcp6, nil),
        Case("a stream of no family", 0x21, 0x01, tcp4, nil),
        Case("a family nobody knows", 0x21, 0x41, tcp6, nil),
        Case("IPv4 cut short", 0x21, 0x11, Array(tcp4.dropLast()), nil),
        Case("IPv6 cut short", 0x21, 0x21, Array(tcp6.dropLast()), nil),
        Case("IPv6 with the addresses of IPv4", 0x21, 0x21, tcp4, nil),
        Case("a Unix-domain socket cut short", 0x21, 0x31, zeros(215), nil),
        Case("more than fits", 0x21, 0x11, tcp4 + zeros(4096 - 11), nil),
        Case("LOCAL with more than fits", 0x20, 0x00, zeros(65_535), nil),
    ]

    private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    @Test(arguments: valid + malformed)
    func `is read the same, however it is cut`(_ header: Case) throws {
        let following = Array("GET / HTTP/1.1\r\n".utf8)
        let bytes = header.client == nil ? header.bytes : header.bytes + following
        let whole = Self.read([bytes])
        switch header.client {
        case nil: #expect(whole.step == .malformed)
        case "-": #expect(whole.step == .complete(.nobody))
        case let client?: #expect(try whole.step == .complete(.client(#require(IPAddress(client)))))
        }
        if header.client != nil { #expect(whole.count == header.bytes.count) }
        for cut in 0...min(bytes.count, 200) {
            let pieces = Self.read([Array(bytes[..<cut]), Array(bytes[cut...])])
            #expect(pieces == whole, "cut at \(cut)")
        }
        #expect(Self.read(bytes.map { [$0] }) == whole)
    }

    @Test(arguments: valid)
    func `wants more until it is complete`(_ header: Case) {
        for count in 0..<header.bytes.count {
            let read = Self.read([Array(header.bytes[..<count])])
            #expect(read == Read(step: .needsMore, count: count))
        }
    }

    @Test func `is refused as soon as it cannot become one`() {
        #expect(Self.read([Array("G".utf8)]) == Read(step: .malformed, count: 1))
        #expect(Self.read([Array("PROXX".utf8)]) == Read(step: .malformed, count: 5))
        #expect(Self.read([[0x0D, 0x0A, 0x47]]) == Read(step: .malformed, count: 3))
        // The length alone is too much: nobody waits for the bytes.
        #expect(Self.read([Self.binary(0x21, 0x11, [], announced: 4097)]) == Read(step: .malformed, count: 16))
    }

    @Test(arguments: 0..<64 as Range<UInt64>)
    func `made of random bytes never does harm`(_ seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        let text = ["", "PROXY ", "PROXY TCP4 "].map { Array($0.utf8) }
        for start in text + [Self.signature, Self.signature + [0x21, 0x11]] {
            for _ in 0..<50 {
                let count = Int.random(in: 0...300, using: &random)
                let bytes = start + (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
                let whole = Self.read([bytes])
                let cut = Int.random(in: 0...bytes.count, using: &random)
                #expect(Self.read([Array(bytes[..<cut]), Array(bytes[cut...])]) == whole)
                #expect(whole.count <= bytes.count)
            }
        }
    }

    private struct Read: Equatable {
        let step: ProxyHeaderReader.Step
        let count: Int
    }

    /// Reads pieces one after the other until the header is complete or refused.
    private static func read(_ pieces: [[UInt8]]) -> Read {
        var reader = ProxyHeaderReader()
        var total = 0
        for piece in pieces {
            let (step, count) = reader.read(piece.span)
            total += count
            guard step == .needsMore else { return Read(step: step, count: total) }
        }
        return Read(step: .needsMore, count: total)
    }
}

/// Random numbers that are the same for the same seed (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
