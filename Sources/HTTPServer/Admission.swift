import Synchronization

/// Counts the open connections of the whole server, and those of each peer.
final class Admission: Sendable {
    private struct Counts {
        var total = 0
        var byNetwork: [UInt64: Int] = [:]
    }

    private let limits: ServerLimits
    private let counts = Mutex(Counts())

    init(limits: ServerLimits) {
        self.limits = limits
    }

    /// Whether one more connection of `peer` may come in; it then counts until ``leave(_:)``.
    func enter(_ peer: PeerAddress) -> Bool {
        counts.withLock { counts in
            guard counts.total < limits.connectionsMax else { return false }
            if isCounted(peer) {
                guard counts.byNetwork[peer.network, default: 0] < limits.connectionsPerAddressMax else { return false }
                counts.byNetwork[peer.network, default: 0] += 1
            }
            counts.total += 1
            return true
        }
    }

    func leave(_ peer: PeerAddress) {
        counts.withLock { counts in
            counts.total -= 1
            guard isCounted(peer), let count = counts.byNetwork[peer.network] else { return }
            counts.byNetwork[peer.network] = count > 1 ? count - 1 : nil
        }
    }

    private func isCounted(_ peer: PeerAddress) -> Bool {
        !(peer.isLoopback && limits.sparesLoopback)
    }
}
