import Foundation
import Glibc
import Synchronization

/// A TCP server on a port of its own that does with each connection what its script says, however wrong that is.
final class RawServer: Sendable {
    let port: UInt16
    private let listening: Int32
    private let accepted = Mutex(0)
    private let seen = Mutex<[(connection: Int, request: String)]>([])

    /// Listens on 127.0.0.1 unless it is given a socket. The script runs on a thread of its own for each connection, which is
    /// closed when it returns.
    init(on bound: Int32? = nil, _ script: @escaping @Sendable (RawConnection) -> Void) throws {
        listening = try bound ?? boundSocket()
        guard listen(listening, 64) == 0 else { throw POSIXError(.EIO) }
        port = try localPort(listening)
        Thread.detachNewThread { [listening, weak self] in
            var count = 0
            while true {
                let descriptor = accept(listening, nil, nil)
                guard descriptor >= 0 else {
                    // Closed here and nowhere else: this thread may come to accept once more, and must not find the number
                    // of a socket that is somebody else's by then.
                    Glibc.close(listening)
                    return
                }
                count += 1
                self?.accepted.withLock { [count] in $0 = count }
                let connection = RawConnection(descriptor, number: count) { [weak self, count] request in
                    self?.seen.withLock { $0.append((count, request)) }
                }
                Thread.detachNewThread {
                    script(connection)
                    connection.close()
                }
            }
        }
    }

    deinit {
        // Ends the accepting, now and from now on.
        shutdown(listening, Int32(SHUT_RDWR))
    }

    var url: String { "http://127.0.0.1:\(port)" }

    /// How many connections there were, with or without a request.
    var connectionCount: Int { accepted.withLock(\.self) }

    /// Every request that arrived whole, and the number of its connection.
    var requests: [(connection: Int, request: String)] { seen.withLock(\.self) }

    /// A server that answers every request with the same bytes and keeps the connection.
    static func answering(_ answer: String) throws -> RawServer {
        try RawServer { connection in
            while connection.readRequest() != nil { connection.write(answer) }
        }
    }
}

/// One connection, with blocking calls.
final class RawConnection: Sendable {
    /// From 1 on, in the order they came.
    let number: Int
    private let descriptor: Int32
    private let report: @Sendable (String) -> Void
    private let isClosed = Mutex(false)

    init(_ descriptor: Int32, number: Int, report: @escaping @Sendable (String) -> Void) {
        self.descriptor = descriptor
        self.number = number
        self.report = report
    }

    /// Reads a request with its body; `nil` when the peer is gone before it is whole.
    func readRequest() -> String? {
        var bytes: [UInt8] = []
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let length =
                    text[..<end.lowerBound].components(separatedBy: "\r\n")
                    .first { $0.lowercased().hasPrefix("content-length:") }
                    .flatMap { Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) } ?? 0
                if text[end.upperBound...].utf8.count >= length {
                    report(text)
                    return text
                }
            }
            guard let byte = readSome() else { return nil }
            bytes += byte
        }
    }

    /// Waits for bytes; `nil` at the end of the stream or an error.
    func readSome() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    /// Returns once the peer has closed its side.
    func waitForClose() {
        while readSome() != nil { continue }
    }

    /// False when the peer is gone.
    @discardableResult
    func write(_ text: String) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let sent = unsafe bytes.withUnsafeBytes { bytes in
                unsafe send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            bytes = bytes.dropFirst(sent)
        }
        return true
    }

    func close() {
        let isFirst = isClosed.withLock { closed in
            defer { closed = true }
            return !closed
        }
        if isFirst { Glibc.close(descriptor) }
    }

    /// Closes with RST.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }
}

/// A port that refuses every connection for as long as it is held: bound, and nobody listens.
final class RefusingPort: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = try boundSocket()
        port = try localPort(descriptor)
    }

    deinit { Glibc.close(descriptor) }
}

/// A port on which connecting neither succeeds nor fails: its queue is full and nobody takes from it.
final class SilentPort: Sendable {
    let port: UInt16
    private let descriptors: [Int32]

    init() throws {
        let listening = try boundSocket()
        guard listen(listening, 0) == 0 else { throw POSIXError(.EIO) }
        port = try localPort(listening)
        var descriptors = [listening]
        // Linux holds backlog + 1 connections; the others wait for an answer to their SYN.
        for _ in 0..<4 {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            descriptors.append(descriptor)
            var address = loopback(port)
            _ = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        self.descriptors = descriptors
    }

    deinit { for descriptor in descriptors { Glibc.close(descriptor) } }
}

private func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}

private func boundSocket() throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = loopback(0)
    let result = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard descriptor >= 0, result == 0 else { throw POSIXError(.EADDRINUSE) }
    return descriptor
}

/// A socket on ::1 and that port; `nil` where there is no IPv6, or where the port is taken.
func socketOnIPv6Loopback(port: UInt16) -> Int32? {
    let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = port.bigEndian
    address.sin6_addr = in6addr_loopback
    let result = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
        }
    }
    guard result == 0 else {
        Glibc.close(descriptor)
        return nil
    }
    return descriptor
}

/// Whether this machine can listen on ::1.
let hasIPv6: Bool = {
    guard let descriptor = socketOnIPv6Loopback(port: 0) else { return false }
    Glibc.close(descriptor)
    return true
}()

/// The port of a socket of either family: both addresses have it at the same place.
private func localPort(_ descriptor: Int32) throws -> UInt16 {
    var address = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe getsockname(descriptor, $0, &length)
        }
    }
    guard result == 0 else { throw POSIXError(.EBADF) }
    return UInt16(bigEndian: address.sin6_port)
}

/// Threads that wait for one another: nobody goes on before all have come.
final class Gathering: Sendable {
    private let condition = NSCondition()
    private let missing: Mutex<Int>

    init(count: Int) { missing = Mutex(count) }

    func join() {
        condition.lock()
        missing.withLock { $0 -= 1 }
        condition.broadcast()
        while missing.withLock({ $0 > 0 }) { condition.wait() }
        condition.unlock()
    }
}

/// For servers that are slow on purpose.
func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }
