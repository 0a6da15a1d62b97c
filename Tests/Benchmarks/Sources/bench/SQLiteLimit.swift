import CSQLite
import Foundation

/// What SQLite itself reaches for the rows that a callback writes: an event and the job that follows from it, in the
/// backend's own tables, each commit on the disk before the next one begins.
final class SQLiteLimit {
    private let database: SQLite
    private let event: SQLite.Statement
    private let eventID: Int
    private let checkoutOfEvent: Int
    private let job: SQLite.Statement
    private let checkoutOfJob: Int
    private let checkouts: [String]
    private var ids = EventIDs()
    private var turn = 0

    /// Copies the database of a backend that has taken a callback for each of these checkouts.
    init(of original: String, checkouts: [String], to copy: String) throws {
        try SQLite(original).run("VACUUM INTO '\(copy)'")
        database = try SQLite(copy)
        self.checkouts = checkouts
        for pragma in ["journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"] {
            try database.run("PRAGMA \(pragma)")
        }
        let events = try database.rows("SELECT * FROM events WHERE type = 'callback.received' LIMIT 1")
        let jobs = try database.rows("SELECT * FROM jobs WHERE kind = 'hint' LIMIT 1")
        guard let event = events.first?.filter({ $0.name != "sequence" }), let job = jobs.first else {
            throw Failure("no callback has been recorded")
        }
        let names = event.map(\.name)
        guard let eventID = names.firstIndex(of: "event_id"), let checkout = names.firstIndex(of: "checkout_id"),
            let checkoutOfJob = job.firstIndex(where: { $0.name == "checkout_id" })
        else { throw Failure("events and jobs have other columns") }
        self.event = try SQLiteLimit.insert("events", event, "(checkout_id, event_id) DO NOTHING", database)
        self.job = try SQLiteLimit.insert(
            "jobs",
            job,
            """
            (checkout_id, kind) DO UPDATE SET
                due_at = min(coalesce(due_at, excluded.due_at), excluded.due_at), attempt = 0, revision = revision + 1
            """,
            database,
        )
        self.eventID = eventID + 1
        checkoutOfEvent = checkout + 1
        self.checkoutOfJob = checkoutOfJob + 1
    }

    /// Callbacks per second for so long.
    func run(callbacksPerCommit: Int, for duration: Duration) throws -> Double {
        let begin = try database.prepare("BEGIN IMMEDIATE")
        let commit = try database.prepare("COMMIT")
        let start = ContinuousClock.now
        var written = 0
        while ContinuousClock.now - start < duration {
            try begin.run()
            for _ in 0..<callbacksPerCommit { try writeCallback() }
            try commit.run()
            written += callbacksPerCommit
        }
        return Double(written) / (ContinuousClock.now - start).seconds
    }

    private func writeCallback() throws {
        turn = (turn + 1) % checkouts.count
        event.bind(.text(checkouts[turn]), at: checkoutOfEvent)
        event.bind(.text(String(decoding: ids.next(), as: UTF8.self)), at: eventID)
        try event.run()
        job.bind(.text(checkouts[turn]), at: checkoutOfJob)
        try job.run()
    }

    /// A statement with every column of the row bound.
    private static func insert(
        _ table: String,
        _ row: [(name: String, value: SQLite.Value)],
        _ conflict: String,
        _ database: SQLite,
    ) throws -> SQLite.Statement {
        let names = row.map(\.name).joined(separator: ", ")
        let marks = row.map { _ in "?" }.joined(separator: ", ")
        let statement = try database.prepare(
            "INSERT INTO \(table) (\(names)) VALUES (\(marks)) ON CONFLICT \(conflict)"
        )
        for (index, column) in row.enumerated() {
            // A job that is done has no due time; one that is ordered has.
            let isDue = column.name == "due_at"
            statement.bind(isDue ? .integer(Int64(Date().timeIntervalSince1970 * 1000)) : column.value, at: index + 1)
        }
        return statement
    }
}

extension SQLite {
    static var version: String { unsafe String(cString: sqlite3_libversion()) }
}

/// Ids in the shape of those that Klarna gives its callbacks: random, and no two alike.
struct EventIDs {
    private var random = SystemRandomNumberGenerator()
    private static let digits = Array("0123456789abcdef".utf8)

    mutating func next() -> [UInt8] {
        var words = (random.next(), random.next())
        return (0..<36).map { position in
            if [8, 13, 18, 23].contains(position) { return UInt8(ascii: "-") }
            if position < 18 {
                defer { words.0 >>= 4 }
                return EventIDs.digits[Int(words.0 & 15)]
            }
            defer { words.1 >>= 4 }
            return EventIDs.digits[Int(words.1 & 15)]
        }
    }
}
