import HTTPMessage
import Synchronization

/// Files by their paths: small ones in memory, large ones open, up to a total size and number. When it is full, it
/// is emptied: sites whose files do not fit are rare, and then any choice of what to keep is as good.
final class FileCache: Sendable {
    private struct Contents {
        var files: [String: StaticFile] = [:]
        var bytes = 0
        var openFiles = 0

        mutating func remove(_ path: String) -> StaticFile? {
            guard let file = files.removeValue(forKey: path) else { return nil }
            bytes -= FileCache.cost(of: file, at: path)
            openFiles -= file.openFiles
            return file
        }

        mutating func removeOpenFiles() -> [StaticFile] {
            files.filter { $0.value.openFiles > 0 }.keys.compactMap { remove($0) }
        }
    }

    private let bytesMax: Int
    private let openFilesMax: Int
    private let contents = Mutex(Contents())

    init(bytesMax: Int, openFilesMax: Int) {
        self.bytesMax = bytesMax
        self.openFilesMax = openFilesMax
    }

    subscript(path: String) -> StaticFile? {
        contents.withLock { $0.files[path] }
    }

    func store(_ file: StaticFile, at path: String) {
        let cost = Self.cost(of: file, at: path)
        guard cost <= bytesMax, file.openFiles <= openFilesMax else { return }
        let removed = contents.withLock { contents in
            var removed = [contents.remove(path)]
            if contents.openFiles + file.openFiles > openFilesMax { removed += contents.removeOpenFiles() }
            if contents.bytes + cost > bytesMax {
                removed += contents.files.values.map(\.self)
                contents = Contents()
            }
            contents.bytes += cost
            contents.openFiles += file.openFiles
            contents.files[path] = file
            return removed
        }
        // Loops look here for every file: what was removed is freed and closed without the lock.
        withExtendedLifetime(removed) {}
    }

    func remove(_ path: String) {
        let removed = contents.withLock { $0.remove(path) }
        withExtendedLifetime(removed) {}
    }

    /// What the file takes besides its bytes is guessed.
    private static func cost(of file: StaticFile, at path: String) -> Int {
        file.bytesInMemory + path.utf8.count + 2048
    }
}
