import Testing
import Wire

@testable import Checkouts

@Suite("The policy")
struct PolicyTests {
    private let policy = Policy()

    @Test func `repeats the last of its delays`() {
        let list: [Duration] = [.seconds(1), .seconds(2)]
        #expect([-1, 0, 1, 2, 1000].map { policy.delay(list, $0) } == [1, 1, 2, 2, 2].map { Duration.seconds($0) })
        #expect(policy.delay([], 3) == .seconds(60))
    }

    @Test func `finds an authorization well within its life, whatever was lost`() {
        let margin = Duration.seconds(45 * 60)
        for schedule in [policy.pollWaiting, policy.pollInProgress] {
            #expect(schedule.allSatisfy { $0 * 1.2 + policy.lease + margin < OrderPlacement.authorizationLife })
        }
        #expect(policy.pollInProgress.prefix(20).reduce(.zero, +) == .seconds(300))
    }

    @Test func `reads by the state the checkout is in`() throws {
        var checkout = Checkout.waiting()
        #expect(policy.nextPoll(of: checkout, 0) == .seconds(60))
        _ = try checkout.apply(.pageOpen(hppStatus: "IN_PROGRESS"), at: .start)
        #expect(policy.nextPoll(of: checkout, 0) == .seconds(15))
    }
}

@Suite("A ULID")
struct ULIDTests {
    @Test func `sorts by the time it was made`() {
        let ids = (0..<200).map { ULID(at: .start + .milliseconds($0 * 37)).description }
        #expect(ids == ids.sorted())
        #expect(Set((0..<200).map { _ in ULID(at: .start).description }).count == 200)
    }

    @Test func `is written as others write it`() {
        let id = ULID(at: Timestamp(milliseconds: 1_469_918_176_385)).description
        #expect(id.hasPrefix("01ARYZ6S41"))
        #expect(ULID.isValid(id))
    }

    @Test(arguments: [
        "", "01ARYZ6S41", "01ARYZ6S4100000000000000il", "01ARYZ6S41000000000000000U", "01aryz6s410000000000000000",
    ])
    func `is told from what is none`(text: String) {
        #expect(!ULID.isValid(text))
    }
}
