/// What a `Range` field asks for (RFC 9110 14).
public enum ByteRange: Sendable, Equatable {
    /// No range, another unit, several ranges or nonsense: answer the whole with 200.
    case whole
    case part(Range<Int>)
    /// Answer 416.
    case unsatisfiable

    /// Reads a field's value against a representation of `length` bytes.
    public init(_ field: String?, length: Int) {
        guard let field, field.lowercased().hasPrefix("bytes="), !field.contains(",") else {
            self = .whole
            return
        }
        let spec = field.dropFirst(6)
        guard let dash = spec.firstIndex(of: "-") else {
            self = .whole
            return
        }
        let first = Self.number(spec[..<dash])
        let last = Self.number(spec[dash...].dropFirst())
        switch (first, last) {
        case (.value(let first), .absent):
            self = first < length ? .part(first..<length) : .unsatisfiable
        case (.value(let first), .value(let last)) where first <= last:
            self = first < length ? .part(first..<min(last, length - 1) + 1) : .unsatisfiable
        case (.absent, .value(let count)):
            self = count > 0 && length > 0 ? .part(max(0, length - count)..<length) : .unsatisfiable
        case (.value, .value), (.absent, .absent), (.malformed, _), (_, .malformed):
            self = .whole
        }
    }

    private enum Position {
        case absent
        case value(Int)
        case malformed
    }

    /// Positions beyond any file are as good as the greatest one.
    private static func number(_ text: Substring) -> Position {
        if text.isEmpty { return .absent }
        guard text.utf8.allSatisfy(\.isDigit) else { return .malformed }
        return .value(Int(text) ?? Int.max)
    }
}
