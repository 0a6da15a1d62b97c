/// A JSON value as it stands in a text.
///
/// Integers and other numbers stay apart, so that an amount is either an integer or refused, and object members keep their
/// order, so that a body is rendered the same way each time. Foundation's decoders take `1234.0` for an integer and the
/// last of two equal members; with money neither will do.
public enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    /// An integer literal that fits 64 bits.
    case integer(Int64)
    /// Any other number, as its literal text: `12.50`, `1e3`, or an integer beyond 64 bits.
    case number(String)
    case string(String)
    case array([JSON])
    case object(JSONObject)

    /// The member of that name when this is an object that has one.
    public subscript(name: String) -> JSON? {
        guard case .object(let object) = self else { return nil }
        return object[name]
    }

    public var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    public var integer: Int64? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    public var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    public var array: [JSON]? {
        guard case .array(let value) = self else { return nil }
        return value
    }

    public var object: JSONObject? {
        guard case .object(let value) = self else { return nil }
        return value
    }

    public var isNull: Bool { self == .null }
}

/// The members of a JSON object in their order. Names are unique.
public struct JSONObject: Sendable, Hashable {
    public private(set) var members: [Member]

    public struct Member: Sendable, Hashable {
        public let name: String
        public let value: JSON
    }

    public init() { members = [] }

    public var isEmpty: Bool { members.isEmpty }

    public var names: [String] { members.map(\.name) }

    /// Objects here have few members: looking along them is as fast as a table and keeps their order.
    public subscript(name: String) -> JSON? {
        get { members.first { $0.name == name }?.value }
        set {
            let position = members.firstIndex { $0.name == name }
            switch (position, newValue) {
            case (let position?, let value?): members[position] = Member(name: name, value: value)
            case (let position?, nil): members.remove(at: position)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): return
            }
        }
    }

    /// Appends a member that is known to be new, without looking for it.
    package mutating func append(_ name: String, _ value: JSON) { members.append(Member(name: name, value: value)) }
}

/// There is no `nil` literal: where an optional is meant, `condition ? value : nil` would quietly become ``JSON/null``.
extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONObject(elements)) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }

    /// A later member of the same name replaces an earlier one.
    public init(_ elements: some Sequence<(String, JSON)>) {
        self.init()
        for (name, value) in elements { self[name] = value }
    }
}
