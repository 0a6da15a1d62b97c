internal import Glibc

/// What Linux says of this process, under the names that Prometheus' own libraries use. What `/proc` does not tell is left
/// out.
public enum ProcessFigures {
    public static func add(to exposition: inout Exposition) {
        if let status = ProcessStatus.current {
            exposition.add(.processCPU, status.cpuSeconds)
            exposition.add(.processMemory, status.residentBytes)
            if let startTime { exposition.add(.processStart, startTime) }
        }
        if let count = openDescriptors() { exposition.add(.processDescriptors, Double(count)) }
        if let limit = descriptorLimit() { exposition.add(.processDescriptorsMax, limit) }
    }

    /// In seconds since 1970: when the machine was started, and how long after that the process was.
    private static let startTime: Double? = {
        let boot = ProcFile.text("/proc/stat").flatMap { text in
            text.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
        }
        guard let boot, let status = ProcessStatus.current else { return nil }
        return boot + status.secondsAfterBoot
    }()

    private static func openDescriptors() -> Int? {
        guard let directory = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe closedir(directory) }
        var count = 0
        while unsafe readdir(directory) != nil { count += 1 }
        // Not ".", "..", and the one that is open to read these.
        return count - 3
    }

    private static func descriptorLimit() -> Double? {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Double(limit.rlim_cur)
    }
}

/// What `/proc/self/stat` says, see proc_pid_stat(5).
struct ProcessStatus: Sendable, Hashable {
    let cpuSeconds: Double
    let residentBytes: Double
    let secondsAfterBoot: Double

    static var current: ProcessStatus? {
        ProcFile.text("/proc/self/stat").flatMap {
            ProcessStatus($0, ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))), pageBytes: Double(getpagesize()))
        }
    }

    init?(_ text: String, ticksPerSecond: Double, pageBytes: Double) {
        // The name of the program comes second, in parentheses, and may itself hold spaces and parentheses.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[end...].dropFirst().split(separator: " ")
        guard fields.count > 21, ticksPerSecond > 0, let user = Double(fields[11]), let system = Double(fields[12]),
            let start = Double(fields[19]), let pages = Double(fields[21])
        else { return nil }
        cpuSeconds = (user + system) / ticksPerSecond
        residentBytes = pages * pageBytes
        secondsAfterBoot = start / ticksPerSecond
    }
}

private enum ProcFile {
    static func text(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { return nil }
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += buffer[..<count]
        }
    }
}
