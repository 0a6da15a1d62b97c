import Glibc
import HTTPMessage
import HTTPServer
import HTTPTypes
import Testing

/// A server under abuse. It needs a process of its own (an exit test), because that process's descriptors and memory are counted.
struct Siege {
    let server: TestServer
    /// A well-behaved client, connected all the time.
    private let faithful: Client

    /// Under a sanitizer everything takes many times as long, and memory means nothing.
    static let isSanitized =
        unsafe dlsym(nil, "__tsan_init") != nil || dlsym(nil, "__asan_init") != nil
    /// Connections of one round, unless a test says otherwise.
    static let crowd = isSanitized ? 20 : 200

    /// Runs `abuse` once, then as often as `rounds` says. After each round the descriptors are as many as before it, and in the
    /// end memory has not grown since the first.
    static func run(
        _ limits: ServerLimits = .init(),
        rounds: Int = isSanitized ? 1 : 3,
        _ routes: (inout Router) throws -> Void = { _ in },
        abuse: (Siege) async throws -> Void,
    ) async throws {
        try await TestServer.with(limits) { router in
            router.onFast(.get, "/health") { _, _ in
                Response(.ok, contentType: "text/plain", bytes: Array("fine".utf8))
            }
            try routes(&router)
        } test: { server in
            let siege = Siege(server: server, faithful: try server.client())
            try await siege.expectService()
            // Dispatch opens what its timers need at the first sleep.
            try await Task.sleep(for: .milliseconds(100))
            let descriptors = Footprint.descriptors
            try await abuse(siege)
            try await siege.expectService()
            try await expectDescriptors(descriptors)
            let memory = Footprint.anonymousBytes
            for _ in 0..<rounds {
                try await abuse(siege)
                try await siege.expectService()
                try await expectDescriptors(descriptors)
            }
            let grown = Footprint.anonymousBytes - memory
            if !isSanitized { #expect(grown < 4 << 20, "memory has grown by \(grown) bytes") }
        }
    }

    /// Waits until `isTrue`. The end of patience is there for tests that fail.
    static func wait(until isTrue: () -> Bool, location: SourceLocation = #_sourceLocation) async throws {
        for _ in 0..<6000 where !isTrue() { try await Task.sleep(for: .milliseconds(10)) }
        #expect(isTrue(), sourceLocation: location)
    }

    /// Others are answered, on a connection they had before and on one of their own.
    func expectService() async throws {
        for client in [faithful, try server.client()] {
            #expect(try await client.answer(to: get("/health")).body == "fine")
        }
    }

    func peers(_ count: Int = Siege.crowd, receiveBufferBytes: Int32? = nil) throws -> [Peer] {
        try (0..<count).map { _ in try Peer(port: server.port, receiveBufferBytes: receiveBufferBytes) }
    }

    /// They are closed by the server in its own time, so this waits for it.
    private static func expectDescriptors(_ expected: Int) async throws {
        try await wait { Footprint.descriptors <= expected + Footprint.spareDescriptors }
    }
}

/// What this process takes up.
enum Footprint {
    /// What Dispatch may open for itself at any time. A leak would be of one for each connection.
    static let spareDescriptors = 3

    static var descriptors: Int {
        guard let directory = unsafe opendir("/proc/self/fd") else { return -1 }
        defer { _ = unsafe closedir(directory) }
        var count = 0
        while unsafe readdir(directory) != nil { count += 1 }
        // Without `.`, `..` and the directory itself.
        return count - 3
    }

    /// Memory that is no file's, once the allocator has given back what it holds for later.
    static var anonymousBytes: Int {
        trim()
        guard let file = unsafe fopen("/proc/self/status", "r") else { return -1 }
        defer { _ = unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while unsafe fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if text.hasPrefix("RssAnon:") { return (Int(text.filter(\.isNumber)) ?? -1) * 1024 }
        }
        return -1
    }

    private static func trim() {
        // glibc's own; its Swift module does not know it.
        guard let function = unsafe dlsym(nil, "malloc_trim") else { return }
        _ = unsafe unsafeBitCast(function, to: (@convention(c) (Int) -> Int32).self)(0)
    }
}
