import Glibc

/// The sockets that systemd opened for this process, as its environment tells (sd_listen_fds(3)).
public enum PassedSockets {
    /// The first of them; the others follow.
    private static let first: Int32 = 3
    /// More than anybody passes.
    private static let countMax: Int32 = 1024

    /// The descriptors of these sockets, in their order: ``Server/adopt(_:tls:)`` takes each. The environment does not speak
    /// of them afterwards, so that programs which this one starts do not take them for theirs.
    ///
    /// Called once, before there are other threads that read the environment.
    public static func take() -> Range<Int32> {
        let names = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"]
        defer { for name in names { unsafe unsetenv(name) } }
        return descriptors(
            processID: unsafe getenv(names[0]).map { unsafe String(cString: $0) },
            count: unsafe getenv(names[1]).map { unsafe String(cString: $0) },
            own: getpid(),
        )
    }

    /// Empty unless the variables mean the process `own`: they may be left over from one that started it.
    static func descriptors(processID: String?, count: String?, own: Int32) -> Range<Int32> {
        guard let processID, Int32(processID) == own, let count = count.flatMap({ Int32($0) }), count > 0,
            count <= countMax
        else { return first..<first }
        return first..<first + count
    }
}
