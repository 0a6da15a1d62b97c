import Checkouts
import Synchronization

/// A store that fails when told, with words that belong into no answer.
final class UnreliableStore: StoreDecorator {
    let base: any Store
    private let isDown = Mutex(false)

    init(_ base: any Store) { self.base = base }

    func fail(_ down: Bool = true) { isDown.withLock { $0 = down } }

    func perform<Value: Sendable>(
        _ call: StoreCall,
        _ work: () async throws(StoreError) -> Value,
    ) async throws(StoreError) -> Value {
        if isDown.withLock(\.self) { throw .unavailable(reason: "/secret/path/kassa.db is gone") }
        return try await work()
    }
}
