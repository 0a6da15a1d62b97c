/// What a `Range` field asks for (RFC 9110 14).
public enum ByteRanges: Sendable, Equatable {
    /// No range, another unit, nonsense, or more ranges than are answered: send the whole with 200.
    case whole
    /// Send these with 206: at least one, none empty, no two that touch, in the order they were asked for.
    case parts([Range<Int>])
    /// Answer 416.
    case unsatisfiable

    /// Parts closer together than this are sent as one: what stands between two parts of a body is longer
    /// (RFC 9110 15.3.7.2).
    private static let gapBytesMax = 80

    /// Reads a field's value against a representation of `length` bytes. One bad range spoils all of them, as RFC 9110
    /// 14.1.1 wants it; one that lies outside is only left out.
    public init(_ field: String?, length: Int, rangesMax: Int) {
        self = field.flatMap { Self.read($0, length: length, rangesMax: rangesMax) } ?? .whole
    }

    private static func read(_ field: String, length: Int, rangesMax: Int) -> ByteRanges? {
        guard let equals = field.firstIndex(of: "="), field[..<equals].lowercased() == "bytes" else { return nil }
        var asked = 0
        var parts: [Range<Int>] = []
        // Too many ranges end up as one that cannot be read.
        for element in field[equals...].utf8.dropFirst().split(
            separator: UInt8(ascii: ","),
            maxSplits: max(0, rangesMax),
        ) {
            let text = element.trimmed
            if text.isEmpty { continue }
            asked += 1
            guard asked <= rangesMax, let part = part(text, length: length) else { return nil }
            if !part.isEmpty { join(part, to: &parts) }
        }
        guard asked > 0 else { return nil }
        return parts.isEmpty ? .unsatisfiable : .parts(parts)
    }

    /// The bytes that one range means: empty when it lies outside, nil when it is malformed, or cannot be answered in part.
    private static func part(_ text: Substring.UTF8View, length: Int) -> Range<Int>? {
        guard let dash = text.firstIndex(of: UInt8(ascii: "-")) else { return nil }
        let first = Position(text[..<dash])
        let last = Position(text[dash...].dropFirst())
        switch (first, last) {
        case (.at(let first), .unsaid):
            return min(first, length)..<length
        case (.at(let first), .at(let last)) where first <= last:
            return first < length ? first..<min(last, length - 1) + 1 : length..<length
        case (.unsaid, .at(let count)):
            // RFC 9110 14.1.2: the last bytes of nothing can be had, only that there is no range to say so with.
            return length == 0 && count > 0 ? nil : length - min(count, length)..<length
        case (.at, .at), (.unsaid, .unsaid), (.malformed, _), (_, .malformed):
            return nil
        }
    }

    /// Adds `part`, together with those it touches, where the first of them is.
    private static func join(_ part: Range<Int>, to parts: inout [Range<Int>]) {
        var part = part
        var place = parts.count
        while let index = parts.firstIndex(where: { isClose(part, $0) }) {
            let other = parts.remove(at: index)
            part = min(part.lowerBound, other.lowerBound)..<max(part.upperBound, other.upperBound)
            place = min(place, index)
        }
        parts.insert(part, at: place)
    }

    private static func isClose(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
        one.lowerBound - other.upperBound <= gapBytesMax && other.lowerBound - one.upperBound <= gapBytesMax
    }
}

/// One end of a range. Positions beyond any file are as good as the greatest one.
private enum Position {
    case unsaid
    case at(Int)
    case malformed

    init(_ text: Substring.UTF8View) {
        if text.isEmpty {
            self = .unsaid
        } else if text.allSatisfy(\.isDigit) {
            self = .at(Int(Substring(text)) ?? Int.max)
        } else {
            self = .malformed
        }
    }
}
