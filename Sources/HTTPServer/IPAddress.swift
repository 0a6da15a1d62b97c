import Glibc

/// An IPv4 or IPv6 address, without a port.
struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// The two halves of its 16 bytes; an IPv4 address is held as `::ffff:a.b.c.d` is, and is not told from it.
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Four or sixteen bytes in network order; nil for another count.
    init?(_ bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self.init(high: 0, low: bytes.reduce(0xFFFF) { $0 << 8 | UInt64($1) })
        case 16: self.init(high: Self.half(bytes.prefix(8)), low: Self.half(bytes.suffix(8)))
        default: return nil
        }
    }

    /// `192.0.2.1` or `2001:db8::1`, without brackets, port and zone; nil for everything else.
    init?(_ text: some StringProtocol) {
        // The system stops reading at a NUL, and text after it would go unseen.
        guard text.utf8.count < INET6_ADDRSTRLEN, !text.utf8.contains(0) else { return nil }
        let isIPv6 = text.utf8.contains(UInt8(ascii: ":"))
        var bytes = [UInt8](repeating: 0, count: isIPv6 ? 16 : 4)
        guard unsafe inet_pton(isIPv6 ? AF_INET6 : AF_INET, String(text), &bytes) == 1 else { return nil }
        self.init(bytes)
    }

    var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    var isLoopback: Bool { isIPv4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1 }

    var description: String {
        guard !isIPv4 else { return [24, 16, 8, 0].map { String(low >> $0 & 0xFF) }.joined(separator: ".") }
        let bytes = [high, low].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * $0)) } }
        var characters = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = unsafe inet_ntop(AF_INET6, bytes, &characters, socklen_t(characters.count))
        return String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func half(_ bytes: some Collection<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
