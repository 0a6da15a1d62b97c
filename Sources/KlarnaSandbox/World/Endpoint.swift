import Wire

/// One of Klarna's endpoints that exist here.
struct Endpoint: Sendable {
    struct Arguments: Sendable {
        /// What stands in the place of `{id}`, percent-decoded no further: Klarna's ids need no encoding.
        let id: String
        let body: JSONObject
        let idempotencyKey: String?
        let baseURL: String
        let now: Timestamp
    }

    typealias Work = @Sendable (inout SandboxWorld, Arguments) throws(KlarnaRefusal) -> KlarnaAnswer

    let method: String
    /// A path with at most one parameter, `{id}`.
    let pattern: String
    let hasBody: Bool
    let rate: RateMeter.Category
    let answer: Work

    init(
        _ method: String,
        _ pattern: String,
        hasBody: Bool = false,
        rate: RateMeter.Category = .other,
        _ answer: @escaping Work,
    ) {
        self.method = method
        self.pattern = pattern
        self.hasBody = hasBody
        self.rate = rate
        self.answer = answer
    }

    static let all: [Endpoint] = [
        Endpoint("POST", "/payments/v1/sessions", hasBody: true, rate: .createPaymentSession) {
            world,
            call throws(KlarnaRefusal) in try world.createPaymentSession(call)
        },
        Endpoint("POST", "/payments/v1/sessions/{id}", hasBody: true) {
            world,
            call throws(KlarnaRefusal) in try world.updatePaymentSession(call)
        },
        Endpoint("GET", "/payments/v1/sessions/{id}") {
            world,
            call throws(KlarnaRefusal) in try world.readPaymentSession(call)
        },
        Endpoint("DELETE", "/payments/v1/authorizations/{id}") {
            world,
            call throws(KlarnaRefusal) in try world.releaseAuthorization(call)
        },
        Endpoint("POST", "/payments/v1/authorizations/{id}/order", hasBody: true) {
            world,
            call throws(KlarnaRefusal) in try world.placeOrder(call)
        },
        Endpoint("POST", "/hpp/v1/sessions", hasBody: true, rate: .createHPPSession) {
            world,
            call throws(KlarnaRefusal) in try world.createHPPSession(call)
        },
        Endpoint("GET", "/hpp/v1/sessions/{id}") {
            world,
            call throws(KlarnaRefusal) in try world.readHPPSession(call)
        },
        Endpoint("DELETE", "/hpp/v1/sessions/{id}") {
            world,
            call throws(KlarnaRefusal) in try world.disableHPPSession(call)
        },
        Endpoint("POST", "/hpp/v1/sessions/{id}/distribution", hasBody: true) {
            world,
            call throws(KlarnaRefusal) in try world.distributeHPPSession(call)
        },
        Endpoint("GET", "/ordermanagement/v1/orders/{id}") {
            world,
            call throws(KlarnaRefusal) in try world.readOrder(call)
        },
        Endpoint("POST", "/ordermanagement/v1/orders/{id}/acknowledge") {
            world,
            call throws(KlarnaRefusal) in try world.acknowledgeOrder(call)
        },
    ]

    static func find(_ call: KlarnaCall) -> (endpoint: Endpoint?, id: String) {
        for endpoint in all where endpoint.method == call.method {
            if let id = endpoint.id(in: call.path) { return (endpoint, id) }
        }
        return (nil, "")
    }

    /// 405 with the methods that the path has, or 404.
    static func refusal(of call: KlarnaCall) -> KlarnaRefusal {
        let methods = all.filter { $0.id(in: call.path) != nil }.map(\.method)
        guard !methods.isEmpty else { return KlarnaRefusal(404, "NOT_FOUND", "No such resource") }
        var refusal = KlarnaRefusal(405, "METHOD_NOT_ALLOWED", "The method \(call.method) is not supported here")
        refusal.allow = methods
        return refusal
    }

    /// The id in a path of this pattern, empty when the pattern has none; `nil` for another path.
    private func id(in path: String) -> String? {
        guard let parameter = pattern.firstRange(of: "{id}") else { return path == pattern ? "" : nil }
        let (head, tail) = (pattern[..<parameter.lowerBound], pattern[parameter.upperBound...])
        guard path.hasPrefix(head), path.hasSuffix(tail), path.utf8.count > head.utf8.count + tail.utf8.count else {
            return nil
        }
        let id = path.dropFirst(head.count).dropLast(tail.count)
        return id.contains("/") ? nil : String(id)
    }
}
