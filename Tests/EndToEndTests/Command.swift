import Foundation
import Wire

/// A run of `kassa` that ends by itself.
struct Command: Sendable {
    struct Outcome: Sendable {
        let status: Int32
        let output: String
        let errors: String

        var json: JSON { get throws { try JSON.parse(Array(output.utf8)) } }
    }

    private let arguments: [String]
    private let directory: URL
    private let settings: [String: String]

    init(_ arguments: [String], in directory: URL, settings: [String: String]) {
        self.arguments = arguments
        self.directory = directory
        self.settings = settings
    }

    func outcome() async throws -> Outcome {
        try await withCheckedThrowingContinuation { continuation in
            // A thread of its own, as whoever is run is waited for.
            Thread.detachNewThread { continuation.resume(with: Result { try run() }) }
        }
    }

    private func run() throws -> Outcome {
        let process = Process()
        process.executableURL = try builtProgram()
        process.arguments = arguments
        process.currentDirectoryURL = directory
        let environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("KASSA_") }
        process.environment = environment.merging(settings) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        // A file, so that neither of the two has to be read in time.
        let errors = directory.appending(path: "errors-\(UUID())")
        try Data().write(to: errors)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            output: String(decoding: output, as: UTF8.self),
            errors: try String(contentsOf: errors, encoding: .utf8),
        )
    }
}
