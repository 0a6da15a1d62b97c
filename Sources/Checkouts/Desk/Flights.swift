internal import Synchronization
internal import TimeAndChance

/// Joins callers who want the same thing at the same time: the first one does the work, the others get its result.
final class Flights<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let underWay = Mutex<[Key: Task<Value, Never>]>([:])
    private let surroundings: Surroundings

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    /// The work runs in a task of its own: a caller who goes away does not take it from those who still wait.
    func join(_ key: Key, _ work: @escaping @Sendable () async -> Value) async -> Value {
        let task = underWay.withLock { underWay in
            if let task = underWay[key] { return task }
            let task = surroundings.start {
                let value = await work()
                self.underWay.withLock { $0[key] = nil }
                return value
            }
            underWay[key] = task
            return task
        }
        return await task.value
    }
}
