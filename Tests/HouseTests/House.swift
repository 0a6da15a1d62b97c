import Foundation

/// The repository as it lies around these tests.
enum House {
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Paths, relative to the root, of the files below a directory that end in `ending`, sorted.
    static func files(below directory: String, ending: String) -> [String] {
        let found = FileManager.default.subpaths(atPath: root.appending(path: directory).path()) ?? []
        return found.filter { $0.hasSuffix(ending) }.map { "\(directory)/\($0)" }.sorted()
    }
}
