public import Wire

/// A sortable 128-bit id: 48 bits of milliseconds, 80 bits of chance, as 26 characters of Crockford's base 32.
public struct ULID: Sendable, Hashable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    public init(at time: Timestamp, using generator: inout some RandomNumberGenerator) {
        high = UInt64(bitPattern: time.milliseconds) << 16 | UInt64.random(in: 0...0xFFFF, using: &generator)
        low = generator.next()
    }

    public init(at time: Timestamp) {
        var generator = SystemRandomNumberGenerator()
        self.init(at: time, using: &generator)
    }

    public var description: String {
        let value = UInt128(high) << 64 | UInt128(low)
        let characters = (0..<26).map { ULID.alphabet[Int(truncatingIfNeeded: value >> (5 * (25 - $0)) & 31)] }
        return String(decoding: characters, as: UTF8.self)
    }

    /// Whether a text has the form of a ULID.
    public static func isValid(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 26 && text.utf8.allSatisfy(alphabet.contains)
    }
}
