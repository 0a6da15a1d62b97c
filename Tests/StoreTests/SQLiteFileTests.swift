import Checkouts
import Foundation
import GRDB
import Klarna
import Testing

@testable import SQLiteStore

@Suite("The SQLite file")
struct SQLiteFileTests {
    @Test func `and its directories are made for their owner alone`() async throws {
        try await withPlace { place in
            let path = place.directory + "/a/b/kassa.db"
            let store = try SQLiteStore(path: path, vault: .forTests)
            _ = try await store.insert(.new())
            for name in ["", "-wal", "-shm", ".lock"] { #expect(try mode(of: path + name) == 0o600) }
            for name in ["/a", "/a/b"] { #expect(try mode(of: place.directory + name) == 0o700) }
            await store.close()
        }
    }

    @Test func `is written through to the disk at every commit, and checks references`() async throws {
        try await withPlace { place in
            let store = try SQLiteStore(path: place.database, vault: .forTests)
            let pragmas = ["synchronous": "2", "journal_mode": "wal", "foreign_keys": "1", "temp_store": "2"]
            for (name, value) in pragmas {
                let found = try await store.pool.writeWithoutTransaction { db in
                    try String.fetchOne(db, sql: "PRAGMA \(name)")
                }
                #expect(found == value, "\(name)")
            }
            await store.close()
        }
    }

    @Test func `shows no token, no frozen body, no personal data and no stored answer`() async throws {
        try await withPlace { place in
            let store = try SQLiteStore(path: place.database, vault: .forTests)
            let address = Address(givenName: "Canary-Ada", email: "canary-ada@example.com")
            var checkout = Checkout.new(merchantReference: "visible-reference", billingAddress: address)
            try checkout.open(hppSessionID: "visible-hpp")
            try checkout.authorize(token: "canary-token-1", body: #"{"name":"canary-body"}"#)
            try checkout.authorize(token: "canary-token-2")
            let request = IdempotentRequest(scope: "s", key: "visible-key", fingerprint: "f")
            guard case .ours(let claim, _) = try await store.begin(request, lease: .seconds(9), at: .start) else {
                Issue.record("the key is not ours")
                return
            }
            try await store.commit(Change(checkout.id, checkout: checkout, claim: claim))
            let fields = [StoredAnswer.Field("set-cookie", "canary-field")]
            let answer = StoredAnswer(status: 201, fields: fields, body: Array("canary-answer".utf8))
            try await store.end(claim, answer: answer, at: .start)
            let stored = try await store.existing(checkout.id)
            #expect(stored.purchase.billingAddress == address)
            #expect(stored.placement == checkout.placement)

            let written = try contents(of: place.directory)
            await store.close()
            let closed = try contents(of: place.directory)
            for bytes in [written, closed] {
                for secret in ["anary-", "Y2FuYXJ5"] { #expect(bytes.firstRange(of: Data(secret.utf8)) == nil) }
                for known in ["visible-reference", "visible-hpp", "visible-key"] {
                    #expect(bytes.firstRange(of: Data(known.utf8)) != nil)
                }
            }
        }
    }

    @Test(arguments: ["", "-wal", "-shm"], [false, true])
    func `that was removed or replaced takes no more writes`(_ part: String, _ isReplaced: Bool) async throws {
        try await withPlace { place in
            let store = try SQLiteStore(path: place.database, vault: .forTests)
            try await store.checkWritable()
            let copy = try Data(contentsOf: URL(filePath: place.database + part))
            // The old file is kept under another name, so that its inode cannot be given to the new one.
            try FileManager.default.moveItem(atPath: place.database + part, toPath: place.database + ".old")
            if isReplaced { try copy.write(to: URL(filePath: place.database + part)) }

            let check = await #expect(throws: StoreError.self) { try await store.checkWritable() }
            #expect(check?.isUnavailable == true)
            let write = await #expect(throws: StoreError.self) { try await store.insert(.new()) }
            #expect(write?.isUnavailable == true)
            await store.close()
        }
    }

    @Test func `that is full refuses what does not fit and goes on when there is room`() async throws {
        try await withPlace { place in
            let store = try SQLiteStore(path: place.database, vault: .forTests)
            let before = try await store.insert(.new())
            func limitPages(_ pages: Int) async throws {
                try await store.pool.writeWithoutTransaction { db in
                    try db.execute(sql: "PRAGMA max_page_count = \(pages)")
                }
            }
            try await limitPages(1)
            var big = Checkout.new()
            try big.open(hppSessionID: String(repeating: "long", count: 10_000))
            let tooBig = Change(big.id, checkout: big)
            let error = await #expect(throws: StoreError.self) { try await store.commit(tooBig) }
            #expect(error == .unavailable(reason: "the disk is full, or the database may not grow"))
            #expect(try await store.checkout(big.id) == nil)
            #expect(try await store.existing(before.id) == before)

            try await limitPages(1_000_000)
            #expect(try await store.commit(tooBig) == 1)
            await store.close()
        }
    }

    @Test func `whose commit fails has taken none of what was in it, and goes on afterwards`() async throws {
        try await withPlace { place in
            let store = try SQLiteStore(path: place.database, vault: .forTests)
            let known = try await store.insert(.new())
            let obstacle = CommitObstacle()
            store.pool.add(transactionObserver: obstacle, extent: .observerLifetime)
            let checkouts = (0..<20).map { _ in Checkout.new() }
            await withTaskGroup { group in
                for checkout in checkouts {
                    group.addTask {
                        let error = await #expect(throws: StoreError.self) {
                            try await store.commit(Change(checkout.id, checkout: checkout))
                        }
                        #expect(error?.isUnavailable == true)
                    }
                }
            }
            store.pool.remove(transactionObserver: obstacle)
            for checkout in checkouts {
                #expect(try await store.checkout(checkout.id) == nil)
                #expect(try await store.commit(Change(checkout.id, checkout: checkout)) == 1)
            }
            #expect(try await store.existing(known.id) == known)
            await store.close()
        }
    }

    @Test func `takes only so many waiting writes`() async throws {
        try await withPlace { place in
            var limits = SQLiteStore.Limits()
            limits.waitingWritesMax = 5
            limits.writesPerCommitMax = 2
            let store = try SQLiteStore(path: place.database, vault: .forTests, limits: limits)
            let (entered, enter) = AsyncStream<Void>.makeStream()
            let gate = DispatchSemaphore(value: 0)
            async let blocking: Void = store.write { _ in
                enter.finish()
                gate.wait()
            }
            for await _ in entered {}
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<9 {
                    group.addTask {
                        do throws(StoreError) {
                            try await store.checkWritable()
                            return true
                        } catch {
                            #expect(error == .unavailable(reason: "too many writes are waiting"))
                            return false
                        }
                    }
                }
                var outcomes: [Bool] = []
                for await outcome in group {
                    outcomes.append(outcome)
                    // Four are refused while the writer is held up; the five that wait follow once it is not.
                    if outcomes.count == 4 { gate.signal() }
                }
                return outcomes
            }
            try await blocking
            #expect(outcomes.count { $0 } == 5)
            await store.close()
        }
    }
}

@Suite("Opening a SQLite file")
struct SQLiteOpeningTests {
    @Test func `is refused while another store serves from it, by any name`() async throws {
        try await withPlace { place in
            let first = try SQLiteStore(path: place.database, vault: .forTests)
            let link = place.directory + "/link.db"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: place.database)
            for path in [place.database, link] {
                let error = #expect(throws: StoreError.self) { try SQLiteStore(path: path, vault: .forTests) }
                #expect(error?.reason.contains(place.database + ".lock") == true)
            }
            await first.close()
            let second = try SQLiteStore(path: link, vault: .forTests)
            await second.close()
        }
    }

    @Test func `is refused to another process while one serves from it`() async throws {
        try await withPlace { place in
            let path = place.database
            let store = try SQLiteStore(path: path, vault: .forTests)
            await #expect(processExitsWith: .success) { [path = path as String] in
                do {
                    _ = try SQLiteStore(path: path, vault: .forTests)
                    exit(EXIT_FAILURE)
                } catch {
                    exit("\(error)".contains("another process serves from") ? EXIT_SUCCESS : EXIT_FAILURE)
                }
            }
            await store.close()
        }
    }

    @Test func `for reading works beside a server and without one, and writes nothing`() async throws {
        try await withPlace { place in
            let store = try SQLiteStore(path: place.database, vault: .forTests)
            let checkout = try await store.insert(.new())
            let beside = try SQLiteStore(path: place.database, vault: .forTests, access: .reading)
            #expect(try await beside.existing(checkout.id) == checkout)
            let next = try await store.insert(.new())
            #expect(try await beside.existing(next.id) == next)
            await #expect(throws: StoreError.self) { try await beside.checkWritable() }
            await #expect(throws: StoreError.self) { try await beside.insert(.new()) }
            await beside.close()
            await store.close()

            let alone = try SQLiteStore(path: place.database, vault: .forTests, access: .reading)
            #expect(try await alone.checkouts(CheckoutFilter()).count == 2)
            await alone.close()
        }
    }

    @Test func `for reading makes no file`() async throws {
        try await withPlace { place in
            #expect(throws: StoreError.self) {
                try SQLiteStore(path: place.database, vault: .forTests, access: .reading)
            }
            let files = try FileManager.default.contentsOfDirectory(atPath: place.directory)
            #expect(files.isEmpty)
        }
    }

    @Test(arguments: [SQLiteStore.Access.serving, .reading])
    func `is refused when a newer version made it`(_ access: SQLiteStore.Access) async throws {
        try await withPlace { place in
            try await change(place, "PRAGMA user_version = 1000")
            let error = #expect(throws: StoreError.self) {
                try SQLiteStore(path: place.database, vault: .forTests, access: access)
            }
            #expect(error?.reason.contains("newer version") == true)
        }
    }

    @Test func `is refused when it belongs to another program`() async throws {
        try await withPlace { place in
            let other = try DatabaseQueue(path: place.database)
            try await other.write { db in try db.execute(sql: "CREATE TABLE songs (title TEXT)") }
            try other.close()
            let error = #expect(throws: StoreError.self) { try SQLiteStore(path: place.database, vault: .forTests) }
            #expect(error?.reason.contains("another program") == true)
        }
    }

    @Test func `is refused when it is no database`() async throws {
        try await withPlace { place in
            let text = Data(repeating: UInt8(ascii: "x"), count: 10_000)
            try text.write(to: URL(filePath: place.database))
            let error = #expect(throws: StoreError.self) { try SQLiteStore(path: place.database, vault: .forTests) }
            #expect(error == .unavailable(reason: "the file is not a database"))
            #expect(try Data(contentsOf: URL(filePath: place.database)) == text)
        }
    }

    @Test func `for reading is refused until the server brought it up to date`() async throws {
        try await withPlace { place in
            try await change(place, "PRAGMA user_version = 0")
            let error = #expect(throws: StoreError.self) {
                try SQLiteStore(path: place.database, vault: .forTests, access: .reading)
            }
            #expect(error?.reason.contains("older version") == true)
        }
    }

    /// Places in which nothing can be made, whoever asks.
    @Test(arguments: ["/proc/kassa/kassa.db", "/proc/kassa.db", "/dev/null/kassa.db", "/proc"])
    func `where no file can be made says so`(_ path: String) {
        let error = #expect(throws: StoreError.self) { try SQLiteStore(path: path, vault: .forTests) }
        #expect(error?.isUnavailable == true)
    }

    @Test(.enabled(if: geteuid() != 0, "nothing is read-only for the superuser"))
    func `in a directory that is read-only says so`() async throws {
        try await withPlace { place in
            try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: place.directory)
            let error = #expect(throws: StoreError.self) { try SQLiteStore(path: place.database, vault: .forTests) }
            #expect(error?.isUnavailable == true)
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: place.directory)
        }
    }

    /// Changes an up-to-date database behind the store's back.
    private func change(_ place: Place, _ sql: String) async throws {
        let store = try SQLiteStore(path: place.database, vault: .forTests)
        try await store.pool.writeWithoutTransaction { db in try db.execute(sql: sql) }
        await store.close()
    }
}

@Suite("An error of SQLite")
struct SQLiteErrorTests {
    @Test(arguments: [
        ResultCode.SQLITE_FULL, .SQLITE_IOERR, .SQLITE_IOERR_FSYNC, .SQLITE_READONLY, .SQLITE_READONLY_DBMOVED,
        .SQLITE_BUSY, .SQLITE_CORRUPT, .SQLITE_CANTOPEN, .SQLITE_NOTADB, .SQLITE_NOMEM,
    ])
    func `that is not about the change makes the store unavailable`(_ code: ResultCode) {
        let error = StoreError(DatabaseError(resultCode: code, message: "secret", sql: "SELECT secret"))
        #expect(error.isUnavailable)
        #expect(!"\(error)".contains("secret"))
    }

    @Test(arguments: [
        ResultCode.SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_FOREIGNKEY, .SQLITE_CONSTRAINT_CHECK,
        .SQLITE_CONSTRAINT_NOTNULL,
    ])
    func `about a constraint is a conflict`(_ code: ResultCode) {
        #expect(StoreError(DatabaseError(resultCode: code)).isConflict)
    }
}

extension Place {
    fileprivate var database: String { directory + "/kassa.db" }
}

/// Makes every commit fail at its end, as a disk does that fails.
private final class CommitObstacle: TransactionObserver {
    func observes(eventsOfKind kind: DatabaseEventKind) -> Bool { true }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseWillCommit() throws { throw DatabaseError(resultCode: .SQLITE_IOERR) }
    func databaseDidCommit(_ db: Database) {}
    func databaseDidRollback(_ db: Database) {}
}

private func mode(of path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
}

/// The bytes of all files in a directory, one after the other.
private func contents(of directory: String) throws -> Data {
    try FileManager.default.contentsOfDirectory(atPath: directory).reduce(into: Data()) { bytes, name in
        bytes += try Data(contentsOf: URL(filePath: directory + "/" + name))
    }
}
