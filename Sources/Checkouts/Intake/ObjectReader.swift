import Wire

/// Reads one JSON object member by member and notes everything that is wrong with it, so that its author learns all of
/// it at once. `null` counts as missing, and a member that nobody asked for is a fault.
struct ObjectReader {
    let pointer: String
    private(set) var faults: [Fault] = []
    private let object: JSONObject
    private var known: Set<String> = []

    init(_ object: JSONObject, at pointer: String = "") {
        self.object = object
        self.pointer = pointer
    }

    /// What a text may be.
    enum TextRule {
        /// One line of a person's words; a card number in it is refused.
        case words
        /// The same, but an article number (EAN, GTIN) may look like a card number.
        case articleNumber
        /// The same as words, with tabs and line breaks.
        case lines
        /// One line of which nothing more is asked: a phone number, a URL.
        case anything
    }

    mutating func text(
        _ name: String,
        _ length: ClosedRange<Int> = 0...255,
        _ rule: TextRule = .words,
        required: Bool = false,
    ) -> String? {
        guard let value = member(name, required: required) else { return nil }
        guard let text = value.string else { return fault(name, "must be a string") }
        guard text.isShorter(than: length.upperBound + 1), !text.isShorter(than: length.lowerBound) else {
            return fault(name, "must have \(length.lowerBound) to \(length.upperBound) characters")
        }
        let breaks: Set<Unicode.Scalar> = rule == .lines ? ["\t", "\n", "\r"] : []
        let isPrintable = text.unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control || breaks.contains($0)
        }
        guard isPrintable else { return fault(name, "must not contain control characters") }
        if rule != .anything { refuseCardNumber(in: text, name, unlessArticleNumber: rule == .articleNumber) }
        return text
    }

    mutating func refuseCardNumber(in text: String, _ name: String, unlessArticleNumber: Bool) {
        guard CardNumber.isContained(in: text, unlessArticleNumber: unlessArticleNumber) else { return }
        note(name, "looks like a payment card number; card numbers must never be sent here")
    }

    /// An integer literal. A fraction, an exponent or a number in quotation marks is refused, whatever its value.
    mutating func integer(
        _ name: String,
        _ range: ClosedRange<Int64>,
        required: Bool = false,
    ) -> Int64? {
        guard let value = member(name, required: required) else { return nil }
        guard let number = value.integer else { return fault(name, ObjectReader.whyNotInteger(value)) }
        guard range.contains(number) else {
            return fault(name, "must be from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func bool(_ name: String) -> Bool? {
        guard let value = member(name) else { return nil }
        return value.bool ?? fault(name, "must be true or false")
    }

    /// One of some words; `ignoringCase` takes either case and returns the word as it is listed.
    mutating func choice(_ name: String, _ words: [String], ignoringCase: Bool = false) -> String? {
        guard let value = member(name) else { return nil }
        return ObjectReader.choice(value, words, ignoringCase)
            ?? fault(name, "must be one of \(words.joined(separator: ", "))")
    }

    mutating func choices(_ name: String, _ words: [String], ignoringCase: Bool = false) -> [String]? {
        elements(name, 0...words.count) { element, place, reader in
            ObjectReader.choice(element, words, ignoringCase)
                ?? reader.fault(at: place, "must be one of \(words.joined(separator: ", "))")
        }
    }

    /// An array of texts of 1 to 255 characters.
    mutating func texts(_ name: String, _ count: ClosedRange<Int>) -> [String] {
        elements(name, count) { element, place, reader in
            guard let text = element.string, !text.isEmpty, text.isShorter(than: 256) else {
                return reader.fault(at: place, "must be a string of 1 to 255 characters")
            }
            return text
        } ?? []
    }

    mutating func object<Value>(
        _ name: String,
        _ read: (inout ObjectReader) -> Value,
    ) -> Value? {
        guard let value = member(name) else { return nil }
        guard let object = value.object else { return fault(name, "must be an object") }
        return inside(object, at: place(name), read)
    }

    /// An array of objects. One that cannot be read is left out; its faults are noted.
    mutating func objects<Value>(
        _ name: String,
        _ count: ClosedRange<Int>,
        required: Bool = false,
        _ read: (inout ObjectReader) -> Value?,
    ) -> [Value]? {
        elements(name, count, required: required) { element, place, reader in
            guard let object = element.object else { return reader.fault(at: place, "must be an object") }
            return reader.inside(object, at: place, read)
        }
    }

    /// A member as it stands, for what has rules of its own; `nil` when it is missing or `null`.
    mutating func member(_ name: String, required: Bool = false) -> JSON? {
        known.insert(name)
        guard let value = object[name], !value.isNull else {
            return required ? fault(name, "is required") : nil
        }
        return value
    }

    /// Whether the member stands there as `null`.
    func hasNull(_ name: String) -> Bool { object[name] == .null }

    /// Whether something is wrong with the member itself.
    func hasFault(_ name: String) -> Bool {
        let place = place(name)
        return faults.contains { $0.pointer == place }
    }

    func place(_ name: String) -> String { "\(pointer)/\(ObjectReader.escaped(name))" }

    /// Notes a fault of a member. Returns `nil`, so that it can stand where the value would.
    mutating func fault<Value>(_ name: String, _ detail: String) -> Value? { fault(at: place(name), detail) }

    mutating func fault<Value>(at place: String, _ detail: String) -> Value? {
        faults.append(Fault(place, detail))
        return nil
    }

    mutating func note(_ name: String, _ detail: String) { faults.append(Fault(place(name), detail)) }

    mutating func note(_ more: [Fault]) { faults += more }

    /// Ends the reading: whatever nobody asked for is a fault.
    mutating func end() {
        for name in object.names where !known.contains(name) {
            faults.append(Fault(place(name), "is not known here"))
        }
    }

    private mutating func elements<Value>(
        _ name: String,
        _ count: ClosedRange<Int>,
        required: Bool = false,
        _ read: (JSON, String, inout ObjectReader) -> Value?,
    ) -> [Value]? {
        guard let value = member(name, required: required) else { return nil }
        guard let elements = value.array else { return fault(name, "must be an array") }
        guard count.contains(elements.count) else {
            return fault(name, "must have \(count.lowerBound) to \(count.upperBound) elements")
        }
        var values: [Value] = []
        for (index, element) in elements.enumerated() {
            if let value = read(element, "\(place(name))/\(index)", &self) { values.append(value) }
        }
        return values
    }

    private mutating func inside<Value>(
        _ object: JSONObject,
        at pointer: String,
        _ read: (inout ObjectReader) -> Value,
    ) -> Value {
        var reader = ObjectReader(object, at: pointer)
        let value = read(&reader)
        reader.end()
        faults += reader.faults
        return value
    }

    /// Takes whatever else stands there for known.
    mutating func ignoreTheRest() { known.formUnion(object.names) }

    private static func choice(_ value: JSON, _ words: [String], _ ignoringCase: Bool) -> String? {
        guard let text = value.string else { return nil }
        return words.first { $0 == text || ignoringCase && $0.lowercased() == text.lowercased() }
    }

    private static func whyNotInteger(_ value: JSON) -> String {
        switch value {
        case .number: "must be an integer without fraction or exponent, within 64 bits: 12.34 in minor units is 1234"
        case .string: "must be an integer: write it without quotation marks"
        case .null, .bool, .integer, .array, .object: "must be an integer"
        }
    }

    /// RFC 6901 section 3.
    private static func escaped(_ name: String) -> String {
        var escaped = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "~": escaped += "~0"
            case "/": escaped += "~1"
            case _: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

extension String {
    /// Whether there are fewer characters (Unicode scalars) than that, without counting a long text to its end.
    fileprivate func isShorter(than count: Int) -> Bool {
        guard utf8.count >= count else { return true }
        return unicodeScalars.prefix(count).count < count
    }
}
