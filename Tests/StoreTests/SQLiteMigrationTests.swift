import Checkouts
import Foundation
import GRDB
import Testing
import Wire

@testable import SQLiteStore

@Suite("A SQLite file of an earlier version")
struct SQLiteMigrationTests {
    @Test func `keeps its checkouts, histories, jobs and keys, and can do what is new`() async throws {
        try await withPlace { place in
            let path = place.directory + "/kassa.db"
            var placed = Checkout.new(account: "sweden", merchantReference: "A-1")
            try placed.become(.orderPlaced)
            var authorized = Checkout.new(at: .start + .seconds(1), merchantReference: "A-1")
            try authorized.become(.authorized)
            let fresh = Checkout.new(at: .start + .seconds(2), account: "sweden", merchantReference: "A-1")
            try firstVersion(path) { db in
                for checkout in [placed, authorized, fresh] { try db.insertFirstVersion(checkout) }
                try db.execute(
                    sql: """
                        INSERT INTO events (checkout_id, at, type, source, detail, event_id)
                        VALUES (?, 5, 'callback.received', 'callback', '{"a":1}', 'e-1')
                        """,
                    arguments: [placed.id.rawValue],
                )
                for (checkout, kind, due) in [(authorized, "place", 900), (fresh, "observe", nil)] as [(_, _, Int?)] {
                    try db.execute(
                        sql: "INSERT INTO jobs VALUES (?, ?, ?, NULL, 3, 5, 7, NULL)",
                        arguments: [checkout.id.rawValue, kind, due],
                    )
                }
                try db.execute(
                    sql: """
                        INSERT INTO idempotency_keys (scope, key, fingerprint, created_at, epoch, lease_until, checkout_id)
                        VALUES ('s', 'k', 'f', 1, 4, 9000000000000, ?)
                        """,
                    arguments: [fresh.id.rawValue],
                )
            }

            let store = try SQLiteStore(path: path, vault: .forTests)
            for checkout in [placed, authorized, fresh] {
                let stored = try await store.existing(checkout.id)
                #expect(stored.version == 1)
                #expect(stored.status == checkout.status)
                #expect(stored.account == checkout.account)
                #expect(stored.purchase == checkout.purchase)
                #expect(stored.placement == checkout.placement)
                #expect(stored.order == checkout.order)
            }
            #expect(try await store.events(of: placed.id).map(\.event.eventID) == ["e-1"])
            // The account is found in the document.
            #expect(try await store.rivals(of: fresh).map(\.id) == [placed.id])
            #expect(try await store.rivals(of: .new(merchantReference: "A-1")).map(\.id) == [authorized.id])
            let backlog = try await store.backlog(at: .start)
            #expect(backlog.checkouts.mapValues(\.count) == [.authorized: 1, .created: 1])
            #expect(backlog.jobs == [.place: Backlog.Queue(due: 1, count: 1, nextDeadline: nil)])

            try await store.resume(at: .start)
            let jobs = try await store.claimJobs(.each(9), lease: .seconds(90), at: .start)
            #expect(jobs.map(\.checkoutID) == [authorized.id, fresh.id])
            #expect(jobs.map(\.kind) == [.place, .observe])
            #expect(jobs.map(\.attempt) == [3, 0])
            #expect(jobs.map(\.epoch) == [8, 8])
            let request = IdempotentRequest(scope: "s", key: "k", fingerprint: "f")
            let start = try await store.begin(request, lease: .seconds(9), at: .start)
            #expect(start == .ours(IdempotencyClaim(scope: "s", key: "k", epoch: 5), resuming: fresh.id))

            var holder = try await store.existing(authorized.id)
            _ = try holder.apply(.placementSent(at: .start, exclusively: true), at: .start)
            try await store.commit(Change(holder.id, checkout: holder))
            await store.close()
        }
    }

    @Test func `stays as it is when it cannot be brought up to date`() async throws {
        try await withPlace { place in
            let path = place.directory + "/kassa.db"
            let checkout = Checkout.new(account: "sweden")
            try firstVersion(path) { db in
                try db.insertFirstVersion(checkout)
                // The new version wants to make this one itself.
                try db.execute(sql: "CREATE TABLE orphan_callbacks (x)")
            }
            for _ in 0..<2 { #expect(throws: StoreError.self) { try SQLiteStore(path: path, vault: .forTests) } }
            let queue = try DatabaseQueue(path: path)
            try await queue.write { db in
                #expect(try Int.fetchOne(db, sql: "PRAGMA user_version") == 1)
                #expect(try db.columns(in: "checkouts").contains { $0.name == "account" } == false)
                try db.execute(sql: "DROP TABLE orphan_callbacks")
            }
            try queue.close()
            let store = try SQLiteStore(path: path, vault: .forTests)
            #expect(try await store.existing(checkout.id).account == "sweden")
            await store.close()
        }
    }

    @Test func `with a document that is no JSON is brought up to date, and that checkout alone is damaged`()
        async throws
    {
        try await withPlace { place in
            let path = place.directory + "/kassa.db"
            let (damaged, sound) = (Checkout.new(), Checkout.new())
            try firstVersion(path) { db in
                for checkout in [damaged, sound] { try db.insertFirstVersion(checkout) }
                try db.execute(
                    sql: "UPDATE checkouts SET document = '{' WHERE id = ?",
                    arguments: [damaged.id.rawValue],
                )
            }
            let store = try SQLiteStore(path: path, vault: .forTests)
            let error = await #expect(throws: StoreError.self) { try await store.checkout(damaged.id) }
            #expect(error?.isUnavailable == true)
            #expect(try await store.existing(sound.id).id == sound.id)
            await store.close()
        }
    }

    /// Makes the file that the first version made.
    private func firstVersion(_ path: String, _ fill: (Database) throws -> Void) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            try db.inTransaction(.immediate) {
                try db.execute(sql: Schema.version1)
                try db.execute(sql: "PRAGMA application_id = \(0x4B41_5353)")
                try db.execute(sql: "PRAGMA user_version = 1")
                try fill(db)
                return .commit
            }
        }
        try queue.close()
    }
}

@Suite("A query of the SQLite store")
struct SQLiteQueryPlanTests {
    @Test func `looks for what waits without going through what is settled`() async throws {
        try await withPlace { place in
            let store = try SQLiteStore(path: place.directory + "/kassa.db", vault: .forTests)
            let (now, id) = (Timestamp.start, Checkout.new().id.rawValue)
            let plans = try await store.pool.writeWithoutTransaction { db in
                let statements = SQLCollector()
                db.trace { event in if case .statement(let statement) = event { statements.append(statement.sql) } }
                _ = try db.claimPlacings(limit: 5, until: now, at: now)
                _ = try db.claimOthers(limit: 5, until: now, at: now)
                _ = try db.nextJobDue()
                try db.resumeJobs(at: now)
                try db.orderMissingJobs(at: now)
                _ = try db.backlog(at: now)
                _ = try db.rivals(of: id, account: "a", merchantReference: "r")
                db.trace(options: [], nil)
                return try statements.all.map { sql in
                    let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN " + sql)
                    // A parameter without a value is as good as one with.
                    statement.setUncheckedArguments(StatementArguments())
                    let rows = try Row.fetchAll(statement)
                    return (sql: sql, steps: rows.map { $0["detail"] as String })
                }
            }
            #expect(plans.count == 10)
            for plan in plans {
                let whole = plan.steps.filter { step in
                    ["SCAN checkouts", "SCAN jobs"].contains { step.hasPrefix($0) } && !step.contains("INDEX jobs_")
                }
                #expect(whole.isEmpty, "\(plan.sql)")
            }
            await store.close()
        }
    }
}

private final class SQLCollector {
    private(set) var all: [String] = []

    func append(_ sql: String) { all.append(sql) }
}

extension Database {
    /// Writes a checkout as the first version did.
    fileprivate func insertFirstVersion(_ checkout: Checkout) throws {
        let record = try CheckoutRecord(checkout, vault: .forTests)
        try execute(
            sql: "INSERT INTO checkouts VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                record.id, record.status, record.merchantReference, record.createdAt.milliseconds,
                record.updatedAt.milliseconds, record.hppSessionID, record.orderID,
                String(decoding: record.document, as: UTF8.self), Data(record.sealed),
            ],
        )
    }
}
