/// The reverse proxies that are believed when they say for whom they speak.
///
/// Whoever is not listed is a client, whatever it says of itself.
public struct TrustedProxies: Sendable {
    /// Nobody is believed.
    public static let none = TrustedProxies()

    /// How a proxy names its client in the requests that it passes on. Only one way is ever read: fields of the other
    /// kind come from the client itself, since the proxy lets through what it does not write.
    public enum Fields: Sendable {
        /// `X-Forwarded-For` and `X-Forwarded-Proto`.
        case xForwarded
        /// `Forwarded` (RFC 7239).
        case forwarded
    }

    /// A text that stands for no proxy.
    public struct Malformed: Error, CustomStringConvertible {
        public let text: String
        public var description: String { "\"\(text)\" is no address, no network such as 10.0.0.0/8 and not unix" }
    }

    private var networks: [Network] = []
    private var includesUnix = false
    private(set) var fields = Fields.xForwarded
    /// Whether each of their connections begins with a header of the PROXY protocol.
    private(set) var speakProxyProtocol = false

    private init() {}

    /// Lists addresses (`192.0.2.1`, `::1`), networks (`10.0.0.0/8`, `fd00::/8`), and with `unix` whoever comes over a
    /// Unix-domain socket.
    public init(
        _ texts: [String],
        fields: Fields = .xForwarded,
        speakProxyProtocol: Bool = false,
    ) throws(Malformed) {
        self.fields = fields
        self.speakProxyProtocol = speakProxyProtocol
        for text in texts {
            if text == "unix" {
                includesUnix = true
            } else if let network = Network(text) {
                networks.append(network)
            } else {
                throw Malformed(text: text)
            }
        }
    }

    /// Whether a server at `address` wants a header of the PROXY protocol from programs on its own machine: they call from
    /// the address that they call.
    package func expectHeader(at address: ListenAddress) -> Bool {
        guard speakProxyProtocol else { return false }
        guard let host = address.host else { return includesUnix }
        return IPAddress(host == "localhost" ? "127.0.0.1" : host).map(lists) ?? false
    }

    func lists(_ peer: PeerAddress) -> Bool {
        guard let ip = peer.ip else { return includesUnix }
        return lists(ip)
    }

    func lists(_ ip: IPAddress) -> Bool {
        networks.contains { $0.contains(ip) }
    }
}

/// The addresses that begin with the same bits.
struct Network: Sendable, Hashable {
    private let first: IPAddress
    private let mask: IPAddress

    /// `ADDRESS` or `ADDRESS/BITS`; nil when bits of the address lie behind those that count: whoever writes
    /// `10.0.0.1/8` means one host or sixteen million, and nobody knows which.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        let isWrittenAsIPv4 = !parts[0].contains(":")
        var bits = 128
        if parts.count == 2 {
            let digits = parts[1].utf8
            guard (1...3).contains(digits.count), digits.allSatisfy({ 0x30...0x39 ~= $0 }), let count = Int(parts[1]),
                count <= (isWrittenAsIPv4 ? 32 : 128)
            else { return nil }
            bits = isWrittenAsIPv4 ? 96 + count : count
        }
        mask = IPAddress(high: Self.mask(min(bits, 64)), low: Self.mask(max(bits - 64, 0)))
        guard address.high & ~mask.high == 0, address.low & ~mask.low == 0 else { return nil }
        first = address
    }

    func contains(_ ip: IPAddress) -> Bool {
        // `::/0` is all of IPv6 and nothing of IPv4.
        ip.isIPv4 == first.isIPv4 && ip.high & mask.high == first.high && ip.low & mask.low == first.low
    }

    /// The first `bits` of 64.
    private static func mask(_ bits: Int) -> UInt64 {
        bits == 0 ? 0 : ~0 << UInt64(64 - bits)
    }
}
