internal import Wire

extension Timestamp {
    /// Reads the `Date` of an answer, `Tue, 04 Mar 2025 09:15:31 GMT` (RFC 9110 5.6.7, the form that may still be sent).
    init?(httpDate text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[5] == "GMT", parts[1].utf8.count == 2, parts[3].utf8.count == 4,
            let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        self.init("\(parts[3])-\(month < 9 ? "0" : "")\(month + 1)-\(parts[1])T\(parts[4])Z")
    }
}

private let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

extension Duration {
    /// Reads `Retry-After`: seconds, or a date that is compared with the answer's own. Never negative, a day at most.
    init?(retryAfter text: String, at now: Timestamp?) {
        let dayMax = Duration.seconds(86_400)
        if !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            self = min(Int64(text).map { .seconds(min($0, 86_400)) } ?? dayMax, dayMax)
            return
        }
        guard let time = Timestamp(httpDate: text), let now else { return nil }
        self = max(.zero, min(time - now, dayMax))
    }
}
