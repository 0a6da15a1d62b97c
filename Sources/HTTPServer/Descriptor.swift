import Glibc

/// A file descriptor with one owner, closed when the owner lets go of it.
struct Descriptor: ~Copyable, Sendable {
    let raw: Int32

    /// Takes over `raw`, which nobody else may close.
    init(owning raw: Int32) {
        self.raw = raw
    }

    deinit {
        _ = close(raw)
    }
}

/// What a system call said when it failed.
struct SystemError: Error, CustomStringConvertible {
    let code: Int32

    /// The error of the call that just failed on this thread.
    static var last: SystemError { SystemError(code: errno) }

    var description: String {
        var text = [CChar](repeating: 0, count: 128)
        _ = unsafe strerror_r(code, &text, text.count)
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
