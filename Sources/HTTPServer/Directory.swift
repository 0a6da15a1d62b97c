import Glibc
import HTTPMessage

/// A directory out of which files are opened, and out of which no name leads.
///
/// Every call blocks.
struct Directory: ~Copyable, Sendable {
    enum Found {
        case file(OpenFile)
        case directory
        case nothing
        /// It may be there, but cannot be opened now: for want of descriptors or memory, or because the disk fails.
        case unavailable
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
            guard raw >= 0 else { return Self.failure }
            steps.append(raw)
            parent = raw
        }
        // O_NONBLOCK: opening a pipe would otherwise wait for its writer.
        let raw = unsafe openat(parent, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard raw >= 0 else { return Self.failure }
        let opened = Descriptor(owning: raw)
        var status = stat()
        guard unsafe fstat(raw, &status) == 0 else { return .unavailable }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file(OpenFile(opened, FileVersion(status)))
        case S_IFDIR: return .directory
        default: return .nothing
        }
    }

    /// What the call that just failed on this thread means.
    private static var failure: Found {
        switch errno {
        case EMFILE, ENFILE, ENOMEM, EIO, ESTALE: .unavailable
        default: .nothing
        }
    }
}

/// A regular file, open for reading until the last who uses it lets go.
final class OpenFile: Sendable {
    let version: FileVersion
    private let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor, _ version: FileVersion) {
        self.descriptor = descriptor
        self.version = version
    }

    func part(_ range: Range<Int>) -> FilePart {
        FilePart(descriptor: descriptor.raw, range: range, owner: self)
    }
}

/// Another one for whatever else the content may be.
struct FileVersion: Sendable, Equatable {
    struct Time: Sendable, Comparable {
        let seconds: Int
        let nanoseconds: Int

        init(_ time: timespec) {
            seconds = time.tv_sec
            nanoseconds = time.tv_nsec
        }

        static func < (left: Time, right: Time) -> Bool {
            (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
        }
    }

    let inode: UInt64
    let size: Int
    let modified: Time
    /// Unlike ``modified`` nobody can set it back, as copying a file with its date does.
    let changed: Time

    init(_ status: stat) {
        inode = UInt64(status.st_ino)
        size = Int(status.st_size)
        modified = Time(status.st_mtim)
        changed = Time(status.st_ctim)
    }

    var text: String {
        "\(inode) \(size) \(changed.seconds) \(changed.nanoseconds)"
    }
}
