import HTTPMessage
import Synchronization

/// A file that is held in memory.
struct CachedFile: Sendable {
    let bytes: [UInt8]
    let version: Directory.Version
    let representation: FileRepresentation
    /// When it was last seen to be what lies on the disk.
    var checked: Moment

    /// What it takes of the cache under `path`. One file has as many paths as its name can be escaped, so they count too.
    fileprivate func cost(at path: String) -> Int {
        bytes.count + path.utf8.count + 1024
    }
}

/// Small files in memory, up to a total size. When it is full, it is emptied: sites whose small files do not fit are
/// rare, and then any choice of what to keep is as good.
final class FileCache: Sendable {
    private struct Contents {
        var files: [String: CachedFile] = [:]
        var bytes = 0

        mutating func remove(_ path: String) {
            guard let file = files.removeValue(forKey: path) else { return }
            bytes -= file.cost(at: path)
        }
    }

    private let bytesMax: Int
    private let contents = Mutex(Contents())

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    subscript(path: String) -> CachedFile? {
        contents.withLock { $0.files[path] }
    }

    func store(_ file: CachedFile, at path: String) {
        contents.withLock { contents in
            contents.remove(path)
            if contents.bytes + file.cost(at: path) > bytesMax { contents = Contents() }
            contents.bytes += file.cost(at: path)
            contents.files[path] = file
        }
    }

    func remove(_ path: String) {
        contents.withLock { $0.remove(path) }
    }
}
