/// Where a configuration comes from, in order of precedence: command line, environment, file.
public struct SettingsSource: Sendable {
    /// By key, for example `listen`.
    public var commandLine: [String: String]
    public var environment: [String: String]
    /// Defaults of a command that stand before those of the table, by key.
    public var fallbacks: [String: String]
    /// The file named by `--config`, if any.
    public var configFile: String?
    /// Where relative paths of configuration files start.
    public var workingDirectory: String

    public init(
        commandLine: [String: String] = [:],
        environment: [String: String] = [:],
        fallbacks: [String: String] = [:],
        configFile: String? = nil,
        workingDirectory: String = ".",
    ) {
        self.commandLine = commandLine
        self.environment = environment
        self.fallbacks = fallbacks
        self.configFile = configFile
        self.workingDirectory = workingDirectory
    }
}
