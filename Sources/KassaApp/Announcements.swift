internal import ArgumentParser
internal import Logging
internal import Settings
internal import Telemetry

/// Writes a line for the person or script that started the program, in one piece with the log's lines.
func announce(_ line: String) { LogOutput.standardError.write(line) }

/// Runs a command's work; everything that is wrong is said on stderr, one line each, and ends the program with status 1.
func reportingProblems(_ work: () async throws -> Void) async throws {
    do {
        try await work()
    } catch let problems as SettingsProblems {
        for problem in problems.problems { announce("kassa: \(problem)") }
        throw ExitCode.failure
    } catch let problem as StartProblem {
        announce("kassa: \(problem)")
        throw ExitCode.failure
    }
}

/// Something outside the configuration's text that keeps a command from starting, by the key that leads to it.
struct StartProblem: Error, CustomStringConvertible {
    let key: String
    let explanation: String

    init(_ key: String, _ explanation: String) {
        self.key = key
        self.explanation = explanation
    }

    var description: String { "\(key): \(explanation)" }
}

extension Logger {
    init(_ label: String, _ settings: LogSettings) {
        let level = Logger.Level(rawValue: settings.level) ?? .info
        self.init(label: label) { label in
            LineLogHandler(label: label, level: level, format: settings.isJSON ? .json : .text)
        }
    }
}
