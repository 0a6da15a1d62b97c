import Checkouts
import Foundation
import Testing

@testable import SQLiteStore

@Suite("A write-ahead log that was not written to its end")
struct SQLiteDamageTests {
    /// The header of the log, and that of each page in it.
    private static let (headerBytes, frameBytes) = (32, 24 + 4096)

    @Test func `holds every commit up to where it ends, whole`() async throws {
        try await withHistory { history in
            var lengths = [history.log.count]
            for start in stride(from: Self.headerBytes, through: history.log.count, by: Self.frameBytes) {
                lengths += [start, start + 11, start + Self.frameBytes / 2].filter { $0 <= history.log.count }
            }
            for length in lengths {
                // Each commit is there as soon as its last frame is, and none before.
                let expected = history.commits.prefix { $0.end <= length }.map(\.id)
                let ids = try await history.ids(with: history.log.prefix(length))
                #expect(ids == expected, "\(length) bytes")
            }
        }
    }

    enum Tail: CaseIterable {
        case zeros, ones, noise, oldFrames
    }

    @Test(arguments: Tail.allCases)
    func `with rubbish behind its last commit holds all of it`(_ tail: Tail) async throws {
        try await withHistory { history in
            for length in [1, 100, Self.frameBytes, 3 * Self.frameBytes + 7] {
                let rubbish: Data
                switch tail {
                case .zeros: rubbish = Data(repeating: 0, count: length)
                case .ones: rubbish = Data(repeating: 0xFF, count: length)
                case .noise:
                    var generator = Seeded(seed: UInt64(length))
                    rubbish = Data((0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
                case .oldFrames: rubbish = history.log.dropFirst(Self.headerBytes).prefix(length)
                }
                let ids = try await history.ids(with: history.log + rubbish)
                #expect(ids == history.commits.map(\.id))
            }
        }
    }

    @Test func `with one wrong bit ends at the commit before it`() async throws {
        try await withHistory { history in
            var generator = Seeded(seed: 7)
            for index in history.commits.indices.dropFirst() {
                let (start, end) = (history.commits[index - 1].end, history.commits[index].end)
                var log = history.log
                log[Int.random(in: start..<end, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                let ids = try await history.ids(with: log)
                #expect(ids == history.commits[..<index].map(\.id))
            }
        }
    }

    /// A store that closed once, so that what is told here is all in the log.
    private func withHistory(_ work: (History) async throws -> Void) async throws {
        try await withPlace(inMemory: true) { place in
            let path = place.directory + "/kassa.db"
            try await SQLiteStore(path: path, vault: .forTests).close()
            let store = try SQLiteStore(path: path, vault: .forTests)
            var commits: [History.Commit] = []
            for number in 0..<8 {
                let checkout = Checkout.numbered(number)
                try await store.insertWhole(checkout)
                let end = try Data(contentsOf: URL(filePath: path + "-wal")).count
                commits.append(History.Commit(id: checkout.id, end: end))
            }
            let history = History(
                place: place,
                commits: commits,
                database: try Data(contentsOf: URL(filePath: path)),
                log: try Data(contentsOf: URL(filePath: path + "-wal")),
            )
            try await work(history)
            await store.close()
        }
    }
}

/// A few commits, one after the other, and the files as they were after the last.
private struct History {
    struct Commit {
        let id: Checkout.ID
        /// How long the log was when it was answered.
        let end: Int
    }

    let place: Place
    let commits: [Commit]
    let database: Data
    let log: Data

    /// Opens the database with that log, and says which checkouts are there.
    func ids(with log: Data) async throws -> [Checkout.ID] {
        let directory = place.directory + "/copy"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try database.write(to: URL(filePath: directory + "/kassa.db"))
        try log.write(to: URL(filePath: directory + "/kassa.db-wal"))
        let store = try SQLiteStore(path: directory + "/kassa.db", vault: .forTests)
        let ids = try await store.wholeCheckouts()
        try await store.insertWhole(.numbered(1_000))
        await store.close()
        return ids
    }
}
