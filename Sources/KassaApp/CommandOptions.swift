internal import ArgumentParser
internal import Foundation
internal import Settings

/// `--config FILE`, which every command takes.
struct ConfigurationOption: ParsableArguments {
    @Option(help: "The configuration file (default: KASSA_CONFIG, else config/kassa.yaml if it exists).")
    var config: String?

    func source(commandLine: [String: String] = [:], fallbacks: [String: String] = [:]) -> SettingsSource {
        SettingsSource(
            commandLine: commandLine,
            environment: ProcessInfo.processInfo.environment,
            fallbacks: fallbacks,
            configFile: config,
        )
    }
}

/// `--listen HOST:PORT`, for the commands that serve.
struct ListenOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where to accept connections; port 0 picks a free one. serve and health take unix:PATH too.",
            valueName: "HOST:PORT",
        )
    )
    var listen: String?

    /// For commands whose address is not a setting.
    func address(default standard: String) throws -> HostAndPort {
        guard let address = HostAndPort(listen ?? standard) else {
            throw ValidationError("--listen: expected HOST:PORT such as \(standard)")
        }
        return address
    }
}

/// `--json`, for the commands whose answer programs read as well.
struct JSONOption: ParsableArguments {
    @Flag(help: "Write JSON instead of a table.")
    var json = false
}
