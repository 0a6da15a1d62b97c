import Wire

/// What a part of a request body may look like, as Klarna's schemas say it.
///
/// `null` counts as absent, unknown members are ignored, and every wrong place is found, not only the first.
indirect enum Shape: Sendable {
    /// Lengths in UTF-16 units, as Klarna's servers count them.
    case text(_ lengths: ClosedRange<Int> = 0...65_535, _ isRight: @Sendable (String) -> Bool = { _ in true })
    case integer(_ values: ClosedRange<Int64> = Int64.min...Int64.max)
    case boolean
    case list(of: Shape, _ counts: ClosedRange<Int> = 0...1000)
    case object([Member])

    struct Member: Sendable {
        let name: String
        let isRequired: Bool
        let shape: Shape
    }

    static func words(_ allowed: String...) -> Shape { words(allowed) }

    static func words(_ allowed: [String]) -> Shape { .text { allowed.contains($0) } }

    /// HPP's samples write its words in lower case where its specification has upper case: both are taken.
    static func wordsInAnyCase(_ allowed: String...) -> Shape { .text { allowed.contains($0.uppercased()) } }

    /// The paths below `path` at which a value is not as it should be, such as `order_lines[1].tax_rate`.
    func wrongPaths(in value: JSON, at path: String) -> [String] {
        switch self {
        case .text(let lengths, let isRight):
            guard case .string(let text) = value, lengths.contains(text.unicodeScalars.count), isRight(text) else {
                return [path]
            }
            return []
        case .integer(let values):
            guard case .integer(let number) = value, values.contains(number) else { return [path] }
            return []
        case .boolean:
            guard case .bool = value else { return [path] }
            return []
        case .list(let element, let counts):
            guard case .array(let elements) = value, counts.contains(elements.count) else { return [path] }
            return elements.enumerated().flatMap { element.wrongPaths(in: $1, at: "\(path)[\($0)]") }
        case .object(let members):
            guard case .object(let object) = value else { return [path] }
            return members.flatMap { member -> [String] in
                let path = path.isEmpty ? member.name : "\(path).\(member.name)"
                guard let value = object.value(member.name) else { return member.isRequired ? [path] : [] }
                return member.shape.wrongPaths(in: value, at: path)
            }
        }
    }

    /// The names of an object's members, in order.
    var memberNames: [String] {
        guard case .object(let members) = self else { return [] }
        return members.map(\.name)
    }
}

func required(_ name: String, _ shape: Shape) -> Shape.Member {
    Shape.Member(name: name, isRequired: true, shape: shape)
}

func optional(_ name: String, _ shape: Shape) -> Shape.Member {
    Shape.Member(name: name, isRequired: false, shape: shape)
}

extension JSONObject {
    /// The member of that name unless it is absent or `null`.
    func value(_ name: String) -> JSON? {
        guard let value = self[name], !value.isNull else { return nil }
        return value
    }

    func string(_ name: String) -> String? { self[name]?.string }

    func integer(_ name: String) -> Int64? { self[name]?.integer }

    /// Only the members of these names that have a value, in this order.
    func keeping(_ names: [String]) -> JSONObject {
        JSONObject(names.compactMap { name in value(name).map { (name, $0) } })
    }

    /// This object with `changes` laid over it.
    func merging(_ changes: JSONObject) -> JSONObject {
        var merged = self
        for member in changes.members where !member.value.isNull { merged[member.name] = member.value }
        return merged
    }
}

extension JSON {
    /// The same value with the members of each object in alphabetical order, so that equal bodies compare as equal.
    var sorted: JSON {
        switch self {
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let object):
            .object(JSONObject(object.members.sorted { $0.name < $1.name }.map { ($0.name, $0.value.sorted) }))
        case .null, .bool, .integer, .number, .string: self
        }
    }
}
