import Foundation

/// A kept connection with at most one request under way.
final class Connection {
    let port: Int
    private(set) var descriptor: Int32
    var receive: Loader.Receiver?
    private var request: [UInt8] = []
    private var received: [UInt8] = []
    /// Whether it has answered before: then the server may have closed it meanwhile.
    private var isUsed = false

    init(port: Int) throws {
        self.port = port
        descriptor = try Connection.open(port)
    }

    deinit { close(descriptor) }

    func begin(_ request: [UInt8], _ receive: @escaping Loader.Receiver) throws {
        self.receive = receive
        self.request = request
        received.removeAll(keepingCapacity: true)
        if try !send() { try reopen() }
    }

    /// What has arrived; `nil` while the answer is incomplete.
    func read(_ buffer: inout [UInt8]) throws -> Answer? {
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe recv(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT))
        }
        guard count > 0 else {
            if count < 0, errno == EAGAIN || errno == EINTR { return nil }
            guard received.isEmpty, isUsed else {
                throw Failure("port \(port) closed the connection and did not answer")
            }
            try reopen()
            return nil
        }
        received += buffer[..<count]
        guard let answer = try Answer(received) else { return nil }
        isUsed = true
        return answer
    }

    private func reopen() throws {
        close(descriptor)
        isUsed = false
        descriptor = try Connection.open(port)
        guard try send() else { throw Failure("port \(port) takes no request: errno \(errno)") }
    }

    /// Writes the whole request; false when the server has closed the connection.
    private func send() throws -> Bool {
        var sent = 0
        while sent < request.count {
            let count = unsafe request[sent...].withUnsafeBytes { bytes in
                unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else {
                if isUsed { return false }
                throw Failure("port \(port) takes no request: errno \(errno)")
            }
            sent += count
        }
        return true
    }

    private static func open(_ port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure("no socket: errno \(errno)") }
        var one: Int32 = 1
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw Failure("no connection to port \(port): errno \(errno)")
        }
        return descriptor
    }
}
