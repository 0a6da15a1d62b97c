/// The part of a file's name that build tools make of its content, so that the name never means another content:
/// `app.3f9a1c2b.js`, `style-B7xkQ2aZ.css`.
///
/// It stands between dots or hyphens, neither first nor last. It has 8 to 64 letters and digits and changes between the two
/// at least twice, as no word with a year or a number behind it does. Hexadecimal in lower case is taken in every name. In
/// both cases it is taken only in names of what build tools put out, because people name pictures like that: `iPhone15Pro`.
enum Fingerprint {
    private static let built: Set = ["css", "js", "map", "mjs", "ttf", "wasm", "woff", "woff2"]

    static func isIn(fileName: String) -> Bool {
        let parts = fileName.utf8.split { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
        guard let last = parts.last.flatMap({ String($0) }) else { return false }
        return parts.dropFirst().dropLast().contains { isOne(Array($0), isBuilt: built.contains(last)) }
    }

    private static func isOne(_ part: [UInt8], isBuilt: Bool) -> Bool {
        guard (8...64).contains(part.count), part.allSatisfy({ isDigit($0) || isLetter($0) }) else { return false }
        guard zip(part, part.dropFirst()).count(where: { isDigit($0) != isDigit($1) }) >= 2 else { return false }
        let letters = part.filter(isLetter)
        if letters.allSatisfy((UInt8(ascii: "a")...UInt8(ascii: "f")).contains) { return true }
        return isBuilt && letters.contains { $0 & 0x20 == 0 } && letters.contains { $0 & 0x20 != 0 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
