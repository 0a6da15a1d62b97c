internal import Checkouts
internal import GRDB
internal import Synchronization

/// The one writer. What arrives while a commit is under way shares the next one, and with it the wait for the disk.
///
/// Each write has a savepoint of its own, so that one that fails leaves nothing behind and does not touch its neighbours.
/// Nobody is answered before the commit they are part of is on the disk. When the disk fails in the middle of a commit, its
/// callers hear that the store is unavailable and must do nothing that the write was to precede; the write is not seen in this
/// process any more, but after a crash it may turn out to have been made, whole.
final class Writer: Sendable {
    private struct State {
        var waiting: [QueuedWrite] = []
        var isCommitting = false
    }

    private let pool: DatabasePool
    private let file: DatabaseFile
    private let limits: SQLiteStore.Limits
    private let state = Mutex(State())

    init(pool: DatabasePool, file: DatabaseFile, limits: SQLiteStore.Limits) {
        self.pool = pool
        self.file = file
        self.limits = limits
    }

    func write<Value: Sendable>(
        _ change: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation { continuation in
            submit(QueuedWrite(change, answering: continuation))
        }
        return try result.get()
    }

    private func submit(_ write: QueuedWrite) {
        let decision: Decision = state.withLock { state in
            guard state.waiting.count < limits.waitingWritesMax else { return .refuse }
            state.waiting.append(write)
            guard !state.isCommitting else { return .wait }
            state.isCommitting = true
            return .start
        }
        switch decision {
        case .refuse: write.refuse(.unavailable(reason: "too many writes are waiting"))
        case .wait: break
        case .start: pool.asyncWriteWithoutTransaction { db in self.commitAll(on: db) }
        }
    }

    private enum Decision { case refuse, wait, start }

    /// Runs on the queue of the writing connection, until nothing waits.
    private func commitAll(on db: Database) {
        while let batch = nextBatch() { commit(batch, on: db) }
    }

    private func nextBatch() -> [QueuedWrite]? {
        state.withLock { state in
            let batch = Array(state.waiting.prefix(limits.writesPerCommitMax))
            state.waiting.removeFirst(batch.count)
            state.isCommitting = !batch.isEmpty
            return batch.isEmpty ? nil : batch
        }
    }

    private func commit(_ batch: [QueuedWrite], on db: Database) {
        var answers: [QueuedWrite.Answer] = []
        do {
            // A commit into a file that was taken away would be answered, and gone with this process.
            try file.requireUnchanged()
            try db.inTransaction(.immediate) {
                for write in batch { answers.append(try write.attempt(db)) }
                return .commit
            }
            for answer in answers { answer(nil) }
        } catch {
            // Also those that failed by themselves: what they read may never have been. And those that waited meanwhile for
            // a lock that nobody gives up: each would wait as long again before it hears so.
            let failure = StoreError.unavailable(because: error)
            for write in batch + (Writer.isBusy(error) ? allWaiting() : []) { write.refuse(failure) }
        }
    }

    private func allWaiting() -> [QueuedWrite] {
        state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    private static func isBusy(_ error: any Error) -> Bool {
        (error as? DatabaseError)?.resultCode == .SQLITE_BUSY
    }
}

/// A write on its way, without the type of its value.
private struct QueuedWrite: Sendable {
    typealias Answer = @Sendable (StoreError?) -> Void

    /// Tries it inside a transaction and returns what tells its caller how it went. Throws when that ended the transaction.
    let attempt: @Sendable (Database) throws -> Answer
    /// Tells its caller that it was not done.
    let refuse: @Sendable (StoreError) -> Void

    init<Value: Sendable>(
        _ change: @escaping @Sendable (Database) throws -> Value,
        answering caller: CheckedContinuation<Result<Value, StoreError>, Never>,
    ) {
        attempt = { db in
            let result: Result<Value, StoreError>
            try db.run("SAVEPOINT change")
            do {
                result = .success(try change(db))
            } catch {
                // Some failures, such as a full disk, end the whole transaction and with it all it holds.
                guard db.isInsideTransaction else { throw error }
                // If this one cannot be taken back by itself, then only together with its neighbours.
                try db.run("ROLLBACK TO change")
                result = .failure(StoreError(error))
            }
            try db.run("RELEASE change")
            return { failure in caller.resume(returning: failure.map(Result.failure) ?? result) }
        }
        refuse = { failure in caller.resume(returning: .failure(failure)) }
    }
}
