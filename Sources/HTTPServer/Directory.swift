import Glibc

/// A directory out of which files are opened, and out of which no name leads.
///
/// Every call blocks.
struct Directory: ~Copyable, Sendable {
    /// A regular file, open for reading.
    struct File: ~Copyable {
        let descriptor: Descriptor
        let size: Int
        /// Changes whenever the content does: the time of the last change in nanoseconds, the size and the inode.
        let version: Version
    }

    struct Version: Sendable, Equatable {
        let inode: UInt64
        let size: Int
        let seconds: Int
        let nanoseconds: Int
    }

    enum Found: ~Copyable {
        case file(File)
        case directory
        case nothing
    }

    private let descriptor: Descriptor

    init(path: String) throws(SystemError) {
        let raw = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { throw .last }
        descriptor = Descriptor(owning: raw)
    }

    /// Opens what lies at `segments`, plain names without dots in front or slashes inside.
    ///
    /// Each step is taken from the directory before it and follows no symbolic link, so what is opened lies inside,
    /// whatever somebody does to the tree meanwhile.
    func find(_ segments: [String]) -> Found {
        guard let last = segments.last else { return .directory }
        var parent = descriptor.raw
        var steps: [Int32] = []
        defer { for step in steps { _ = close(step) } }
        for segment in segments.dropLast() {
            let raw = unsafe openat(parent, segment, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard raw >= 0 else { return .nothing }
            steps.append(raw)
            parent = raw
        }
        // O_NONBLOCK: opening a pipe would otherwise wait for its writer.
        let raw = unsafe openat(parent, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard raw >= 0 else { return .nothing }
        let opened = Descriptor(owning: raw)
        var status = stat()
        guard unsafe fstat(raw, &status) == 0 else { return .nothing }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            let version = Version(
                inode: UInt64(status.st_ino),
                size: Int(status.st_size),
                seconds: status.st_mtim.tv_sec,
                nanoseconds: status.st_mtim.tv_nsec,
            )
            return .file(File(descriptor: opened, size: Int(status.st_size), version: version))
        case S_IFDIR:
            return .directory
        default:
            return .nothing
        }
    }
}

extension Descriptor {
    /// Reads `count` bytes from `offset` on; nil when the file has fewer, or cannot be read. Blocks.
    func read(at offset: Int, count: Int) -> [UInt8]? {
        if count == 0 { return [] }
        let raw = raw
        var failed = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let rest = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...]
                )
                let got = unsafe pread(raw, rest.baseAddress, rest.count, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else {
                    failed = true
                    return
                }
                filled += got
            }
        }
        return failed ? nil : bytes
    }
}
