import Checkouts
import Foundation
import SQLiteStore
import Simulation
import Synchronization
import Testing

/// A kind of store that keeps the promises of the protocol. A new one only has to add itself to ``all``.
struct StoreUnderTest: Sendable, CustomTestStringConvertible {
    static let all = [sqlite, memory]

    let name: String
    /// Opens a store on a place; opening the same place again shows what was written before.
    let open: @Sendable (Place, Vault) async throws -> Opened

    struct Opened: Sendable {
        let store: any Store
        let close: @Sendable () async -> Void
    }

    var testDescription: String { name }

    /// Runs a test on an empty store of its own.
    func run(_ test: (any Store) async throws -> Void) async throws {
        try await withPlace { place in
            let opened = try await open(place, .forTests)
            do {
                try await test(opened.store)
            } catch {
                await opened.close()
                throw error
            }
            await opened.close()
        }
    }
}

extension StoreUnderTest {
    static let sqlite = StoreUnderTest(name: "SQLite") { place, vault in
        let store = try SQLiteStore(path: place.directory + "/data/kassa.db", vault: vault)
        return Opened(store: store) { await store.close() }
    }
}

extension StoreUnderTest {
    /// What the simulator's runs are made on.
    static let memory = StoreUnderTest(name: "memory") { place, vault in
        let store = MemoryStore(vault: vault, continuing: kept.withLock { $0.removeValue(forKey: place.directory) })
        return Opened(store: store) {
            store.close()
            kept.withLock { $0[place.directory] = store }
        }
    }

    /// What was closed, by its place, as a file would be.
    private static let kept = Mutex<[String: MemoryStore]>([:])
}

/// Somewhere on this machine that only one test uses.
struct Place: Sendable {
    let directory: String
}

/// Makes a directory and removes it, with all that is in it, when the work is done.
///
/// In memory where the system has a place for that, if the test opens so many databases that it would wait for the disk most
/// of the time.
func withPlace<Value>(inMemory: Bool = false, _ work: (Place) async throws -> Value) async throws -> Value {
    let memory = URL(filePath: "/dev/shm")
    let hasMemory = FileManager.default.isWritableFile(atPath: memory.path(percentEncoded: false))
    let parent = inMemory && hasMemory ? memory : FileManager.default.temporaryDirectory
    let directory = parent.appending(path: "kassa-store-\(UUID())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try await work(Place(directory: directory.path(percentEncoded: false)))
}

extension Vault {
    static let forTests = Vault(secretKey: Array(repeating: 7, count: 32))
}
