import Foundation

/// The contestants as programs, and what they serve.
final class Servers {
    /// A file of 20 KiB, with a twin beside it that is compressed already.
    static let file = "styles.css"

    private let options: Options
    private let directory: URL
    private let files: URL
    private let identity: Identity

    init(_ options: Options) throws {
        self.options = options
        directory = options.directory.appending(path: "http").resolvingSymlinksInPath()
        files = directory.appending(path: "public")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        identity = try Identity(in: directory)
        let sheet = files.appending(path: Servers.file)
        try Data(Servers.styles.utf8).write(to: sheet)
        _ = try Tool.run("/usr/bin/gzip", ["-9", "-n", "-k", sheet.path()])
    }

    // MARK: Starting them

    /// Kassa's server alone; at a port when its start is to be watched.
    func bare(port: Int? = nil) throws -> Program {
        try Program(options.bareServer, [files.path(), "\(port ?? 0)"], in: directory, port: port)
    }

    /// Kassa's server alone, over TLS.
    func encrypted() throws -> Program {
        let arguments = [files.path(), "0", identity.certificate.path(), identity.privateKey.path()]
        return try Program(options.bareServer, arguments, in: directory)
    }

    /// The whole backend on an empty database.
    func kassa(port: Int? = nil) throws -> Program {
        let home = directory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        // Nobody listens at its Klarna's port: nothing here leads it there.
        var settings = Street.settings(options, in: home, klarna: 9)
        settings["KASSA_LISTEN"] = "127.0.0.1:\(port ?? 0)"
        settings["KASSA_PUBLIC_DIRECTORY"] = files.path()
        return try Program(options.kassa, ["serve"], in: home, settings: settings, port: port)
    }

    func hummingbird(port: Int? = nil) throws -> Program {
        try Program("\(options.rivals)/hummingbird-rival", ["\(port ?? 0)"], in: directory, port: port)
    }

    func flyingFox() throws -> Program { try Program("\(options.rivals)/flyingfox-rival", [], in: directory) }

    /// And the port where it speaks TLS.
    func nginx() throws -> (program: Program, encryptedPort: Int) {
        let home = directory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        return try Nginx.start(options.nginx, in: home, serving: files, identity)
    }

    /// For scripts of the load.
    var scripts: URL { directory }

    /// 20 KiB that compress about as well as styles do.
    private static let styles: String = {
        let properties = ["margin", "padding", "border-radius", "line-height", "max-width", "inset", "gap", "top"]
        var state: UInt32 = 1
        func number(_ below: UInt32) -> Int {
            state = state &* 1_664_525 &+ 1_013_904_223
            return Int((state >> 16) % below)
        }
        var text = ""
        while text.utf8.count < 20 * 1024 {
            text += ".basket-\(number(1000)) {\n"
            for _ in 0...number(4) { text += "    \(properties[number(8)]): \(number(64))px;\n" }
            text += "    color: #\(String(number(4096), radix: 16));\n}\n"
        }
        return String(decoding: text.utf8.prefix(20 * 1024), as: UTF8.self)
    }()
}
