import Dispatch
import Glibc
import Synchronization

/// One answer as it came over the wire.
struct Answer: Equatable {
    var status = 0
    var fields: [String: String] = [:]
    var body = ""
    /// The body came in chunks.
    var isChunked: Bool { fields["transfer-encoding"] == "chunked" }
    var closes: Bool { fields["connection"] == "close" }
}

struct ClientError: Error, CustomStringConvertible {
    let description: String
}

/// A client made of one plain socket, which sends exactly what it is told. Its blocking calls run on threads of their own.
final class Client: Sendable {
    private let raw: Int32
    private let sending = DispatchQueue(label: "client.sending")
    private let receiving: DispatchQueue
    private let received = Mutex<[UInt8]>([])
    /// What encrypts, if anything does. It can do one thing at a time, so the queues are one then.
    let tls: TLSWire?

    /// The system takes `receiveBufferBytes` for us while we do not read.
    init(port: Int, receiveBufferBytes: Int32? = nil, tls: TLSWire? = nil) throws {
        self.tls = tls
        receiving = tls == nil ? DispatchQueue(label: "client.receiving") : sending
        raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        // Only so that a test that fails comes to an end.
        var timeout = timeval(tv_sec: 120, tv_usec: 0)
        unsafe setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        unsafe setsockopt(raw, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        if var receiveBufferBytes {
            unsafe setsockopt(raw, SOL_SOCKET, SO_RCVBUF, &receiveBufferBytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let raw = raw
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        // Everything is initialised: throwing from here on ends in `deinit`, which closes the socket.
        guard result == 0 else { throw ClientError(description: "cannot connect: \(errno)") }
        try tls?.attach(to: raw)
    }

    /// Connects to a Unix-domain socket.
    init(path: String) throws {
        tls = nil
        receiving = DispatchQueue(label: "client.receiving")
        raw = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var timeout = timeval(tv_sec: 120, tv_usec: 0)
        unsafe setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        unsafe setsockopt(raw, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let raw = raw
        let address = [UInt8(AF_UNIX), 0] + Array(path.utf8) + [0]
        let result = unsafe address.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return Int32(-1) }
            return unsafe connect(raw, base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        guard result == 0 else { throw ClientError(description: "cannot connect: \(errno)") }
    }

    deinit {
        _ = Glibc.close(raw)
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) async throws {
        if let tls { return try await on(sending) { try tls.send(bytes) } }
        try await on(sending) { [raw] in
            var sent = 0
            while sent < bytes.count {
                let count = unsafe bytes.withUnsafeBytes { buffer in
                    unsafe Glibc.send(
                        raw,
                        buffer.baseAddress?.advanced(by: sent),
                        buffer.count - sent,
                        Int32(MSG_NOSIGNAL),
                    )
                }
                guard count > 0 else { throw ClientError(description: "cannot send: \(errno)") }
                sent += count
            }
        }
    }

    /// Says that nothing more will be sent, and goes on reading.
    func finishSending() {
        _ = shutdown(raw, Int32(SHUT_WR))
    }

    /// Closes with a reset instead of an end.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(raw, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        _ = unsafe dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), raw)
    }

    /// Reads one answer. The one to HEAD has no body, though its fields speak of one.
    func answer(hasBody: Bool = true) async throws -> Answer {
        let head = try await take(through: "\r\n\r\n")
        let lines = head.split(separator: "\r\n")
        guard let first = lines.first, first.hasPrefix("HTTP/1.1 "), let status = Int(first.dropFirst(9).prefix(3))
        else {
            throw ClientError(description: "no status line: \(head)")
        }
        var answer = Answer(status: status)
        for line in lines.dropFirst() {
            let sides = line.split(separator: ":", maxSplits: 1)
            answer.fields[sides[0].lowercased()] = sides.count > 1 ? String(sides[1].drop { $0 == " " }) : ""
        }
        guard hasBody, status >= 200, status != 204, status != 304 else { return answer }
        if answer.isChunked {
            while true {
                let size = try await take(through: "\r\n")
                guard let count = Int(size.dropLast(1), radix: 16) else {
                    throw ClientError(description: "no chunk size: \(size.debugDescription)")
                }
                answer.body += try await take(count: count)
                _ = try await take(through: "\r\n")
                if count == 0 { break }
            }
        } else if let length = answer.fields["content-length"].flatMap({ Int($0) }) {
            answer.body = try await take(count: length)
        } else {
            answer.body = try await rest()
        }
        return answer
    }

    /// Sends a request and reads its answer.
    func answer(to request: String) async throws -> Answer {
        try await send(request)
        return try await answer(hasBody: !request.hasPrefix("HEAD "))
    }

    /// Reads until the server closes.
    func rest() async throws -> String {
        String(decoding: try await restBytes(), as: UTF8.self)
    }

    func restBytes() async throws -> [UInt8] {
        while try await receive() {}
        return received.withLock { bytes in
            defer { bytes = [] }
            return bytes
        }
    }

    /// Reads the head of an answer and leaves its body.
    func head() async throws -> String {
        try await take(through: "\r\n\r\n")
    }

    private func take(through end: String) async throws -> String {
        let end = Array(end.utf8)
        var searched = 0
        while true {
            let found: String? = received.withLock { bytes in
                while searched + end.count <= bytes.count {
                    if bytes[searched..<searched + end.count].elementsEqual(end) {
                        let text = String(decoding: bytes[..<(searched + end.count)], as: UTF8.self)
                        bytes.removeFirst(searched + end.count)
                        return text
                    }
                    searched += 1
                }
                return nil
            }
            if let found { return found }
            guard try await receive() else { throw ClientError(description: "the server closed the connection") }
        }
    }

    private func take(count: Int) async throws -> String {
        while received.withLock({ $0.count }) < count {
            guard try await receive() else { throw ClientError(description: "the server closed the connection") }
        }
        return received.withLock { bytes in
            defer { bytes.removeFirst(count) }
            return String(decoding: bytes.prefix(count), as: UTF8.self)
        }
    }

    /// False when the server has closed. A reset is an error.
    private func receive() async throws -> Bool {
        let bytes = try await on(receiving) { [raw, tls] in
            if let tls { return try tls.receive() }
            var buffer = [UInt8](repeating: 0, count: 64 * 1024)
            let count = unsafe recv(raw, &buffer, buffer.count, 0)
            guard count >= 0 else { throw ClientError(description: "cannot receive: \(errno)") }
            return Array(buffer.prefix(count))
        }
        received.withLock { $0 += bytes }
        return !bytes.isEmpty
    }

    /// Lets `work` use what encrypts, when it is not at anything else.
    func withTLS<Value: Sendable>(_ work: @escaping @Sendable (TLSWire) throws -> Value) async throws -> Value {
        guard let tls else { throw ClientError(description: "this client does not encrypt") }
        return try await on(sending) { try work(tls) }
    }

    private func on<Value: Sendable>(
        _ queue: DispatchQueue,
        _ work: @escaping @Sendable () throws -> Value,
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }
}
