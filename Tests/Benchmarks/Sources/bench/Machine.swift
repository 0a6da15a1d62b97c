import Foundation

/// What the figures were measured on.
enum Machine {
    static func description(of directory: URL) -> String {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let memory = ProcessInfo.processInfo.physicalMemory >> 30
        return "\(processor), \(cores) cores, \(memory) GiB, Linux \(kernel), SQLite \(SQLite.version), "
            + "\(fileSystem(of: directory)); load \(load) when it began"
    }

    private static var processor: String {
        let line = file("/proc/cpuinfo").split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor"
    }

    private static var kernel: String {
        file("/proc/sys/kernel/osrelease").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static var load: String { file("/proc/loadavg").split(separator: " ").first.map(String.init) ?? "unknown" }

    /// The type of the file system that the databases lie on: the longest mount point above them.
    private static func fileSystem(of directory: URL) -> String {
        let path = directory.resolvingSymlinksInPath().path()
        let mounts = file("/proc/mounts").split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        let above = mounts.filter { $0.count > 2 && (path + "/").hasPrefix($0[1] == "/" ? "/" : $0[1] + "/") }
        return above.max { $0[1].count < $1[1].count }?[2] ?? "unknown file system"
    }

    private static func file(_ path: String) -> String {
        let handle = FileHandle(forReadingAtPath: path)
        return String(decoding: (try? handle?.readToEnd()) ?? Data(), as: UTF8.self)
    }
}
