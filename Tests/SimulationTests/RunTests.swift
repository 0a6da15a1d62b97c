import Simulation
import Testing

@Suite("A simulated run")
struct RunTests {
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `is the same for the same seed, told or not`(_ seed: UInt64) {
        let first = Campaign.run(seed)
        let again = Campaign.run(seed, isTold: true)
        #expect(first.hash == again.hash)
        #expect(first.steps == again.steps)
        #expect(first.violations == again.violations)
        #expect(again.lines.isEmpty == false)
    }

    @Test func `is another one for another seed`() {
        #expect(Set((1...12).map { Campaign.run($0).hash }).count == 12)
    }

    @Test func `keeps every promise`() {
        let campaign = Campaign(seed: 500, steps: 20_000)
        #expect(campaign.failure == nil)
        #expect(campaign.steps >= 20_000)
    }

    /// The quick ones: the `simulate` program looks for all of them.
    @Test(arguments: [
        PlantedBug.skipsIntent, .takesNewKeys, .rendersAnew, .claimsTwice, .losesEvents, .losesPlaceJobs,
        .operatesUnwritten, .operatesWithNewKeys, .losesOperateJobs, .chargesWithNewKeys,
    ])
    func `finds a bug that was planted, and the same one again when it is replayed`(_ bug: PlantedBug) throws {
        let found = try #require(Campaign(seed: 1, steps: Campaign.stepsPerBug, bug: bug).failure)
        #expect(Campaign.run(found.seed, bug, isTold: true).violations == found.violations)
        #expect(found.bug == bug)
    }

    @Test func `can be given many bugs, each of which says what it is`() {
        #expect(PlantedBug.allCases.count >= 20)
        #expect(Set(PlantedBug.allCases.map(\.summary)).count == PlantedBug.allCases.count)
    }
}
