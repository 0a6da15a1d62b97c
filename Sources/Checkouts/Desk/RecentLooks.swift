internal import Synchronization
internal import Wire

/// Who was looked at a short while ago, so that many who ask for the same checkout cause one reading.
final class RecentLooks: Sendable {
    private static let keptMax = 10_000

    private let times = Mutex<[Checkout.ID: Timestamp]>([:])

    /// Whether the latest look is longer ago than `pause`; then this is the latest one.
    func isDue(_ id: Checkout.ID, at now: Timestamp, pause: Duration) -> Bool {
        times.withLock { times in
            if let last = times[id], now < last + pause { return false }
            if times.count >= RecentLooks.keptMax { times = times.filter { now < $0.value + pause } }
            // Under a flood the oldest are not worth finding: then some are looked at again too early.
            if times.count >= RecentLooks.keptMax { times.removeAll() }
            times[id] = now
            return true
        }
    }
}
