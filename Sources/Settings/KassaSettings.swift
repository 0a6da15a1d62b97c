/// A configuration that was read and checked as a whole: every value has its type and its default.
public struct KassaSettings: Sendable {
    public let listen: ListenPlace
    /// Whether the next process may take over the port while this one ends.
    public let sharesPort: Bool
    public let proxies: ProxySettings
    /// `nil`: http.
    public let tls: TLSSettings?
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

/// The paths of a certificate and its private key.
public struct TLSSettings: Sendable {
    public let certificate: String
    public let privateKey: String
}

/// The reverse proxies in front, and how they name their clients.
public struct ProxySettings: Sendable {
    /// Addresses, networks and `unix`, as they were given.
    public let trusted: [String]
    public let speakProxyProtocol: Bool
    /// Whether they write `Forwarded` instead of `X-Forwarded-For` and `X-Forwarded-Proto`.
    public let writeForwarded: Bool
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

public struct LogSettings: Sendable {
    /// `trace` to `critical`.
    public let level: String
    public let isJSON: Bool
    /// As in ``KassaSettings/warnings``.
    public let warnings: [String]
}
