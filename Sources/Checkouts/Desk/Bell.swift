internal import Synchronization
internal import TimeAndChance

/// Wakes those who wait: the worker, when there is something to do at once.
final class Bell: Sendable {
    private struct State {
        var hasRung = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let surroundings: Surroundings

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func ring() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            state.hasRung = state.waiters.isEmpty
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when it rings, or rang since the last wait; after `timeout`; or when the task is cancelled. It may return
    /// early, because of another's wait that was cancelled or ran out.
    func wait(atMost timeout: Duration) async {
        let alarm = surroundings.start { [self] in
            try? await surroundings.sleep(timeout)
            if !Task.isCancelled { self.ring() }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mayGo = state.withLock { state in
                    guard !state.hasRung else {
                        state.hasRung = false
                        return true
                    }
                    state.waiters.append(continuation)
                    return false
                }
                if mayGo { continuation.resume() }
            }
        } onCancel: {
            ring()
        }
        alarm.cancel()
    }
}
