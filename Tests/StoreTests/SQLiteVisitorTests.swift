import Checkouts
import Foundation
import GRDB
import Testing

@testable import SQLiteStore

@Suite("A visitor of the SQLite file")
struct SQLiteVisitorTests {
    @Test func `orders work that the server beside it then finds`() async throws {
        try await withPlace { place in
            let server = try SQLiteStore(path: place.database, vault: .forTests)
            let checkout = try await server.insert(.new())
            let visitor = try SQLiteStore(path: place.database, vault: .forTests, access: .visiting)
            #expect(try await visitor.existing(checkout.id) == checkout)
            try await visitor.commit(order(for: checkout))
            await visitor.close()
            await #expect(throws: StoreError.self) { try await visitor.checkWritable() }

            let jobs = try await server.claimJobs(JobCapacity(placing: 0, other: 9), lease: .seconds(9), at: .start)
            #expect(jobs.map(\.kind) == [.readOrder])
            #expect(try await server.events(of: checkout.id).map(\.event.source) == [.operator])
            _ = try await server.insert(.new())
            await server.close()
        }
    }

    @Test func `works alone as well, is nobody's rival, and leaves everything in the file itself`() async throws {
        try await withPlace { place in
            let first = try SQLiteStore(path: place.database, vault: .forTests)
            let checkout = try await first.insert(.new())
            await first.close()
            let visitor = try SQLiteStore(path: place.database, vault: .forTests, access: .visiting)
            let next = try SQLiteStore(path: place.database, vault: .forTests)
            await next.close()
            try await visitor.commit(order(for: checkout))
            await visitor.close()

            let copy = place.directory + "/copy.db"
            try FileManager.default.copyItem(atPath: place.database, toPath: copy)
            let reader = try SQLiteStore(path: copy, vault: .forTests)
            let due = try await reader.nextJobDue()
            #expect(due == .start)
            await reader.close()
        }
    }

    @Test func `is written through to the disk`() async throws {
        try await withPlace { place in
            await (try SQLiteStore(path: place.database, vault: .forTests)).close()
            let visitor = try SQLiteStore(path: place.database, vault: .forTests, access: .visiting)
            let synchronous = try await visitor.pool.writeWithoutTransaction { db in
                try String.fetchOne(db, sql: "PRAGMA synchronous")
            }
            #expect(synchronous == "2")
            await visitor.close()
        }
    }

    @Test func `makes no file, changes no other program's and none that is not up to date`() async throws {
        try await withPlace { place in
            #expect(throws: StoreError.self) { try visit(place.database) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: place.directory).isEmpty)

            let songs = place.directory + "/songs.db"
            let other = try DatabaseQueue(path: songs)
            try await other.write { db in try db.execute(sql: "CREATE TABLE songs (title TEXT)") }
            try other.close()
            let before = try Data(contentsOf: URL(filePath: songs))
            #expect(throws: StoreError.unavailable(reason: "the file is a database of another program")) {
                try visit(songs)
            }
            #expect(try Data(contentsOf: URL(filePath: songs)) == before)

            await (try SQLiteStore(path: place.database, vault: .forTests)).close()
            let old = try DatabaseQueue(path: place.database)
            try await old.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA user_version = 0") }
            try old.close()
            let error = #expect(throws: StoreError.self) { try visit(place.database) }
            #expect(error.map { "\($0)".contains("older version") } == true)
        }
    }
}

private func order(for checkout: Checkout) -> Change {
    let event = Event(at: .start, type: "refresh.ordered", source: .operator)
    return Change(checkout.id, events: [event], jobs: [JobOrder(.readOrder, at: .start)])
}

private func visit(_ path: String) throws(StoreError) -> SQLiteStore {
    try SQLiteStore(path: path, vault: .forTests, access: .visiting)
}

extension Place {
    fileprivate var database: String { directory + "/kassa.db" }
}
