import Wire

/// Where the sandbox's ids come from: a source of randomness that a test may replace by a seeded one.
struct Identifiers: Sendable {
    private var random: any RandomNumberGenerator & Sendable

    init(random: any RandomNumberGenerator & Sendable) { self.random = random }

    /// A UUID of version 4 (RFC 9562).
    mutating func uuid() -> String {
        let high = random.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = random.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        let digits = Array((hexadecimal(high) + hexadecimal(low)).utf8)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
            .map { String(decoding: digits[$0], as: UTF8.self) }
            .joined(separator: "-")
    }

    /// The short id in a hosted page's path, such as `4kQz7Rm`: 62^11 are too many to guess.
    mutating func page() -> String {
        word(of: "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", length: 11)
    }

    /// The reference that a shopper sees, such as `KQ7P41RX`.
    mutating func klarnaReference() -> String { word(of: "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", length: 8) }

    private mutating func word(of alphabet: String, length: Int) -> String {
        let letters = Array(alphabet.utf8)
        var word: [UInt8] = []
        for _ in 0..<length { word.append(letters[Int(random.next() % UInt64(letters.count))]) }
        return String(decoding: word, as: UTF8.self)
    }

    private func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
