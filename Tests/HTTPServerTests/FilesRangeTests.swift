import HTTPServer
import Testing

@Suite("Ranges of static files")
struct FilesRangeTests {
    /// What a file of `count` bytes holds: no part of it looks like another.
    private static func content(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 12)
        var line = 0
        while bytes.count < count {
            bytes += Array("line \(line)\r\n--".utf8)
            line += 1
        }
        return Array(bytes.prefix(count))
    }

    /// In memory, and from the disk.
    static let sizes = [1000, 700_000]

    @Test(arguments: sizes)
    func `are sent alone as they are`(_ size: Int) async throws {
        let content = Self.content(size)
        try await FilesServer.with { files in
            try files.tree.write("site/a.bin", content)
            for (asked, range) in [
                ("0-0", 0..<1), ("2-4", 2..<5), ("-1", size - 1..<size), ("500-", 500..<size), ("0-", 0..<size),
                ("-\(size * 2)", 0..<size), ("10-9,5-5", nil), ("0-9,5-14", 0..<15), ("900-,\(size)-", 900..<size),
            ] as [(String, Range<Int>?)] {
                let answer = try await files.ask("/a.bin", ["Range: bytes=\(asked)"])
                #expect(answer.status == (range == nil ? 200 : 206), "\(asked)")
                let sent = range ?? 0..<size
                #expect(difference(answer.body, content[sent]) == nil, "\(asked)")
                #expect(answer.length == sent.count)
                #expect(
                    answer.fields["content-range"]
                        == range.map { "bytes \($0.lowerBound)-\($0.upperBound - 1)/\(size)" }
                )
                #expect(answer.fields["content-type"] == "application/octet-stream")
                #expect(answer.fields["accept-ranges"] == "bytes")
            }
            #expect(try await files.ask("/a.bin", ["Range: bytes=\(size)-"]).status == 416)
            #expect(try await files.ask("/a.bin", ["Range: lines=1-2"]).status == 200)
        }
    }

    @Test(arguments: sizes)
    func `are sent together as parts of one body`(_ size: Int) async throws {
        let content = Self.content(size)
        try await FilesServer.with { files in
            try files.tree.write("site/a.css", content)
            for (asked, ranges) in [
                ("0-0,-1", [0..<1, size - 1..<size]),
                ("900-,0-9", [900..<size, 0..<10]),
                ("300-400, 0-9 ,500-600", [300..<401, 0..<10, 500..<601]),
                ("500-600,0-9,601-700,\(size)-", [500..<701, 0..<10]),
            ] as [(String, [Range<Int>])] {
                let answer = try await files.ask("/a.css", ["Range: bytes=\(asked)"])
                #expect(answer.status == 206)
                let type = try #require(answer.fields["content-type"])
                let prefix = "multipart/byteranges; boundary="
                #expect(type.hasPrefix(prefix))
                let boundary = String(type.dropFirst(prefix.count))
                #expect(!boundary.isEmpty && boundary.utf8.count <= 70)
                var body: [UInt8] = []
                for range in ranges {
                    body += Array("--\(boundary)\r\nContent-Type: text/css; charset=utf-8\r\n".utf8)
                    body += Array(
                        "Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)\r\n\r\n".utf8
                    )
                    body += content[range] + Array("\r\n".utf8)
                }
                body += Array("--\(boundary)--\r\n".utf8)
                #expect(difference(answer.body, body) == nil, "\(asked)")
                #expect(answer.length == body.count)
                #expect(answer.fields["content-range"] == nil)
            }
        }
    }

    @Test func `have a boundary that nobody knows beforehand`() async throws {
        try await FilesServer.with { files in
            try files.tree.write("site/a.bin", Self.content(1000))
            var types: Set<String?> = []
            for _ in 0..<5 {
                types.insert(try await files.ask("/a.bin", ["Range: bytes=0-0,-1"]).fields["content-type"])
            }
            #expect(types.count == 5)
        }
    }

    @Test func `that are too many bring the whole file`() async throws {
        var limits = ServerLimits()
        limits.rangesMax = 2
        try await FilesServer.with(limits) { files in
            try files.tree.write("site/a.bin", Self.content(1000))
            #expect(try await files.ask("/a.bin", ["Range: bytes=0-0,500-500"]).status == 206)
            let answer = try await files.ask("/a.bin", ["Range: bytes=0-0,500-500,999-999"])
            #expect(answer.status == 200)
            #expect(answer.body == Self.content(1000))
        }
    }

    @Test func `mean nothing for HEAD`() async throws {
        try await FilesServer.with { files in
            try files.tree.write("site/a.bin", Self.content(1000))
            for range in ["0-0", "0-0,-1", "1000-"] {
                let answer = try await files.ask("/a.bin", ["Range: bytes=\(range)"], method: "HEAD")
                #expect(answer.status == 200)
                #expect(answer.length == 1000)
                #expect(answer.fields["content-range"] == nil)
            }
        }
    }

    @Test func `of an empty file are its end or nothing`() async throws {
        try await FilesServer.with { files in
            try files.tree.write("site/empty.bin", "")
            #expect(try await files.ask("/empty.bin", ["Range: bytes=0-"]).status == 416)
            #expect(try await files.ask("/empty.bin", ["Range: bytes=0-"]).fields["content-range"] == "bytes */0")
            let end = try await files.ask("/empty.bin", ["Range: bytes=-5"])
            #expect(end.status == 200)
            #expect(end.length == 0)
        }
    }

    @Test func `are what the file holds there, wherever they lie`() async throws {
        let content = Self.content(400_000)
        try await FilesServer.with { files in
            try files.tree.write("site/a.bin", content)
            let client = try files.server.client()
            for step in 0..<100 {
                let first = step * 7919 % content.count
                let last = min(first + step * step * 40, content.count - 1)
                let answer = try await client.answer(to: get("/a.bin", "Range: bytes=\(first)-\(last)"))
                #expect(answer.status == 206)
                #expect(difference(answer.body.utf8, content[first...last]) == nil)
            }
        }
    }
}
