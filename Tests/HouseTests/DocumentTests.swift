import Foundation
import KassaApp
import Testing

@Suite("The documents")
struct DocumentTests {
    private static let documents =
        ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"] + House.files(below: "docs", ending: ".md")

    @Test(arguments: documents)
    func `link only to files that exist`(document: String) throws {
        let directory = House.root.appending(path: document).deletingLastPathComponent()
        for link in try House.text(document).matches(of: /\]\(([^)#\s]+)(?:#[^)]*)?\)/) {
            let target = String(link.1)
            if target.contains("://") || target.hasPrefix("mailto:") { continue }
            #expect(FileManager.default.fileExists(atPath: directory.appending(path: target).path()), "\(target)")
        }
    }

    @Test func `show the example of the HTTP server as it is compiled`() throws {
        let example = try House.text("Tests/HTTPServerExample/main.swift")
        #expect(try House.text("docs/http-server.md").contains("```swift\n\(example)```\n"))
    }

    @Test(arguments: KassaCommand.commandNames)
    func `name every command`(command: String) throws {
        #expect(try House.text("README.md").contains("`kassa \(command)`"))
    }

    @Test(arguments: ["setup", "test", "serve", "format", "check", "demo", "prove", "bench", "fuzz"])
    func `explain scripts that say themselves what they are for`(script: String) throws {
        let lines = try House.text("scripts/\(script)").split(separator: "\n")
        #expect(lines.first == "#!/usr/bin/env bash")
        #expect(lines.dropFirst().first?.hasPrefix("# ") == true)
        #expect(FileManager.default.isExecutableFile(atPath: House.root.appending(path: "scripts/\(script)").path()))
        let documents = try House.text("README.md") + House.text("CONTRIBUTING.md")
        #expect(documents.contains("scripts/\(script)"))
    }
}
