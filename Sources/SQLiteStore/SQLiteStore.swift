public import Checkouts
internal import Dispatch
internal import GRDB

/// The store on one SQLite file, for one serving process and any number of readers beside it.
///
/// Writes go through one ``Writer``, which commits together what arrives together; reads have connections of their own.
/// Neither blocks the thread that asks.
public final class SQLiteStore: Sendable {
    let pool: DatabasePool
    let vault: Vault
    private let file: DatabaseFile
    /// `nil` when the database was opened for reading.
    private let writer: Writer?
    private let closing = DispatchQueue(label: "kassa.store.closing")

    public enum Access: Sendable {
        /// Reads and writes, as the only process that writes. Creates the file and brings its schema up to date.
        case serving
        /// Reads, beside a serving process or without one. Every write throws ``StoreError/unavailable(reason:)``.
        case reading
        /// Reads, and writes a little, beside a serving process or without one. The file must be there and up to date.
        case visiting
    }

    public struct Limits: Sendable {
        /// How many connections read at once.
        public var readersMax = 4
        /// How many writes share one commit at most.
        public var writesPerCommitMax = 256
        /// How many writes wait at most; one more is refused at once.
        public var waitingWritesMax = 10_000
        /// How long a write waits for another process that keeps the database busy.
        public var busyTimeout = Duration.seconds(5)
        /// How long opening waits for another process that serves from the file.
        public var lockTimeout = Duration.zero

        public init() {}
    }

    /// Opens the database file, which blocks the caller for a moment.
    ///
    /// - Throws: ``StoreError/unavailable(reason:)`` when the file cannot be used, when another process serves from it, or
    ///   when a newer version made it.
    public init(
        path: String,
        vault: Vault,
        access: Access = .serving,
        limits: Limits = Limits(),
    ) throws(StoreError) {
        var configuration = Configuration()
        configuration.label = "kassa.store"
        configuration.busyMode = .timeout(limits.busyTimeout / .seconds(1))
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = limits.readersMax
        self.vault = vault
        do {
            switch access {
            case .serving:
                file = try DatabaseFile(serving: path, patience: limits.lockTimeout)
                pool = try DatabasePool(path: file.path, configuration: configuration)
                try pool.writeWithoutTransaction(prepare)
                try pool.writeWithoutTransaction(Schema.migrate)
                try file.remember()
                writer = Writer(pool: pool, file: file, limits: limits)
            case .reading:
                file = try DatabaseFile(reading: path)
                configuration.readonly = true
                pool = try DatabasePool(path: file.path, configuration: configuration)
                try pool.read(Schema.requireLatest)
                writer = nil
            case .visiting:
                file = try DatabaseFile(visiting: path)
                // Opening for writing changes a file that is not ours.
                var looking = configuration
                looking.readonly = true
                try DatabasePool(path: file.path, configuration: looking).read(Schema.requireLatest)
                pool = try DatabasePool(path: file.path, configuration: configuration)
                try pool.writeWithoutTransaction(prepare)
                try file.remember()
                writer = Writer(pool: pool, file: file, limits: limits)
            }
        } catch {
            throw StoreError(error)
        }
    }

    /// Closes the file and lets another process serve from it. What is asked afterwards is answered with
    /// ``StoreError/unavailable(reason:)``.
    public func close() async {
        await withCheckedContinuation { continuation in
            let pool = self.pool
            let isServing = file.isServing
            // Closing waits for what is under way, so it needs a thread that may wait.
            closing.async {
                // Then the file alone holds everything, and may be copied as it is. A visitor holds nobody up for that.
                let mode: Database.CheckpointMode = isServing ? .truncate : .passive
                _ = try? pool.writeWithoutTransaction { db in try db.checkpoint(mode) }
                try? pool.close()
                continuation.resume()
            }
        }
        file.unlock()
    }

    /// Does a write in the next commit and returns once it is on the disk.
    func write<Value: Sendable>(
        _ change: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        guard let writer else { throw .unavailable(reason: "the database was opened for reading only") }
        return try await writer.write(change)
    }

    /// Reads one state of the database. A cancelled task still gets its answer, so that it can finish what it began.
    func read<Value: Sendable>(
        _ query: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            pool.asyncRead { connection in
                let result = Result { try query(try connection.get()) }
                continuation.resume(returning: result.mapError(StoreError.init))
            }
        }
        return try result.get()
    }
}

/// Readies a connection that writes.
private func prepare(_ db: Database) throws {
    // Opening set it to NORMAL, with which the last commits may be gone after a power failure.
    try db.execute(sql: "PRAGMA synchronous = FULL")
    // What a large change needs to be undone must not wait for room in another directory.
    try db.execute(sql: "PRAGMA temp_store = MEMORY")
}
