internal import HTTPMessage
internal import HTTPTypes

/// What the sender of a request would rather get, by its `Accept` field (RFC 9110 section 12.5.1).
enum Preference: Sendable, Hashable {
    case html
    case json
    /// It does not say, or takes anything.
    case none

    init(_ request: Request) {
        let ranges = (request[.accept] ?? "").split(separator: ",").map { Preference.range($0) }
        func weight(_ type: String) -> (quality: Double, isNamed: Bool) {
            let wildcard = "\(type.prefix { $0 != "/" })/*"
            for name in [type, wildcard, "*/*"] {
                if let range = ranges.first(where: { $0.name == name }) {
                    return (range.quality, name == type && range.quality > 0)
                }
            }
            return (0, false)
        }
        let (html, json) = (weight("text/html"), weight("application/json"))
        if html.quality != json.quality {
            self = html.quality > json.quality ? .html : .json
        } else if html.isNamed != json.isNamed {
            self = html.isNamed ? .html : .json
        } else {
            self = html.isNamed ? .html : .none
        }
    }

    private static func range(_ text: Substring) -> (name: String, quality: Double) {
        let parts = text.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
        let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 }
        return (parts.first ?? "", quality ?? 1)
    }
}
