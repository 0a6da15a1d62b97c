internal import Foundation
public import Wire

/// The example bodies in `Tests/Fixtures/klarna`.
public enum Fixture {
    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/klarna")

    public static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: directory.appending(path: "\(name).json")))
    }

    public static func json(_ name: String) throws -> JSON { try JSON.parse(try bytes(name)) }

    /// The names that begin so, without their ending.
    public static func names(_ prefix: String) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        return files.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }
}
