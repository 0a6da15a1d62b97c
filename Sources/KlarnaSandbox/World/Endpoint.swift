import Wire

/// One of Klarna's endpoints that exist here.
struct Endpoint: Sendable {
    struct Arguments: Sendable {
        /// What stands in the places of the path's parameters, percent-decoded no further: Klarna's ids need no encoding.
        let parameters: [String: String]
        let body: JSONObject
        let idempotencyKey: String?
        let baseURL: String
        let now: Timestamp

        /// What stands in the place of `{id}`.
        var id: String { self["id"] }

        subscript(parameter: String) -> String { parameters[parameter] ?? "" }
    }

    /// What an endpoint makes of a request's body.
    enum Body: Sendable {
        /// Nothing: whatever was sent is not looked at.
        case ignored
        /// It has to be a JSON object.
        case object
        /// It has to be a JSON object; the empty list, which PHP sends for an empty one, passes for that.
        case objectOrEmptyList
    }

    typealias Work = @Sendable (inout SandboxWorld, Arguments) throws(KlarnaRefusal) -> KlarnaAnswer

    let method: String
    /// A path with parameters, each a segment such as `{id}`.
    let pattern: String
    let body: Body
    let rate: RateMeter.Category
    /// Whether `Klarna-Idempotency-Key` makes the answer to the first call that to all.
    let honoursKeys: Bool
    let answer: Work

    private let segments: [Substring]

    init(
        _ method: String,
        _ pattern: String,
        body: Body = .ignored,
        rate: RateMeter.Category = .other,
        honoursKeys: Bool = false,
        _ answer: @escaping Work,
    ) {
        self.method = method
        self.pattern = pattern
        self.body = body
        self.rate = rate
        self.honoursKeys = honoursKeys
        self.answer = answer
        segments = Endpoint.segments(of: pattern)
    }

    static let all = payments + hostedPages + orderManagement + customerTokens + checkout

    static func find(_ call: KlarnaCall) -> (endpoint: Endpoint?, parameters: [String: String]) {
        let segments = segments(of: call.path)
        for endpoint in all where endpoint.method == call.method {
            if let parameters = endpoint.parameters(in: segments) { return (endpoint, parameters) }
        }
        return (nil, [:])
    }

    /// 405 with the methods that the path has, or 404.
    static func refusal(of call: KlarnaCall) -> KlarnaRefusal {
        let segments = segments(of: call.path)
        let methods = all.filter { $0.parameters(in: segments) != nil }.map(\.method)
        guard !methods.isEmpty else { return KlarnaRefusal(404, "NOT_FOUND", "No such resource") }
        var refusal = KlarnaRefusal(405, "METHOD_NOT_ALLOWED", "The method \(call.method) is not supported here")
        refusal.allow = methods
        return refusal
    }

    /// The parameters in a path of this pattern; `nil` for another path.
    private func parameters(in path: [Substring]) -> [String: String]? {
        guard path.count == segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (expected, given) in zip(segments, path) {
            if expected.first == "{" {
                guard !given.isEmpty else { return nil }
                parameters[String(expected.dropFirst().dropLast())] = String(given)
            } else if expected != given {
                return nil
            }
        }
        return parameters
    }

    private static func segments(of path: String) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: false)
    }
}
