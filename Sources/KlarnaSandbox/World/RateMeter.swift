import Wire

/// Klarna's rate limits: calls within one second, by category.
///
/// Klarna, "Rate limit": the playground takes 5 creations of each kind and 50 other calls a second.
struct RateMeter: Sendable {
    enum Category: Sendable {
        case createPaymentSession
        case createToken
        case createHPPSession
        case other

        var callsPerSecondMax: Int {
            switch self {
            case .createPaymentSession, .createToken, .createHPPSession: 5
            case .other: 50
            }
        }
    }

    struct Reading: Sendable {
        let limit: Int
        let used: Int

        var isExceeded: Bool { used > limit }

        var fields: [String: String] {
            [
                "X-Ratelimit-Limit": "\(limit), \(limit);w=1",
                "X-Ratelimit-Remaining": String(max(0, limit - used)),
                "X-Ratelimit-Reset": "1",
            ]
        }
    }

    private var windows: [Category: (second: Int64, used: Int)] = [:]

    mutating func count(_ category: Category, at now: Timestamp) -> Reading {
        let second = now.milliseconds / 1000
        let used = windows[category].flatMap { $0.second == second ? $0.used : nil } ?? 0
        windows[category] = (second, used + 1)
        return Reading(limit: category.callsPerSecondMax, used: used + 1)
    }
}
