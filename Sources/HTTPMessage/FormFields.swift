/// The names and values of a form (`application/x-www-form-urlencoded`) or of a query string, in their order.
public struct FormFields: Sendable {
    public let pairs: [(name: String, value: String)]

    /// Nil when an escape is broken or a name or value is no UTF-8: a form that says something else than it seems is refused.
    public init?(parsing bytes: some Sequence<UInt8>) {
        var pairs: [(name: String, value: String)] = []
        for part in Array(bytes).split(separator: UInt8(ascii: "&")) {
            let sides = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.text(sides[0]), let value = Self.text(sides.count > 1 ? sides[1] : []) else {
                return nil
            }
            pairs.append((name, value))
        }
        self.pairs = pairs
    }

    public init?(parsing text: String) {
        self.init(parsing: text.utf8)
    }

    /// The first value under `name`; nil when there is none.
    public subscript(name: String) -> String? {
        pairs.first { $0.name == name }?.value
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        guard let decoded = PercentEncoding.decode(bytes, plusIsSpace: true) else { return nil }
        return String(validating: decoded, as: UTF8.self)
    }
}
