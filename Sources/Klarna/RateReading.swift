/// What an answer says of Klarna's rate limits: `X-Ratelimit-Limit: 40, 40;w=1`, `X-Ratelimit-Remaining: 39`,
/// `X-Ratelimit-Reset: 1`. What makes no sense is not heard.
package struct RateReading: Sendable, Hashable {
    /// At least 1.
    package let callsPerSecond: Int?
    /// How many more calls Klarna takes until it begins anew.
    package let remaining: Int?
    /// How long until then. Never negative, a day at most.
    package let reset: Duration?

    package init(callsPerSecond: Int? = nil, remaining: Int? = nil, reset: Duration? = nil) {
        self.callsPerSecond = callsPerSecond
        self.remaining = remaining
        self.reset = reset
    }

    package init(_ response: InboundResponse) {
        self.init(
            callsPerSecond: response["X-Ratelimit-Limit"].flatMap { leastRate($0) },
            remaining: response["X-Ratelimit-Remaining"].flatMap { number($0[...]) },
            reset: response["X-Ratelimit-Reset"].flatMap { Duration(retryAfter: $0, at: nil) },
        )
    }
}

/// The least of the limits that name a window in seconds, `;w=1`; if none does, the first, for one second.
private func leastRate(_ text: String) -> Int? {
    let limits = text.split(separator: ",").prefix(8).compactMap { item -> (calls: Int, window: Int?)? in
        let parts = item.split(separator: ";")
        guard let calls = parts.first.flatMap({ number($0) }), calls > 0 else { return nil }
        let window = parts.dropFirst().lazy.map { $0.filter { $0 != " " } }.first { $0.hasPrefix("w=") }
        guard let window else { return (calls, nil) }
        return number(window.dropFirst(2)).flatMap { $0 > 0 ? (calls, $0) : nil }
    }
    let rates = limits.compactMap { limit in limit.window.map { max(1, limit.calls / $0) } }
    return rates.min() ?? limits.first?.calls
}

/// A number of digits alone, spaces around it aside.
private func number(_ text: Substring) -> Int? {
    let digits = text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
    guard !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
    return Int(String(digits))
}
