import Foundation
import Testing

@testable import KassaApp

@Suite("The place for a database")
struct DatabasePlaceTests {
    @Test(arguments: ["kassa.db", "data/kassa.db", "a/b c/d%20e/kassa.db"])
    func `is good where it can be made`(path: String) throws {
        try inDirectoryWithFile { directory in try requirePlace(forDatabase: "\(directory)/\(path)") }
    }

    @Test(arguments: ["file/kassa.db", "file/data/kassa.db"])
    func `is refused below a file`(path: String) throws {
        try inDirectoryWithFile { directory in
            let problem = #expect(throws: StartProblem.self) { try requirePlace(forDatabase: "\(directory)/\(path)") }
            #expect(problem?.key == "database_url")
            #expect(problem?.explanation.hasSuffix("/file is not a directory") == true)
        }
    }
}

private func inDirectoryWithFile(_ visit: (String) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "kassa-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try Data().write(to: directory.appending(path: "file"))
    try visit(directory.path(percentEncoded: false))
}
