import HTTPMessage
import Testing

@testable import HTTPServer

@Suite("Fields in which proxies name their clients")
struct ProxyFieldsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let lines: [String]
        /// The address, and `https` where it is.
        let client: String
        var testDescription: String { lines.joined(separator: " | ") }

        init(_ lines: String..., client: String) {
            self.lines = lines
            self.client = client
        }
    }

    /// The proxy that the requests come from.
    private static let proxy = "10.0.0.1"
    private static let listed = ["10.0.0.0/8", "192.0.2.9", "2001:db8:1::/48"]

    @Test(arguments: [
        Case(client: "10.0.0.1"),
        Case("X-Forwarded-For: 203.0.113.7", client: "203.0.113.7"),
        Case("x-forwarded-for: 203.0.113.7", "x-forwarded-proto: https", client: "203.0.113.7 https"),
        Case("X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: http", client: "203.0.113.7"),
        Case("X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: HTTPS", client: "203.0.113.7 https"),
        Case("X-Forwarded-Proto: https", client: "10.0.0.1 https"),
        Case("X-Forwarded-Proto: https, http", client: "10.0.0.1"),
        Case("X-Forwarded-Proto: https", "X-Forwarded-Proto: http", client: "10.0.0.1"),
        Case("X-Forwarded-Proto: http, https", client: "10.0.0.1 https"),
        Case("X-Forwarded-Proto: httpsx", client: "10.0.0.1"),
        Case("X-Forwarded-Proto:", client: "10.0.0.1"),
        // What the client writes stands before what the proxy adds.
        Case("X-Forwarded-For: 198.51.100.1, 203.0.113.7", client: "203.0.113.7"),
        Case("X-Forwarded-For: 127.0.0.1,203.0.113.7", client: "203.0.113.7"),
        Case("X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 203.0.113.7", client: "203.0.113.7"),
        // Listed proxies one behind the other.
        Case("X-Forwarded-For: 203.0.113.7, 192.0.2.9", client: "203.0.113.7"),
        Case("X-Forwarded-For: 198.51.100.1, 203.0.113.7, 192.0.2.9, 10.2.3.4", client: "203.0.113.7"),
        Case("X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: 192.0.2.9", client: "203.0.113.7"),
        Case("X-Forwarded-For: 203.0.113.7, 2001:db8:1::5", client: "203.0.113.7"),
        // Nobody but proxies: the farthest is the client.
        Case("X-Forwarded-For: 10.0.0.3, 10.0.0.2", client: "10.0.0.3"),
        // Ports and brackets.
        Case("X-Forwarded-For: 203.0.113.7:4711", client: "203.0.113.7"),
        Case("X-Forwarded-For: 2001:db8::7", client: "2001:db8::7"),
        Case("X-Forwarded-For: [2001:db8::7]", client: "2001:db8::7"),
        Case("X-Forwarded-For: [2001:db8::7]:4711", client: "2001:db8::7"),
        Case("X-Forwarded-For: 2001:DB8:0:0::7", client: "2001:db8::7"),
        Case("X-Forwarded-For: ::ffff:203.0.113.7", client: "203.0.113.7"),
        // What names nobody ends the search; the last one that was named counts.
        Case("X-Forwarded-For: unknown", client: "10.0.0.1"),
        Case("X-Forwarded-For: 203.0.113.7, unknown", client: "10.0.0.1"),
        Case("X-Forwarded-For: 203.0.113.7, unknown, 192.0.2.9", client: "192.0.2.9"),
        Case("X-Forwarded-For: 203.0.113.7, _hidden", client: "10.0.0.1"),
        Case("X-Forwarded-For: 203.0.113.7,", client: "10.0.0.1"),
        Case("X-Forwarded-For: 203.0.113.7, , 192.0.2.9", client: "192.0.2.9"),
        Case("X-Forwarded-For:", client: "10.0.0.1"),
        Case("X-Forwarded-For: 203.0.113.7, 203.0.113", client: "10.0.0.1"),
        Case("X-Forwarded-For: 203.0.113.7, 203.0.113.256", client: "10.0.0.1"),
        Case("X-Forwarded-For: 203.0.113.07", client: "10.0.0.1"),
        Case("X-Forwarded-For: 203.0.113.7:65536", client: "10.0.0.1"),
        Case("X-Forwarded-For: 203.0.113.7:", client: "10.0.0.1"),
        Case("X-Forwarded-For: 203.0.113.7:+1", client: "10.0.0.1"),
        Case("X-Forwarded-For: [203.0.113.7]", client: "10.0.0.1"),
        Case("X-Forwarded-For: [2001:db8::7", client: "10.0.0.1"),
        Case("X-Forwarded-For: [2001:db8::7]4711", client: "10.0.0.1"),
        Case("X-Forwarded-For: fe80::1%eth0", client: "10.0.0.1"),
        Case("X-Forwarded-For: \"203.0.113.7\"", client: "10.0.0.1"),
        Case("X-Forwarded-For: 203.0.113.7 198.51.100.1", client: "10.0.0.1"),
        Case("X-Forwarded-For: a.example", client: "10.0.0.1"),
        // What a client leaves open swallows nothing.
        Case("X-Forwarded-For: \", 203.0.113.7", client: "203.0.113.7"),
        Case("X-Forwarded-For: \u{600}, 203.0.113.7", client: "203.0.113.7"),
        // Never read.
        Case("Forwarded: for=198.51.100.1;proto=https", client: "10.0.0.1"),
        Case("X-Forwarded-For: 203.0.113.7", "Forwarded: for=198.51.100.1;proto=https", client: "203.0.113.7"),
        Case("X-Forwarded-Host: b.example", "X-Real-IP: 198.51.100.1", client: "10.0.0.1"),
    ])
    func `are read from their end for as long as proxies are listed`(_ forwarded: Case) throws {
        #expect(try Self.client(forwarded.lines, .xForwarded) == forwarded.client)
    }

    @Test(arguments: [
        Case(client: "10.0.0.1"),
        Case("Forwarded: for=203.0.113.7", client: "203.0.113.7"),
        Case("Forwarded: For=203.0.113.7;Proto=https", client: "203.0.113.7 https"),
        Case("Forwarded: proto=\"https\";by=10.0.0.1;for=\"203.0.113.7:4711\"", client: "203.0.113.7 https"),
        Case("Forwarded: for=203.0.113.7; proto=https", client: "203.0.113.7 https"),
        Case("Forwarded: for=203.0.113.7;;proto=https;", client: "203.0.113.7 https"),
        Case("Forwarded: for=\"[2001:db8::7]\"", client: "2001:db8::7"),
        Case("Forwarded: for=\"[2001:db8::7]:4711\";host=b.example", client: "2001:db8::7"),
        Case("Forwarded: for=\"203.0.113.7:_port\"", client: "203.0.113.7"),
        Case("Forwarded: for=\"2001:db8::7\"", client: "2001:db8::7"),
        Case("Forwarded: for=198.51.100.1, for=203.0.113.7", client: "203.0.113.7"),
        Case("Forwarded: for=198.51.100.1", "Forwarded: for=203.0.113.7", client: "203.0.113.7"),
        // The scheme is that of the one who is named, not of the way between proxies.
        Case("Forwarded: for=203.0.113.7;proto=https, for=192.0.2.9;proto=http", client: "203.0.113.7 https"),
        Case("Forwarded: for=203.0.113.7;proto=http, for=192.0.2.9;proto=https", client: "203.0.113.7"),
        Case("Forwarded: for=203.0.113.7, for=192.0.2.9;proto=https", client: "203.0.113.7"),
        Case("Forwarded: for=unknown;proto=https", client: "10.0.0.1 https"),
        Case("Forwarded: for=_hidden", client: "10.0.0.1"),
        Case("Forwarded: for=\"_hidden:4711\"", client: "10.0.0.1"),
        Case("Forwarded: proto=https", client: "10.0.0.1 https"),
        Case("Forwarded: for=203.0.113.7, for=unknown, for=192.0.2.9", client: "192.0.2.9"),
        Case("Forwarded: for=203.0.113.7, proto=http, for=192.0.2.9", client: "192.0.2.9"),
        Case("Forwarded:", client: "10.0.0.1"),
        Case("Forwarded: for", client: "10.0.0.1"),
        Case("Forwarded: for=", client: "10.0.0.1"),
        Case("Forwarded: for=\"\"", client: "10.0.0.1"),
        Case("Forwarded: for=203.0.113.7;for=198.51.100.1", client: "10.0.0.1"),
        Case("Forwarded: for=203.0.113.7;FOR=198.51.100.1", client: "10.0.0.1"),
        Case("Forwarded: for=203.0.113.7;proto=https;proto=http", client: "10.0.0.1"),
        Case("Forwarded: 203.0.113.7", client: "10.0.0.1"),
        Case("Forwarded: for=\"203.0.113.7", client: "10.0.0.1"),
        Case("Forwarded: for=203.0.113.7\"", client: "10.0.0.1"),
        Case("Forwarded: for=\"203.0.113.\\7\"", client: "10.0.0.1"),
        Case("Forwarded: for=[2001:db8::7", client: "10.0.0.1"),
        Case("Forwarded: for=\"[203.0.113.7]\"", client: "10.0.0.1"),
        Case("Forwarded: for=\"[2001:db8::7]:x\"", client: "10.0.0.1"),
        // Separators in quotes separate nothing, and a quote left open swallows nothing.
        Case("Forwarded: for=203.0.113.7;host=\"a,for=198.51.100.1;b\"", client: "203.0.113.7"),
        Case("Forwarded: for=\", for=203.0.113.7;proto=https", client: "203.0.113.7 https"),
        Case("Forwarded: \"", "Forwarded: for=203.0.113.7", client: "203.0.113.7"),
        Case("Forwarded: \u{600}, for=203.0.113.7", client: "203.0.113.7"),
        // Never read.
        Case("X-Forwarded-For: 198.51.100.1", "X-Forwarded-Proto: https", client: "10.0.0.1"),
        Case("Forwarded: for=203.0.113.7", "X-Forwarded-For: 198.51.100.1", client: "203.0.113.7"),
    ])
    func `of the standard kind are read where they are asked for`(_ forwarded: Case) throws {
        #expect(try Self.client(forwarded.lines, .forwarded) == forwarded.client)
    }

    @Test(arguments: 0..<64 as Range<UInt64>)
    func `cannot be forged by what a client writes before`(_ seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        let pieces = [
            "for=", "10.0.0.2", "\"", "\\", ";", ",", "=", " ", "[", "]", ":", "_", "unknown", "\u{600}", "proto=https",
        ]
        for _ in 0..<50 {
            let count = Int.random(in: 0...12, using: &random)
            let text = (0..<count).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }.joined()
            #expect(try Self.client(["X-Forwarded-For: \(text), 203.0.113.7"], .xForwarded) == "203.0.113.7")
            #expect(try Self.client(["Forwarded: \(text), for=203.0.113.7"], .forwarded) == "203.0.113.7")
            let lines = ["Forwarded: \(text)", "Forwarded: for=203.0.113.7"]
            #expect(try Self.client(lines, .forwarded) == "203.0.113.7")
            // Without a word of the proxy it is only to be survived.
            _ = try Self.client(["Forwarded: \(text)", "X-Forwarded-For: \(text)"], .forwarded)
            _ = try Self.client(["Forwarded: \(text)", "X-Forwarded-For: \(text)"], .xForwarded)
        }
    }

    private static func client(_ lines: [String], _ fields: TrustedProxies.Fields) throws -> String {
        let proxies = try TrustedProxies(listed, fields: fields)
        var connection = HTTPConnection(limits: MessageLimits())
        let bytes = Array(get("/", lines).utf8)
        connection.receive(bytes.span)
        guard case .head(let head) = connection.next() else { throw ClientError(description: "no head: \(lines)") }
        let client = proxies.client(of: head, through: IPAddress(proxy))
        return [client.ip?.description, client.isSecure ? "https" : nil].compactMap(\.self).joined(separator: " ")
    }

    private static func get(_ path: String, _ lines: [String]) -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
    }
}

@Suite("Lists of trusted proxies")
struct ProxyListTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("192.0.2.1/32", "192.0.2.1", true),
        ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.0.0.0/9", "10.128.0.0", false),
        ("0.0.0.0/0", "203.0.113.7", true), ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "2001:db8::1", true),
        ("::/0", "203.0.113.7", false), ("::1", "::1", true), ("::1", "127.0.0.1", false),
        ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::", false),
        ("2001:db8:0:0:8000::/65", "2001:db8::8000:0:0:1", true), ("2001:db8:0:0:8000::/65", "2001:db8::1", false),
        ("fd00::/8", "fdff::1", true), ("::ffff:192.0.2.1", "192.0.2.1", true),
        ("192.0.2.1", "::ffff:192.0.2.1", true),
        ("::ffff:10.0.0.0/104", "10.1.2.3", true), ("unix", "127.0.0.1", false),
    ])
    func `hold addresses and networks`(_ text: String, _ address: String, _ isListed: Bool) throws {
        let ip = try #require(IPAddress(address))
        #expect(try TrustedProxies([text]).lists(ip) == isListed)
        #expect(try TrustedProxies(["198.51.100.1", text]).lists(ip) == isListed)
        #expect(!TrustedProxies.none.lists(ip))
    }

    @Test func `hold whoever has no address only when they say so`() throws {
        #expect(try TrustedProxies(["unix"]).lists(PeerAddress(nil)))
        #expect(try !TrustedProxies(["0.0.0.0/0", "::/0"]).lists(PeerAddress(nil)))
    }

    @Test(arguments: [
        "", " ", "localhost", "10.0.0.0/", "/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8",
        "10.0.0.1/8", "10.0.0/8", "10.0.0.0/08x", "10.0.0.0/9999999999", "::/129", "2001:db8::1/64", "[::1]", "::1%lo",
        "10.0.0.1:80", "unix:", "Unix", "10.0.0.1 ", "10.0.0.1\u{0}",
    ])
    func `take nothing else`(_ text: String) {
        let error = #expect(throws: TrustedProxies.Malformed.self) { try TrustedProxies(["::1", text]) }
        #expect(error?.text == text)
    }

    @Test(arguments: [
        ("127.0.0.1", true, true), ("127.255.0.1", true, true), ("128.0.0.1", true, false), ("0.0.0.0", true, false),
        ("::1", false, true), ("::2", false, false), ("::", false, false), ("1::1", false, false),
    ])
    func `are made of addresses`(_ text: String, _ isIPv4: Bool, _ isLoopback: Bool) throws {
        let ip = try #require(IPAddress(text))
        #expect(ip.description == text)
        #expect(ip.isIPv4 == isIPv4)
        #expect(ip.isLoopback == isLoopback)
    }
}
