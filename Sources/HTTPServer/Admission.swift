import Synchronization

/// Counts the open connections of the whole server, and those of each client.
final class Admission: Sendable {
    private struct Counts {
        var total = 0
        var byNetwork: [UInt64: Int] = [:]
    }

    private let limits: ServerLimits
    private let proxies: TrustedProxies
    private let counts = Mutex(Counts())

    init(limits: ServerLimits, proxies: TrustedProxies) {
        self.limits = limits
        self.proxies = proxies
    }

    /// Whether one more connection of `peer` may come in; it then counts until ``leave(_:)``.
    func enter(_ peer: PeerAddress) -> Bool {
        counts.withLock { counts in
            guard counts.total < limits.connectionsMax, count(peer, &counts) else { return false }
            counts.total += 1
            return true
        }
    }

    /// Whether `client` may have one more connection, of which it became known that a proxy speaks for it; the connection
    /// then counts as the client's until ``leave(_:)``, and until now as nobody's.
    func identify(_ client: PeerAddress) -> Bool {
        counts.withLock { count(client, &$0) }
    }

    func leave(_ peer: PeerAddress) {
        counts.withLock { counts in
            counts.total -= 1
            guard let network = countedNetwork(peer), let count = counts.byNetwork[network] else { return }
            counts.byNetwork[network] = count > 1 ? count - 1 : nil
        }
    }

    private func count(_ peer: PeerAddress, _ counts: inout Counts) -> Bool {
        guard let network = countedNetwork(peer) else { return true }
        guard counts.byNetwork[network, default: 0] < limits.connectionsPerAddressMax else { return false }
        counts.byNetwork[network, default: 0] += 1
        return true
    }

    /// Nil for those who speak for many: listed proxies, whoever comes over a Unix-domain socket, and by default this
    /// machine.
    private func countedNetwork(_ peer: PeerAddress) -> UInt64? {
        guard let network = peer.network, !proxies.lists(peer), !(peer.isLoopback && limits.sparesLoopback) else {
            return nil
        }
        return network
    }
}
