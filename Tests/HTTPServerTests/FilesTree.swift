import CZlib
import Foundation
import Glibc
import HTTPMessage
import HTTPServer
import Testing

/// A directory of its own, removed with its owner.
final class Tree: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/kassa-files-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw ClientError(description: "no temporary directory") }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func makeDirectory(_ name: String) throws {
        guard unsafe mkdir("\(path)/\(name)", 0o700) == 0 else { throw ClientError(description: "cannot make \(name)") }
    }

    func write(_ name: String, _ content: String) throws {
        try write(name, Array(content.utf8))
    }

    /// Writes `bytes` from `offset` on; what lies before is a hole that takes no room on the disk.
    func write(_ name: String, _ bytes: [UInt8], at offset: Int = 0) throws {
        let raw = unsafe open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { _ = close(raw) }
        guard raw >= 0, unsafe pwrite(raw, bytes, bytes.count, off_t(offset)) == bytes.count else {
            throw ClientError(description: "cannot write \(name)")
        }
    }

    /// Cuts or extends a file.
    func resize(_ name: String, to bytes: Int) throws {
        guard unsafe truncate("\(path)/\(name)", off_t(bytes)) == 0 else {
            throw ClientError(description: "cannot resize \(name)")
        }
    }

    /// Makes the system forget what it holds of a file in memory, as far as it can.
    func makeCold(_ name: String) {
        let raw = unsafe open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
        defer { _ = close(raw) }
        _ = fsync(raw)
        _ = posix_fadvise(raw, 0, 0, POSIX_FADV_DONTNEED)
    }

    /// Sets when the content was changed, as far as the file says.
    func setModified(_ name: String, unixSeconds: Int) {
        let times = [timespec(tv_sec: unixSeconds, tv_nsec: 0), timespec(tv_sec: unixSeconds, tv_nsec: 0)]
        _ = unsafe utimensat(AT_FDCWD, "\(path)/\(name)", times, 0)
    }

    func link(_ name: String, to target: String) {
        _ = unsafe symlink(target, "\(path)/\(name)")
    }

    func remove(_ name: String) {
        _ = unsafe unlink("\(path)/\(name)")
    }

    /// Files of this tree that this process has open, by where they are or were.
    var openFiles: [String] {
        let links = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return links.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)") }
            .filter { $0.hasPrefix(path + "/site/") }
    }
}

/// A server of the files in `site`, for as long as a test takes.
struct FilesServer {
    let server: TestServer
    let tree: Tree

    static func with(
        _ limits: ServerLimits = .init(),
        _ test: (FilesServer) async throws -> Void,
    ) async throws {
        let tree = try Tree()
        try tree.makeDirectory("site")
        try await TestServer.with(limits) { router in
            try router.files(StaticFiles(directory: tree.path + "/site", limits: limits))
        } test: { server in
            try await test(FilesServer(server: server, tree: tree))
        }
    }

    /// The answer to a request of these fields, its body byte for byte.
    func ask(_ path: String, _ fields: [String] = [], method: String = "GET") async throws -> FileExchange {
        let client = try server.client()
        let lines = ["\(method) \(path) HTTP/1.1", "Host: a", "Connection: close"] + fields
        try await client.send(lines.map { $0 + "\r\n" }.joined() + "\r\n")
        let head = try await client.head()
        return FileExchange(head: head, body: try await client.restBytes())
    }
}

struct FileExchange {
    let status: Int
    let fields: [String: String]
    let body: [UInt8]

    init(head: String, body: [UInt8]) {
        let lines = head.split(separator: "\r\n")
        status = lines.first.flatMap { Int($0.dropFirst(9).prefix(3)) } ?? 0
        let pairs = lines.dropFirst().map { line in
            let sides = line.split(separator: ":", maxSplits: 1)
            return (sides[0].lowercased(), sides.count > 1 ? String(sides[1].dropFirst()) : "")
        }
        fields = Dictionary(pairs) { "\($0), \($1)" }
        self.body = body
    }

    var text: String { String(decoding: body, as: UTF8.self) }
    var length: Int? { fields["content-length"].flatMap { Int($0) } }
}

/// Where two bodies part, which says more than to show both; nil when they are the same.
func difference(_ body: some Collection<UInt8>, _ expected: some Collection<UInt8>) -> Int? {
    let (body, expected) = (Array(body), Array(expected))
    if body == expected { return nil }
    return zip(body, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        ?? min(body.count, expected.count)
}

/// zlib, as the other side of the wire uses it.
enum Zlib {
    static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        try unsafe run(bytes) { stream in
            unsafe deflateInit2_(
                stream,
                6,
                Z_DEFLATED,
                15 + 16,
                8,
                Z_DEFAULT_STRATEGY,
                zlibVersion(),
                Int32(MemoryLayout<z_stream>.size),
            )
        } work: {
            unsafe deflate($0, Z_FINISH)
        } end: {
            unsafe deflateEnd($0)
        }
    }

    static func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
        try unsafe run(bytes) { stream in
            unsafe inflateInit2_(stream, 15 + 16, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
        } work: {
            unsafe inflate($0, Z_FINISH)
        } end: {
            unsafe inflateEnd($0)
        }
    }

    private static func run(
        _ bytes: [UInt8],
        begin: (UnsafeMutablePointer<z_stream>) -> Int32,
        work: (UnsafeMutablePointer<z_stream>) -> Int32,
        end: (UnsafeMutablePointer<z_stream>) -> Int32,
    ) throws -> [UInt8] {
        var stream = unsafe z_stream()
        guard unsafe begin(&stream) == Z_OK else { throw ClientError(description: "zlib does not begin") }
        defer { _ = unsafe end(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: bytes.count * 1100 + 1024)
        let result = unsafe input.withUnsafeMutableBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe stream.next_in = input.baseAddress
                unsafe stream.avail_in = UInt32(input.count)
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = UInt32(output.count)
                return unsafe work(&stream)
            }
        }
        guard result == Z_STREAM_END, unsafe stream.avail_in == 0 else {
            throw ClientError(description: "zlib says \(result)")
        }
        return unsafe Array(output.prefix(output.count - Int(stream.avail_out)))
    }
}
