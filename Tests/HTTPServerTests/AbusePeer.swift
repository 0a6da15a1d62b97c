import Dispatch
import Glibc

/// A plain socket that does what no well-behaved client does, by the hundreds and from one thread: its calls block.
final class Peer: Sendable {
    private let raw: Int32

    /// `lastByte` makes it come from another loopback address, 127.0.0.`lastByte`.
    init(port: Int, lastByte: UInt32 = 1, receiveBufferBytes: Int32? = nil) throws {
        raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { throw ClientError(description: "no socket: \(errno)") }
        // Only so that a test that fails comes to an end.
        var timeout = timeval(tv_sec: 120, tv_usec: 0)
        unsafe setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        unsafe setsockopt(raw, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        if var receiveBufferBytes {
            unsafe setsockopt(raw, SOL_SOCKET, SO_RCVBUF, &receiveBufferBytes, socklen_t(MemoryLayout<Int32>.size))
        }
        if lastByte != 1 { _ = unsafe Self.on(0x7F00_0000 + lastByte, port: 0, raw, Glibc.bind) }
        guard unsafe Self.on(0x7F00_0001, port: port, raw, Glibc.connect) == 0 else {
            throw ClientError(description: "cannot connect: \(errno)")
        }
    }

    deinit {
        _ = Glibc.close(raw)
    }

    /// False once the other side is gone, or when it takes nothing at present and `waits` is false.
    @discardableResult
    func send(_ text: String, waits: Bool = true) -> Bool {
        send(Array(text.utf8), waits: waits)
    }

    func send(_ bytes: [UInt8], waits: Bool = true) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let flags = Int32(MSG_NOSIGNAL) | (waits ? 0 : Int32(MSG_DONTWAIT))
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.send(raw, $0.baseAddress, $0.count, flags) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// What has come, or comes next when `waits`: empty when the server has closed, nil when nothing is there or it has reset.
    func receive(waits: Bool = true) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        let count = unsafe recv(raw, &buffer, buffer.count, waits ? 0 : Int32(MSG_DONTWAIT))
        return count >= 0 ? Array(buffer.prefix(count)) : nil
    }

    /// Reads all that comes until the server closes or resets.
    func rest() -> [UInt8] {
        var bytes: [UInt8] = []
        while let more = receive(), !more.isEmpty { bytes += more }
        return bytes
    }

    /// How much comes until the server closes or resets.
    func restCount() -> Int {
        var count = 0
        while let more = receive(), !more.isEmpty { count += more.count }
        return count
    }

    /// Says that nothing more will be sent.
    func finishSending() {
        _ = shutdown(raw, Int32(SHUT_WR))
    }

    /// Lets closing be a reset instead of an end.
    func resetAtClose() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(raw, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    }

    private static func on(
        _ host: UInt32,
        port: Int,
        _ raw: Int32,
        _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32,
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(host).bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe call(raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

extension [UInt8] {
    /// Whether this begins as an answer of `status` does.
    func isAnswer(_ status: Int) -> Bool {
        starts(with: "HTTP/1.1 \(status) ".utf8)
    }
}

/// Runs `work`, which blocks, on a thread of its own, so that nobody else's tasks wait for it.
func onOwnThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "abuse").async { continuation.resume(with: Result { try work() }) }
    }
}
