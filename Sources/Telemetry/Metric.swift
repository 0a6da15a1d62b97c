/// One metric that this program may expose: its name, what it counts, and what tells its series apart.
///
/// What is not declared as one of these never reaches `/metrics`, as fields that are not on ``Redaction``'s list never
/// reach the log.
public struct Metric: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// Only grows while the process lives.
        case counter
        /// Goes up and down.
        case gauge
        /// Counts what was observed by size. The bounds ascend; a value belongs to the first one it does not exceed.
        case histogram(bounds: [Double])

        /// As the exposition format spells it.
        public var word: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    /// What one of it is. Prometheus knows base units only.
    public enum Unit: String, Sendable, Hashable {
        case count, seconds, bytes
        /// 1 for yes, 0 for no.
        case truth = "0 or 1"
    }

    public let name: String
    public let kind: Kind
    /// The names of its labels, in the order in which they are written.
    public let labels: [String]
    public let unit: Unit
    /// One sentence, as it stands in the exposition and in the documentation.
    public let help: String

    public init(_ name: String, _ kind: Kind, _ unit: Unit, _ labels: [String] = [], _ help: String) {
        precondition(Metric.isName(name), "\(name) is no name of a metric")
        precondition(labels.allSatisfy(Metric.isLabel), "\(name) has a label whose name is none")
        self.name = name
        self.kind = kind
        self.unit = unit
        self.labels = labels
        self.help = help
    }
}

// MARK: - What may stand in an exposition

extension Metric {
    /// What stands for the value of a label that is not one of ours.
    static let otherValue = "other"

    private static let valueBytesMax = 32

    /// Prometheus' data model, "Metric names and labels"; without the colon, which belongs to recording rules.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !isDigit(first) else { return false }
        return text.utf8.allSatisfy { isLetter($0 | 0x20) || isDigit($0) || $0 == UInt8(ascii: "_") }
    }

    /// Names with two underscores in front are Prometheus' own; `le` tells the buckets of a histogram apart.
    static func isLabel(_ text: String) -> Bool { isName(text) && !text.hasPrefix("__") && text != "le" }

    /// Whether a text may be the value of a label: a word of our own, such as `in_progress`, `place_order` or `2xx`.
    ///
    /// Tokens, session ids, e-mail addresses, names, phone and personal numbers have another form or are longer, so that a
    /// mistake elsewhere does not expose them.
    static func isValue(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= valueBytesMax else { return false }
        guard isLetter(first) || text.utf8.count <= 3 else { return false }
        return text.utf8.allSatisfy {
            isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
    }

    /// The values of the labels in their order; `nil` unless these are the labels the metric has.
    func values(_ dimensions: [(String, String)]) -> [String]? {
        guard dimensions.count == labels.count else { return nil }
        var values: [String] = []
        for label in labels {
            guard let value = dimensions.first(where: { $0.0 == label })?.1 else { return nil }
            values.append(value)
        }
        return values
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
