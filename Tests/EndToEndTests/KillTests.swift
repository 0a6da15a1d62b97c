import Foundation
import Testing
import Wire

/// The built `kassa` is killed by SIGKILL, again and again, while a crowd buys; afterwards the books must agree.
///
/// - `KASSA_KILL_SEEDS` is the seeds to play, `1-25` or `3`; without it a few.
/// - `KASSA_KILL_CHECKOUTS` is how many checkouts each of them opens at least.
/// - `KASSA_KILL_REPORT` is a file to which each run adds its line.
@Suite("A service that is killed", .serialized)
struct KillTests {
    /// Every place where something is written or sent, found by a run in which nobody dies, is died at.
    @Test func `loses and doubles nothing at any of its fault points`() async throws {
        let points = try await Siege.points()
        #expect(points.count >= 100, "\(points)")
        let siege = try await Siege(seed: KillTests.seeds.first ?? 1)
        defer { siege.close() }
        let outcome = try await siege.run(checkouts: 100, atOnce: 24, patience: .seconds(15)) { reaper, chance in
            for point in points.shuffled(using: &chance) {
                try await reaper.strike(.point(point, Int.random(in: 1...2, using: &chance)))
            }
            // What is rare is given another chance.
            for point in Set(reaper.missed).sorted() { try await reaper.strike(.point(point, 1)) }
        }
        #expect(outcome.findings.isEmpty, "\(outcome.findings.joined(separator: "\n"))")
        #expect(Set(outcome.deaths).count >= 100, "never died at: \(Set(points).subtracting(outcome.deaths).sorted())")
    }

    @Test(arguments: KillTests.seeds)
    func `loses and doubles nothing at random instants`(seed: UInt64) async throws {
        let siege = try await Siege(seed: seed)
        defer { siege.close() }
        let outcome = try await siege.run(checkouts: KillTests.checkouts, atOnce: 48) { reaper, chance in
            for _ in 0..<8 {
                let passed = try siege.passed()
                if let point = passed.randomElement(using: &chance), Bool.random(using: &chance) {
                    try await reaper.strike(.point(point, Int.random(in: 1...20, using: &chance)))
                } else {
                    try await reaper.strike(.instant(.milliseconds(Int.random(in: 0...1500, using: &chance))))
                }
            }
        }
        #expect(outcome.findings.isEmpty, "\(outcome.findings.joined(separator: "\n"))")
    }

    private static let environment = ProcessInfo.processInfo.environment

    private static let seeds: [UInt64] = {
        let given = (environment["KASSA_KILL_SEEDS"] ?? "1-2").split(separator: "-").compactMap { UInt64($0) }
        guard let first = given.first, let last = given.last, first <= last else { return [1] }
        return Array(first...last)
    }()

    private static let checkouts = environment["KASSA_KILL_CHECKOUTS"].flatMap { Int($0) } ?? 200
}

/// One crowd, one service and its death, over and over.
struct Siege {
    struct Outcome {
        let findings: [String]
        let deaths: [String]
    }

    /// Fast enough for a test, and as many connections as the crowd wants.
    private static let settings = [
        "KASSA_POLLING_WAITING": "1s,2s,5s", "KASSA_POLLING_IN_PROGRESS": "500ms,1s,2s,5s",
        "KASSA_POLLING_AFTER_HINT": "0s,200ms,500ms,1s", "KASSA_RETRY_PLACE": "0s,200ms,500ms,1s",
        "KASSA_LIMITS_CONNECTIONS_PER_ADDRESS": "4096", "KASSA_LOG_LEVEL": "error",
        "KASSA_SAME_REFERENCE": "release",
    ]

    let seed: UInt64
    let street: Street
    private let trace: URL

    init(seed: UInt64) async throws {
        self.seed = seed
        let trace = FileManager.default.temporaryDirectory.appending(path: "kassa-points-\(UUID())")
        self.trace = trace
        street = try await Street(settings: Siege.settings.merging(["KASSA_FAULT_POINT_LOG": trace.path]) { $1 })
    }

    func close() {
        street.close()
        try? FileManager.default.removeItem(at: trace)
    }

    /// The fault points that were passed so far.
    func passed() throws -> [String] {
        Set(try String(contentsOf: trace, encoding: .utf8).split(separator: "\n").map(String.init)).sorted()
    }

    /// The fault points that a crowd passes when nobody dies, each story among them, in every weather.
    static func points() async throws -> [String] {
        let siege = try await Siege(seed: 1)
        defer { siege.close() }
        let outcome = try await siege.run(checkouts: 5 * Story.allCases.count, atOnce: 16) { _, _ in }
        guard outcome.findings.isEmpty else {
            throw Failure("nobody died, and yet: \(outcome.findings.joined(separator: "\n"))")
        }
        return try siege.passed()
    }

    func run(
        checkouts: Int,
        atOnce: Int,
        patience: Duration = .seconds(2),
        reap: @escaping @Sendable (inout Reaper, inout Seed) async throws -> Void,
    ) async throws -> Outcome {
        var chance = Seed(seed)
        let (sky, crowdSeed, fate) = (chance.next(), chance.next(), chance.next())
        let crowd = Crowd(street)
        let isOver = Locked(false)
        // Whoever fails stops the others.
        var reaper = try await withThrowingTaskGroup(of: Reaper?.self) { group in
            group.addTask {
                var chance = Seed(crowdSeed)
                try await crowd.come(atOnce: atOnce, chance: &chance) { number in
                    // Enough are there for any harm; who comes now only keeps the rare places busy.
                    if number >= checkouts { try? await Task.sleep(for: .milliseconds(60)) }
                    return !isOver.value || number < checkouts
                }
                return nil
            }
            group.addTask {
                let weather = Weather(street: street)
                try await weather.blow(Seed(sky)) { isOver.value }
                return nil
            }
            group.addTask {
                var reaper = Reaper(street, patience: patience)
                var chance = Seed(fate)
                try await reap(&reaper, &chance)
                isOver.value = true
                try await reaper.revive()
                return reaper
            }
            var worn: Reaper?
            for try await reaper in group { worn = reaper ?? worn }
            return try #require(worn)
        }
        // Once more with everybody gone: what is open now is settled by this last start alone.
        try await reaper.revive()
        let settled = try await street.settle(crowd.all)
        let findings = try await Audit(street, crowd.all).findings()
        let deeds = crowd.all.reduce(0) { $0 + $1.deeds.count + $1.charges.count }
        try report(
            "seed \(seed): \(crowd.all.count) checkouts, \(deeds) operations and charges, \(reaper.kills) kills, "
                + "\(Set(reaper.deaths).count) points, "
                + "settled in \(settled), \(findings.count) findings"
        )
        return Outcome(findings: findings, deaths: reaper.deaths)
    }

    private func report(_ line: String) throws {
        print(line)
        guard let path = ProcessInfo.processInfo.environment["KASSA_KILL_REPORT"] else { return }
        let file = URL(filePath: path)
        let before = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        try (before + line + "\n").write(to: file, atomically: true, encoding: .utf8)
    }
}
