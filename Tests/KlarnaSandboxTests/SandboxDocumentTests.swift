import Foundation
import KlarnaSandbox
import Testing
import Wire

/// `docs/sandbox.md` against the sandbox.
@Suite("The sandbox's document", .timeLimit(.minutes(2)))
struct SandboxDocumentTests {
    private static let document = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "docs/sandbox.md")

    /// The rows of the table whose head begins with `name`, cell by cell.
    private static func table(_ name: String) throws -> [[String]] {
        let lines = try String(contentsOf: document, encoding: .utf8).split(
            separator: "\n",
            omittingEmptySubsequences: false,
        )
        let head = try #require(lines.firstIndex { $0.hasPrefix("| \(name) |") })
        return lines[(head + 2)...].prefix { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    @Test func `has every profile with its summary`() throws {
        let rows = try SandboxDocumentTests.table("Profile")
        #expect(rows == SandboxProfile.all.map { ["`\($0.name)`", $0.summary] })
    }

    @Test func `has every switch, and no other`() async throws {
        let names = try SandboxDocumentTests.table("Switch").map { $0[0] }
        try await RunningSandbox.serve { sandbox in
            let behaviour = try await sandbox.send("GET", "/sandbox/behaviour").json
            #expect(names == behaviour.object?.names.map { "`\($0)`" })
        }
    }

    @Test func `has only effects that can be ordered, and every one`() async throws {
        let effects = try SandboxDocumentTests.table("Effect").map { $0[0].filter { $0 != "`" } }
        #expect(effects.count == 15)
        #expect(Set(effects).count == 15)
        try await RunningSandbox.serve { sandbox in
            for effect in effects { try await sandbox.order(["effect": .string(effect), "path": "/nowhere"]) }
        }
    }

    @Test func `has every action of a shopper, on an order and on a token`() throws {
        let levers = try SandboxDocumentTests.table("Call")
        func described(_ path: String) throws -> String {
            try #require(levers.first { $0[0].contains("/sandbox/\(path)/") })[1]
        }
        for action in ShopperAction.allCases { #expect(try described("hpp").contains("`\(action.rawValue)`")) }
        for action in OrderAction.allCases { #expect(try described("orders").contains("`\(action.rawValue)`")) }
        for action in TokenAction.allCases { #expect(try described("tokens").contains("`\(action.rawValue)`")) }
    }

    @Test func `has every kind of callback`() throws {
        let kinds = try SandboxDocumentTests.table("Kind").map { $0[0] }
        #expect(Set(kinds) == Set(Callback.Kind.allCases.map { "`\($0.rawValue)`" }))
    }
}
