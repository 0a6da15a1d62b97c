/// User name and password of HTTP Basic authentication (RFC 7617).
enum Credentials {
    /// Whether an `Authorization` field holds both, neither of them empty. Which ones does not matter here.
    static func areGiven(in field: String?) -> Bool {
        guard let field, let space = field.firstIndex(of: " "), field[..<space].lowercased() == "basic",
            let bytes = decode(field[space...].drop { $0 == " " }), let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
        else { return false }
        return colon > 0 && colon < bytes.count - 1
    }

    /// RFC 4648 base64, with or without its padding.
    private static func decode(_ text: Substring) -> [UInt8]? {
        var bytes: [UInt8] = []
        var pending: UInt32 = 0
        var bits = 0
        let digits = text.utf8.reversed().drop { $0 == UInt8(ascii: "=") }.reversed()
        for digit in digits {
            guard let value = alphabet.firstIndex(of: digit) else { return nil }
            pending = pending << 6 | UInt32(value)
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
        }
        return bytes
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}
