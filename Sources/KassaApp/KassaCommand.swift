public import ArgumentParser
internal import Glibc

/// `kassa`, the program.
public struct KassaCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "kassa",
        abstract: "Takes payments through Klarna's Hosted Payment Page.",
        version: Version.current,
        subcommands: [
            ServeCommand.self, SandboxCommand.self, DemoCommand.self, CheckCommand.self, CheckoutsCommand.self,
            HealthCommand.self,
        ],
    )

    public init() {}

    /// The commands that the help shows.
    public static var commandNames: [String] {
        configuration.subcommands.compactMap { $0.configuration.shouldDisplay ? $0.configuration.commandName : nil }
    }

    /// Runs the command that the arguments name, and ends the process when it fails.
    public static func start() async {
        // A peer that closes its connection must not end the process.
        signal(SIGPIPE, SIG_IGN)
        await main()
    }
}

enum Version {
    static let current = "0.1.0"
}
