import Foundation

/// A running `kassa`.
final class Program: Sendable {
    /// What it says it listens on.
    let url: String
    private let process: Locked<Process>
    private let output: Locked<String>
    private let hasEnded: Locked<Bool>

    /// Starts a built program and returns once it accepts connections. A listening `socket` is passed to it as systemd does.
    init(
        _ arguments: [String],
        in directory: URL,
        settings: [String: String],
        of name: String = "kassa",
        passing socket: FileHandle? = nil,
    ) async throws {
        let process = Process()
        process.executableURL = try builtProgram(name)
        process.arguments = arguments
        if let socket {
            // Only the first three descriptors pass, and the number of the process is known to nobody before it runs.
            let script = "exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" \"$@\""
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = ["-c", script, try builtProgram(name).path] + arguments
            process.standardInput = socket
        }
        process.currentDirectoryURL = directory
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("KASSA_") }
        environment.merge(settings) { $1 }
        process.environment = environment
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = FileHandle.nullDevice
        let hasEnded = Locked(false)
        process.terminationHandler = { _ in hasEnded.value = true }
        try process.run()
        let output = Locked("")
        let lines = AsyncStream<String> { continuation in
            Thread.detachNewThread {
                var pending = ""
                while case let data = pipe.fileHandleForReading.availableData, !data.isEmpty {
                    let text = String(decoding: data, as: UTF8.self)
                    output.change { $0 += text }
                    pending += text
                    while let end = pending.firstIndex(of: "\n") {
                        continuation.yield(String(pending[..<end]))
                        pending.removeSubrange(...end)
                    }
                }
                continuation.finish()
            }
        }
        self.process = Locked(process)
        self.output = output
        self.hasEnded = hasEnded
        for await line in lines {
            // Kassa also logs, as JSON; what it announces stands alone.
            guard !line.hasPrefix("{"), let address = line.range(of: "listening on ") else { continue }
            url = String(line[address.upperBound...])
            return
        }
        throw Failure("\(name) \(arguments.joined(separator: " ")) did not start:\n\(output.value)")
    }

    var log: String { output.value }

    /// Whether the process ends by itself within that time.
    func ends(within limit: Duration) async throws -> Bool {
        let end = ContinuousClock.now + limit
        while !hasEnded.value {
            guard ContinuousClock.now < end else { return false }
            try await Task.sleep(for: .milliseconds(2))
        }
        return true
    }

    /// SIGKILL: the process has no say in it.
    func kill() {
        // Its number may be somebody else's by now.
        if !hasEnded.value { Glibc.kill(process.value.processIdentifier, SIGKILL) }
        process.value.waitUntilExit()
    }

    func terminate() { process.value.terminate() }

    func waitForExit() -> Int32 {
        process.value.waitUntilExit()
        return process.value.terminationStatus
    }
}

/// A value behind a lock.
final class Locked<Value>: @unchecked Sendable {
    // Every access holds the lock.
    private let lock = NSLock()
    private var stored: Value

    init(_ value: Value) { stored = value }

    var value: Value {
        get { lock.withLock { stored } }
        set { lock.withLock { stored = newValue } }
    }

    func change(_ body: (inout Value) -> Void) { lock.withLock { body(&stored) } }
}

let projectRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// A program under test, beside the running tests; `kassa` is what `KASSA_BINARY` says, if it says something.
func builtProgram(_ name: String = "kassa") throws -> URL {
    if name == "kassa", let path = ProcessInfo.processInfo.environment["KASSA_BINARY"] { return URL(filePath: path) }
    let besideTests = Bundle.main.bundleURL.appending(path: name)
    let candidates = [besideTests, projectRoot.appending(path: ".build/debug/\(name)")]
    guard let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) }) else {
        throw Failure("\(name) is not built: run swift build first")
    }
    return found
}

/// Those that were given out: whoever is killed for a moment wants the same one again.
private let portsGiven = Locked<Set<Int>>([])

/// A port that was free a moment ago, below the range that outgoing connections use, and that nobody else here is given.
func freePort() throws -> Int {
    for _ in 0..<200 {
        let port = Int.random(in: 20_000..<32_000)
        var isNew = false
        portsGiven.change { isNew = $0.insert(port).inserted }
        guard isNew else { continue }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in(loopbackPort: port)
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if bound == 0 { return port }
    }
    throw Failure("no free port")
}
