import Foundation

/// A server in a match, with what it is asked there.
struct Contestant {
    let name: String
    let program: Program
    let port: Int
    let ask: Ask
    /// Whether it answers in words of its own, not in those that all others agree on.
    var hasOwnWords = false

    init(_ name: String, _ program: Program, _ ask: Ask, port: Int? = nil, hasOwnWords: Bool = false) {
        self.name = name
        self.program = program
        self.port = port ?? program.port
        self.ask = ask
        self.hasOwnWords = hasOwnWords
    }

    var url: String { "\(ask.isEncrypted ? "https" : "http")://127.0.0.1:\(port)\(ask.path)" }
}

/// Servers that do the same work by turns, round after round.
struct Match {
    let work: String
    let connections: Int
    let contestants: [Contestant]
    let goals: [Goal]

    /// What the rounds gave for each contestant.
    private var series: [String: [Goal.Measure: Figures]] = [:]

    init(_ work: String, connections: Int = 64, _ contestants: [Contestant], _ goals: [Goal]) {
        self.work = work
        self.connections = connections
        self.contestants = contestants
        self.goals = goals
    }

    mutating func play(rounds: Int, seconds: Int, scripts: URL) throws {
        try verify()
        progress("http: \(work), warming up")
        let loads = try contestants.map { try Wrk($0.ask, in: scripts) }
        for (contestant, load) in zip(contestants, loads) {
            _ = try load.run(contestant.url, connections: connections, seconds: 1)
        }
        for round in 0..<rounds {
            progress("http: \(work), round \(round + 1) of \(rounds)")
            for turn in contestants.indices {
                let index = (turn + round) % contestants.count
                try measure(contestants[index], loads[index], seconds: seconds)
            }
        }
    }

    static let columns = ["work", "server", "requests/s", "CPU µs each", "p50 ms", "p99 ms", "errors"]

    var lines: [[String]] {
        contestants.map { contestant in
            let name = contestant.name
            let errors = figures(name, .errors).values.reduce(0, +)
            return [
                work, name, figures(name, .rate).shown(0), figures(name, .cost).shown(1),
                text(figures(name, .middle).median, 2), figures(name, .tail).shown(1), text(errors, 0),
            ]
        }
    }

    var goalLines: [[String]] {
        goals.map { goal in
            goal.cells(work, ratios(goal, goal.measure), costs: ratios(goal, .cost))
        }
    }

    private func ratios(_ goal: Goal, _ measure: Goal.Measure) -> Figures {
        figures(goal.ours, measure).over(figures(goal.rival, measure))
    }

    private func figures(_ contestant: String, _ measure: Goal.Measure) -> Figures {
        series[contestant]?[measure] ?? Figures()
    }

    /// Fails unless all do the same work.
    private func verify() throws {
        let answers = try contestants.map { try $0.ask.content(from: $0.port) }
        let common = zip(contestants, answers).first { !$0.0.hasOwnWords }?.1.body
        for (contestant, answer) in zip(contestants, answers) {
            guard answer.status == 200, contestant.hasOwnWords || answer.body == common else {
                throw Failure("\(contestant.name) answers \(answer.status) with \(answer.body.count) bytes: \(work)")
            }
        }
    }

    private mutating func measure(_ contestant: Contestant, _ load: Wrk, seconds: Int) throws {
        let before = try contestant.program.processorTime
        let result = try load.run(contestant.url, connections: connections, seconds: seconds)
        let spent = try contestant.program.processorTime - before
        let values: [Goal.Measure: Double] = [
            .rate: result.perSecond, .cost: spent.seconds * 1e6 / result.requests, .middle: result.median,
            .tail: result.tail, .errors: result.errors,
        ]
        for (measure, value) in values {
            series[contestant.name, default: [:]][measure, default: Figures()].add(value)
        }
    }
}
