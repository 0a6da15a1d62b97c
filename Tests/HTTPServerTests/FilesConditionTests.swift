import HTTPServer
import Testing

@Suite("Conditions on static files")
struct FilesConditionTests {
    private static let past = "Sun, 06 Nov 1994 08:49:37 GMT"
    private static let modified = 1_600_000_000
    private static let modifiedText = "Sun, 13 Sep 2020 12:26:40 GMT"

    /// Fields in which TAG stands for the file's own tag, and what is answered to GET.
    static let conditions: [([String], Int)] = [
        ([], 200),
        (["If-None-Match: TAG"], 304), (["If-None-Match: W/TAG"], 304), (["If-None-Match: *"], 304),
        (["If-None-Match: \"x\", TAG"], 304), (["If-None-Match: \"x\"", "If-None-Match: TAG"], 304),
        (["If-None-Match: \"x\""], 200), (["If-None-Match: nonsense"], 200),
        (["If-None-Match: \"x\"", "If-Modified-Since: \(modifiedText)"], 200),
        (["If-None-Match: TAG", "If-Modified-Since: \(past)"], 304),
        (["If-Modified-Since: \(modifiedText)"], 304), (["If-Modified-Since: \(past)"], 200),
        (["If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT"], 200),
        (["If-Modified-Since: Sunday, 13-Sep-20 12:26:40 GMT"], 304),
        (["If-Modified-Since: Sun Sep 13 12:26:40 2020"], 304), (["If-Modified-Since: yesterday"], 200),
        (["If-Match: TAG"], 200), (["If-Match: *"], 200), (["If-Match: \"x\""], 412), (["If-Match: W/TAG"], 412),
        (["If-Match: TAG", "If-Unmodified-Since: \(past)"], 200),
        (["If-Match: TAG", "If-None-Match: TAG"], 304), (["If-Match: \"x\"", "If-None-Match: TAG"], 412),
        (["If-Unmodified-Since: \(modifiedText)"], 200), (["If-Unmodified-Since: \(past)"], 412),
        (["If-Unmodified-Since: yesterday"], 200),
        (["If-Unmodified-Since: \(past)", "If-None-Match: TAG"], 412),
        (["If-Match: TAG", "Range: bytes=0-0"], 206), (["If-Match: \"x\"", "Range: bytes=0-0"], 412),
        (["If-None-Match: TAG", "Range: bytes=0-0"], 304), (["If-None-Match: TAG", "Range: bytes=99-"], 304),
        (["If-Range: TAG", "Range: bytes=0-0"], 206), (["If-Range: W/TAG", "Range: bytes=0-0"], 200),
        (["If-Range: \"x\"", "Range: bytes=0-0"], 200), (["If-Range: \"x\"", "Range: bytes=99-"], 200),
        (["If-Range: \(modifiedText)", "Range: bytes=0-0"], 206), (["If-Range: \(past)", "Range: bytes=0-0"], 200),
        (["If-Range: TAG"], 200), (["If-Range: \"x\""], 200),
    ]

    @Test(arguments: conditions)
    func `are answered`(_ fields: [String], _ status: Int) async throws {
        try await FilesServer.with { files in
            try files.tree.write("site/ten.bin", "0123456789")
            files.tree.setModified("site/ten.bin", unixSeconds: Self.modified)
            let tag = try #require(try await files.ask("/ten.bin").fields["etag"])
            let asked = fields.map { $0.replacing("TAG", with: tag) }
            let answer = try await files.ask("/ten.bin", asked)
            #expect(answer.status == status)
            switch status {
            case 200: #expect(answer.text == "0123456789")
            case 206: #expect(answer.text == "0")
            case 304: #expect(answer.body.isEmpty)
            case _: #expect(answer.text == "\(status) /ten.bin")
            }
            // HEAD knows no ranges; else it says what GET says, and is silent.
            let head = try await files.ask("/ten.bin", asked, method: "HEAD")
            let likeGet = try await files.ask("/ten.bin", asked.filter { !$0.hasPrefix("Range") })
            #expect(head.body.isEmpty)
            #expect(head.status == likeGet.status)
            #expect(head.fields.withoutDate == likeGet.fields.withoutDate)
        }
    }

    @Test func `name small files by what they hold`() async throws {
        try await FilesServer.with { files in
            for (name, content) in [("a.txt", "same"), ("b.txt", "same"), ("c.txt", "else"), ("d.txt", "")] {
                try files.tree.write("site/\(name)", content)
            }
            files.tree.setModified("site/b.txt", unixSeconds: Self.modified)
            var tags: [String?] = []
            for name in ["a", "b", "c", "d"] { tags.append(try await files.ask("/\(name).txt").fields["etag"]) }
            #expect(tags[0] == tags[1])
            #expect(Set(tags).count == 3)
            #expect(tags.allSatisfy { $0?.utf8.count == 34 })
        }
    }

    @Test func `name large files anew whenever they are written, though their size and date are the same`() async throws
    {
        try await FilesServer.with { files in
            var tags: Set<String?> = []
            for letter in "abc" {
                let content = String(repeating: letter, count: 200_000)
                try files.tree.write("site/large.bin", content)
                files.tree.setModified("site/large.bin", unixSeconds: Self.modified)
                var answer = try await files.ask("/large.bin")
                // What was held before is believed for a moment.
                while tags.contains(answer.fields["etag"]) {
                    try await Task.sleep(for: .milliseconds(50))
                    answer = try await files.ask("/large.bin")
                }
                #expect(answer.text == content)
                #expect(answer.fields["last-modified"] == Self.modifiedText)
                tags.insert(answer.fields["etag"])
            }
            #expect(tags.count == 3)
        }
    }

    @Test func `that hold are answered with exactly what RFC 9110 wants in a 304`() async throws {
        try await FilesServer.with { files in
            try files.tree.write("site/a.txt", "a")
            try files.tree.write("site/a.png", "a")
            for (path, own) in [("/a.txt", ["vary"]), ("/a.png", [])] {
                let whole = try await files.ask(path)
                let tag = try #require(whole.fields["etag"])
                let answer = try await files.ask(path, ["If-None-Match: \(tag)"])
                #expect(answer.status == 304)
                #expect(
                    Set(answer.fields.keys)
                        == Set(["etag", "last-modified", "cache-control", "date", "connection"] + own)
                )
                for name in ["etag", "last-modified", "cache-control", "vary"] {
                    #expect(answer.fields[name] == whole.fields[name])
                }
            }
        }
    }

    @Test func `that fail, and ranges outside, are refused as everything else is`() async throws {
        try await FilesServer.with { files in
            try files.tree.write("site/ten.txt", "0123456789")
            let failed = try await files.ask("/ten.txt", ["If-Match: \"x\""])
            #expect(failed.status == 412)
            #expect(failed.text == "412 /ten.txt")
            #expect(failed.fields["vary"] == "Accept-Encoding")
            let outside = try await files.ask("/ten.txt", ["Range: bytes=10-"])
            #expect(outside.status == 416)
            #expect(outside.text == "416 /ten.txt")
            #expect(outside.fields["content-range"] == "bytes */10")
            #expect(outside.fields["content-type"] == "text/plain")
            #expect(outside.fields["vary"] == "Accept-Encoding")
        }
    }
}

extension [String: String] {
    var withoutDate: [String: String] { filter { $0.key != "date" } }
}
