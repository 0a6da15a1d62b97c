internal import Checkouts
internal import GRDB

extension StoreError {
    /// What a failure inside the database means to those who asked. SQLite's own words about constraints name columns, never
    /// values.
    init(_ error: any Error) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT:
            self = .conflict(StoreError.conflict(error), reason: error.message ?? "a constraint of the database")
        case _: self = .unavailable(because: error)
        }
    }

    /// The same for a whole transaction: nothing can be said of what was in it.
    static func unavailable(because error: any Error) -> StoreError {
        switch error {
        case StoreError.unavailable(let reason): .unavailable(reason: reason)
        case let error as DatabaseError: .unavailable(reason: plainReason(error))
        case _: .unavailable(reason: "the database failed")
        }
    }

    /// SQLite names a unique index by its table and column.
    private static func conflict(_ error: DatabaseError) -> Conflict {
        switch (error.extendedResultCode, error.message) {
        case (.SQLITE_CONSTRAINT_FOREIGNKEY, _): .missingCheckout
        case (.SQLITE_CONSTRAINT_UNIQUE, "UNIQUE constraint failed: checkouts.order_id"): .orderTaken
        case (.SQLITE_CONSTRAINT_UNIQUE, "UNIQUE constraint failed: checkouts.held_reference"): .referenceTaken
        case _: .other
        }
    }

    private static func plainReason(_ error: DatabaseError) -> String {
        switch error.resultCode {
        case .SQLITE_FULL: "the disk is full, or the database may not grow"
        case .SQLITE_IOERR: "reading or writing the database file failed (SQLite \(error.extendedResultCode.rawValue))"
        case .SQLITE_READONLY: "the database file cannot be written"
        case .SQLITE_BUSY, .SQLITE_LOCKED: "another process keeps the database busy"
        case .SQLITE_CORRUPT: "the database file is damaged"
        case .SQLITE_NOTADB: "the file is not a database"
        case .SQLITE_CANTOPEN: "the database file cannot be opened"
        case .SQLITE_MISUSE: "the database is closed"
        case let code: "the database failed (SQLite \(code.rawValue))"
        }
    }
}
