internal import Logging
internal import Wire

/// One log entry, ready to be written.
struct LogLine {
    let time: Timestamp
    let level: Logger.Level
    let label: String
    let message: String
    let fields: [(name: String, value: String)]

    /// A JSON object without line breaks: `time`, `level`, `logger`, `message`, then the fields.
    var json: String {
        let own = [("time", "\(time)"), ("level", level.rawValue), ("logger", label), ("message", message)]
        // A field of that name would otherwise appear twice in one object.
        let others = fields.map { field in
            (own.contains { $0.0 == field.name } ? "\(field.name)_" : field.name, field.value)
        }
        return "{" + (own + others).map { "\(LogLine.quoted($0)):\(LogLine.quoted($1))" }.joined(separator: ",") + "}"
    }

    /// `2025-03-04T09:25:47.256Z INFO kassa: message name=value`.
    var text: String {
        let shown = fields.map { " \($0.name)=\(LogLine.isPlain($0.value) ? $0.value : LogLine.quoted($0.value))" }
        let plainMessage = String(LogLine.quoted(message).dropFirst().dropLast()).replacing(#"\""#, with: "\"")
        return "\(time) \(level.rawValue.uppercased()) \(label): \(plainMessage)\(shown.joined())"
    }

    private static func isPlain(_ value: String) -> Bool {
        !value.isEmpty
            && value.utf8.allSatisfy { 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
    }

    /// As RFC 8259 quotes; in addition every control character is escaped, since terminals obey C1 and U+2028 too.
    static func quoted(_ string: String) -> String {
        var quoted = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case _
            where scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}"
                || scalar.properties.isBidiControl:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            case _: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
