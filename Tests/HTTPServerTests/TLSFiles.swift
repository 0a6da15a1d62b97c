import Foundation
import Glibc

/// Certificates and keys in a directory of their own, made by the `openssl` command, for as long as a test takes.
struct TLSFiles {
    let directory: URL

    /// The pair that most tests use.
    var certificate: String { path("cert.pem") }
    var privateKey: String { path("key.pem") }

    static func with(_ test: (TLSFiles) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "kassa-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        let files = TLSFiles(directory: directory)
        try await files.makePair(named: "first.example")
        try await test(files)
    }

    func path(_ name: String) -> String { directory.appending(path: name).path() }

    /// Makes a key and a certificate that it has signed itself, in the place of those before. Each is there as a whole or
    /// not at all.
    func makePair(named name: String, key: [String] = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]) async throws {
        try await openssl(
            ["req", "-x509", "-nodes", "-subj", "/CN=\(name)", "-days", "30", "-newkey"] + key
                + ["-keyout", path("new-key.pem"), "-out", path("new-cert.pem")]
        )
        for file in ["key.pem", "cert.pem"] { unsafe rename(path("new-\(file)"), path(file)) }
    }

    func write(_ text: String, to name: String, mode: mode_t = 0o600) throws {
        try Data(text.utf8).write(to: directory.appending(path: name))
        unsafe chmod(path(name), mode)
    }

    func contents(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: directory.appending(path: name)), as: UTF8.self)
    }

    /// Runs `openssl`, of the package of that name.
    func openssl(_ arguments: [String]) async throws {
        let (status, output) = try await Tool.run("openssl", arguments)
        guard status == 0 else { throw ClientError(description: "openssl \(arguments[0]) failed: \(output)") }
    }
}

/// A program of the machine.
enum Tool {
    static func isInstalled(_ name: String) -> Bool {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }

    /// Runs it to its end and returns what it wrote.
    ///
    /// By the shell, since Foundation's `Process` reads beyond its memory where thousands of descriptors are open.
    static func run(_ name: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
        let words = ([name] + arguments).map { "'" + $0.replacing("'", with: #"'\''"#) + "'" }
        let command = words.joined(separator: " ") + " < /dev/null 2>&1"
        return try await onOwnThread {
            guard let pipe = unsafe popen(command, "re") else {
                throw ClientError(description: "cannot run \(name): \(errno)")
            }
            var output: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 4096)
            while case let count = unsafe fread(&piece, 1, piece.count, pipe), count > 0 {
                output += piece.prefix(count)
            }
            let status = unsafe pclose(pipe)
            return (status >> 8 & 0xFF, String(decoding: output, as: UTF8.self))
        }
    }
}
