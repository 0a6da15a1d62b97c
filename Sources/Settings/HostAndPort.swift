/// Where to listen: `127.0.0.1:8080`, `localhost:0` or `[::1]:80`. Port 0 lets the system choose one.
public struct HostAndPort: Sendable, Hashable, CustomStringConvertible {
    public let host: String
    public let port: Int

    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = HostAndPort.port(text[text.index(after: colon)...]),
            let host = HostAndPort.host(text[..<colon])
        else { return nil }
        self.host = host
        self.port = port
    }

    public var isLoopback: Bool { HostAndPort.isLoopback(host) }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether a host can only mean this very machine.
    static func isLoopback(_ host: String) -> Bool {
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        if octets.count == 4, octets[0] == "127", octets.allSatisfy({ UInt8($0) != nil }) { return true }
        return host == "localhost" || host == "::1"
    }

    /// A host name, an IPv4 address, or an IPv6 address in brackets, in lower case and without the brackets.
    static func host(_ text: Substring) -> String? {
        if text.hasPrefix("["), text.hasSuffix("]") {
            let address = text.dropFirst().dropLast()
            let isAddress = address.utf8.allSatisfy {
                isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
            }
            return isAddress && address.utf8.filter { $0 == UInt8(ascii: ":") }.count >= 2 ? address.lowercased() : nil
        }
        let isName = text.utf8.allSatisfy {
            isLetterOrDigit($0) || [".", "-", "_"].contains(Character(Unicode.Scalar($0)))
        }
        return isName && !text.isEmpty && !text.hasPrefix(".") && !text.hasPrefix("-") ? text.lowercased() : nil
    }

    /// 0 to 65535, in digits only: `+80` is no port.
    static func port(_ text: Substring) -> Int? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ isDigit($0) }), let port = Int(text),
            port <= 65535
        else { return nil }
        return port
    }
}

func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}

func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
}
