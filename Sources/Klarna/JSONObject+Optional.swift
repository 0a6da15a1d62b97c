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

    /// The locale under that name, spelt as Klarna's documents do: `sv-SE`. Answers may have it in lower case.
    func locale(_ name: String) -> String? {
        text(name).map { text in
            let parts = text.split(separator: "-", maxSplits: 1)
            return parts.count == 2 ? "\(parts[0].lowercased())-\(parts[1].uppercased())" : text
        }
    }

    /// The elements, if this is an array of which each can be read.
    func all<Element>(_ read: (JSON) -> Element?) -> [Element]? {
        guard let elements = array else { return nil }
        let readings = elements.compactMap(read)
        return readings.count == elements.count ? readings : nil
    }

    /// The order lines under that name. Order Management fills in empty texts where there are none.
    func lines(_ name: String) -> [OrderLine]? {
        self[name]?.all { line in
            let members = line.object?.members.filter { $0.value != "" } ?? []
            return OrderLine(json: .object(JSONObject(members.map { ($0.name, $0.value) })))
        }
    }
}
