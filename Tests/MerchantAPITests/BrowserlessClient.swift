import Foundation
import Glibc
import Wire

/// An answer as it stood on the wire.
struct Answer: Sendable {
    let status: Int
    let fields: [(name: String, value: String)]
    let body: [UInt8]

    subscript(name: String) -> String? { fields.first { $0.name.lowercased() == name.lowercased() }?.value }

    var text: String { String(decoding: body, as: UTF8.self) }

    var json: JSON { (try? JSON.parse(body)) ?? .null }

    /// The pointers of a validation problem.
    var pointers: [String] { (json["errors"]?.array ?? []).compactMap { $0["pointer"]?.string } }

    /// The last part of the problem type.
    var problem: String? { json["type"]?.string.flatMap { $0.split(separator: ":").last.map(String.init) } }

    /// The names and values that may differ between two answers that are the same.
    var fieldsButDate: [String] { fields.filter { $0.name.lowercased() != "date" }.map { "\($0.name): \($0.value)" } }
}

/// Sends one request over a connection of its own and reads the answer to its end. It follows nothing and adds nothing.
enum BrowserlessClient {
    struct Failure: Error { let reason: String }

    static func send(port: Int, _ request: [UInt8]) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            // Blocking calls stay away from the threads that the server's handlers may need.
            Thread.detachNewThread {
                continuation.resume(with: Result { try exchange(port: port, request) })
            }
        }
    }

    private static func exchange(port: Int, _ request: [UInt8]) throws -> Answer {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw Failure(reason: "no socket") }
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure(reason: "no connection") }
        var sent = 0
        while sent < request.count {
            let count = unsafe request.withUnsafeBytes { bytes in
                unsafe Glibc.send(
                    socket,
                    bytes.baseAddress?.advanced(by: sent),
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL),
                )
            }
            // A server that refuses early answers before it has read everything.
            guard count > 0 else { break }
            sent += count
        }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(socket, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            received += buffer[..<count]
        }
        return try answer(received)
    }

    private static func answer(_ bytes: [UInt8]) throws -> Answer {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { throw Failure(reason: "no whole head") }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Failure(reason: "no status")
        }
        let fields = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return (name: String(line[..<colon]), value: String(line[colon...].dropFirst().drop { $0 == " " }))
        }
        return Answer(status: status, fields: fields, body: Array(bytes[end.upperBound...]))
    }
}
