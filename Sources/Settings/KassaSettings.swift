/// A configuration that was read and checked as a whole: every value has its type and its default.
public struct KassaSettings: Sendable {
    public let listen: HostAndPort
    /// `nil`: the address that was bound, which is then loopback.
    public let publicURL: WebURL?
    public let databasePath: String
    /// 32 bytes; `nil`: kept in a file beside the database.
    public let secretKey: Secret<[UInt8]>?
    /// Klarna accounts by name; `default` is the one under `klarna`.
    public let accounts: [String: KlarnaAccountSettings]
    public let apiKey: Secret<String>?
    /// Empty: the origin of `public_url` alone.
    public let returnOrigins: [String]
    public let catalog: GivenPath
    public let publicDirectory: GivenPath
    public let polling: PollingSettings
    /// Waits between tries to place an order; the last one repeats.
    public let placeRetry: [Duration]
    public let orders: OrderSettings
    /// Whether a payment that comes too late becomes an order; else it is given back.
    public let placesLatePayments: Bool
    /// Whether a second payment under the same merchant reference becomes an order; else it is given back.
    public let placesSameReference: Bool
    public let timeouts: TimeoutSettings
    public let limits: LimitSettings
    public let shutdownGrace: Duration
    public let log: LogSettings
    /// What does not stop the start and yet should be known, one sentence each. Holds no secrets.
    public let warnings: [String]
}

/// A path and whether somebody asked for it: a default that does not exist is no mistake.
public struct GivenPath: Sendable {
    public let path: String
    public let isExplicit: Bool
}

/// Waits between two reads of a session. The last of ``waiting`` and ``inProgress`` repeats.
public struct PollingSettings: Sendable {
    public let waiting: [Duration]
    public let inProgress: [Duration]
    public let afterHint: [Duration]
}

/// When a placed order is read again to see what was done with it elsewhere.
public struct OrderSettings: Sendable {
    /// Waits between two reads; the last one repeats.
    public let sweep: [Duration]
    /// How long after its last change an order is read by itself.
    public let watchFor: Duration
}

public struct TimeoutSettings: Sendable {
    public let klarnaConnect: Duration
    public let klarnaRead: Duration
    public let klarnaCreate: Duration
    public let klarnaEffect: Duration
}

public struct LimitSettings: Sendable, Hashable {
    public let requestLineBytes: Int
    public let headBytes: Int
    public let fields: Int
    public let bodyBytesPerSecond: Int
    public let connections: Int
    public let connectionsPerAddress: Int
    public let backlog: Int
    public let requestsPerConnection: Int
    public let pipelinedRequests: Int
    public let headTime: Duration
    public let bodyTime: Duration
    public let writeTime: Duration
    public let idleTime: Duration
}

public struct LogSettings: Sendable {
    /// `trace` to `critical`.
    public let level: String
    public let isJSON: Bool
    /// As in ``KassaSettings/warnings``.
    public let warnings: [String]
}
