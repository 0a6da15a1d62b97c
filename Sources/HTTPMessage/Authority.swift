/// `host[:port]` as the `Host` field and the absolute form of a target carry it (RFC 3986 3.2).
enum Authority {
    /// The authority as text; nil when it is no host with an optional port.
    ///
    /// A little stricter than the grammar, because it is compared and built into addresses: an empty name, escapes and a
    /// comma, which would make two hosts of one for whoever reads a list, are no name of anybody.
    static func validated(_ bytes: ArraySlice<UInt8>) -> String? {
        var host = bytes
        if bytes.first == UInt8(ascii: "[") {
            guard let bracket = bytes.firstIndex(of: UInt8(ascii: "]")), isIPv6(bytes[..<bracket].dropFirst()) else {
                return nil
            }
            let rest = bytes[bracket...].dropFirst()
            guard rest.isEmpty || isPort(rest) else { return nil }
        } else {
            if let colon = bytes.firstIndex(of: .colon) {
                guard isPort(bytes[colon...]) else { return nil }
                host = bytes[..<colon]
            }
            guard !host.isEmpty, host.allSatisfy(\.isHostByte) else { return nil }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
        let digits = bytes.dropFirst()
        guard bytes.first == .colon, digits.count <= 5, digits.allSatisfy(\.isDigit) else { return false }
        // RFC 3986 lets the port be empty: it then is the scheme's.
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 65_535
    }

    /// Eight groups of 16 bits, of which one run may be left out as `::` and the last two written as an IPv4 address.
    private static func isIPv6(_ bytes: ArraySlice<UInt8>) -> Bool {
        let gap = bytes.indices.dropLast().first { bytes[$0] == .colon && bytes[$0 + 1] == .colon }
        guard let gap else { return groups(bytes) == 8 }
        guard let before = groups(bytes[..<gap], isEnd: false), let after = groups(bytes[gap...].dropFirst(2)) else {
            return false
        }
        return before + after <= 7
    }

    /// How many groups of 16 bits are written here; nil when something else is.
    private static func groups(_ bytes: ArraySlice<UInt8>, isEnd: Bool = true) -> Int? {
        if bytes.isEmpty { return 0 }
        var parts = bytes.split(separator: .colon, omittingEmptySubsequences: false)
        var count = 0
        if isEnd, let last = parts.last, isIPv4(last) {
            parts.removeLast()
            count = 2
        }
        guard parts.allSatisfy({ (1...4).contains($0.count) && $0.allSatisfy { $0.hexDigitValue != nil } }) else {
            return nil
        }
        return count + parts.count
    }

    private static func isIPv4(_ bytes: ArraySlice<UInt8>) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy(\.isDigit) && (part.count == 1 || part.first != 0x30)
                    && part.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 255
            }
    }
}

extension UInt8 {
    /// `unreserved` and `sub-delims` of RFC 3986 without the comma.
    fileprivate var isHostByte: Bool {
        switch self {
        case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ";"), UInt8(ascii: "="):
            true
        default:
            isUnreserved
        }
    }
}
