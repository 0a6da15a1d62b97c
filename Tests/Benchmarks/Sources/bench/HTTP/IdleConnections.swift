import Foundation

/// What kept connections cost that nobody uses.
enum IdleConnections {
    static let count = 5000
    static let limit = 1024.0

    struct Contestant {
        let name: String
        let start: () throws -> Program
    }

    /// Bytes of its own that a server holds for each, by contestant. Every round has fresh servers.
    static func bytesEach(_ contestants: [Contestant], rounds: Int) throws -> [Figures] {
        var figures = contestants.map { _ in Figures() }
        for round in 0..<rounds {
            progress("http: idle connections, round \(round + 1) of \(rounds)")
            for turn in contestants.indices {
                let index = (turn + round) % contestants.count
                figures[index].add(try bytesEach(try contestants[index].start()))
            }
        }
        return figures
    }

    private static func bytesEach(_ program: Program) throws -> Double {
        defer { program.stop() }
        try FirstAnswer.wait(for: program)
        // What every server needs for its first requests is not what connections cost.
        _ = try open(64, to: program.port)
        let before = try settled(program)
        let connections = try open(count, to: program.port)
        let after = try settled(program)
        return withExtendedLifetime(connections) { Double((after - before) * 1024) / Double(count) }
    }

    /// Connections that have each had one answer.
    private static func open(_ count: Int, to port: Int) throws -> [Connection] {
        let bytes = request("GET", "/health")
        var buffer = [UInt8](repeating: 0, count: 4096)
        return try (0..<count).map { _ in
            let connection = try Connection(port: port)
            try connection.begin(bytes) { _ in }
            while try connection.read(&buffer) == nil {
                var descriptor = pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0)
                guard unsafe poll(&descriptor, 1, 10_000) > 0 else { throw Failure("port \(port) does not answer") }
            }
            return connection
        }
    }

    /// Kilobytes of its own once they no longer change: a server may free memory a little later.
    private static func settled(_ program: Program) throws -> Int {
        var last = try program.memory("RssAnon")
        for _ in 0..<20 {
            usleep(100_000)
            let now = try program.memory("RssAnon")
            if now == last { break }
            last = now
        }
        return last
    }
}
