internal import Checkouts
internal import GRDB

/// The tables, and the way there from every earlier version. Versions are numbered, go forwards only, and are not edited once
/// released.
enum Schema {
    static let migrations = [version1, version2, version3]

    static let latest = migrations.count

    /// `KASS`, where SQLite keeps whose file it is.
    private static let applicationID = 0x4B41_5353

    /// Brings the database to the latest version, in one transaction.
    static func migrate(_ db: Database) throws {
        try db.inTransaction(.immediate) {
            let version = try requireKnownVersion(db)
            for migration in migrations[version...] { try db.execute(sql: migration) }
            // Neither pragma takes bound parameters; both values are ours.
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(sql: "PRAGMA user_version = \(latest)")
            return .commit
        }
    }

    static func requireLatest(_ db: Database) throws {
        guard try requireKnownVersion(db) == latest else {
            throw StoreError.unavailable(
                reason: "the database has an older version; the server brings it up to date when it starts"
            )
        }
    }

    /// Writes what is there already: the smallest durable write that changes nothing.
    static func touch(_ db: Database) throws { try db.run("PRAGMA user_version = \(latest)") }

    private static func requireKnownVersion(_ db: Database) throws -> Int {
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        let owner = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        guard owner == applicationID || (tables == 0 && version == 0) else {
            throw StoreError.unavailable(reason: "the file is a database of another program")
        }
        guard (0...latest).contains(version) else {
            throw StoreError.unavailable(
                reason: "the database was made by a newer version (schema \(version), this one knows \(latest))"
            )
        }
        return version
    }
}

extension Database {
    /// Runs one statement. It is prepared once for each connection.
    func run(_ sql: String, _ arguments: StatementArguments = []) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// Runs one statement and says whether it changed a row.
    func changes(_ sql: String, _ arguments: StatementArguments) throws -> Bool {
        try run(sql, arguments)
        return changesCount > 0
    }

    func rows(_ sql: String, _ arguments: StatementArguments = []) throws -> [Row] {
        try Row.fetchAll(try cachedStatement(sql: sql), arguments: arguments)
    }

    func row(_ sql: String, _ arguments: StatementArguments = []) throws -> Row? {
        try Row.fetchOne(try cachedStatement(sql: sql), arguments: arguments)
    }
}
