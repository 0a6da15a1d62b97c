/// Metrics with their values at one moment, and their text form: Prometheus' exposition format 0.0.4.
public struct Exposition: Sendable {
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The readings of each metric by the values of its labels.
    private var families: [Metric: [[String]: Reading]] = [:]

    public init() {}

    /// Adds a value, in the place of an earlier one under the same labels, which come in the order the metric has them.
    public mutating func add(_ metric: Metric, _ value: Double, _ labels: String...) {
        add(metric, .value(value), labels)
    }

    mutating func add(_ metric: Metric, _ reading: Reading, _ labels: [String]) {
        precondition(labels.count == metric.labels.count, "\(metric.name) has other labels")
        families[metric, default: [:]][labels] = reading
    }

    /// The metrics that have a value.
    public var metrics: Set<Metric> { Set(families.keys) }

    /// The lines, by name and then by labels, so that two expositions can be compared.
    public var bytes: [UInt8] {
        var text = ""
        for (metric, readings) in families.sorted(by: { $0.key.name < $1.key.name }) {
            text += "# HELP \(metric.name) \(Exposition.escaped(metric.help, quote: false))\n"
            text += "# TYPE \(metric.name) \(metric.kind.word)\n"
            for (values, reading) in readings.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                let labels = zip(metric.labels, values).map { "\($0)=\"\(Exposition.escaped($1, quote: true))\"" }
                Exposition.append(reading, of: metric, labels, to: &text)
            }
        }
        return Array(text.utf8)
    }

    private static func append(_ reading: Reading, of metric: Metric, _ labels: [String], to text: inout String) {
        switch (metric.kind, reading) {
        case (.counter, .value(let value)), (.gauge, .value(let value)), (.histogram, .value(let value)):
            append(metric.name, labels, value, to: &text)
        case (.histogram(let bounds), .distribution(let counts, let sum)):
            var count: UInt64 = 0
            for (bound, more) in zip(bounds + [.infinity], counts) {
                count &+= more
                append("\(metric.name)_bucket", labels + ["le=\"\(number(bound))\""], Double(count), to: &text)
            }
            append("\(metric.name)_sum", labels, sum, to: &text)
            append("\(metric.name)_count", labels, Double(count), to: &text)
        case (.counter, .distribution), (.gauge, .distribution): break
        }
    }

    private static func append(_ name: String, _ labels: [String], _ value: Double, to text: inout String) {
        text += name
        if !labels.isEmpty { text += "{\(labels.joined(separator: ","))}" }
        text += " \(number(value))\n"
    }

    /// A number as Go's `ParseFloat` reads it, without a needless fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Up to here every whole number is exact.
        guard value == value.rounded(), value.magnitude < 0x1p53 else { return "\(value)" }
        return String(Int64(value))
    }

    static func escaped(_ text: String, quote: Bool) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += #"\\"#
            case "\n": escaped += #"\n"#
            case "\"" where quote: escaped += #"\""#
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
