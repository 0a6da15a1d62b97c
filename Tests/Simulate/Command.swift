import Foundation
import Simulation

/// What `simulate` was asked to do.
struct Command {
    static let usage = """
        usage: simulate [--steps N] [--seed S] [--jobs N] [--bugs] [--coverage] [--junit FILE]
               simulate --replay SEED [--bug NAME]
        """

    struct Misuse: Error, CustomStringConvertible {
        let description: String
    }

    private var steps = 2_000_000
    private var seed: UInt64 = 1
    private var replayed: UInt64?
    private var bug: PlantedBug?
    private var findsBugs = false
    private var showsCoverage = false
    private var reportPath: String?
    private var jobs = 1

    init(_ arguments: [String]) throws(Misuse) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            switch name {
            case "--bugs": findsBugs = true
            case "--coverage": showsCoverage = true
            case "--steps": steps = try Command.number(name, &rest)
            case "--jobs": jobs = try Command.number(name, &rest)
            case "--seed": seed = try Command.number(name, &rest)
            case "--replay": replayed = try Command.number(name, &rest)
            case "--junit": reportPath = try Command.value(name, &rest)
            case "--bug":
                let given = try Command.value(name, &rest)
                bug = PlantedBug(rawValue: given)
                guard bug != nil else { throw Misuse(description: "there is no planted bug \(given)") }
            case _: throw Misuse(description: "\(name) is no option")
            }
        }
    }

    private static func value(_ name: String, _ rest: inout ArraySlice<String>) throws(Misuse) -> String {
        guard let value = rest.popFirst() else { throw Misuse(description: "\(name) needs a value") }
        return value
    }

    private static func number<Number: FixedWidthInteger>(
        _ name: String,
        _ rest: inout ArraySlice<String>,
    ) throws(Misuse) -> Number {
        guard let number = Number(try value(name, &rest)) else { throw Misuse(description: "\(name) needs a number") }
        return number
    }

    /// True when every promise held, and every planted bug that was looked for was found.
    func run() -> Bool {
        if let replayed { return replay(replayed) }
        let bugs = findsBugs ? PlantedBug.allCases : [bug].compactMap(\.self)
        var report = Report()
        let cases = [Case.steady] + bugs.map(Case.bug) + (bug == nil ? [.clean] : [])
        for result in measured(cases) {
            print(result.line)
            report.add(result)
        }
        if let reportPath { report.write(to: reportPath) }
        return report.isGood
    }

    private func replay(_ seed: UInt64) -> Bool {
        let outcome = Campaign.run(seed, bug, isTold: true)
        for line in outcome.lines { print(line) }
        print("\(outcome.steps) steps, hash \(String(outcome.hash, radix: 16))")
        for violation in outcome.violations { print("violated: \(violation)") }
        return outcome.violations.isEmpty
    }

    private enum Case: Sendable {
        /// The same seed makes the same run.
        case steady
        case bug(PlantedBug)
        /// Nothing is wrong, and nothing is found.
        case clean
    }

    /// The results, in the order of the cases; as many at a time as there are jobs.
    private func measured(_ cases: [Case]) -> [Result] {
        let lots = jobs > 1 ? cases.flatMap(split) : cases.map { ($0, seed, steps) }
        let results = Results(count: lots.count)
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = max(1, jobs)
        for (index, lot) in lots.enumerated() {
            let showsCoverage = showsCoverage
            queue.addOperation { results[index] = Command.measure(lot.0, lot.1, lot.2, showsCoverage) }
        }
        queue.waitUntilAllOperationsAreFinished()
        return results.all
    }

    /// The clean run in parts that can be made side by side, each with seeds of its own.
    private func split(_ testCase: Case) -> [(Case, UInt64, Int)] {
        guard case .clean = testCase else { return [(testCase, seed, steps)] }
        return (0..<jobs).map { (testCase, seed + UInt64($0) * 1_000_000_000, steps / jobs) }
    }

    private static func measure(_ testCase: Case, _ seed: UInt64, _ steps: Int, _ showsCoverage: Bool) -> Result {
        let start = Date()
        func result(_ name: String, _ failure: String?, _ told: String) -> Result {
            Result(name: name, failure: failure, told: told, seconds: Date().timeIntervalSince(start))
        }
        switch testCase {
        case .steady:
            let differing = (seed..<seed + 20).filter { Campaign.run($0).hash != Campaign.run($0, isTold: true).hash }
            let failure = differing.first.map { "the seed \($0) makes two different runs" }
            return result("the same seed makes the same run", failure, "20 seeds, twice each")
        case .bug(let bug):
            let campaign = Campaign(seed: seed, steps: Campaign.stepsPerBug, bug: bug)
            let inTime = campaign.steps <= Campaign.stepsPerBug ? campaign.failure : nil
            let found = inTime.map { "\(campaign.steps) steps, seed \($0.seed): \($0.violations[0])" }
            let failure = found == nil ? "not found in \(campaign.steps) steps" : nil
            return result("finds that \(bug.summary)", failure, "\(bug.rawValue): \(found ?? "not found")")
        case .clean:
            let campaign = Campaign(seed: seed, steps: steps)
            let failure = campaign.failure.map { failure in
                let trace = Campaign.run(failure.seed, isTold: true).lines.suffix(60).joined(separator: "\n")
                return
                    "seed \(failure.seed): \(failure.violations)\n\(trace)\nreplay: simulate --replay \(failure.seed)"
            }
            let counts = showsCoverage ? campaign.coverage.counts.sorted { $0.key < $1.key } : []
            let rare = showsCoverage ? campaign.coverage.rare(below: 100) : []
            let table =
                counts.map { "\n  \($0.key): \($0.value)" }.joined()
                + rare.map { "\n  rare: \($0.pair): \($0.count)" }.joined()
            return result(
                "keeps every promise, from seed \(seed) on",
                failure,
                "\(campaign.steps) steps, \(campaign.runs) runs\(table)",
            )
        }
    }
}

/// What one case showed.
struct Result: Sendable {
    let name: String
    let failure: String?
    let told: String
    let seconds: Double

    var line: String { "\(failure == nil ? "ok  " : "FAIL") \(name): \(failure ?? told) (\(Int(seconds * 1000)) ms)" }
}

/// Results that arrive in any order.
private final class Results: @unchecked Sendable {
    // Unchecked: the lock guards the array.
    private let lock = NSLock()
    private var results: [Result?]

    init(count: Int) { results = Array(repeating: nil, count: count) }

    subscript(index: Int) -> Result? {
        get { lock.withLock { results[index] } }
        set { lock.withLock { results[index] = newValue } }
    }

    var all: [Result] { lock.withLock { results.compactMap(\.self) } }
}
