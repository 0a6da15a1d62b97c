import HTTPServer
import Testing

@testable import KassaApp
@testable import Settings

@Suite("The server's limits")
struct ServerLimitsTests {
    @Test func `are the server's own defaults when nobody says otherwise`() throws {
        #expect(values(try limits([:])) == values(ServerLimits()))
    }

    @Test func `can all be set`() throws {
        let rows = SettingsTable.rows.filter { $0.name.hasPrefix("limits.") }
        let changed = values(
            try limits(Dictionary(uniqueKeysWithValues: rows.map { ($0.environmentName, other($0.fallback ?? "")) }))
        )
        let unchanged = values(ServerLimits()).filter { changed[$0.key] == $0.value }.keys
        #expect(unchanged.sorted() == [])
    }

    private func limits(_ environment: [String: String]) throws -> ServerLimits {
        let credentials = ["KASSA_KLARNA_USERNAME": "u", "KASSA_KLARNA_PASSWORD": "p"]
        let source = SettingsSource(
            environment: credentials.merging(environment) { $1 },
            workingDirectory: "/nonexistent",
        )
        return ServerLimits(try KassaSettings.load(source).limits)
    }

    private func values(_ limits: ServerLimits) -> [String: String] {
        Dictionary(uniqueKeysWithValues: Mirror(reflecting: limits).children.map { ($0.label ?? "", "\($0.value)") })
    }

    /// A value near a default: one more of its unit, or the other boolean.
    private func other(_ value: String) -> String {
        let digits = value.prefix { $0.isNumber }
        guard let number = Int(digits) else { return value == "true" ? "false" : "true" }
        return "\(number + 1)" + value.dropFirst(digits.count)
    }
}
