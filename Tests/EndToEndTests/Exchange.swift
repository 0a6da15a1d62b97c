import Foundation
import Wire

struct Answer: Sendable {
    let status: Int
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSON { get throws { try JSON.parse(body) } }
}

/// One request over a connection of its own, in plain sight: nothing is sent twice, kept, followed or tried again.
struct Exchange: Sendable {
    let method: String
    let url: String
    var headers: [String: String] = [:]
    var body: String?

    /// Longer than anything here takes; it only keeps a broken build from hanging.
    private static let patience = timeval(tv_sec: 60, tv_usec: 0)

    func answer() async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            // A thread of its own: hundreds wait at once for a process that may just have been killed.
            Thread.detachNewThread { continuation.resume(with: Result { try blockingAnswer() }) }
        }
    }

    private func blockingAnswer() throws -> Answer {
        guard let target = URLComponents(string: url), let host = target.host, let port = target.port else {
            throw Failure("not a URL with a port: \(url)")
        }
        let descriptor = try connected(host, port)
        defer { Glibc.close(descriptor) }
        try write(Array(request(target, "\(host):\(port)").utf8), to: descriptor)
        return try parsed(try readAll(from: descriptor))
    }

    private func request(_ target: URLComponents, _ authority: String) -> String {
        let path = target.percentEncodedPath.isEmpty ? "/" : target.percentEncodedPath
        let query = target.percentEncodedQuery.map { "?\($0)" } ?? ""
        var text = "\(method) \(path)\(query) HTTP/1.1\r\nHost: \(authority)\r\nConnection: close\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        return text + "\r\n" + (body ?? "")
    }

    func connected(_ host: String, _ port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure("no socket: errno \(errno)") }
        var patience = Exchange.patience
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        var address = sockaddr_in(loopbackPort: port)
        address.sin_addr.s_addr = unsafe inet_addr(host)
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            Glibc.close(descriptor)
            throw Failure("no connection to \(host):\(port): errno \(errno)")
        }
        return descriptor
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes { bytes in
                unsafe send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure("\(method) could not be sent: errno \(errno)") }
            sent += count
        }
    }

    private func readAll(from descriptor: Int32) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { buffer in
                unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
            }
            guard count >= 0 else { throw Failure("no answer to \(method): errno \(errno)") }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    private func parsed(_ bytes: [UInt8]) throws -> Answer {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw Failure("the connection ended within the answer's head")
        }
        var lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")[...]
        let words = lines.popFirst()?.split(separator: " ") ?? []
        guard words.count >= 2, let status = Int(words[1]) else { throw Failure("not an HTTP answer") }
        var headers: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespaces
            )
        }
        let body = bytes[end.upperBound...]
        // Half an answer is none: its sender was killed.
        if let length = headers["content-length"].flatMap(Int.init), length > body.count, method != "HEAD" {
            throw Failure("the connection ended within the answer's body")
        }
        return Answer(status: status, headers: headers, body: Array(body))
    }
}

extension sockaddr_in {
    init(loopbackPort port: Int) {
        self.init()
        sin_family = sa_family_t(AF_INET)
        sin_port = in_port_t(port).bigEndian
        sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
