public import Wire

extension KlarnaDocument {
    /// Values that the document refuses at places where the body of a request has good ones, by the pointers of these
    /// places. `null` stands where a required member would be.
    public func spoilt(_ method: String, _ path: String, body: JSON) throws -> [(pointer: String, value: JSON)] {
        spoilt(body, try requestSchema(method, path), "")
    }

    private func spoilt(_ value: JSON, _ schema: JSON, _ pointer: String) -> [(pointer: String, value: JSON)] {
        let check = SchemaCheck(root: root, isRequest: true, exceptions: [])
        let schema = check.merged(schema)
        guard schema["readOnly"]?.bool != true else { return [] }
        var spoilt: [(pointer: String, value: JSON)] = []
        for candidate in pointer.isEmpty ? [] : candidates(schema) {
            var check = check
            check.check(candidate, against: schema, at: pointer)
            if !check.faults.isEmpty { spoilt.append((pointer, candidate)) }
        }
        switch value {
        case .object(let object):
            for name in schema["required"]?.array?.compactMap(\.string) ?? [] {
                spoilt.append(("\(pointer)/\(name)", .null))
            }
            for member in object.members {
                guard let property = schema["properties"]?[member.name] else { continue }
                spoilt += self.spoilt(member.value, property, "\(pointer)/\(member.name)")
            }
        case .array(let elements):
            // One element stands for all: their schema is the same.
            guard let items = schema["items"], let first = elements.first else { break }
            spoilt += self.spoilt(first, items, "\(pointer)/0")
        case .null, .bool, .integer, .number, .string: break
        }
        return spoilt
    }

    /// A value of every type, and what lies just beyond the limits of the schema. Some of them may be good.
    private func candidates(_ schema: JSON) -> [JSON] {
        var candidates: [JSON] = [7, "seven", true, [:], [], ["x"], .number("7.5")]
        if let most = schema["maxLength"]?.integer {
            candidates.append(.string(String(repeating: "m", count: Int(most) + 1)))
        }
        if let most = schema["maximum"]?.integer { candidates.append(.integer(most + 1)) }
        if let least = schema["minimum"]?.integer { candidates.append(.integer(least - 1)) }
        if schema["minLength"] != nil || schema["pattern"] != nil || schema["enum"] != nil { candidates.append("") }
        return candidates
    }
}
