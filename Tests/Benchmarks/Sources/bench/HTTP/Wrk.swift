import Foundation

/// The load: `wrk`, on one thread of its own process.
struct Wrk {
    struct Result {
        let requests: Double
        let perSecond: Double
        /// In milliseconds.
        let median: Double
        let tail: Double
        /// Connections that failed, broke or took too long; not those of a wrong status, which end the run.
        let errors: Double
    }

    private let script: String

    /// Its scripts lie in the directory.
    init(_ ask: Ask, in directory: URL) throws {
        var text = """
            done = function(summary, latency)
                local errors = summary.errors
                io.write(string.format("figures %d %d %d %d %d %d\\n", summary.requests, summary.duration,
                    latency:percentile(50), latency:percentile(99), errors.status,
                    errors.connect + errors.read + errors.write + errors.timeout))
            end

            """
        for field in ask.fields {
            let parts = field.split(separator: ": ", maxSplits: 1)
            text += "wrk.headers[\"\(parts[0])\"] = \"\(parts[1])\"\n"
        }
        if !ask.body.isEmpty {
            text += "wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\n"
            text += "wrk.body = [==[\(ask.body)]==]\n"
        }
        let file = directory.appending(path: "\(UUID().uuidString).lua")
        try Data(text.utf8).write(to: file)
        script = file.path()
    }

    /// Asks as fast as the answers come, over so many connections.
    func run(_ url: String, connections: Int, seconds: Int) throws -> Result {
        let arguments = [
            "--threads", "1", "--connections", "\(connections)", "--duration", "\(seconds)s", "--timeout", "10s",
            "--script", script, url,
        ]
        let output = String(decoding: try Tool.run("/usr/bin/wrk", arguments), as: UTF8.self)
        let line = output.split(separator: "\n").first { $0.hasPrefix("figures ") }
        let numbers = line?.split(separator: " ").compactMap { Double($0) } ?? []
        guard numbers.count == 6, numbers[0] > 0 else { throw Failure("wrk got no answer from \(url): \(output)") }
        guard numbers[4] == 0 else { throw Failure("\(url) answered \(numbers[4]) times with an error") }
        return Result(
            requests: numbers[0],
            perSecond: numbers[0] / numbers[1] * 1e6,
            median: numbers[2] / 1000,
            tail: numbers[3] / 1000,
            errors: numbers[5],
        )
    }
}
