extension JSON {
    /// Why a text is not JSON, and at which byte that shows.
    public struct ParseError: Error, Sendable, Hashable, CustomStringConvertible {
        public let offset: Int
        public let reason: String

        public var description: String { "\(reason) at byte \(offset)" }
    }

    /// How deeply arrays and objects may nest unless the caller says otherwise.
    public static let depthMax = 32

    /// Reads one JSON text (RFC 8259), strictly: UTF-8, no duplicate names, nothing after it, bounded depth.
    public static func parse(
        _ bytes: [UInt8],
        depthMax: Int = JSON.depthMax,
    ) throws(ParseError) -> JSON {
        var parser = JSONParser(bytes: bytes, depthMax: depthMax)
        return try parser.text()
    }

    public static func parse(_ text: String) throws(ParseError) -> JSON { try parse(Array(text.utf8)) }
}

/// One pass over the bytes, by recursive descent.
private struct JSONParser {
    let bytes: [UInt8]
    let depthMax: Int
    var position = 0

    init(bytes: [UInt8], depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    mutating func text() throws(JSON.ParseError) -> JSON {
        let value = try self.value(depth: 0)
        skipWhitespace()
        guard position == bytes.count else { throw failure("unexpected text after the JSON value") }
        return value
    }

    private mutating func value(depth: Int) throws(JSON.ParseError) -> JSON {
        skipWhitespace()
        switch try peek() {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case _: throw failure("a JSON value was expected")
        }
    }

    private mutating func object(depth: Int) throws(JSON.ParseError) -> JSON {
        guard depth <= depthMax else { throw failure("nested deeper than \(depthMax) levels") }
        position += 1
        var object = JSONObject()
        var names = Set<String>()
        skipWhitespace()
        if try peek() == UInt8(ascii: "}") {
            position += 1
            return .object(object)
        }
        while true {
            skipWhitespace()
            guard try peek() == UInt8(ascii: "\"") else { throw failure("a member name was expected") }
            let start = position
            let name = try string()
            guard names.insert(name).inserted else {
                position = start
                throw failure("a member name stands twice in one object")
            }
            skipWhitespace()
            guard try peek() == UInt8(ascii: ":") else { throw failure("':' was expected") }
            position += 1
            object.append(name, try value(depth: depth))
            guard try separator(or: UInt8(ascii: "}")) else { return .object(object) }
        }
    }

    private mutating func array(depth: Int) throws(JSON.ParseError) -> JSON {
        guard depth <= depthMax else { throw failure("nested deeper than \(depthMax) levels") }
        position += 1
        var elements: [JSON] = []
        skipWhitespace()
        if try peek() == UInt8(ascii: "]") {
            position += 1
            return .array(elements)
        }
        while true {
            elements.append(try value(depth: depth))
            guard try separator(or: UInt8(ascii: "]")) else { return .array(elements) }
        }
    }

    /// Takes a comma (true) or the closing byte (false).
    private mutating func separator(or closing: UInt8) throws(JSON.ParseError) -> Bool {
        skipWhitespace()
        let byte = try peek()
        guard byte == UInt8(ascii: ",") || byte == closing else {
            throw failure("',' or '\(Character(Unicode.Scalar(closing)))' was expected")
        }
        position += 1
        return byte != closing
    }

    private mutating func literal(_ word: StaticString, _ value: JSON) throws(JSON.ParseError) -> JSON {
        for byte in word.description.utf8 {
            guard position < bytes.count, bytes[position] == byte else { throw failure("a JSON value was expected") }
            position += 1
        }
        return value
    }

    private mutating func number() throws(JSON.ParseError) -> JSON {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        guard digits() > 0 else { throw failure("a digit was expected") }
        let first = bytes[start] == UInt8(ascii: "-") ? start + 1 : start
        guard bytes[first] != UInt8(ascii: "0") || position == first + 1 else {
            position = first
            throw failure("a number may not begin with a zero")
        }
        var isInteger = true
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            guard digits() > 0 else { throw failure("a digit was expected") }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            guard digits() > 0 else { throw failure("a digit was expected") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard isInteger, let value = Int64(text), text != "-0" else { return .number(text) }
        return .integer(value)
    }

    /// Skips digits and says how many there were.
    private mutating func digits() -> Int {
        let start = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        return position - start
    }

    private mutating func string() throws(JSON.ParseError) -> String {
        position += 1
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                let value = try utf8(bytes[start..<position])
                position += 1
                return value
            case UInt8(ascii: "\\"): return try escapedString(from: start)
            case 0..<0x20: throw failure("a control character stands in a string")
            case _: position += 1
            }
        }
        throw failure("the text ends inside a string")
    }

    /// The slower way, from the first backslash on.
    private mutating func escapedString(from start: Int) throws(JSON.ParseError) -> String {
        var unescaped = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                return try utf8(unescaped[...])
            case UInt8(ascii: "\\"):
                unescaped.append(contentsOf: try escape())
            case 0..<0x20:
                position -= 1
                throw failure("a control character stands in a string")
            case _:
                unescaped.append(byte)
            }
        }
        throw failure("the text ends inside a string")
    }

    private mutating func escape() throws(JSON.ParseError) -> [UInt8] {
        let byte = try peek()
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(Character(try unicodeScalar())).utf8)
        case _:
            position -= 1
            throw failure("an unknown escape stands in a string")
        }
    }

    private mutating func unicodeScalar() throws(JSON.ParseError) -> Unicode.Scalar {
        let first = try hexadecimal()
        var value = UInt32(first)
        if (0xD800..<0xDC00).contains(first) {
            guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            else { throw failure("a lone surrogate stands in a string") }
            position += 2
            let second = try hexadecimal()
            guard (0xDC00..<0xE000).contains(second) else { throw failure("a lone surrogate stands in a string") }
            value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw failure("a lone surrogate stands in a string") }
        return scalar
    }

    private mutating func hexadecimal() throws(JSON.ParseError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(try peek())).hexDigitValue else {
                throw failure("four hexadecimal digits were expected")
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }

    private func utf8(_ slice: ArraySlice<UInt8>) throws(JSON.ParseError) -> String {
        guard let value = String(validating: slice, as: UTF8.self) else { throw failure("a string is not UTF-8") }
        return value
    }

    private func peek() throws(JSON.ParseError) -> UInt8 {
        guard position < bytes.count else { throw failure("the text ends too early") }
        return bytes[position]
    }

    private mutating func skipWhitespace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private func failure(_ reason: String) -> JSON.ParseError { JSON.ParseError(offset: position, reason: reason) }
}
