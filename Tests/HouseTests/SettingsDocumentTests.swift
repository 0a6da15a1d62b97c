import Foundation
import Settings
import Testing

@Suite("The configuration's documents")
struct SettingsDocumentTests {
    @Test func `list every setting as the table has it, in its order, and no others`() throws {
        let documented = try House.text("docs/configuration.md").split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(documented.map(String.init) == SettingsTable.rows.map(documentationLine))
    }

    @Test func `include an example that can be used as it is, credentials aside`() throws {
        let settings = try KassaSettings.load(
            SettingsSource(
                environment: ["KASSA_KLARNA_USERNAME": "u", "KASSA_KLARNA_PASSWORD": "p"],
                configFile: House.root.appending(path: "config/kassa.example.yaml").path(),
            )
        )
        let defaults = try KassaSettings.load(
            SettingsSource(
                environment: ["KASSA_KLARNA_USERNAME": "u", "KASSA_KLARNA_PASSWORD": "p"],
                workingDirectory: "/nonexistent",
            )
        )
        #expect(settings.polling.waiting == defaults.polling.waiting)
        #expect(settings.placeRetry == defaults.placeRetry)
        #expect(settings.limits == defaults.limits)
    }

    @Test(arguments: SettingsTable.rows.filter { $0.availability == .offered })
    func `show every setting in the example`(row: SettingRow) throws {
        let leaf = try #require(row.name.split(separator: ".").last)
        let lines = try House.text("config/kassa.example.yaml").split(separator: "\n")
        #expect(lines.contains { $0.drop { " #".contains($0) }.hasPrefix("\(leaf):") })
    }
}

/// A row of the table in `docs/configuration.md`.
private func documentationLine(_ row: SettingRow) -> String {
    let note =
        switch row.availability {
        case .offered: ""
        case .notUsedYet: " *Checked, but not used by this version yet.*"
        case .refusedYet: " *Not offered by this version yet: setting it stops the start.*"
        }
    return "| `\(row.name)` | \(row.shownDefault)\(row.isSecret ? " (secret)" : "") | \(row.help)\(note) |"
}
