public import Wire

/// The offline Klarna as a value: payment sessions, hosted pages and orders, and every rule about them.
///
/// It does no I/O and has no clock: each call brings the time it happens at, ids come from the given randomness. Its
/// rules are its own reading of Klarna's published documents. It is kept in memory and grows until it is replaced by a
/// new one.
public struct SandboxWorld: Sendable {
    public var behaviour: Behaviour
    var identifiers: Identifiers
    /// What decides where ``behaviour`` speaks of so many in a hundred.
    var chance: SeededGenerator
    private let seed: UInt64
    var paymentSessions: [String: PaymentSession] = [:]
    var authorizations: [String: Authorization] = [:]
    var checkoutOrders: [String: CheckoutOrder] = [:]
    var hppSessions: [String: HPPSession] = [:]
    /// HPP session ids, the oldest first.
    var hppSessionIDs: [String] = []
    /// HPP session ids by the short id in their page's path.
    var hppSessionIDsByPage: [String: String] = [:]
    /// Links that Klarna was told to send, the oldest first.
    var distributions: [Distribution] = []
    var ordersByID: [String: Order] = [:]
    /// Order ids, the oldest first.
    var orderIDs: [String] = []
    /// The answers to placed orders by their idempotency keys.
    var keyedAnswers: [String: KeyedAnswer] = [:]
    /// The answers to calls of Order Management and to orders with customer tokens by their idempotency keys.
    var keyedCalls: [KeyedCall: KeyedAnswer] = [:]
    var customerTokens: [String: CustomerToken] = [:]
    /// Customer token ids, the oldest first.
    var customerTokenIDs: [String] = []
    /// What merchants have to be told of orders and were not told yet.
    var orderCallbacks: [OrderCallback] = []
    /// In the order of their times.
    var lateWork: [LateWork] = []
    private var rates = RateMeter()

    /// A world whose ids come from `random`; what `behaviour` leaves to chance comes from `seed`, or from `random` too.
    public init(
        behaviour: Behaviour = Behaviour(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
        seed: UInt64? = nil,
    ) {
        var random = random
        self.behaviour = behaviour
        self.seed = seed ?? random.next()
        chance = SeededGenerator(seed: self.seed)
        identifiers = Identifiers(random: random)
    }

    /// Begins anew: the same behaviour and the same chances, but ids that were not given before.
    mutating func forgetEverything() {
        let identifiers = identifiers
        self = SandboxWorld(behaviour: behaviour, seed: seed)
        self.identifiers = identifiers
    }

    /// Answers a call to Klarna's API, whatever it is, or leaves it without an answer as ``Behaviour/lateEffects`` says.
    public mutating func answer(_ call: KlarnaCall, at now: Timestamp) -> KlarnaAnswer {
        settle(at: now)
        guard let late = behaviour.lateEffects, call.method != "GET", chance.happens(percent: late.percent) else {
            return perform(call, at: now)
        }
        let delay = chance.next() % UInt64(max(1, late.within.milliseconds + 1))
        return leaveUnanswered(call, workAt: now + .milliseconds(Int64(delay)))
    }

    /// Does what a call asks for, at once.
    mutating func perform(_ call: KlarnaCall, at now: Timestamp) -> KlarnaAnswer {
        let correlationID = identifiers.uuid()
        let (endpoint, parameters) = Endpoint.find(call)
        let rate = rates.count(endpoint?.rate ?? .other, at: now)
        var answer: KlarnaAnswer
        do throws(KlarnaRefusal) {
            guard Credentials.areGiven(in: call.authorization) else { throw .unauthorized }
            guard let endpoint else { throw Endpoint.refusal(of: call) }
            guard !behaviour.enforcesRateLimits || !rate.isExceeded else { throw .tooManyRequests }
            answer = try answerOnce(call, at: now, if: endpoint.honoursKeys) { world throws(KlarnaRefusal) in
                let arguments = Endpoint.Arguments(
                    parameters: parameters,
                    body: try SandboxWorld.body(of: call, endpoint.body),
                    idempotencyKey: call.idempotencyKey,
                    baseURL: call.baseURL,
                    now: now,
                )
                return try endpoint.answer(&world, arguments)
            }
        } catch {
            answer = error.answer(correlationID: correlationID)
            if call.path.hasPrefix("/checkout/"), case .object(var body)? = try? JSON.parse(answer.body) {
                // Seen on real errors of Klarna Checkout, and nowhere else.
                body["service_version"] = "sandbox"
                answer.body = JSON.object(body).bytes
            }
        }
        answer.fields.merge(SandboxWorld.commonFields) { $1 }
        answer.fields["Klarna-Correlation-Id"] = correlationID
        // Klarna always tells its limits; one that is not kept to would only slow down whoever heeds it.
        if behaviour.enforcesRateLimits { answer.fields.merge(rate.fields) { $1 } }
        answer.fields["Date"] = now.httpDate
        return answer
    }

    /// An answer that some edge in front of Klarna's service gives instead of it.
    mutating func refuse(_ refusal: KlarnaRefusal) -> KlarnaAnswer {
        let correlationID = identifiers.uuid()
        var answer = refusal.answer(correlationID: correlationID)
        answer.fields["Klarna-Correlation-Id"] = correlationID
        return answer
    }

    private static func body(of call: KlarnaCall, _ expected: Endpoint.Body) throws(KlarnaRefusal) -> JSONObject {
        guard expected != .ignored else { return JSONObject() }
        let mediaType = call.contentType?.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard mediaType == "application/json" else { throw .unsupportedMediaType }
        switch try? JSON.parse(call.body) {
        case .object(let object): return object
        case .array([]) where expected == .objectOrEmptyList: return JSONObject()
        case .array, .null, .bool, .integer, .number, .string, nil: throw .badRequest
        }
    }

    /// As seen on a real answer of the playground.
    private static let commonFields = [
        "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
        "Pragma": "no-cache",
        "Expires": "0",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    ]
}
