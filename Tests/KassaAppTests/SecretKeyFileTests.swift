import Foundation
import Testing

@testable import KassaApp

@Suite("A secret key file")
struct SecretKeyFileTests {
    @Test func `is made once, for its owner's eyes only, and then stays the same`() throws {
        try inTemporaryDirectory { directory in
            let file = SecretKeyFile(databasePath: "\(directory)/data/kassa.db")
            let key = try file.load()
            #expect(key.count == 32)
            #expect(try file.load() == key)
            #expect(try permissions(of: file.path) == 0o600)
            #expect(try permissions(of: "\(directory)/data") == 0o700)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(directory)/data") == ["kassa.db.key"])
        }
    }

    @Test func `is not made for a database that exists, since that one was sealed with another`() throws {
        try inTemporaryDirectory { directory in
            try Data().write(to: URL(filePath: "\(directory)/kassa.db"))
            let problem = #expect(throws: StartProblem.self) {
                try SecretKeyFile(databasePath: "\(directory)/kassa.db").load()
            }
            #expect(problem?.key == "secret_key")
        }
    }

    @Test func `is refused when others can read it, and when it holds no key`() throws {
        try inTemporaryDirectory { directory in
            let file = SecretKeyFile(databasePath: "\(directory)/kassa.db")
            let key = try file.load()
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file.path)
            let open = #expect(throws: StartProblem.self) { try file.load() }
            #expect(open?.explanation.contains("chmod 600") == true)
            try Data("hunter2".utf8).write(to: URL(filePath: file.path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
            let broken = #expect(throws: StartProblem.self) { try file.load() }
            #expect(broken?.explanation.contains("hunter2") == false)
            #expect(key.count == 32)
        }
    }

    @Test func `of a database that many open at once is the same for all`() async throws {
        let directory = try makeTemporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let keys = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for number in 0..<8 {
                group.addTask { try SecretKeyFile(databasePath: "\(directory)/kassa.db", draft: "\(number)").load() }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(keys.count == 1)
    }
}

private func permissions(of path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
}

private func makeTemporaryDirectory() throws -> String {
    let directory = FileManager.default.temporaryDirectory.appending(path: "kassa-app-\(UUID())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    return directory.path()
}

private func inTemporaryDirectory(_ work: (String) throws -> Void) throws {
    let directory = try makeTemporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try work(directory)
}
