import CSQLite

/// A connection to a database file through the system's SQLite, with nothing in between.
@safe
final class SQLite {
    enum Value {
        case null
        case integer(Int64)
        case text(String)
    }

    private let handle: OpaquePointer?

    init(_ path: String) throws {
        var handle: OpaquePointer?
        let code = unsafe sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, nil)
        unsafe self.handle = unsafe handle
        guard code == SQLITE_OK else { throw Failure("\(path) cannot be opened: SQLite \(code)") }
        unsafe sqlite3_busy_timeout(handle, 5_000)
    }

    deinit { unsafe sqlite3_close_v2(handle) }

    func run(_ sql: String) throws {
        guard unsafe sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw failure(sql) }
    }

    func prepare(_ sql: String) throws -> Statement {
        var statement: OpaquePointer?
        guard unsafe sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, let statement = unsafe statement
        else { throw failure(sql) }
        return unsafe Statement(statement)
    }

    /// All rows, each by the names of its columns.
    func rows(_ sql: String) throws -> [[(name: String, value: Value)]] {
        let statement = try prepare(sql)
        var rows: [[(name: String, value: Value)]] = []
        while try statement.step() { rows.append(statement.row) }
        return rows
    }

    private func failure(_ sql: String) -> Failure {
        Failure("\(unsafe String(cString: sqlite3_errmsg(handle))) in \(sql)")
    }

    @safe
    final class Statement {
        private let handle: OpaquePointer
        /// SQLite copies what it is given.
        private let transient = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)

        init(_ handle: OpaquePointer) { unsafe self.handle = unsafe handle }

        deinit { unsafe sqlite3_finalize(handle) }

        /// Gives a parameter its value; the first one is number 1.
        func bind(_ value: Value, at index: Int) {
            let index = Int32(index)
            switch value {
            case .null: unsafe sqlite3_bind_null(handle, index)
            case .integer(let number): unsafe sqlite3_bind_int64(handle, index, number)
            case .text(let text): unsafe sqlite3_bind_text(handle, index, text, Int32(text.utf8.count), transient)
            }
        }

        /// Whether there is a row.
        func step() throws -> Bool {
            switch unsafe sqlite3_step(handle) {
            case SQLITE_ROW: return true
            case SQLITE_DONE: return false
            case let code: throw Failure("SQLite \(code)")
            }
        }

        /// Runs a statement that gives no rows, and makes it ready to run again.
        func run() throws {
            defer { reset() }
            _ = try step()
        }

        func reset() { unsafe sqlite3_reset(handle) }

        func text(_ column: Int32) -> String {
            guard let text = unsafe sqlite3_column_text(handle, column) else { return "" }
            return unsafe String(cString: text)
        }

        var row: [(name: String, value: Value)] {
            let count = unsafe sqlite3_column_count(handle)
            return (0..<count).map { column in
                let name = unsafe String(cString: sqlite3_column_name(handle, column))
                switch unsafe sqlite3_column_type(handle, column) {
                case SQLITE_NULL: return (name, .null)
                case SQLITE_INTEGER: return (name, .integer(unsafe sqlite3_column_int64(handle, column)))
                case _: return (name, .text(text(column)))
                }
            }
        }
    }
}
