import Foundation
import GRDBSQLite
import Synchronization

/// A layer between SQLite and the files of one directory. It fails on demand, and knows what a power failure would leave.
///
/// What was written is only on the disk once it was synchronised. Until then each sector of it may be there or not, and what
/// was under way when synchronising failed never gets there by a later success: the system believes that it is.
final class FaultyDisk: Sendable {
    enum Operation: Sendable, Hashable, CaseIterable {
        case write, sync, truncate
    }

    /// Which file by its ending: nothing, or `-wal`.
    struct Call: Sendable, Hashable {
        let operation: Operation
        let file: String
    }

    /// Decides whether a call fails, by how many of its like came before, and with which of SQLite's codes.
    typealias Plan = @Sendable (_ call: Call, _ number: Int) -> Int32?

    private let database: String
    private let state = Mutex(State())

    private struct State {
        var files: [String: Contents] = [:]
        var calls: [Call: Int] = [:]
        var plan: Plan?
        var watch: (@Sendable () -> Void)?
    }

    /// Stands between SQLite and a database that is opened from now on.
    init(under database: String) {
        self.database = database
        _ = Layer.registered
        Layer.disks.withLock { $0.append(self) }
    }

    /// Stands aside. Files that are open stay as they are.
    func remove() { Layer.disks.withLock { $0.removeAll { $0 === self } } }

    /// From now on calls fail by plan.
    func fail(by plan: @escaping Plan) {
        state.withLock {
            $0.plan = plan
            $0.calls = [:]
        }
    }

    /// Nothing fails any more. Returns how many calls of each sort there were since the plan began.
    @discardableResult
    func heal() -> [Call: Int] {
        state.withLock {
            $0.plan = nil
            return $0.calls
        }
    }

    /// Does something before each call.
    func watch(_ work: (@Sendable () -> Void)?) { state.withLock { $0.watch = work } }

    /// What the disk holds now, for certain and perhaps.
    var image: Image { Image(files: state.withLock(\.files)) }

    struct Image: Sendable {
        fileprivate let files: [String: Contents]

        /// Writes into a new directory what is left after a power failure, and returns the path of the database.
        func losePower(in directory: String, using generator: inout some RandomNumberGenerator) throws -> String {
            let path = directory + "/\(UUID())"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            for (ending, contents) in files.sorted(by: { $0.key < $1.key }) {
                let bytes = contents.afterPowerFailure(using: &generator)
                try Data(bytes).write(to: URL(filePath: path + "/kassa.db" + ending))
            }
            return path + "/kassa.db"
        }
    }

    /// The ending of a file of this database.
    fileprivate func ending(of path: String) -> String? {
        ["", "-wal"].first { path == database + $0 }
    }

    fileprivate func opened(_ ending: String) {
        let bytes = (try? Data(contentsOf: URL(filePath: database + ending))).map(Array.init) ?? []
        state.withLock { if $0.files[ending] == nil { $0.files[ending] = Contents(durable: bytes) } }
    }

    /// The code with which the call fails, or `nil`.
    fileprivate func outcome(of call: Call) -> Int32? {
        state.withLock(\.watch)?()
        return state.withLock { state in
            let number = state.calls[call, default: 0]
            state.calls[call] = number + 1
            return state.plan?(call, number)
        }
    }

    fileprivate func note(_ ending: String, _ change: (inout Contents) -> Void) {
        state.withLock { change(&$0.files[ending, default: Contents(durable: [])]) }
    }
}

/// What is on the disk for certain, and what may be.
private struct Contents: Sendable {
    var durable: [UInt8]
    var pending: [Change] = []

    enum Change: Sendable {
        case write(offset: Int, [UInt8])
        case truncate(Int)
    }

    private static let sector = 512

    mutating func synchronise() {
        for change in pending { Contents.apply(change, to: &durable) }
        pending = []
    }

    func afterPowerFailure(using generator: inout some RandomNumberGenerator) -> [UInt8] {
        var bytes = durable
        // Half of the times nothing at all has got through.
        guard Bool.random(using: &generator) else { return bytes }
        for change in pending {
            switch change {
            case .truncate: if Bool.random(using: &generator) { Contents.apply(change, to: &bytes) }
            case .write(let offset, let written):
                for start in stride(from: 0, to: written.count, by: Contents.sector)
                where UInt8.random(in: 0..<4, using: &generator) > 0 {
                    let piece = Array(written[start..<min(start + Contents.sector, written.count)])
                    Contents.apply(.write(offset: offset + start, piece), to: &bytes)
                }
            }
        }
        return bytes
    }

    private static func apply(_ change: Change, to bytes: inout [UInt8]) {
        switch change {
        case .truncate(let size): bytes.removeLast(max(bytes.count - size, 0))
        case .write(let offset, let written):
            let end = offset + written.count
            if bytes.count < end { bytes += Array(repeating: 0, count: end - bytes.count) }
            bytes.replaceSubrange(offset..<end, with: written)
        }
    }
}

/// SQLite's own way to the files, with ours around four of its functions for the files of a ``FaultyDisk``.
///
/// Everything here is made once and never freed, so that SQLite can keep the pointers.
private enum Layer {
    static let disks = Mutex<[FaultyDisk]>([])

    @safe struct OpenFile: @unchecked Sendable {
        let disk: FaultyDisk
        let ending: String
        /// A constant of SQLite's.
        let methods: UnsafePointer<sqlite3_io_methods>
    }

    /// By the address of SQLite's structure.
    private static let openFiles = Mutex<[UInt: OpenFile]>([:])

    /// Files that are no faulty disk's pass through untouched, so it may be everybody's default.
    static let registered: Int32 = {
        guard let system = unsafe sqlite3_vfs_find(nil) else { return SQLITE_ERROR }
        let layer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        unsafe layer.initialize(to: system.pointee)
        unsafe layer.pointee.zName = UnsafePointer(strdup("faulty"))
        unsafe layer.pointee.pNext = nil
        unsafe layer.pointee.xOpen = { layer, name, file, flags, outFlags in
            guard let system = unsafe sqlite3_vfs_find("unix"), let file = unsafe file else { return SQLITE_ERROR }
            let code = unsafe system.pointee.xOpen(system, name, file, flags, outFlags)
            if code == SQLITE_OK, let name = unsafe name { unsafe Layer.wrap(file, String(cString: name)) }
            return code
        }
        return unsafe sqlite3_vfs_register(layer, 1)
    }()

    private static func wrap(_ file: UnsafeMutablePointer<sqlite3_file>, _ path: String) {
        guard
            let (disk, ending) = disks.withLock({ disks in
                disks.lazy.compactMap { disk in disk.ending(of: path).map { (disk, $0) } }.first
            }), let methods = unsafe file.pointee.pMethods
        else { return }
        disk.opened(ending)
        let open = unsafe OpenFile(disk: disk, ending: ending, methods: methods)
        let address = UInt(bitPattern: file)
        openFiles.withLock { $0[address] = open }
        let ours = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        unsafe ours.initialize(to: methods.pointee)
        unsafe ours.pointee.xWrite = { file, bytes, count, offset in
            unsafe Layer.write(file, bytes, count, offset)
        }
        unsafe ours.pointee.xSync = { file, flags in unsafe Layer.sync(file, flags) }
        unsafe ours.pointee.xTruncate = { file, size in unsafe Layer.truncate(file, size) }
        unsafe ours.pointee.xClose = { file in
            let address = UInt(bitPattern: file)
            let open = Layer.openFiles.withLock { $0.removeValue(forKey: address) }
            return unsafe open?.methods.pointee.xClose(file) ?? SQLITE_ERROR
        }
        unsafe file.pointee.pMethods = UnsafePointer(ours)
    }

    private static func openFile(_ file: UnsafeMutablePointer<sqlite3_file>?) -> OpenFile? {
        let address = UInt(bitPattern: file)
        return openFiles.withLock { $0[address] }
    }

    private static func write(
        _ file: UnsafeMutablePointer<sqlite3_file>?,
        _ bytes: UnsafeRawPointer?,
        _ count: Int32,
        _ offset: sqlite3_int64,
    ) -> Int32 {
        guard let open = unsafe openFile(file) else { return SQLITE_ERROR }
        let failure = open.disk.outcome(of: FaultyDisk.Call(operation: .write, file: open.ending))
        // What fails may have been done in part.
        let done = failure == nil ? count : count / 2
        let code = unsafe open.methods.pointee.xWrite(file, bytes, done, offset)
        let written = unsafe Array(UnsafeRawBufferPointer(start: bytes, count: Int(done)))
        open.disk.note(open.ending) { $0.pending.append(.write(offset: Int(offset), written)) }
        return failure ?? code
    }

    private static func sync(_ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32) -> Int32 {
        guard let open = unsafe openFile(file) else { return SQLITE_ERROR }
        if let failure = open.disk.outcome(of: FaultyDisk.Call(operation: .sync, file: open.ending)) {
            open.disk.note(open.ending) { $0.pending = [] }
            return failure
        }
        // The machine that runs the tests stays up: the disk need not be waited for.
        open.disk.note(open.ending) { $0.synchronise() }
        return SQLITE_OK
    }

    private static func truncate(_ file: UnsafeMutablePointer<sqlite3_file>?, _ size: sqlite3_int64) -> Int32 {
        guard let open = unsafe openFile(file) else { return SQLITE_ERROR }
        if let failure = open.disk.outcome(of: FaultyDisk.Call(operation: .truncate, file: open.ending)) {
            return failure
        }
        let code = unsafe open.methods.pointee.xTruncate(file, size)
        open.disk.note(open.ending) { $0.pending.append(.truncate(Int(size))) }
        return code
    }
}
