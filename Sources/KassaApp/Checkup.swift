internal import Wire

/// What `kassa check` looked at, and what it found.
struct Checkup: Sendable {
    private(set) var findings: [Finding] = []
    private(set) var warnings: [String]

    /// One thing that was looked at.
    struct Finding: Sendable {
        /// `configuration`, `database` and so on, or the key of an account.
        let subject: String
        /// What it is, for whoever reads the table.
        let detail: String
        var problems: [StartProblem] = []
        /// Of an account: what programs tell apart.
        var cause: CredentialTrouble.Cause?
    }

    init(warnings: [String] = []) { self.warnings = warnings }

    mutating func add(_ finding: Finding) { findings.append(finding) }

    mutating func warn(_ warning: String) { warnings.append(warning) }

    var problems: [StartProblem] { findings.flatMap(\.problems) }

    var table: String {
        var table = Table()
        for finding in findings {
            table.add([finding.subject, finding.problems.isEmpty ? "ok" : "FAILED", finding.detail])
        }
        return table.description
    }

    var json: JSON {
        [
            "ok": .bool(problems.isEmpty),
            "warnings": .array(warnings.map { .string($0) }),
            "checks": .array(findings.map(\.json)),
        ]
    }
}

extension Checkup.Finding {
    fileprivate var json: JSON {
        [
            "subject": .string(subject),
            "ok": .bool(problems.isEmpty),
            "detail": .string(detail),
            "cause": cause.map { .string($0.rawValue) } ?? .null,
            "problems": .array(
                problems.map { ["key": .string($0.key), "detail": .string($0.explanation)] }
            ),
        ]
    }
}
