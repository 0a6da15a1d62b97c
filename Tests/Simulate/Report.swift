import Foundation

/// The results as a JUnit file: one test case each.
struct Report {
    private var results: [Result] = []

    var isGood: Bool { results.allSatisfy { $0.failure == nil } }

    mutating func add(_ result: Result) { results.append(result) }

    func write(to path: String) {
        let failures = results.count { $0.failure != nil }
        let seconds = results.map(\.seconds).reduce(0, +)
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites>
            <testsuite name="Simulation" tests="\(results.count)" failures="\(failures)" errors="0" time="\(seconds)">

            """
        for result in results {
            text += "<testcase classname=\"Simulation\" name=\"\(escaped(result.name))\" time=\"\(result.seconds)\">"
            if let failure = result.failure { text += "<failure message=\"\(escaped(failure))\"/>" }
            text += "</testcase>\n"
        }
        text += "</testsuite>\n</testsuites>\n"
        do {
            try Data(text.utf8).write(to: URL(filePath: path))
        } catch {
            FileHandle.standardError.write(Data("simulate: \(path) cannot be written: \(error)\n".utf8))
        }
    }

    private func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("\n", with: "&#10;")
    }
}
