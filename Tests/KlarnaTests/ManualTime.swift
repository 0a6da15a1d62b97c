import Synchronization
import TimeAndChance
import Wire

/// A clock that stands still until a test moves it, with everybody who sleeps by it.
final class ManualTime: Sendable {
    private struct Sleeper {
        let due: Timestamp
        let wake: CheckedContinuation<Void, any Error>
    }

    private struct Watcher {
        let number: Int
        let count: Int
        let wake: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now: Timestamp
        var sleepers: [Int: Sleeper] = [:]
        var watchers: [Watcher] = []
        var cancelled: Set<Int> = []
        var numbers = 0

        mutating func watchersSatisfied() -> [Watcher] {
            let count = sleepers.count
            defer { watchers.removeAll { $0.count == count } }
            return watchers.filter { $0.count == count }
        }
    }

    private let state: Mutex<State>

    /// `2025-03-04T09:15:31.400Z`, unless another time is given.
    init(_ now: Timestamp = Timestamp(milliseconds: 1_741_079_731_400)) { state = Mutex(State(now: now)) }

    var now: Timestamp { state.withLock(\.now) }

    /// How long until each sleeper is due, the next one first.
    var waits: [Duration] { state.withLock { state in state.sleepers.values.map { $0.due - state.now }.sorted() } }

    /// Every lot that is drawn comes to that fraction, from 0 to just below 1.
    func surroundings(fraction: Double = 0) -> Surroundings {
        Surroundings(
            now: { self.now },
            sleep: { try await self.sleep($0) },
            random: { UInt64(fraction * Double(1 << 53)) << 11 },
        )
    }

    /// Moves the clock and wakes who is due.
    func advance(by duration: Duration) {
        let (woken, watchers) = state.withLock { state in
            state.now = state.now + duration
            let due = state.sleepers.filter { $0.value.due <= state.now }
            for number in due.keys { state.sleepers[number] = nil }
            return (due.sorted { ($0.value.due, $0.key) < ($1.value.due, $1.key) }, state.watchersSatisfied())
        }
        for sleeper in woken { sleeper.value.wake.resume() }
        for watcher in watchers { watcher.wake.resume() }
    }

    /// Lets time pass, from one sleeper to the next, until the work is done.
    func pass(until work: () async throws -> Void) async rethrows {
        let clock = Task {
            while !Task.isCancelled {
                if let wait = waits.first { advance(by: wait) }
                await Task.yield()
            }
        }
        defer { clock.cancel() }
        try await work()
    }

    /// Returns as soon as that many sleep, or the test's own time is up.
    func sleepers(_ count: Int) async {
        let number = nextNumber()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isSo = state.withLock { state in
                    guard state.sleepers.count != count, !state.cancelled.contains(number) else { return true }
                    state.watchers.append(Watcher(number: number, count: count, wake: continuation))
                    return false
                }
                if isSo { continuation.resume() }
            }
        } onCancel: {
            let watcher: Watcher? = state.withLock { state in
                state.cancelled.insert(number)
                return state.watchers.firstIndex { $0.number == number }.map { state.watchers.remove(at: $0) }
            }
            watcher?.wake.resume()
        }
    }

    private func sleep(_ duration: Duration) async throws {
        let number = nextNumber()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let watchers: [Watcher]? = state.withLock { state in
                    guard !state.cancelled.contains(number) else { return nil }
                    state.sleepers[number] = Sleeper(due: state.now + duration, wake: continuation)
                    return state.watchersSatisfied()
                }
                if watchers == nil { continuation.resume(throwing: CancellationError()) }
                for watcher in watchers ?? [] { watcher.wake.resume() }
            }
        } onCancel: {
            let (sleeper, watchers) = state.withLock { state in
                state.cancelled.insert(number)
                return (state.sleepers.removeValue(forKey: number), state.watchersSatisfied())
            }
            sleeper?.wake.resume(throwing: CancellationError())
            for watcher in watchers { watcher.wake.resume() }
        }
    }

    private func nextNumber() -> Int {
        state.withLock { state in
            state.numbers += 1
            return state.numbers
        }
    }
}

extension Timestamp {
    /// As it stands in `Date`: whole seconds.
    var httpDate: String {
        let text = Array(description)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let month = Int(String(text[5..<7])).map { months[$0 - 1] } ?? ""
        return "Tue, \(String(text[8..<10])) \(month) \(String(text[0..<4])) \(String(text[11..<19])) GMT"
    }
}
