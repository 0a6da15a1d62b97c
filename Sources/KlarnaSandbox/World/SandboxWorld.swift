public import Wire

/// The offline Klarna as a value: payment sessions, hosted pages and orders, and every rule about them.
///
/// It does no I/O and has no clock: each call brings the time it happens at, ids come from the given randomness. Its
/// rules are its own reading of Klarna's published documents. It is kept in memory and grows until it is replaced by a
/// new one.
public struct SandboxWorld: Sendable {
    /// What Klarna's documents leave open or what differs between accounts.
    public struct Behaviour: Sendable {
        /// How placing an order again with a consumed token and the same body is answered.
        public var repeatedOrder = RepeatedOrder.sameOrder
        /// How long a payment session still reads `incomplete` after its order was placed.
        public var completionDelay = Duration.zero
        /// Whether more calls per second than the playground allows are answered 429.
        public var enforcesRateLimits = false

        public init() {}
    }

    public enum RepeatedOrder: Sendable {
        /// The first answer again, as long as the token would have lived.
        case sameOrder
        /// 403 `INVALID_OPERATION`.
        case consumed
        /// 404 `NOT_FOUND`.
        case gone
    }

    public var behaviour: Behaviour
    var identifiers: Identifiers
    var paymentSessions: [String: PaymentSession] = [:]
    var authorizations: [String: Authorization] = [:]
    var hppSessions: [String: HPPSession] = [:]
    /// HPP session ids by the short id in their page's path.
    var hppSessionIDsByPage: [String: String] = [:]
    var ordersByID: [String: Order] = [:]
    /// Order ids, the oldest first.
    var orderIDs: [String] = []
    private var rates = RateMeter()

    public init(
        behaviour: Behaviour = Behaviour(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
    ) {
        self.behaviour = behaviour
        identifiers = Identifiers(random: random)
    }

    /// Begins anew, with the same behaviour and the randomness as far as it has come.
    mutating func forgetEverything() {
        let identifiers = identifiers
        self = SandboxWorld(behaviour: behaviour)
        self.identifiers = identifiers
    }

    /// Answers a call to Klarna's API, whatever it is.
    public mutating func answer(_ call: KlarnaCall, at now: Timestamp) -> KlarnaAnswer {
        let correlationID = identifiers.uuid()
        let (endpoint, id) = Endpoint.find(call)
        let rate = rates.count(endpoint?.rate ?? .other, at: now)
        var answer: KlarnaAnswer
        do throws(KlarnaRefusal) {
            guard Credentials.areGiven(in: call.authorization) else { throw .unauthorized }
            guard let endpoint else { throw Endpoint.refusal(of: call) }
            guard !behaviour.enforcesRateLimits || !rate.isExceeded else { throw .tooManyRequests }
            let body = endpoint.hasBody ? try SandboxWorld.object(in: call) : JSONObject()
            let arguments = Endpoint.Arguments(id: id, body: body, baseURL: call.baseURL, now: now)
            answer = try endpoint.answer(&self, arguments)
        } catch {
            answer = error.answer(correlationID: correlationID)
        }
        answer.fields.merge(SandboxWorld.commonFields) { $1 }
        answer.fields["klarna-correlation-id"] = correlationID
        answer.fields.merge(rate.fields) { $1 }
        return answer
    }

    /// An answer that some edge in front of Klarna's service gives instead of it.
    mutating func refuse(_ refusal: KlarnaRefusal) -> KlarnaAnswer {
        let correlationID = identifiers.uuid()
        var answer = refusal.answer(correlationID: correlationID)
        answer.fields["klarna-correlation-id"] = correlationID
        return answer
    }

    private static func object(in call: KlarnaCall) throws(KlarnaRefusal) -> JSONObject {
        let mediaType = call.contentType?.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard mediaType == "application/json" else { throw .unsupportedMediaType }
        guard let body = try? JSON.parse(call.body), case .object(let object) = body else { throw .badRequest }
        return object
    }

    /// As seen on a real answer of the playground.
    private static let commonFields = [
        "cache-control": "no-cache, no-store, max-age=0, must-revalidate",
        "pragma": "no-cache",
        "expires": "0",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    ]
}
