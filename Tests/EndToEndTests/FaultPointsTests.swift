import Foundation
import Testing
import Wire

@Suite("Fault points")
struct FaultPointsTests {
    @Test func `end a debug build where they are told to`() async throws {
        let street = try await Street()
        defer { street.close() }
        let checkout = try await street.openCheckout("point")
        street.kill()
        try await street.restart(changing: ["KASSA_FAULT_POINT": "after.commit.order.sending"])
        _ = try await street.act("approve", on: checkout)
        #expect(try await street.ends(within: .seconds(60)))
        let placements = try await street.requests().count { $0["path"]?.string?.hasSuffix("/order") == true }
        #expect(placements == 0)
        try await street.restart()
        _ = try await street.waitForStatus("order_placed", of: checkout)
        try await street.expectOneOrder(checkout)
    }

    /// What a release build is made of is what stands outside `#if DEBUG`.
    @Test func `are unknown to a release build`() throws {
        let sources = projectRoot.appending(path: "Sources")
        let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        var seen = 0
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            var conditions: [Bool] = []
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                switch words.first {
                case "#if": conditions.append(words.dropFirst() == ["DEBUG"])
                case "#else", "#elseif": conditions[conditions.count - 1] = false
                case "#endif": conditions.removeLast()
                case _:
                    guard line.contains("KASSA_FAULT_POINT") || line.contains("SIGKILL") else { continue }
                    seen += 1
                    #expect(conditions.contains(true), "\(file.lastPathComponent): \(line)")
                }
            }
        }
        #expect(seen >= 3)
    }
}
