/// Whom a proxy speaks for on one connection, as the header of the PROXY protocol says with which it begins.
enum ProxyHeader: Equatable {
    case client(IPAddress)
    /// The proxy speaks for itself, or for somebody it cannot name.
    case nobody
}

/// Reads the header of the PROXY protocol, version 1 or 2, from bytes that arrive in pieces.
///
/// HAProxy, "The PROXY protocol", sections 2.1 and 2.2.
struct ProxyHeaderReader {
    enum Step: Equatable {
        case needsMore
        case complete(ProxyHeader)
        case malformed
    }

    /// The longest line of version 1, its CR LF included.
    static let lineBytesMax = 107
    /// The most that may follow the first sixteen bytes of version 2. Addresses take up to 216; the rest are additions
    /// (TLVs) such as a TLS client's certificate, which nobody reads here.
    static let additionBytesMax = 4096

    private static let lineStart = Array("PROXY ".utf8)
    private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    private static let fixedBytes = 16

    private var bytes: [UInt8] = []

    /// Reads on, and says how many of `bytes` belong to the header: what follows is the client's.
    mutating func read(_ bytes: Span<UInt8>) -> (step: Step, count: Int) {
        for index in bytes.indices {
            self.bytes.append(bytes[index])
            let step = self.bytes[0] == Self.signature[0] ? binaryStep : lineStep
            if step != .needsMore { return (step, index + 1) }
        }
        return (.needsMore, bytes.count)
    }
}

// MARK: - Version 1

extension ProxyHeaderReader {
    /// What the byte that came last brings about.
    private var lineStep: Step {
        let last = bytes.count - 1
        guard last >= Self.lineStart.count else { return bytes[last] == Self.lineStart[last] ? .needsMore : .malformed }
        guard bytes[last] == UInt8(ascii: "\n") else {
            return bytes.count < Self.lineBytesMax ? .needsMore : .malformed
        }
        guard bytes[last - 1] == UInt8(ascii: "\r") else { return .malformed }
        return Self.header(bytes[Self.lineStart.count..<last - 1]).map { .complete($0) } ?? .malformed
    }

    /// `TCP4 192.0.2.1 192.0.2.2 4711 443`; after `UNKNOWN` follows whatever it likes.
    private static func header(_ line: ArraySlice<UInt8>) -> ProxyHeader? {
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard words[0] != "UNKNOWN" else { return .nobody }
        guard words.count == 5, words[0] == "TCP4" || words[0] == "TCP6" else { return nil }
        let isIPv6 = words[0] == "TCP6"
        guard words[1...2].allSatisfy({ $0.utf8.contains(UInt8(ascii: ":")) == isIPv6 }),
            let client = IPAddress(words[1]), IPAddress(words[2]) != nil, words[3...4].allSatisfy(isPort)
        else { return nil }
        return .client(client)
    }

    private static func isPort(_ word: String) -> Bool {
        // Leading zeros are octal to some readers.
        word.utf8.allSatisfy { 0x30...0x39 ~= $0 } && UInt16(word).map(String.init) == word
    }
}

// MARK: - Version 2

extension ProxyHeaderReader {
    /// What the byte that came last brings about.
    private var binaryStep: Step {
        let last = bytes.count - 1
        switch last {
        case ..<Self.signature.count:
            return bytes[last] == Self.signature[last] ? .needsMore : .malformed
        case 12:
            // Version 2, and LOCAL or PROXY.
            return bytes[12] == 0x20 || bytes[12] == 0x21 ? .needsMore : .malformed
        case ..<(Self.fixedBytes - 1):
            return .needsMore
        case _:
            let length = Int(bytes[14]) << 8 | Int(bytes[15])
            guard length <= Self.additionBytesMax else { return .malformed }
            guard bytes.count == Self.fixedBytes + length else { return .needsMore }
            return Self.header(isLocal: bytes[12] == 0x20, family: bytes[13], bytes[Self.fixedBytes...])
                .map { .complete($0) } ?? .malformed
        }
    }

    /// Source address, destination address and the two ports, by the family's size; additions follow.
    private static func header(isLocal: Bool, family: UInt8, _ block: ArraySlice<UInt8>) -> ProxyHeader? {
        guard !isLocal else { return .nobody }
        switch family {
        // Unspecified.
        case 0x00: return .nobody
        // TCP over IPv4.
        case 0x11: return block.count >= 12 ? IPAddress(block.prefix(4)).map { .client($0) } : nil
        // TCP over IPv6.
        case 0x21: return block.count >= 36 ? IPAddress(block.prefix(16)).map { .client($0) } : nil
        // A Unix-domain socket, whose peers have no address.
        case 0x31: return block.count >= 216 ? .nobody : nil
        // Datagrams, and what has no meaning.
        default: return nil
        }
    }
}
