internal import Foundation
internal import Wire

/// Compares a value with an OpenAPI 3.0 schema, as far as Klarna's documents use it.
struct SchemaCheck {
    let root: JSON
    let isRequest: Bool
    /// Pointers at which the document is known to be wrong.
    let exceptions: Set<String>
    private(set) var faults: [String] = []

    init(root: JSON, isRequest: Bool, exceptions: Set<String>) {
        self.root = root
        self.isRequest = isRequest
        self.exceptions = exceptions
    }

    mutating func check(_ value: JSON, against schema: JSON, at pointer: String) {
        let schema = merged(schema)
        if value.isNull, schema["nullable"]?.bool == true { return }
        guard hasType(value, schema) else {
            return note(pointer, "is not of type \(schema["type"]?.string ?? "any")")
        }
        if let words = schema["enum"]?.array, !words.contains(value), !isOneOfJoined(words, value) {
            note(pointer, "is none of \(words.map(\.text).joined(separator: ", "))")
        }
        switch value {
        case .string(let text): check(text, schema, pointer)
        case .integer(let number): check(number, schema, pointer)
        case .array(let elements): check(elements, schema, pointer)
        case .object(let object): check(object, schema, pointer)
        case .null, .bool, .number: return
        }
    }

    private mutating func check(_ text: String, _ schema: JSON, _ pointer: String) {
        let length = Int64(text.unicodeScalars.count)
        if let least = schema["minLength"]?.integer, length < least { note(pointer, "is shorter than \(least)") }
        if let most = schema["maxLength"]?.integer, length > most { note(pointer, "is longer than \(most)") }
        // Klarna writes patterns with anchors and without, and means all of the text either way.
        if let pattern = schema["pattern"]?.string,
            text.range(of: #"\A(?:\#(pattern))\z"#, options: .regularExpression) == nil
        {
            note(pointer, "does not match \(pattern)")
        }
        switch schema["format"]?.string {
        case "date-time": if Timestamp(text) == nil { note(pointer, "is no time") }
        case "date": if Timestamp("\(text)T00:00:00Z") == nil { note(pointer, "is no date") }
        case "uuid": if UUID(uuidString: text) == nil { note(pointer, "is no UUID") }
        case _: return
        }
    }

    private mutating func check(_ number: Int64, _ schema: JSON, _ pointer: String) {
        if let least = schema["minimum"]?.integer, number < least { note(pointer, "is less than \(least)") }
        if let most = schema["maximum"]?.integer, number > most { note(pointer, "is more than \(most)") }
        if schema["format"]?.string == "int32", Int32(exactly: number) == nil {
            note(pointer, "needs more than 32 bits")
        }
    }

    private mutating func check(_ elements: [JSON], _ schema: JSON, _ pointer: String) {
        let count = Int64(elements.count)
        if let least = schema["minItems"]?.integer, count < least { note(pointer, "has fewer than \(least) elements") }
        if let most = schema["maxItems"]?.integer, count > most { note(pointer, "has more than \(most) elements") }
        if schema["uniqueItems"]?.bool == true, Set(elements).count < elements.count {
            note(pointer, "repeats an element")
        }
        guard let items = schema["items"] else { return }
        for (index, element) in elements.enumerated() { check(element, against: items, at: "\(pointer)/\(index)") }
    }

    private mutating func check(_ object: JSONObject, _ schema: JSON, _ pointer: String) {
        let properties = schema["properties"]
        for name in schema["required"]?.array?.compactMap(\.string) ?? [] where object[name] == nil {
            // What only Klarna may set is not required of us.
            if isRequest, properties?[name].map({ isReadOnly($0) }) == true { continue }
            note("\(pointer)/\(name)", "is missing")
        }
        for member in object.members {
            let here = "\(pointer)/\(member.name)"
            if let property = properties?[member.name] {
                if isRequest, isReadOnly(property) { note(here, "is read-only") }
                check(member.value, against: property, at: here)
            } else if let additional = schema["additionalProperties"] {
                switch additional {
                case true: continue
                case false: note(here, "is not known")
                case _: check(member.value, against: additional, at: here)
                }
            } else if properties != nil {
                note(here, "is not known")
            }
        }
    }

    /// A schema with its `$ref` followed and its `allOf` laid together.
    func merged(_ schema: JSON) -> JSON {
        let schema = resolved(schema, in: root)
        guard let parts = schema["allOf"]?.array, var whole = schema.object else { return schema }
        whole["allOf"] = nil
        for part in parts.map({ merged($0) }) {
            for member in part.object?.members ?? [] {
                switch (member.name, whole[member.name]) {
                case ("properties", .object(let known)?):
                    var union = known
                    for property in member.value.object?.members ?? [] { union[property.name] = property.value }
                    whole["properties"] = .object(union)
                case ("required", .array(let known)?):
                    whole["required"] = .array(known + (member.value.array ?? []))
                case (let name, nil): whole[name] = member.value
                case _: continue
                }
            }
        }
        return .object(whole)
    }

    /// Klarna's Order Management document writes some lists as one word, `physical|discount`.
    private func isOneOfJoined(_ words: [JSON], _ value: JSON) -> Bool {
        guard words.count == 1, let joined = words[0].string, let text = value.string else { return false }
        return joined.split(separator: "|").contains { $0 == text }
    }

    private func isReadOnly(_ property: JSON) -> Bool { merged(property)["readOnly"]?.bool == true }

    private func hasType(_ value: JSON, _ schema: JSON) -> Bool {
        switch (schema["type"]?.string, value) {
        case (nil, _), ("string", .string), ("integer", .integer), ("number", .integer), ("number", .number),
            ("boolean", .bool), ("array", .array), ("object", .object):
            true
        case _: false
        }
    }

    private mutating func note(_ pointer: String, _ fault: String) {
        guard !exceptions.contains(pointer) else { return }
        faults.append("\(pointer.isEmpty ? "the body" : pointer) \(fault)")
    }
}
