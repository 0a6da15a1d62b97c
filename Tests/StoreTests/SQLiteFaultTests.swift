import Checkouts
import Foundation
import GRDB
import GRDBSQLite
import Synchronization
import Testing

@testable import SQLiteStore

@Suite("A disk that fails")
struct SQLiteFaultTests {
    /// What fails, and the words it is told with.
    struct Fault: Sendable, CustomTestStringConvertible {
        let call: FaultyDisk.Call
        let code: Int32
        let words: String

        var testDescription: String { "\(call.operation) of kassa.db\(call.file): \(code)" }

        static let all: [Fault] = ["-wal", ""].flatMap { file in
            [
                Fault(.write, file, SQLITE_FULL, "the disk is full"),
                Fault(.write, file, SQLITE_IOERR | 3 << 8, "reading or writing the database file failed"),
                Fault(.write, file, SQLITE_READONLY, "the database file cannot be written"),
                Fault(.sync, file, SQLITE_IOERR | 4 << 8, "reading or writing the database file failed"),
            ]
        }

        private init(_ operation: FaultyDisk.Operation, _ file: String, _ code: Int32, _ words: String) {
            call = FaultyDisk.Call(operation: operation, file: file)
            self.code = code
            self.words = words
        }
    }

    @Test(arguments: Fault.all.filter { $0.call.file == "-wal" })
    func `is told in plain words as long as it lasts, loses nothing, and is got over by itself`(
        _ fault: Fault
    ) async throws {
        try await withFaultyStore { store, disk, _ in
            for number in 0..<3 { try await store.insertWhole(.numbered(number)) }
            let known = try await store.wholeCheckouts()

            disk.fail { call, _ in call == fault.call ? fault.code : nil }
            for number in 3..<6 {
                let error = await #expect(throws: StoreError.self) { try await store.insertWhole(.numbered(number)) }
                #expect(error?.isUnavailable == true)
                #expect(error?.reason.hasPrefix(fault.words) == true)
                let check = await #expect(throws: StoreError.self) { try await store.checkWritable() }
                #expect(check == error)
                #expect(try await store.wholeCheckouts() == known)
            }
            disk.heal()
            try await store.checkWritable()
            for number in 3..<6 { try await store.insertWhole(.numbered(number)) }
            #expect(try await store.wholeCheckouts().count == 6)
        }
    }

    /// Once at each call that a few commits make, with the checkpoint after them.
    @Test(arguments: Fault.all)
    func `once at any moment loses no commit that was answered and makes none by halves`(_ fault: Fault) async throws {
        try await withFaultyStore { store, disk, directory in
            // So few pages that commits are carried into the database file all the time.
            try await store.pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA wal_autocheckpoint = 8") }
            var generator = Seeded(seed: 1)
            var (number, failures) = (0, 0)
            var answered: Set<Checkout.ID> = []
            var isReached = true
            for moment in 0..<1_000 where isReached && number < 90 {
                disk.fail { call, count in call == fault.call && count == moment ? fault.code : nil }
                for _ in 0..<3 {
                    let checkout = Checkout.numbered(number)
                    number += 1
                    do throws(StoreError) {
                        try await store.insertWhole(checkout)
                        answered.insert(checkout.id)
                    } catch {
                        #expect(error.reason.hasPrefix(fault.words))
                        failures += 1
                    }
                }
                isReached = disk.heal()[fault.call, default: 0] > moment
                // Nobody sees what was refused, as long as this process lives.
                #expect(Set(try await store.wholeCheckouts()) == answered)
                // Whoever looks after a crash or a power failure may see more, but never less.
                let copy = try copyFiles(of: directory, into: directory)
                #expect(try await contents(of: copy).isSuperset(of: answered))
                let left = try disk.image.losePower(in: directory, using: &generator)
                #expect(try await contents(of: left).isSuperset(of: answered))
            }
            // A failure to carry over is nobody's failure: what was answered is in the log.
            #expect(failures > 0 || fault.call.file.isEmpty)
            #expect(number > 3, "the fault never came")
        }
    }

    @Test(arguments: [1, 8], [1, 2, 3] as [UInt64])
    func `without power keeps every commit that was answered, and no part of another`(
        _ writers: Int,
        _ seed: UInt64,
    ) async throws {
        try await withFaultyStore { store, disk, directory in
            try await store.pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA wal_autocheckpoint = 12") }
            let notes = Notes()
            disk.watch {
                // Those before the image: what is answered later may be in it or not.
                let answered = notes.answered.withLock(\.self)
                let image = disk.image
                notes.moments.withLock { $0.append((answered, image)) }
            }
            try await withThrowingTaskGroup { group in
                for writer in 0..<writers {
                    group.addTask {
                        for number in stride(from: writer, to: 40, by: writers) {
                            let checkout = Checkout.numbered(number)
                            try await store.insertWhole(checkout)
                            notes.answered.withLock { _ = $0.insert(checkout.id) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            disk.watch(nil)
            var generator = Seeded(seed: seed)
            let history = try await store.wholeCheckouts()
            #expect(history.count == 40)
            let all = notes.moments.withLock(\.self)
            #expect(all.last?.answered.count ?? 0 > 30)
            for moment in all.shuffled(using: &generator).prefix(60) {
                let left = try await contents(of: moment.image.losePower(in: directory, using: &generator))
                #expect(left.isSuperset(of: moment.answered))
                if writers == 1 { #expect(left == Set(history.prefix(left.count))) }
            }
        }
    }

    /// Opens a database that was left behind, looks at it and writes to it.
    private func contents(of path: String) async throws -> Set<Checkout.ID> {
        let store = try SQLiteStore(path: path, vault: .forTests)
        let ids = try await store.wholeCheckouts()
        try await store.insertWhole(.numbered(1_000))
        await store.close()
        try FileManager.default.removeItem(atPath: path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" })
        return Set(ids)
    }

    private func withFaultyStore(
        _ work: (_ store: SQLiteStore, _ disk: FaultyDisk, _ directory: String) async throws -> Void
    ) async throws {
        try await withPlace(inMemory: true) { place in
            let path = place.directory + "/kassa.db"
            let disk = FaultyDisk(under: path)
            defer { disk.remove() }
            let store = try SQLiteStore(path: path, vault: .forTests)
            do {
                try await work(store, disk, place.directory)
            } catch {
                await store.close()
                throw error
            }
            disk.heal()
            await store.close()
        }
    }
}

/// What was answered, and what was on the disk at many moments.
private final class Notes: Sendable {
    let answered = Mutex<Set<Checkout.ID>>([])
    let moments = Mutex<[(answered: Set<Checkout.ID>, image: FaultyDisk.Image)]>([])
}

/// Copies the database as another process sees it now, without the index of its log, and returns where it is.
func copyFiles(of directory: String, into other: String) throws -> String {
    let copy = other + "/\(UUID())"
    try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
    for file in ["/kassa.db", "/kassa.db-wal"] {
        try FileManager.default.copyItem(atPath: directory + file, toPath: copy + file)
    }
    return copy + "/kassa.db"
}

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
