import Foundation

/// Programs that do one thing and end.
enum Tool {
    /// What it wrote to its output. Fails when it ends with anything but 0.
    static func run(_ executable: String, _ arguments: [String], input: [UInt8] = []) throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/setpriv")
        process.arguments = ["--pdeathsig", "KILL", "--", executable] + arguments
        let output = Pipe()
        let errors = Pipe()
        let given = Pipe()
        process.standardInput = given
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        try given.fileHandleForWriting.write(contentsOf: Data(input))
        try given.fileHandleForWriting.close()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let reason = try errors.fileHandleForReading.readToEnd() ?? Data()
            throw Failure("\(executable) \(arguments.first ?? ""): \(String(decoding: reason, as: UTF8.self))")
        }
        return bytes
    }
}
