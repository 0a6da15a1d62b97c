/// A request that its caller may repeat.
public struct IdempotentRequest: Sendable, Hashable {
    /// Whose key it is and for what: the API key's id, method and route.
    public let scope: String
    public let key: String
    /// A digest of the body's bytes.
    public let fingerprint: String

    public init(scope: String, key: String, fingerprint: String) {
        self.scope = scope
        self.key = key
        self.fingerprint = fingerprint
    }
}

/// The right to work on a request; `epoch` tells a later holder from an earlier one.
public struct IdempotencyClaim: Sendable, Hashable {
    public let scope: String
    public let key: String
    public let epoch: Int64

    public init(scope: String, key: String, epoch: Int64) {
        self.scope = scope
        self.key = key
        self.epoch = epoch
    }
}

/// What an idempotency key says about a request.
public enum IdempotentStart: Sendable, Hashable {
    /// It is ours. The checkout is what an earlier try that did not finish had already created.
    case ours(IdempotencyClaim, resuming: Checkout.ID?)
    /// It was answered: give the same answer again.
    case answered(StoredAnswer)
    /// Somebody works on it, for at most so long.
    case inFlight(retryAfter: Duration)
    /// The key was used for another body.
    case otherBody
}

/// An answer as it was given, to be given again.
public struct StoredAnswer: Sendable, Hashable {
    public let status: Int
    /// Pairs of names and values, in order.
    public let fields: [Field]
    public let body: [UInt8]

    public struct Field: Sendable, Hashable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(status: Int, fields: [Field], body: [UInt8]) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}
