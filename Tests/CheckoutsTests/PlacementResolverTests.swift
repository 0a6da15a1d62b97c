import Klarna
import Testing
import Wire

@testable import Checkouts

/// The rule for unknown outcomes, row by row.
@Suite("Resolving a placement")
struct PlacementResolverTests {
    private let resolver = PlacementResolver()
    private let refusal = Problem.KlarnaAnswer(
        status: 403,
        errorCode: "REJECTED",
        errorMessages: [],
        correlationID: nil,
    )

    private func placement(
        sent: [Int] = [],
        refused: [Int] = [],
        completeSince: Int? = nil,
    ) -> OrderPlacement {
        var placement = OrderPlacement.sample
        for second in sent {
            placement.attempts.begin(at: .start + .seconds(second))
            placement.attempts.loseAnswer()
        }
        for second in refused {
            placement.attempts.begin(at: .start + .seconds(second))
            placement.attempts.countRefusal(refusal, at: .start + .seconds(second))
        }
        placement.completeSince = completeSince.map { .start + .seconds($0) }
        return placement
    }

    private func next(
        _ placement: OrderPlacement,
        _ session: PlacementResolver.Session,
        at second: Int,
    ) -> PlacementResolver.Step {
        let now = Timestamp.start + .seconds(second)
        return resolver.next(placement, session: session, readAt: now, now: now)
    }

    @Test func `reads before it sends again what may have arrived`() {
        #expect(!resolver.mustLookFirst(placement()))
        #expect(resolver.mustLookFirst(placement(sent: [0])))
        #expect(resolver.mustLookFirst(placement(refused: [0])))
        var crashed = placement()
        crashed.attempts.begin(at: .start)
        #expect(resolver.mustLookFirst(crashed))
    }

    @Test(arguments: [1, 119, 600, 3899])
    func `sends the same again while the token may live and no order is seen`(second: Int) {
        #expect(next(placement(sent: [0]), .incomplete, at: second) == .send)
    }

    @Test func `believes that the authorization lapsed only once nothing can be under way`() {
        let late = placement(sent: [3890])
        #expect(next(late, .incomplete, at: 3901) == .wait)
        #expect(next(late, .incomplete, at: 3890 + 149) == .wait)
        guard case .fail(let problem) = next(late, .incomplete, at: 3890 + 150) else {
            Issue.record("an authorization that lapsed is not failed")
            return
        }
        #expect(problem.type == .authorizationExpired)
    }

    @Test func `believes a refusal after three of them over half a minute`() {
        #expect(next(placement(refused: [0, 1]), .incomplete, at: 40) == .send)
        #expect(next(placement(refused: [0, 1, 2]), .incomplete, at: 29) == .send)
        guard case .fail(let problem) = next(placement(refused: [0, 1, 2]), .incomplete, at: 30) else {
            Issue.record("a refusal is not believed")
            return
        }
        #expect(problem.type == .orderRejected)
        #expect(problem.klarna == refusal)
    }

    @Test func `does not believe a refusal while an earlier attempt may still take effect`() {
        let mixed = placement(sent: [0], refused: [1, 2, 3])
        #expect(next(mixed, .incomplete, at: 60) == .send)
        guard case .fail = next(mixed, .incomplete, at: 150) else {
            Issue.record("a refusal is not believed after the horizon")
            return
        }
    }

    @Test func `never fails what Klarna says exists`() {
        #expect(next(placement(refused: [0, 1, 2]), .complete, at: 60) == .send)
        #expect(next(placement(sent: [0], completeSince: 10), .complete, at: 7200) == .wait)
        guard case .giveUp(let problem) = next(placement(sent: [0], completeSince: 10), .complete, at: 86_410) else {
            Issue.record("an order that cannot be found is not given to a person")
            return
        }
        #expect(problem.type == .orderUnidentified)
    }

    @Test func `does not unlearn that an order exists`() {
        #expect(next(placement(refused: [0, 1, 2], completeSince: 3), .incomplete, at: 60) == .send)
        #expect(next(placement(sent: [0], completeSince: 10), .incomplete, at: 7200) == .wait)
        guard case .giveUp = next(placement(sent: [0], completeSince: 10), .incomplete, at: 86_410) else {
            Issue.record("an order that was seen once is failed")
            return
        }
    }

    @Test func `needs no reading to fail what lapsed before any attempt arrived`() {
        let late = Timestamp.start + .seconds(3600 + 86_400)
        #expect(resolver.lapsedUnsent(placement(), now: late)?.type == .authorizationExpired)
        #expect(resolver.lapsedUnsent(placement(), now: .start + .seconds(3600 + 86_399)) == nil)
        var held = placement()
        held.attempts.begin(at: .start)
        held.attempts.hold()
        for known in [placement(sent: [0]), placement(refused: [0]), placement(completeSince: 0), held] {
            #expect(resolver.lapsedUnsent(known, now: late) == nil)
        }
    }

    @Test(arguments: [PlacementResolver.Session.gone, .unreadable])
    func `sends what was never sent, whatever can be read`(session: PlacementResolver.Session) {
        #expect(next(placement(), session, at: 600) == .send)
    }

    @Test func `asks for a person when Klarna forgot the session`() {
        #expect(next(placement(sent: [0]), .gone, at: 150) == .send)
        let late = placement(sent: [3890])
        #expect(next(late, .gone, at: 3890 + 149) == .wait)
        guard case .giveUp = next(late, .gone, at: 3890 + 150) else {
            Issue.record("a session that is gone is not given to a person")
            return
        }
    }

    @Test(arguments: [0, 60, 3600, 100_000, 72 * 3600 - 1])
    func `stays unknown while nothing can be read`(second: Int) {
        #expect(next(placement(sent: [0], refused: [0, 1, 2]), .unreadable, at: second) == .wait)
    }

    @Test func `asks for a person when nothing could be read for three days`() {
        guard case .giveUp = next(placement(sent: [0]), .unreadable, at: 72 * 3600) else {
            Issue.record("a placement that cannot be read stays unknown for ever")
            return
        }
    }
}
