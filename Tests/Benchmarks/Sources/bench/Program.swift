import Foundation

/// A server as a process of its own, which ends with this one.
final class Program {
    /// What ends a program. One with children has to be asked: they would outlive it.
    enum LastSignal: String {
        case kill = "KILL"
        case terminate = "TERM"
    }

    /// Where it listens on the loopback address.
    let port: Int
    private let process = Process()
    /// When it was begun.
    let start: ContinuousClock.Instant
    private let lastSignal: LastSignal
    /// Itself and what it started, which stays the same while a server serves.
    private lazy var family: [Int32] = Program.family(of: process.processIdentifier)

    /// Starts it. What it writes goes to a file in the directory. `port` is where it was told to listen; without one this
    /// returns once the program has announced one.
    init(
        _ executable: String,
        _ arguments: [String],
        in directory: URL,
        settings: [String: String] = [:],
        port: Int? = nil,
        lastSignal: LastSignal = .kill,
    ) throws {
        let name = URL(filePath: executable).lastPathComponent
        let output = directory.appending(path: "\(name)-\(UUID().uuidString.prefix(8)).log")
        guard FileManager.default.createFile(atPath: output.path(), contents: nil) else {
            throw Failure("no file can be made in \(directory.path())")
        }
        let handle = try FileHandle(forWritingTo: output)
        self.lastSignal = lastSignal
        // However this process ends, no server stays behind.
        process.executableURL = URL(filePath: "/usr/bin/setpriv")
        process.arguments = ["--pdeathsig", lastSignal.rawValue, "--", executable] + arguments
        process.currentDirectoryURL = directory
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("KASSA_") }
            .merging(settings) { $1 }
        process.standardError = handle
        process.standardOutput = handle
        start = .now
        try process.run()
        self.port = try port ?? Program.port(announcedIn: output, by: process, name)
    }

    deinit { stop() }

    var isRunning: Bool { process.isRunning }

    func stop() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, lastSignal == .kill ? SIGKILL : SIGTERM)
        process.waitUntilExit()
    }

    /// Processor time so far, its children's included, in user and system mode. Counted in ticks of 10 ms.
    var processorTime: Duration {
        get throws {
            let ticks = try family.reduce(0) { sum, process in
                let fields = try Program.stat(process)
                guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
                    throw Failure("/proc has no processor time")
                }
                return sum + user + system
            }
            return .seconds(ticks) / sysconf(Int32(_SC_CLK_TCK))
        }
    }

    /// Memory in kilobytes, its children's included: `VmRSS`, all that is resident, or `RssAnon`, what is their own.
    func memory(_ name: String) throws -> Int {
        try family.reduce(0) { sum, process in
            let line = try Program.proc(process, "status").split(separator: "\n").first { $0.hasPrefix("\(name):") }
            let words = line?.split(whereSeparator: \.isWhitespace) ?? []
            guard words.count > 1, let kilobytes = Int(words[1]) else { throw Failure("/proc has no \(name)") }
            return sum + kilobytes
        }
    }

    private static func family(of parent: Int32) -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let children = names.compactMap { Int32($0) }.filter { process in
            (try? stat(process)).map { $0.count > 1 && Int32($0[1]) == parent } ?? false
        }
        return [parent] + children
    }

    /// The fields of a process behind its name: state, parent and so on.
    private static func stat(_ process: Int32) throws -> [Substring] {
        try proc(process, "stat").split(separator: ")").last?.split(separator: " ") ?? []
    }

    private static func proc(_ process: Int32, _ name: String) throws -> String {
        // Its files have no size, so that they are read to their end.
        let handle = try FileHandle(forReadingFrom: URL(filePath: "/proc/\(process)/\(name)"))
        return String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
    }

    private static func port(announcedIn output: URL, by process: Process, _ name: String) throws -> Int {
        while process.isRunning {
            let text = try String(contentsOf: output, encoding: .utf8)
            if let line = text.split(separator: "\n").first(where: { $0.contains("listening on ") }),
                text.contains("\(line)\n"), let port = line.split(separator: ":").last.flatMap({ Int($0) })
            {
                return port
            }
            usleep(5_000)
        }
        throw Failure("\(name) did not start: \(try String(contentsOf: output, encoding: .utf8))")
    }
}
