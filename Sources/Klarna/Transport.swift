/// The way to Klarna and back: one request, one answer.
public protocol Transport: Sendable {
    /// Sends a request and waits for its whole answer, whatever the status.
    func send(_ request: OutboundRequest) async throws(TransportError) -> InboundResponse
}

/// Why there is no answer, by whether the request can have had an effect.
public enum TransportError: Error, Sendable, Hashable {
    /// It cannot have: no connection, no TLS, no valid URL.
    case notSent(reason: String)
    /// It may have: anything else.
    case lost(reason: String)
}

public struct OutboundRequest: Sendable, CustomStringConvertible {
    public let method: String
    public let url: String
    public let fields: [(name: String, value: String)]
    public let body: [UInt8]?
    /// From the call to the last byte of the answer.
    public let timeout: Duration
    /// Until the first byte of the body leaves. Without a body ``timeout`` alone counts.
    public let connectTimeout: Duration
    /// Whether it must be sent once: it then travels on a connection of its own.
    public let isEffect: Bool
    public let bodyBytesMax: Int
    /// `nil` when it does not go to one of Klarna's endpoints.
    public let purpose: CallPurpose?

    public init(
        method: String,
        url: String,
        fields: [(name: String, value: String)] = [],
        body: [UInt8]? = nil,
        timeout: Duration,
        connectTimeout: Duration,
        isEffect: Bool,
        bodyBytesMax: Int,
        purpose: CallPurpose? = nil,
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.isEffect = isEffect
        self.bodyBytesMax = bodyBytesMax
        self.purpose = purpose
    }

    /// Method and purpose alone: URL, fields and body hold secrets.
    public var description: String { purpose.map { "\(method) request, \($0.rawValue)" } ?? "\(method) request" }
}

public struct InboundResponse: Sendable, CustomStringConvertible {
    public let status: Int
    public let fields: [(name: String, value: String)]
    public let body: [UInt8]

    public init(status: Int, fields: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The first field of that name, in either case.
    public subscript(name: String) -> String? {
        let name = name.lowercased()
        return fields.first { $0.name.lowercased() == name }?.value
    }

    /// The status alone: the body may hold a token.
    public var description: String { "answer \(status)" }
}
