internal import Logging

/// Keeps secrets out of log lines: fields by an allow-list of names, text by the shapes in which secrets come.
enum Redaction {
    /// Names of fields that may be shown. A new one is added here together with the line that writes it.
    static let allowed: Set<String> = [
        "account", "address", "attempt", "checkout", "connection", "correlation_id", "count", "duration_ms", "error",
        "event_id", "expires_at",
        "job", "limit", "method", "operation", "order", "part", "path", "port", "reason", "route", "status",
        "subject", "url",
        // What swift-service-lifecycle says about the services that it runs.
        "sl-error", "sl-gracefulShutdownSignals", "sl-service", "sl-services", "sl-signal",
    ]

    static func clean(_ value: Logger.MetadataValue, under key: String) -> String {
        guard allowed.contains(key) else { return "***" }
        switch value {
        case .string(let text): return clean(isAddress(key) ? withoutQuery(text) : text)
        case .stringConvertible(let value):
            return clean(isAddress(key) ? withoutQuery(value.description) : value.description)
        case .array(let values): return "[" + values.map { clean($0, under: key) }.joined(separator: ", ") + "]"
        case .dictionary(let values):
            let members = values.sorted { $0.key < $1.key }.map { "\($0.key): \(clean($0.value, under: $0.key))" }
            return "[" + members.joined(separator: ", ") + "]"
        }
    }

    private static func isAddress(_ key: String) -> Bool { key == "path" || key == "url" }

    private static func withoutQuery(_ text: String) -> String {
        text.firstIndex(of: "?").map { "\(text[..<$0])?***" } ?? text
    }

    /// Masks what follows `/return/`, `/callbacks/`, `Bearer `, `token=` and their like, up to the end of the word.
    static func clean(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let lowercase = bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        var cleaned: [UInt8] = []
        var position = 0
        while position < bytes.count {
            guard let secret = secretRange(in: lowercase, at: position) else {
                cleaned.append(bytes[position])
                position += 1
                continue
            }
            cleaned += bytes[position..<secret.lowerBound] + Array("***".utf8)
            position = secret.upperBound
        }
        return String(decoding: cleaned, as: UTF8.self)
    }

    /// What announces a secret, and whether `=` or `:` has to stand between the two.
    private static let announcements: [(word: [UInt8], needsSign: Bool)] = [
        ("/return/", false), ("/callbacks/", false), ("bearer ", false), ("basic ", false), ("whsec_", false),
        ("token", true), ("secret", true), ("password", true), ("authorization", true), ("api_key", true),
    ].map { (Array($0.0.utf8), $0.1) }

    /// The secret that is announced at a position, if one is.
    private static func secretRange(in text: [UInt8], at position: Int) -> Range<Int>? {
        for (word, needsSign) in announcements where text[position...].starts(with: word) {
            var start = position + word.count
            if needsSign {
                let separators = text[start...].prefix { "\"' =:".utf8.contains($0) }
                guard separators.contains(where: { "=:".utf8.contains($0) }) else { continue }
                start += separators.count
            }
            // An Authorization field is a scheme and a credential: the second word is the one that matters.
            let ends = word == Array("authorization".utf8) ? "\"'\n" : "\"' \n\t,;&<>()"
            let length = text[start...].prefix { !ends.utf8.contains($0) }.count
            if length > 0 { return start..<start + length }
        }
        return nil
    }
}
