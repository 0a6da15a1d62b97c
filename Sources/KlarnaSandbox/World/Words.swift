/// The small languages that Klarna's fields are written in.
enum Words {
    /// `^[A-Za-z]{n}$`
    static func isLetters(_ text: String, count: Int) -> Bool {
        text.utf8.count == count && text.utf8.allSatisfy(isLetter)
    }

    /// `^[A-Za-z]{2,2}(?:-[A-Za-z]{2,2})*$`. A bare language is right, and so is one that the country does not speak.
    static func isLocale(_ text: String) -> Bool {
        text.split(separator: "-", omittingEmptySubsequences: false).allSatisfy { isLetters(String($0), count: 2) }
    }

    /// `^#[A-Fa-f0-9]{6}$`
    static func isColour(_ text: String) -> Bool {
        text.utf8.count == 7 && text.utf8.first == UInt8(ascii: "#") && text.utf8.dropFirst().allSatisfy(isHexadecimal)
    }

    /// `YYYY-MM-DD`
    static func isDate(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], parts.joined().utf8.allSatisfy(isDigit) else { return false }
        return (1...12).contains(Int(parts[1]) ?? 0) && (1...31).contains(Int(parts[2]) ?? 0)
    }

    static func isUUID(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [8, 4, 4, 4, 12] && parts.joined().utf8.allSatisfy(isHexadecimal)
    }

    /// A person's name has more than one character and is not made of digits alone; an empty one counts as not given.
    static func isPersonName(_ text: String) -> Bool {
        text.isEmpty || (text.count > 1 && !text.utf8.allSatisfy(isDigit))
    }

    static func isEmail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && !text.utf8.contains { $0 <= 0x20 }
    }

    /// `^([0-9]{4}|[0-9]{9})$`
    static func isSocialSecurityNumber(_ text: String) -> Bool {
        [4, 9].contains(text.utf8.count) && text.utf8.allSatisfy(isDigit)
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}
