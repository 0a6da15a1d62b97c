internal import Foundation
internal import Glibc

/// The `secret_key` of somebody who did not set one: a file beside the database, made at first start.
struct SecretKeyFile {
    let databasePath: String
    /// Tells the drafts of several makers apart.
    var draft = "\(getpid())"

    var path: String { databasePath + ".key" }

    /// Reads the key, or makes one when there is no database yet.
    ///
    /// Without its key a database cannot be read any more, so a key is never made for one that exists.
    func load() throws(StartProblem) -> [UInt8] {
        if let key = try read() { return key }
        guard !FileManager.default.fileExists(atPath: databasePath) else {
            throw StartProblem("secret_key", "the database \(databasePath) exists, but its key file \(path) does not")
        }
        try make()
        guard let key = try read() else { throw StartProblem("secret_key", "\(path) vanished while it was made") }
        return key
    }

    /// - Returns: `nil` when there is no such file.
    func read() throws(StartProblem) -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let permissions = attributes?[.posixPermissions] as? Int, permissions & 0o077 == 0 else {
            throw StartProblem("secret_key", "others than its owner can read \(path): run chmod 600 \(path)")
        }
        guard let contents = FileManager.default.contents(atPath: path) else {
            throw StartProblem("secret_key", "\(path) cannot be read")
        }
        let text = String(decoding: contents, as: UTF8.self).filter { !$0.isWhitespace }
        guard let key = Data(base64Encoded: text), key.count == 32 else {
            throw StartProblem("secret_key", "\(path) does not hold 32 bytes in base64")
        }
        return Array(key)
    }

    /// Written aside and then linked into place: nobody ever sees half a key, and of two processes one wins.
    private func make() throws(StartProblem) {
        let draft = "\(path).\(draft)"
        defer { try? FileManager.default.removeItem(atPath: draft) }
        do {
            let directory = URL(filePath: path).deletingLastPathComponent()
            try FileManager.default.createDirectory(
                at: directory,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700],
            )
            let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw CocoaError(.fileWriteNoPermission) }
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            let key = Data(SecretKeyFile.randomBytes(32))
            try file.write(contentsOf: Data((key.base64EncodedString() + "\n").utf8))
            try file.synchronize()
            try FileManager.default.linkItem(atPath: draft, toPath: path)
        } catch {
            if FileManager.default.fileExists(atPath: path) { return }
            throw StartProblem("secret_key", "\(path) cannot be made; the directory must be writable")
        }
    }

    /// From the system's generator, which is made for keys.
    static func randomBytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}
