internal import ArgumentParser
internal import HTTPServer
internal import KlarnaSandbox
internal import Logging
internal import Settings

/// `kassa sandbox`: Klarna's double, in memory, for as long as it runs.
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Runs an offline double of Klarna, in memory.",
        discussion: "Profiles:\n"
            + SandboxProfile.all.map { "  \($0.name.padded(to: 10)) \($0.summary)" }.joined(separator: "\n"),
    )

    @OptionGroup var configurationFile: ConfigurationOption
    @OptionGroup var listen: ListenOption

    @Option(help: ArgumentHelp("What Klarna is like and what goes wrong by itself.", valueName: "NAME"))
    var profile: String?

    @Option(
        help: ArgumentHelp("A profile drawn at random, the same for the same number.", valueName: "SEED")
    )
    var chaos: UInt64?

    func validate() throws { _ = try chosenProfile() }

    func run() async throws {
        let address = try listen.address(default: "127.0.0.1:8181")
        let profile = try chosenProfile()
        try await reportingProblems {
            let log = try LogSettings.load(configurationFile.source())
            let logger = Logger("sandbox", log)
            for warning in log.warnings { logger.warning("\(warning)") }
            let sandbox = try SandboxListener(at: address, profile: profile, logger: logger)
            announce("kassa sandbox: listening on \(sandbox.url)")
            if profile.name != SandboxProfile.standard.name {
                announce("kassa sandbox: profile \(profile.name), \(profile.summary)")
            }
            try await KassaApp.run(sandbox.services, grace: .seconds(5), logger: logger)
        }
    }

    private func chosenProfile() throws -> SandboxProfile {
        switch (profile, chaos) {
        case (nil, nil): return .standard
        case (nil, let seed?): return .chaos(seed: seed)
        case (.some, .some): throw ValidationError("--chaos is a profile of its own: leave out --profile")
        case (let name?, nil):
            guard let profile = SandboxProfile.named(name) else {
                let names = SandboxProfile.all.map(\.name).joined(separator: ", ")
                throw ValidationError("--profile: there is no \"\(name)\": expected one of \(names)")
            }
            return profile
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
