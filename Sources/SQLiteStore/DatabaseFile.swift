internal import Checkouts
internal import Glibc
internal import Synchronization

/// The file of the database: where it really lies, who may serve from it, and whether it is still there.
final class DatabaseFile: Sendable {
    /// Without symbolic links, so that every name of the file leads to the same lock.
    let path: String
    private let state: Mutex<State>

    private struct State: ~Copyable {
        /// Held by whoever serves.
        var lock: FileLock?
        var mayWrite = false
        var identities: [FileIdentity] = []
    }

    /// Creates the file when it is missing, for its owner's eyes only, and claims it for this process. While another
    /// process has it, the caller is blocked for as long as `patience`.
    init(serving path: String, patience: Duration = .zero) throws(StoreError) {
        try createDirectories(above: path)
        try createFile(path)
        self.path = try realPath(path)
        for file in ["", "-wal", "-shm"] { try requireWritable(self.path + file) }
        state = Mutex(State(lock: try FileLock(path: self.path + ".lock", of: self.path, patience), mayWrite: true))
    }

    /// For writes beside whoever has claimed the file.
    init(visiting path: String) throws(StoreError) {
        self.path = try realPath(path)
        for file in ["", "-wal", "-shm"] { try requireWritable(self.path + file) }
        state = Mutex(State(lock: nil, mayWrite: true))
    }

    init(reading path: String) throws(StoreError) {
        self.path = try realPath(path)
        state = Mutex(State(lock: nil))
    }

    /// Remembers which files are open now: the database, its write-ahead log, and the index of that log, by which processes
    /// know of each other's locks.
    func remember() throws(StoreError) {
        let identities = try currentIdentities()
        state.withLock { $0.identities = identities }
    }

    /// Throws when the files that are open are no longer the ones that others would open.
    func requireUnchanged() throws(StoreError) {
        let (mayWrite, identities) = state.withLock { ($0.mayWrite, $0.identities) }
        guard mayWrite else { throw .unavailable(reason: "the database is closed") }
        guard try identities == currentIdentities() else {
            throw .unavailable(reason: "the database file was replaced while it was in use")
        }
    }

    private func currentIdentities() throws(StoreError) -> [FileIdentity] {
        [try FileIdentity(path), try FileIdentity(path + "-wal"), try FileIdentity(path + "-shm")]
    }

    var isServing: Bool { state.withLock { $0.lock != nil } }

    func unlock() {
        state.withLock { state in
            state.lock = nil
            state.mayWrite = false
        }
    }
}

/// Which file it is, whatever its name.
private struct FileIdentity: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64

    init(_ path: String) throws(StoreError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw .unavailable(reason: "the database file is gone: \(systemReason(errno))")
        }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }
}

/// An exclusive lock that ends with the process, however it ends.
private struct FileLock: ~Copyable, Sendable {
    private let descriptor: Int32

    init(path: String, of database: String, _ patience: Duration) throws(StoreError) {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .unavailable(reason: "the lock file \(path) cannot be opened: \(systemReason(errno))")
        }
        let deadline = ContinuousClock.now + patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard ContinuousClock.now < deadline else {
                close(descriptor)
                throw .unavailable(reason: "another process serves from \(database): it holds \(path)")
            }
            usleep(10_000)
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}

/// Creates missing directories, each for its owner alone. Those that exist stay as they are.
private func createDirectories(above path: String) throws(StoreError) {
    guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
    let directory = String(path[..<slash])
    guard unsafe access(directory, F_OK) != 0 else { return }
    try createDirectories(above: directory)
    guard unsafe mkdir(directory, 0o700) == 0 || errno == EEXIST else {
        throw .unavailable(reason: "the directory \(directory) cannot be created: \(systemReason(errno))")
    }
}

/// Creates the file unless there is one. An existing one is not opened: closing it again would drop every lock that SQLite
/// holds on it in this process.
private func createFile(_ path: String) throws(StoreError) {
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if descriptor >= 0 {
        close(descriptor)
    } else if errno != EEXIST {
        throw .unavailable(reason: "the database file \(path) cannot be created: \(systemReason(errno))")
    }
}

/// Throws when the file is there and may not be written. SQLite would open it all the same, and leave an index of the log
/// behind that may not be written either, even once the file may.
private func requireWritable(_ path: String) throws(StoreError) {
    guard unsafe faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0 || errno == ENOENT else {
        throw .unavailable(reason: "the database file \(path) cannot be written: \(systemReason(errno))")
    }
}

private func realPath(_ path: String) throws(StoreError) -> String {
    guard let resolved = unsafe realpath(path, nil) else {
        throw .unavailable(reason: "the database file \(path) cannot be opened: \(systemReason(errno))")
    }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
}

private func systemReason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
