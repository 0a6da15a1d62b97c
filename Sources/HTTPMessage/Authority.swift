/// `host[:port]` as the `Host` field and the absolute form of a target carry it (RFC 3986 3.2).
enum Authority {
    /// The authority as text; nil when it is no host with an optional port. Stricter than the grammar: names are made of
    /// letters, digits, `-`, `.`, `_` and `~`, because they are compared and built into addresses.
    static func validated(_ bytes: ArraySlice<UInt8>) -> String? {
        var host = bytes
        if bytes.first == UInt8(ascii: "[") {
            guard let bracket = bytes.firstIndex(of: UInt8(ascii: "]")), isIPv6Literal(bytes[..<bracket].dropFirst())
            else {
                return nil
            }
            let rest = bytes[bracket...].dropFirst()
            guard rest.isEmpty || isPort(rest) else { return nil }
        } else {
            if let colon = bytes.firstIndex(of: .colon) {
                guard isPort(bytes[colon...]) else { return nil }
                host = bytes[..<colon]
            }
            guard !host.isEmpty, host.allSatisfy(\.isUnreserved) else { return nil }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
        let digits = bytes.dropFirst()
        guard bytes.first == .colon, digits.count <= 5, digits.allSatisfy(\.isDigit) else { return false }
        // RFC 3986 lets the port be empty: it then is the scheme's.
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 65_535
    }

    private static func isIPv6Literal(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count >= 2 && bytes.count <= 45 && bytes.contains(.colon)
            && bytes.allSatisfy { $0.hexDigitValue != nil || $0 == .colon || $0 == UInt8(ascii: ".") }
    }
}
