/// The values of a pattern's `{name}` segments, percent-decoded, each one non-empty segment of the path.
public struct PathParameters: Sendable {
    let pairs: [(name: String, value: String)]

    /// The value of a parameter that the route's pattern names. Asking for another name is a programming mistake.
    public subscript(_ name: String) -> String {
        guard let pair = pairs.first(where: { $0.name == name }) else {
            preconditionFailure("the pattern has no parameter \(name)")
        }
        return pair.value
    }
}
