/// Everything that is wrong with a configuration, each problem naming its key. Never holds a secret value.
public struct SettingsProblems: Error, Sendable, CustomStringConvertible {
    public let problems: [SettingsProblem]

    public init(_ problems: [SettingsProblem]) { self.problems = problems }

    /// One problem per line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// One thing that is wrong with one key, or with the file as a whole.
public struct SettingsProblem: Sendable, Hashable, CustomStringConvertible {
    /// The key as the documentation writes it (`klarna.username`), or `config` for the file itself.
    public let key: String
    public let explanation: String

    public init(key: String, _ explanation: String) {
        self.key = key
        self.explanation = explanation
    }

    public var description: String { "\(key): \(explanation)" }
}
