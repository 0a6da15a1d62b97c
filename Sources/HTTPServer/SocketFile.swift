import CLinux
import Glibc

/// The file of a Unix-domain socket on which this process listens.
struct SocketFile: Sendable {
    /// For its user and group: a reverse proxy is let in by making it a member of the group.
    static let mode: mode_t = 0o660

    private let path: String
    private let device: dev_t
    private let inode: ino_t

    /// Lets `socket` listen at `path`. What a server left there that listens no more is replaced; nothing else is ever
    /// removed.
    init(binding socket: borrowing Descriptor, to path: String, backlog: Int) throws(ListenFailure) {
        let address = try Self.address(path)
        let lock = try Self.lockDirectory(of: path)
        defer { if lock >= 0 { close(lock) } }
        try Self.makeWay(for: address, path)
        // The system makes the file with the mode of the socket, less the umask, so it is never open to more than that.
        // Setting the umask instead would change it for the whole process.
        _ = fchmod(socket.raw, Self.mode)
        guard unsafe Self.call(Glibc.bind, socket.raw, address) == 0, let status = Self.status(path) else {
            throw .last
        }
        self.path = path
        device = status.st_dev
        inode = status.st_ino
        guard unsafe chmod(path, Self.mode) == 0, listen(socket.raw, Int32(clamping: backlog)) == 0 else {
            let failure = ListenFailure.last
            _ = unsafe unlink(path)
            throw failure
        }
    }

    /// Removes the file unless it is another one by now. As long as this process listens nobody has a reason to replace
    /// it, so it is called before the socket is closed.
    func remove() {
        guard let status = Self.status(path), status.st_dev == device, status.st_ino == inode else { return }
        _ = unsafe unlink(path)
    }

    /// From the look at what lies there until this process listens no other of ours may do the same. The directory is there
    /// anyway, and its lock ends with its holder.
    ///
    /// - Returns: what holds the lock, -1 where the directory may not be read: then chance has to do.
    private static func lockDirectory(of path: String) throws(ListenFailure) -> Int32 {
        let end = path.lastIndex(of: "/").map { path[...$0] } ?? "./"
        let raw = unsafe open(String(end), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { return -1 }
        for _ in 0..<100 {
            if flock(raw, LOCK_EX | LOCK_NB) == 0 { return raw }
            usleep(10_000)
        }
        close(raw)
        throw ListenFailure(reason: "another server is about to listen there, or holds a lock on the directory")
    }

    private static func makeWay(for address: [UInt8], _ path: String) throws(ListenFailure) {
        guard let status = status(path) else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw ListenFailure(reason: "there is a file that is no socket")
        }
        let raw = clinux_socket(AF_UNIX)
        guard raw >= 0 else { throw .last }
        let caller = Descriptor(owning: raw)
        guard unsafe call(Glibc.connect, caller.raw, address) != 0 else {
            throw ListenFailure(reason: "another server listens there")
        }
        switch errno {
        case ECONNREFUSED: _ = unsafe unlink(path)
        case ENOENT: break
        // Its backlog is full.
        case EAGAIN: throw ListenFailure(reason: "another server listens there")
        default: throw .last
        }
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return unsafe lstat(path, &status) == 0 ? status : nil
    }

    /// `struct sockaddr_un`: the family, and the path with the NUL that ends it.
    static func address(_ path: String) throws(ListenFailure) -> [UInt8] {
        let room = MemoryLayout<sockaddr_un>.size - MemoryLayout<sa_family_t>.size - 1
        guard path.utf8.count <= room else {
            throw ListenFailure(reason: "the path of a socket has at most \(room) bytes, this one \(path.utf8.count)")
        }
        var family = sa_family_t(AF_UNIX)
        return unsafe withUnsafeBytes(of: &family) { unsafe Array($0) } + Array(path.utf8) + [0]
    }

    static func call(
        _ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32,
        _ raw: Int32,
        _ address: [UInt8],
    ) -> Int32 {
        unsafe address.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return -1 }
            return unsafe function(raw, base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
    }
}
