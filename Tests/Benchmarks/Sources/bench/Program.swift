import Foundation

/// A `kassa` process, which ends with this one.
final class Program {
    let port: Int
    private let process = Process()

    /// Starts it and returns once it listens. What it writes goes to a file in the directory.
    init(_ kassa: String, _ arguments: [String], in directory: URL, settings: [String: String] = [:]) throws {
        let output = directory.appending(path: "\(arguments.first ?? "kassa").log")
        guard FileManager.default.createFile(atPath: output.path(), contents: nil) else {
            throw Failure("no file can be made in \(directory.path())")
        }
        let handle = try FileHandle(forWritingTo: output)
        // However this process ends, no server stays behind.
        process.executableURL = URL(filePath: "/usr/bin/setpriv")
        process.arguments = ["--pdeathsig", "KILL", "--", kassa] + arguments
        process.currentDirectoryURL = directory
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("KASSA_") }
            .merging(settings) { $1 }
        process.standardError = handle
        process.standardOutput = handle
        try process.run()
        port = try Program.port(announcedIn: output, by: process)
    }

    deinit { stop() }

    func stop() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Processor time so far, in user and system mode. Counted in ticks of 10 ms.
    var processorTime: Duration {
        get throws {
            let fields = try proc("stat").split(separator: ")").last?.split(separator: " ") ?? []
            guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
                throw Failure("/proc has no processor time")
            }
            return .seconds(user + system) / sysconf(Int32(_SC_CLK_TCK))
        }
    }

    /// Memory in kilobytes: `VmRSS`, all that is resident, or `RssAnon`, what is the process's own.
    func memory(_ name: String) throws -> Int {
        let line = try proc("status").split(separator: "\n").first { $0.hasPrefix("\(name):") }
        let words = line?.split(whereSeparator: \.isWhitespace) ?? []
        guard words.count > 1, let kilobytes = Int(words[1]) else { throw Failure("/proc has no \(name)") }
        return kilobytes
    }

    private func proc(_ name: String) throws -> String {
        // Its files have no size, so that they are read to their end.
        let handle = try FileHandle(forReadingFrom: URL(filePath: "/proc/\(process.processIdentifier)/\(name)"))
        return String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
    }

    private static func port(announcedIn output: URL, by process: Process) throws -> Int {
        while process.isRunning {
            let text = try String(contentsOf: output, encoding: .utf8)
            if let line = text.split(separator: "\n").first(where: { $0.contains("listening on ") }),
                text.contains("\(line)\n"), let port = line.split(separator: ":").last.flatMap({ Int($0) })
            {
                return port
            }
            usleep(5_000)
        }
        throw Failure("kassa did not start: \(try String(contentsOf: output, encoding: .utf8))")
    }
}
