internal import Money
internal import Wire

/// Setting `nil` leaves the member out: Klarna's optional fields are absent, never null.
extension JSONObject {
    mutating func set(_ name: String, _ value: String?) { self[name] = value.map(JSON.string) }

    mutating func set(_ name: String, _ value: Int64?) { self[name] = value.map(JSON.integer) }

    mutating func set(_ name: String, _ value: MinorUnits?) { self[name] = value.map { .integer($0.value) } }

    mutating func set(_ name: String, _ value: Bool?) { self[name] = value.map(JSON.bool) }

    mutating func set(_ name: String, _ value: JSONObject?) { self[name] = value.map(JSON.object) }
}

extension JSON {
    /// The amount under that name, if an integer stands there.
    func amount(_ name: String) -> MinorUnits? { self[name]?.integer.map { MinorUnits($0) } }

    /// The text under that name, if one stands there that is not empty.
    func text(_ name: String) -> String? { self[name]?.string.flatMap { $0.isEmpty ? nil : $0 } }

    func time(_ name: String) -> Timestamp? { self[name]?.string.flatMap { Timestamp($0) } }
}
