import HTTPServer
import Testing

@Suite("Large static files")
struct FilesLargeTests {
    private static let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8 ^ $0 >> 16) }

    @Test(arguments: [128 * 1024, 128 * 1024 + 1, 256 * 1024, 1024 * 1024, 1024 * 1024 + 1, 3_000_000])
    func `come whole from the disk, whether the system holds them or not`(_ size: Int) async throws {
        let content = Array(Self.content.prefix(size))
        try await FilesServer.with { files in
            try files.tree.write("site/a.bin", content)
            for isCold in [false, true, false] {
                if isCold { files.tree.makeCold("site/a.bin") }
                let answer = try await files.ask("/a.bin")
                #expect(answer.length == size)
                #expect(difference(answer.body, content) == nil)
            }
        }
    }

    @Test func `take turns with small ones on one connection`() async throws {
        try await FilesServer.with { files in
            let text = Self.content.map { $0 & 0x7F }
            try files.tree.write("site/large.bin", text)
            try files.tree.write("site/small.bin", "small")
            let client = try files.server.client()
            let paths = ["/large.bin", "/small.bin", "/large.bin", "/none", "/large.bin", "/large.bin", "/small.bin"]
            // All at once, before any answer is read.
            try await client.send(paths.map { get($0) }.joined())
            for path in paths {
                let answer = try await client.answer()
                switch path {
                case "/large.bin": #expect(difference(answer.body.utf8, text) == nil)
                case "/small.bin": #expect(answer.body == "small")
                case _: #expect(answer.status == 404)
                }
            }
        }
    }

    @Test(arguments: [200_000, 3_000_000])
    func `come through TLS as well`(_ size: Int) async throws {
        let tree = try Tree()
        let text = Self.content.prefix(size).map { $0 & 0x7F }
        try tree.makeDirectory("site")
        try tree.write("site/a.bin", text)
        let files = try StaticFiles(directory: tree.path + "/site")
        try await TLSServer.with { router in
            router.files(files)
        } test: { server in
            let client = try server.client()
            #expect(difference(try await client.answer(to: get("/a.bin")).body.utf8, text) == nil)
            let part = try await client.answer(to: get("/a.bin", "Range: bytes=1000-150000"))
            #expect(difference(part.body.utf8, text[1000...150_000]) == nil)
            let parts = try await client.answer(to: get("/a.bin", "Range: bytes=0-0,-150000"))
            #expect(parts.body.utf8.count == parts.fields["content-length"].flatMap { Int($0) })
            #expect(try await client.answer(to: get("/none")).status == 404)
        }
    }

    @Test func `have ranges beyond four gigabytes`() async throws {
        try await FilesServer.with { files in
            let end = 5 * 1024 * 1024 * 1024
            try files.tree.write("site/sparse.bin", Array("the end".utf8), at: end - 7)
            let head = try await files.ask("/sparse.bin", method: "HEAD")
            #expect(head.length == end)
            for (asked, range, text) in [
                ("\(end - 7)-", end - 7..<end, "the end"), ("-3", end - 3..<end, "end"),
                ("4294967295-4294967296", 4_294_967_295..<4_294_967_297, "\0\0"),
            ] {
                let answer = try await files.ask("/sparse.bin", ["Range: bytes=\(asked)"])
                #expect(answer.status == 206)
                #expect(answer.text == text)
                #expect(answer.fields["content-range"] == "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(end)")
            }
            let both = try await files.ask("/sparse.bin", ["Range: bytes=0-1,-7"])
            #expect(both.length == both.body.count)
            #expect(both.text.contains("\r\n\r\n\0\0\r\n"))
            #expect(both.text.contains("Content-Range: bytes \(end - 7)-\(end - 1)/\(end)\r\n\r\nthe end\r\n"))
            // Whoever asks for all of it and does not read is waited for; whoever goes away is forgotten.
            let slow = try files.server.client(receiveBufferBytes: 4096)
            try await slow.send(get("/sparse.bin"))
            #expect(try await slow.head().contains("Content-Length: \(end)\r\n"))
            #expect(try await files.ask("/sparse.bin", ["Range: bytes=-3"]).text == "end")
            slow.reset()
            #expect(try await files.ask("/sparse.bin", ["Range: bytes=-3"]).text == "end")
        }
    }

    @Test func `that become shorter on the way cut the answer, and no other`() async throws {
        try await FilesServer.with { files in
            let size = 64 * 1024 * 1024
            try files.tree.write("site/shrinking.bin", [1], at: size - 1)
            try files.tree.write("site/other.bin", Self.content)
            let client = try files.server.client(receiveBufferBytes: 4096)
            try await client.send(get("/shrinking.bin"))
            #expect(try await client.head().contains("Content-Length: \(size)\r\n"))
            try files.tree.resize("site/shrinking.bin", to: 10)
            #expect(try await client.restBytes().count < size)
            #expect(difference(try await files.ask("/other.bin").body, Self.content) == nil)
        }
    }

    @Test func `are kept open, but not too many, and not when they are another file`() async throws {
        var limits = ServerLimits()
        limits.openFilesMax = 3
        try await FilesServer.with(limits) { files in
            for number in 0..<10 { try files.tree.write("site/\(number).bin", Array(Self.content.prefix(200_000))) }
            for number in 0..<10 {
                #expect(try await files.ask("/\(number).bin").body.count == 200_000)
            }
            // The last answers may not have let go of theirs yet.
            while files.tree.openFiles.count > 3 { try await Task.sleep(for: .milliseconds(10)) }
            #expect(!files.tree.openFiles.isEmpty)
            files.tree.remove("site/9.bin")
            try files.tree.write("site/9.bin", Self.content)
            while try await files.ask("/9.bin").body.count != Self.content.count {
                try await Task.sleep(for: .milliseconds(50))
            }
            while files.tree.openFiles.contains(where: { $0.hasSuffix("(deleted)") }) {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    @Test func `are served without a place in any cache`() async throws {
        var limits = ServerLimits()
        limits.openFilesMax = 0
        limits.fileCacheBytesMax = 0
        limits.cachedFileBytesMax = 0
        try await FilesServer.with(limits) { files in
            try files.tree.write("site/a.bin", Self.content)
            try files.tree.write("site/b.bin", "b")
            try files.tree.write("site/empty.bin", "")
            for _ in 1...2 {
                #expect(difference(try await files.ask("/a.bin").body, Self.content) == nil)
                #expect(try await files.ask("/b.bin").text == "b")
                #expect(try await files.ask("/empty.bin").length == 0)
            }
            while !files.tree.openFiles.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        }
    }
}
