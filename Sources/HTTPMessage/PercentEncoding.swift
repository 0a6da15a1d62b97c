/// Percent-encoding as URIs use it (RFC 3986 2.1), in UTF-8.
public enum PercentEncoding {
    /// The text that `text` stands for; nil when an escape is broken or the bytes are no UTF-8.
    public static func decode(_ text: some StringProtocol) -> String? {
        guard let bytes = decode(text.utf8, plusIsSpace: false) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// `text` with everything but RFC 3986's unreserved characters escaped: safe as a path segment or a query value.
    public static func encode(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if byte.isUnreserved {
                bytes.append(byte)
            } else {
                bytes += [.percent, hexDigit(byte >> 4), hexDigit(byte & 0xF)]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The bytes that `bytes` stand for; nil when a `%` is not followed by two hexadecimal digits.
    static func decode(_ bytes: some Sequence<UInt8>, plusIsSpace: Bool) -> [UInt8]? {
        var decoded: [UInt8] = []
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            if byte == .percent {
                guard let high = iterator.next()?.hexDigitValue, let low = iterator.next()?.hexDigitValue else {
                    return nil
                }
                decoded.append(high << 4 | low)
            } else {
                decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? .space : byte)
            }
        }
        return decoded
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x37 + value
    }
}
