internal import Synchronization

/// Wakes those who wait: the worker, when there is something to do at once.
final class Bell: Sendable {
    private struct State {
        var hasRung = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

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
        let alarm = Task {
            try? await Task.sleep(for: timeout)
            if !Task.isCancelled { ring() }
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
