/// Many runs, one after another, until enough steps were made or something was found.
public struct Campaign: Sendable {
    /// Enough to find every planted bug.
    public static let stepsPerBug = 400_000

    public private(set) var runs = 0
    public private(set) var steps = 0
    public private(set) var coverage = Coverage()
    /// The first run that broke a promise.
    public private(set) var failure: Outcome?

    /// Makes runs with the seeds from `seed` on.
    public init(seed: UInt64, steps stepsMax: Int, bug: PlantedBug? = nil) {
        var seed = seed
        while steps < stepsMax, failure == nil {
            let outcome = Campaign.run(seed, bug)
            runs += 1
            steps += outcome.steps
            coverage.add(outcome.coverage)
            if !outcome.violations.isEmpty { failure = outcome }
            seed += 1
        }
    }

    /// One run. The same seed gives the same run, told or not.
    public static func run(_ seed: UInt64, _ bug: PlantedBug? = nil, isTold: Bool = false) -> Outcome {
        Run(seed: seed, bug: bug, isTold: isTold).go()
    }
}
