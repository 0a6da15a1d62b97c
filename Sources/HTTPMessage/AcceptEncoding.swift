/// Which content codings a client takes, and which it likes best (RFC 9110 12.5.3).
public struct AcceptEncoding: Sendable, Equatable {
    /// Weights in thousandths; nil for what is not named.
    private var gzip: Int?
    private var identity: Int?
    private var others: Int?

    /// Reads a field's value. A member that cannot be read is left out. Without the field anything may be sent, so nothing
    /// is coded: whoever does not ask is the least likely to decode.
    public init(_ field: String?) {
        guard let field else { return }
        var rest = Array(field.utf8)[...]
        while !rest.isEmpty {
            let member = rest.prefix { $0 != UInt8(ascii: ",") }
            rest = rest[member.endIndex...].dropFirst()
            take(member)
        }
    }

    private mutating func take(_ member: ArraySlice<UInt8>) {
        let name = member.prefix { $0 != UInt8(ascii: ";") }
        let hasWeight = name.endIndex < member.endIndex
        guard let weight = hasWeight ? Self.weight(member[name.endIndex...].dropFirst().trimmed) : 1000 else { return }
        switch name.trimmed {
        case "gzip", "x-gzip": gzip = gzip ?? weight
        case "identity": identity = identity ?? weight
        case "*": others = others ?? weight
        case _: break
        }
    }

    /// Whether to send gzip rather than the bytes as they are, given the choice.
    ///
    /// Where neither is welcome the bytes are sent as they are: RFC 9110 12.4.1 lets a server do so, and a client can use
    /// them rather than a refusal.
    public var prefersGzip: Bool {
        let gzip = gzip ?? others ?? 0
        return gzip > 0 && gzip >= identity ?? others ?? 0
    }

    /// RFC 9110 12.4.2: `q=` and from 0 to 1 with up to three decimals.
    private static func weight(_ text: ArraySlice<UInt8>) -> Int? {
        let digits = text.dropFirst(2)
        guard "q=" ~= text.prefix(2), (1...5).contains(digits.count), digits.dropFirst().first ?? .dot == .dot else {
            return nil
        }
        var thousandths = 0
        for index in [0, 2, 3, 4] {
            let digit = index < digits.count ? digits[digits.startIndex + index] : UInt8(ascii: "0")
            guard digit.isDigit else { return nil }
            thousandths = thousandths * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return thousandths <= 1000 ? thousandths : nil
    }
}

extension UInt8 {
    fileprivate static let dot = UInt8(ascii: ".")
}

/// Whether `name` is `pattern`, which is in lower case, in whatever case.
private func ~= (pattern: String, name: ArraySlice<UInt8>) -> Bool {
    name.count == pattern.utf8.count && zip(name, pattern.utf8).allSatisfy { $0.lowercasedASCII == $1 }
}
