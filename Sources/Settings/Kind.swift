/// What a setting's text may be, and the value it then stands for.
struct Kind<Value: Sendable>: Sendable {
    /// Completes the sentence "expected ...".
    let expected: String
    var isList = false
    let parse: @Sendable (String) -> Value?
}

extension Kind<String> {
    static let text = Kind(expected: "text without control characters") { text in
        text.unicodeScalars.contains { $0.properties.generalCategory == .control } ? nil : text
    }

    static let path = Kind(expected: "a path", parse: text.parse)

    /// RFC 7617: a colon would end the user name early.
    static let username = Kind(expected: "text without colons and control characters") { text in
        text.contains(":") ? nil : Kind.text.parse(text)
    }

    static func choice(_ choices: String...) -> Kind {
        Kind(expected: choices.joined(separator: " or ")) { choices.contains($0) ? $0 : nil }
    }
}

extension Kind<Bool> {
    static let boolean = Kind(expected: "true or false") { Bool($0) }
}

extension Kind<Int> {
    static func integer(_ range: ClosedRange<Int>) -> Kind {
        Kind(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            guard text.utf8.allSatisfy({ isDigit($0) }), let number = Int(text), range.contains(number) else {
                return nil
            }
            return number
        }
    }
}

extension Kind<Duration> {
    static func duration(_ range: ClosedRange<Duration> = .zero ... .seconds(30 * 24 * 3600)) -> Kind {
        let bounds = range.lowerBound > .zero ? " of at least \(inConfigurationWords(range.lowerBound))" : ""
        return Kind(expected: "a duration\(bounds) such as 250ms, 30s, 5m or 48h") { text in
            guard let duration = Kind.parsed(text), range.contains(duration) else { return nil }
            return duration
        }
    }

    /// One number and one unit: `250ms`, `30s`, `5m`, `48h`. A week of milliseconds and a year of hours still fit.
    static func parsed(_ text: some StringProtocol) -> Duration? {
        let digits = text.prefix { isDigit($0.utf8.first ?? 0) && $0.utf8.count == 1 }
        guard (1...9).contains(digits.count), let number = Int64(digits) else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": return .milliseconds(number)
        case "s": return .seconds(number)
        case "m": return .seconds(number * 60)
        case "h": return .seconds(number * 3600)
        case _: return nil
        }
    }

    private static func inConfigurationWords(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        return attoseconds == 0 ? "\(seconds)s" : "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms"
    }
}

extension Kind<[Duration]> {
    /// Where the list repeats, the last one is used again and again and must not be zero.
    static func durations(repeats: Bool) -> Kind {
        let rule = repeats ? "; the last one repeats and is at least 10ms" : ""
        return Kind(expected: "a list of durations such as 1s,30s,5m\(rule)", isList: true) { text in
            let items = text.split(separator: ",", omittingEmptySubsequences: false)
            let durations = items.compactMap { Kind<Duration>.parsed($0.trimmingBlanks()) }
            guard durations.count == items.count, durations.count <= 100, let last = durations.last,
                durations.allSatisfy({ $0 <= .seconds(30 * 24 * 3600) }), !repeats || last >= .milliseconds(10)
            else { return nil }
            return durations
        }
    }
}

extension Kind<HostAndPort> {
    static let address = Kind(expected: "HOST:PORT such as 127.0.0.1:8080 or [::1]:8080") { HostAndPort($0) }
}

extension Kind<ListenPlace> {
    static let place = Kind(
        expected: "HOST:PORT such as 127.0.0.1:8080 or [::1]:8080, or unix:PATH of at most "
            + "\(ListenPlace.pathBytesMax) bytes"
    ) { ListenPlace($0) }
}

extension Kind<WebURL> {
    static let confidentialURL = Kind(
        expected: "an https URL without user, query and fragment (http only for a loopback host)"
    ) { text in
        guard let url = WebURL(text), url.isConfidential else { return nil }
        return url
    }
}

extension Kind<[String]> {
    /// Whether they are addresses is known to the room that compares them.
    static let proxies = Kind(
        expected: "a list of addresses and networks such as 10.0.0.0/8, or unix",
        isList: true,
    ) { text in
        let items = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingBlanks() }
        let isPlain = items.allSatisfy { item in
            !item.isEmpty && item.utf8.allSatisfy { isLetterOrDigit($0) || ".:/".utf8.contains($0) }
        }
        return isPlain ? items : nil
    }

    static let origins = Kind(
        expected: "a list of https origins such as https://shop.example (http only for a loopback host)",
        isList: true,
    ) { text in
        let items = text.split(separator: ",", omittingEmptySubsequences: false)
        let urls = items.compactMap { WebURL($0.trimmingBlanks()) }
        guard urls.count == items.count, urls.allSatisfy({ $0.path.isEmpty && $0.isConfidential }) else { return nil }
        return urls.map(\.origin)
    }
}

extension Kind<Secret<String>> {
    static let secretText = Kind(expected: "text without control characters") { text in
        Kind<String>.text.parse(text).map { Secret($0) }
    }

    /// Standard Webhooks: `whsec_` and 24 to 64 bytes in base64.
    static let webhookSecret = Kind(expected: "whsec_ followed by 24 to 64 bytes in base64") { text in
        guard text.hasPrefix("whsec_"), let key = Base64.decode(text.dropFirst(6)), (24...64).contains(key.count)
        else { return nil }
        return Secret(text)
    }
}

extension Kind<Secret<[UInt8]>> {
    static let base64Key = Kind(expected: "32 bytes in base64") { text in
        guard let key = Base64.decode(text), key.count == 32 else { return nil }
        return Secret(key)
    }
}

extension Kind<DatabaseLocation> {
    static let database = Kind(expected: "sqlite:PATH or postgres://user:password@host:port/db") {
        DatabaseLocation($0)
    }
}

extension StringProtocol {
    func trimmingBlanks() -> String {
        let blanks: Set<Character> = [" ", "\t", "\n"]
        var rest = self[...]
        while let first = rest.first, blanks.contains(first) { rest = rest.dropFirst() }
        while let last = rest.last, blanks.contains(last) { rest = rest.dropLast() }
        return String(rest)
    }
}
