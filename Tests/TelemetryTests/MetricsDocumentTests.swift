import Foundation
@testable import Telemetry
import Testing

@Suite("The table of metrics")
struct MetricsDocumentTests {
    private static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test func `is what the document says, in the order of the names`() throws {
        let document = try String(contentsOf: Self.root.appending(path: "docs/metrics.md"), encoding: .utf8)
        let documented = document.matches(of: /(?m)^\| `[a-z_]+` \|.*$/).map { String($0.0) }
        let expected = MetricsTable.rows.sorted { $0.name < $1.name }.map(documentationLine)
        #expect(documented == expected)
    }

    @Test func `has each name once`() {
        #expect(Set(MetricsTable.rows.map(\.name)).count == MetricsTable.rows.count)
    }

    @Test(arguments: MetricsTable.rows)
    func `follows Prometheus' conventions`(metric: Metric) {
        #expect(metric.help.hasSuffix("."))
        #expect(metric.name.hasPrefix("kassa_") || metric.name.hasPrefix("process_"))
        switch metric.kind {
        case .counter: #expect(metric.name.hasSuffix("_total"))
        case .gauge: #expect(!["_total", "_count", "_sum", "_bucket"].contains { metric.name.hasSuffix($0) })
        case .histogram(let bounds):
            #expect(!bounds.isEmpty && bounds.allSatisfy(\.isFinite))
            #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
        }
        let stem = metric.name.hasSuffix("_total") ? String(metric.name.dropLast(6)) : metric.name
        switch metric.unit {
        case .seconds: #expect(stem.hasSuffix("_seconds"))
        case .bytes: #expect(stem.hasSuffix("_bytes"))
        case .count, .truth: #expect(!stem.hasSuffix("_seconds") && !stem.hasSuffix("_bytes"))
        }
    }

    @Test func `has no metric that nobody counts, and none is counted that it lacks`() throws {
        let sources = Self.root.appending(path: "Sources")
        var counted: Set<String> = []
        for path in FileManager.default.subpaths(atPath: sources.path()) ?? [] where path.hasSuffix(".swift") {
            guard !path.hasPrefix("Telemetry/") else { continue }
            let text = try String(contentsOf: sources.appending(path: path), encoding: .utf8)
            counted.formUnion(text.matches(of: /label: "(kassa_[a-z_]+)"/).map { String($0.1) })
        }
        #expect(counted == Set(MetricsTable.counted.map(\.name)))
    }
}

/// A row of the table in `docs/metrics.md`.
private func documentationLine(_ metric: Metric) -> String {
    let labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
    return "| `\(metric.name)` | \(metric.kind.word) | \(labels) | \(metric.unit.rawValue) | \(metric.help) |"
}
