import Foundation

/// How long a program takes from its start to its first answer.
enum FirstAnswer {
    static let limit = 0.7

    struct Contestant {
        let name: String
        /// Starts it at that port.
        let start: (Int) throws -> Program
    }

    /// In milliseconds, by contestant.
    static func times(_ contestants: [Contestant], rounds: Int) throws -> [Figures] {
        var figures = contestants.map { _ in Figures() }
        // The first start of each reads its program from the disk and does not count.
        for round in 0...rounds {
            progress("http: starts, round \(round) of \(rounds)")
            for turn in contestants.indices {
                let index = (turn + round) % contestants.count
                let program = try contestants[index].start(try Port.free())
                defer { program.stop() }
                try wait(for: program)
                if round > 0 { figures[index].add((ContinuousClock.now - program.start).milliseconds) }
            }
        }
        return figures
    }

    /// Returns once it answers.
    static func wait(for program: Program) throws {
        let loader = Loader()
        let bytes = request("GET", "/health")
        while true {
            if let answer = try? loader.answer(program.port, bytes) {
                _ = try answer.expecting()
                return
            }
            guard program.isRunning, ContinuousClock.now - program.start < .seconds(10) else {
                throw Failure("no answer from port \(program.port)")
            }
            usleep(200)
        }
    }
}
