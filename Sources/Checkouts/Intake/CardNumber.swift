/// Recognizes payment card numbers, which must not be stored or passed on by anything here.
enum CardNumber {
    /// Whether a text holds what looks like a card number: 13 to 19 digits, with single blanks or hyphens between them
    /// or none, in an issuer's range and with the right check digit (Luhn).
    ///
    /// With `unlessArticleNumber` an EAN-13 or GTIN-14 whose own check digit is right is taken for just that; one in
    /// ten of them would pass for a card number otherwise.
    static func isContained(in text: String, unlessArticleNumber: Bool = false) -> Bool {
        guard text.utf8.count >= 13 else { return false }
        return runs(in: text).contains { groups in
            groups.indices.contains { first in
                var digits: [UInt8] = []
                for group in groups[first...] {
                    digits += group
                    guard digits.count <= 19 else { return false }
                    if looksLikeCard(digits), !(unlessArticleNumber && isArticleNumber(digits)) { return true }
                }
                return false
            }
        }
    }

    /// Groups of digits that stand next to each other.
    private static func runs(in text: String) -> [[[UInt8]]] {
        var runs: [[[UInt8]]] = []
        var groups: [[UInt8]] = []
        var group: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                group.append(byte - UInt8(ascii: "0"))
            case UInt8(ascii: " ") where !group.isEmpty, UInt8(ascii: "-") where !group.isEmpty:
                groups.append(group)
                group = []
            case _:
                runs.append(groups + [group])
                groups = []
                group = []
            }
        }
        runs.append(groups + [group])
        return runs
    }

    private static func looksLikeCard(_ digits: [UInt8]) -> Bool {
        (13...19).contains(digits.count) && isIssued(digits) && checksumLuhn(digits) % 10 == 0
    }

    /// ISO/IEC 7812: the ranges in which cards are issued. Times and plain order numbers mostly lie outside.
    private static func isIssued(_ digits: [UInt8]) -> Bool {
        let two = Int(digits[0]) * 10 + Int(digits[1])
        let four = two * 100 + Int(digits[2]) * 10 + Int(digits[3])
        switch digits.count {
        case 14: return [30, 36, 38, 39].contains(two)
        case 15: return [34, 37].contains(two)
        case 16 where (2221...2720).contains(four): return true
        case 16...19: return digits[0] == 4 || (50...69).contains(two) || two == 35
        case _: return digits[0] == 4
        }
    }

    private static func checksumLuhn(_ digits: [UInt8]) -> Int {
        digits.reversed().enumerated().reduce(0) { sum, entry in
            let doubled = Int(entry.element) * 2
            return sum + (entry.offset % 2 == 0 ? Int(entry.element) : doubled > 9 ? doubled - 9 : doubled)
        }
    }

    private static func isArticleNumber(_ digits: [UInt8]) -> Bool {
        guard digits.count == 13 || digits.count == 14 else { return false }
        let sum = digits.reversed().enumerated().reduce(0) { $0 + Int($1.element) * ($1.offset % 2 == 0 ? 1 : 3) }
        return sum % 10 == 0
    }
}
