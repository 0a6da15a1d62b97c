import Foundation
import Simulation

/// Many runs of the whole service against Klarna's double, in which everything goes wrong that can: see `docs/reliability.md`.
///
///     simulate [--steps N] [--seed S] [--bugs] [--junit FILE] [--coverage]
///     simulate --replay SEED [--bug NAME]
let command: Command
do {
    command = try Command(Array(CommandLine.arguments.dropFirst()))
} catch {
    FileHandle.standardError.write(Data("simulate: \(error)\n\(Command.usage)\n".utf8))
    exit(64)
}
exit(command.run() ? 0 : 1)
