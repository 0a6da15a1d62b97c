import HTTPServer
import Testing

@Suite("How long static files may be kept")
struct FilesCachingTests {
    private static let forEver = "public, max-age=31536000, immutable"

    @Test(arguments: [
        "app.3f9a1c2b.js", "app-3f9a1c2b4d.css", "logo.0a1b2c3d4e5f60718293a4b5c6d7e8f9.svg", "app.3f9a1c2b.min.js",
        "app.3f9a1c2b.js.map", "photo-3f9a1c2b.jpg", "index-B7xkQ2aZ.js", "index-DiwrgTda0Gk.css",
        "font.aB3dE5fG.woff2",
        "a.b-c-3f9a1c2b.txt",
    ])
    func `is for ever when the name holds a fingerprint`(_ name: String) async throws {
        #expect(try await Self.cacheControl(of: name) == Self.forEver)
    }

    @Test(arguments: [
        "app.js", "3f9a1c2b.js", "3f9a1c2b-app.js", "app.3f9a1c2b", "app-3f9a1c2.js", "app_3f9a1c2b.js",
        "jquery-3.7.1.min.js",
        "report-20240115.pdf", "report-2024-01-15.pdf", "villa-facade2024.jpg", "app.abcdefab.js", "app.12345678.js",
        "phone-iPhone15Pro.jpg", "lib-Version2.js", "shoes-summer2024.jpg", "app.3F9A1C2B.js", "app.3f9a1cäb.js",
        "a.0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90.js", "index.html", "noextension", "-.-",
    ])
    func `is until asked again for every other name`(_ name: String) async throws {
        #expect(try await Self.cacheControl(of: name) == "no-cache")
    }

    private static func cacheControl(of name: String) async throws -> String? {
        var found: String?
        try await FilesServer.with { files in
            try files.tree.write("site/\(name)", "x")
            let answer = try await files.ask("/" + name.replacing("ä", with: "%C3%A4"))
            #expect(answer.status == 200)
            found = answer.fields["cache-control"]
        }
        return found
    }
}
