import HTTPServer
import Testing

@Suite("Codings of static files")
struct FilesCodingTests {
    private static let text = Array(
        String(repeating: "The quick brown fox jumps over the lazy dog.\n", count: 100).utf8
    )
    private static let takesGzip = ["Accept-Encoding: gzip, deflate, br"]

    /// Bytes that no coding makes shorter.
    private static func noise(_ count: Int) -> [UInt8] {
        var state: UInt64 = 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
    }

    @Test(arguments: [
        "a.txt", "a.css", "a.js", "a.mjs", "a.html", "a.json", "a.svg", "a.xml", "a.wasm", "a.JS", "a.ico",
    ])
    func `of text come in gzip for who takes it`(_ name: String) async throws {
        try await FilesServer.with { files in
            try files.tree.write("site/\(name)", Self.text)
            let plain = try await files.ask("/\(name)")
            #expect(plain.body == Self.text)
            #expect(plain.fields["content-encoding"] == nil)
            // Once made, then from memory.
            for _ in 1...2 {
                let coded = try await files.ask("/\(name)", Self.takesGzip)
                #expect(coded.status == 200)
                #expect(coded.fields["content-encoding"] == "gzip")
                #expect(coded.length == coded.body.count)
                #expect(coded.body.count < Self.text.count / 2)
                #expect(try Zlib.gunzip(coded.body) == Self.text)
                #expect(coded.fields["etag"] != plain.fields["etag"])
                #expect(coded.fields["etag"]?.hasPrefix("W/") == false)
                #expect(coded.fields["vary"] == "Accept-Encoding")
                for field in ["content-type", "last-modified", "cache-control", "accept-ranges", "vary"] {
                    #expect(coded.fields[field] == plain.fields[field])
                }
                let head = try await files.ask("/\(name)", Self.takesGzip, method: "HEAD")
                #expect(head.body.isEmpty)
                #expect(head.fields.withoutDate == coded.fields.withoutDate)
            }
        }
    }

    @Test(
        arguments: [
            ("a.png", text, nil), ("a.bin", text, nil), ("a.woff2", text, nil), ("a.gz", text, nil),
            ("small.txt", Array(text.prefix(1023)), "Accept-Encoding"), ("noise.txt", noise(5000), "Accept-Encoding"),
            ("empty.txt", [], "Accept-Encoding"),
        ] as [(String, [UInt8], String?)]
    )
    func `do not exist where they do not pay`(_ name: String, _ content: [UInt8], _ vary: String?) async throws {
        try await FilesServer.with { files in
            try files.tree.write("site/\(name)", content)
            let answer = try await files.ask("/\(name)", Self.takesGzip)
            #expect(answer.body == content)
            #expect(answer.fields["content-encoding"] == nil)
            #expect(answer.fields["vary"] == vary)
        }
    }

    @Test(arguments: ["gzip;q=0", "identity", "br", "*;q=0", "gzip;q=0.2, identity;q=0.8", "gzip;q=2", ""])
    func `are not forced on anybody`(_ accepted: String) async throws {
        try await FilesServer.with { files in
            try files.tree.write("site/a.txt", Self.text)
            let answer = try await files.ask("/a.txt", ["Accept-Encoding: \(accepted)"])
            #expect(answer.fields["content-encoding"] == nil)
            #expect(answer.body == Self.text)
            #expect(answer.fields["vary"] == "Accept-Encoding")
        }
    }

    @Test func `are known by tags of their own`() async throws {
        try await FilesServer.with { files in
            try files.tree.write("site/a.txt", Self.text)
            let plain = try #require(try await files.ask("/a.txt").fields["etag"])
            let coded = try #require(try await files.ask("/a.txt", Self.takesGzip).fields["etag"])
            for (tag, fields, status) in [
                (plain, [], 304), (coded, [], 200), (plain, Self.takesGzip, 200), (coded, Self.takesGzip, 304),
            ] as [(String, [String], Int)] {
                let answer = try await files.ask("/a.txt", fields + ["If-None-Match: \(tag)"])
                #expect(answer.status == status)
                #expect(answer.fields["vary"] == "Accept-Encoding")
                #expect(answer.fields["etag"] == (fields.isEmpty ? plain : coded))
                if status == 304 { #expect(answer.fields["content-encoding"] == nil) }
                let match = try await files.ask("/a.txt", fields + ["If-Match: \(tag)"])
                #expect(match.status == (status == 304 ? 200 : 412))
                #expect(match.fields["vary"] == "Accept-Encoding")
            }
            #expect(
                try await files.ask("/a.txt", Self.takesGzip + ["If-None-Match: \(plain), \(coded)"]).status == 304
            )
        }
    }

    @Test func `have ranges of their own`() async throws {
        try await FilesServer.with { files in
            try files.tree.write("site/a.txt", Self.text)
            let coded = try await files.ask("/a.txt", Self.takesGzip)
            let tag = try #require(coded.fields["etag"])
            let size = coded.body.count
            let part = try await files.ask("/a.txt", Self.takesGzip + ["Range: bytes=5-9", "If-Range: \(tag)"])
            #expect(part.status == 206)
            #expect(part.body == Array(coded.body[5...9]))
            #expect(part.fields["content-range"] == "bytes 5-9/\(size)")
            #expect(part.fields["content-encoding"] == "gzip")
            #expect(part.fields["etag"] == tag)
            // The other coding is another thing: a part of it would spoil what was got before.
            let other = try await files.ask("/a.txt", ["Range: bytes=5-9", "If-Range: \(tag)"])
            #expect(other.status == 200)
            #expect(other.body == Self.text)
            let outside = try await files.ask("/a.txt", Self.takesGzip + ["Range: bytes=\(size)-"])
            #expect(outside.status == 416)
            #expect(outside.fields["content-range"] == "bytes */\(size)")
            #expect(outside.fields["content-encoding"] == nil)
            // Parts of a coded body have nowhere to say that they are coded.
            let several = try await files.ask("/a.txt", Self.takesGzip + ["Range: bytes=0-1,\(size - 1)-"])
            #expect(several.status == 200)
            #expect(several.body == coded.body)
        }
    }

    /// Twins of a file of 4,500 bytes or of 540,000, named and dated, and whether they are sent.
    @Test(arguments: [1, 120])
    func `that lie beside the file are sent as they are`(_ times: Int) async throws {
        let text = Array([[UInt8]](repeating: Self.text, count: times).joined())
        let twin = try Zlib.gzip(text)
        try await FilesServer.with { files in
            for (name, age) in [("same.js", 0), ("later.js", 1), ("older.js", -1), ("image.png", 0)] {
                try files.tree.write("site/\(name)", text)
                files.tree.setModified("site/\(name)", unixSeconds: 1_600_000_000)
                try files.tree.write("site/\(name).gz", twin)
                files.tree.setModified("site/\(name).gz", unixSeconds: 1_600_000_000 + age)
                for _ in 1...2 {
                    let answer = try await files.ask("/\(name)", Self.takesGzip)
                    #expect(answer.length == answer.body.count)
                    #expect(answer.fields["vary"] == "Accept-Encoding")
                    #expect(answer.fields["last-modified"] == "Sun, 13 Sep 2020 12:26:40 GMT")
                    if age < 0 {
                        #expect(difference(answer.body, twin) != nil)
                        let isCoded = answer.fields["content-encoding"] == "gzip"
                        #expect(isCoded == (times == 1))
                        #expect(difference(isCoded ? try Zlib.gunzip(answer.body) : answer.body, text) == nil)
                    } else {
                        #expect(answer.fields["content-encoding"] == "gzip")
                        #expect(difference(answer.body, twin) == nil, "\(name)")
                        #expect(answer.fields["etag"]?.hasSuffix("-gzip\"") == true)
                    }
                    #expect(difference(try await files.ask("/\(name)").body, text) == nil)
                }
                let direct = try await files.ask("/\(name).gz", Self.takesGzip)
                #expect(direct.body == twin)
                #expect(direct.fields["content-type"] == "application/gzip")
                #expect(direct.fields["content-encoding"] == nil)
            }
        }
    }

    @Test func `that are no twins are not sent for the file`() async throws {
        let twin = try Zlib.gzip(Array("secret".utf8))
        try await FilesServer.with { files in
            let tree = files.tree
            try tree.write("secret.gz", twin)
            try tree.write("site/linked.bin", Self.text)
            tree.link("site/linked.bin.gz", to: tree.path + "/secret.gz")
            try tree.write("site/directory.bin", Self.text)
            try tree.makeDirectory("site/directory.bin.gz")
            try tree.write("site/nonsense.bin", Self.text)
            try tree.write("site/nonsense.bin.gz", "secret")
            try tree.write("site/empty.bin", Self.text)
            try tree.write("site/empty.bin.gz", "")
            try tree.write("site/longer.bin", "short")
            try tree.write("site/longer.bin.gz", twin)
            for name in ["linked", "directory", "nonsense", "empty", "longer"] {
                let answer = try await files.ask("/\(name).bin", Self.takesGzip)
                #expect(answer.status == 200)
                #expect(answer.fields["content-encoding"] == nil, "\(name)")
                #expect(answer.text == (name == "longer" ? "short" : String(decoding: Self.text, as: UTF8.self)))
            }
            // A twin alone stands for nothing, and what is hidden stays so.
            try tree.write("site/alone.txt.gz", twin)
            try tree.write("site/.env", Self.text)
            try tree.write("site/.env.gz", twin)
            for path in ["/alone.txt", "/.env", "/.env.gz", "/linked.bin.gz"] {
                #expect(try await files.ask(path, Self.takesGzip).status == 404)
            }
        }
    }

    @Test func `with a name too long for a twin are served`() async throws {
        try await FilesServer.with { files in
            let name = String(repeating: "n", count: 251) + ".txt"
            try files.tree.write("site/\(name)", Self.text)
            let answer = try await files.ask("/\(name)", Self.takesGzip)
            #expect(try Zlib.gunzip(answer.body) == Self.text)
        }
    }

    @Test func `are the same for many who ask at the same time`() async throws {
        try await FilesServer.with { files in
            try files.tree.write("site/a.txt", Self.text)
            let tags = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        let answer = try await files.ask("/a.txt", Self.takesGzip)
                        return try Zlib.gunzip(answer.body) == Self.text ? answer.fields["etag"] : nil
                    }
                }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(tags.count == 1)
            #expect(!tags.contains(nil))
        }
    }

    @Test func `follow the file and its twin when they change`() async throws {
        try await FilesServer.with { files in
            let tree = files.tree
            try tree.write("site/a.txt", Self.text)
            func waitFor(_ content: [UInt8], coded: [UInt8]?) async throws {
                while true {
                    let plain = try await files.ask("/a.txt")
                    let answer = try await files.ask("/a.txt", Self.takesGzip)
                    if plain.body == content, coded == nil || coded == answer.body,
                        try Zlib.gunzip(answer.body) == content
                    {
                        return
                    }
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            try await waitFor(Self.text, coded: nil)
            let twin = try Zlib.gzip(Self.text)
            try tree.write("site/a.txt.gz", twin)
            try await waitFor(Self.text, coded: twin)
            let other = Array(Self.text.reversed())
            try tree.write("site/a.txt", other)
            tree.setModified("site/a.txt.gz", unixSeconds: 1_600_000_000)
            try await waitFor(other, coded: nil)
            tree.remove("site/a.txt.gz")
            try await waitFor(other, coded: nil)
        }
    }
}
