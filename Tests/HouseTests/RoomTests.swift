import Foundation
import Testing

@testable import Telemetry

@Suite("The rooms")
struct RoomTests {
    /// What each room may know of the others: those below it.
    private static let below: [String: Set<String>] = [
        "Money": [],
        "Wire": [],
        "HTTPMessage": [],
        "HTTPServer": ["HTTPMessage", "CLinux", "COpenSSL", "CZlib"],
        "TimeAndChance": ["Wire"],
        "Klarna": ["Money", "Wire", "TimeAndChance"],
        "Checkouts": ["Money", "Wire", "TimeAndChance", "Klarna"],
        "SQLiteStore": ["Money", "Wire", "Klarna", "Checkouts"],
        "Settings": [],
        "Telemetry": ["Wire", "TimeAndChance"],
        "MerchantAPI": [
            "HTTPServer", "HTTPMessage", "Checkouts", "Klarna", "Money", "Wire", "CAssets", "Telemetry",
            "TimeAndChance",
        ],
        "KlarnaSandbox": ["HTTPServer", "HTTPMessage", "Money", "Wire", "CAssets", "CQRCode"],
        "KassaApp": [
            "MerchantAPI", "KlarnaSandbox", "SQLiteStore", "Settings", "Telemetry", "HTTPServer", "HTTPMessage",
            "Checkouts", "Klarna", "Money", "Wire", "TimeAndChance",
        ],
        "kassa": ["KassaApp"],
    ]

    private static let swiftFiles = House.files(below: "Sources", ending: ".swift")

    @Test func `are all there and all known here`() {
        let rooms = Set(RoomTests.swiftFiles.map { String($0.split(separator: "/")[1]) })
        #expect(rooms == Set(RoomTests.below.keys))
    }

    @Test(arguments: swiftFiles)
    func `import only rooms below them`(file: String) throws {
        let room = String(file.split(separator: "/")[1])
        let allowed = RoomTests.below[room] ?? []
        let houseRooms = Set(RoomTests.below.keys).union(["CLinux", "COpenSSL", "CZlib", "CAssets", "CQRCode"])
        let imported = try House.text(file).matches(of: /(?m)^[a-z@ ]*import (?:struct |enum )?(\w+)/).map {
            String($0.1)
        }
        let forbidden = Set(imported).intersection(houseRooms).subtracting(allowed)
        #expect(forbidden.isEmpty)
    }

    @Test(arguments: swiftFiles)
    func `log only fields that the allow-list shows`(file: String) throws {
        for entry in try House.text(file).matches(of: /metadata: \[([^\]]*)\]/) {
            let names = entry.1.matches(of: /"([A-Za-z_.-]+)":/).map { String($0.1) }
            #expect(Set(names).subtracting(Redaction.allowed).isEmpty)
        }
    }

    @Test(arguments: swiftFiles + House.files(below: "Tests", ending: ".swift"))
    func `hold no left-over notes and nothing that traps on purpose`(file: String) throws {
        let text = try House.text(file)
        for word in ["TO" + "DO", "FIX" + "ME", "try" + "! ", "as" + "! "] {
            #expect(!text.contains(word))
        }
    }
}
