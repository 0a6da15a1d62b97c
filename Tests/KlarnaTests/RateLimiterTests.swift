import Klarna
import Testing
import Wire

@Suite("The rate limiter")
struct RateLimiterTests {
    private let start = Timestamp("2025-03-04T09:15:31.400Z") ?? Timestamp(milliseconds: 0)

    @Test(arguments: [
        (5, false, 3), (5, true, 4), (40, false, 24), (40, true, 32), (50, false, 30), (50, true, 40),
        (200, false, 120), (200, true, 160),
    ])
    func `lets four fifths of the quota pass, of that three quarters to calls that are not urgent`(
        quota: Int,
        isUrgent: Bool,
        perSecond: Int,
    ) {
        var limiter = RateLimiter(KlarnaQuota(createPaymentSession: 1, createHPPSession: 1, other: quota))
        let passed = flood(&limiter, [isUrgent], seconds: 20)
        #expect((perSecond * 20...perSecond * 20 + max(1, quota / 10)).contains(passed.count))
        // Wherever a second begins, it stays below what Klarna counts, and is served evenly.
        for (index, first) in passed.enumerated() {
            let second = passed[index...].prefix { $0 - first < .seconds(1) }
            #expect(second.count <= max(quota * 9 / 10, quota == 5 ? 5 : 0))
        }
    }

    @Test func `keeps its reserve for urgent calls however many others press`() {
        var limiter = RateLimiter(KlarnaQuota(.production))
        var urgentWaits: [Duration] = []
        for millisecond in 0..<10_000 {
            let now = start + .milliseconds(millisecond)
            let ordinary = limiter.join(.other, isUrgent: false)
            if case .wait = limiter.turn(of: ordinary, at: now) { limiter.leave(ordinary) }
            // 40 a second: what is left when the others take all they may.
            guard millisecond % 25 == 0 else { continue }
            let urgent = limiter.join(.other, isUrgent: true)
            if case .wait(let wait) = limiter.turn(of: urgent, at: now) {
                urgentWaits.append(wait)
                limiter.leave(urgent)
            }
        }
        #expect(urgentWaits == [])
    }

    @Test(arguments: RateLimiter.Family.allCases)
    func `counts what Klarna counts apart`(family: RateLimiter.Family) {
        var limiter = RateLimiter(KlarnaQuota(.playground))
        while case .go = limiter.askOnce(family, at: start) {}
        for other in RateLimiter.Family.allCases where other != family {
            #expect(limiter.askOnce(other, at: start) == .go)
        }
    }

    @Test(arguments: [false, true])
    func `serves urgent calls first, and otherwise in order`(asksLastFirst: Bool) {
        var limiter = RateLimiter(KlarnaQuota(createPaymentSession: 5, createHPPSession: 5, other: 5))
        #expect(limiter.askOnce(.other, at: start) == .go)
        let isUrgent = [false, false, true, false, true]
        var waiting = isUrgent.enumerated().map { ($0, limiter.join(.other, isUrgent: $1)) }
        var served: [Int] = []
        for millisecond in 0..<3000 where !waiting.isEmpty {
            // Whoever is asked first: the order is the limiter's.
            for (number, ticket) in asksLastFirst ? waiting.reversed() : waiting {
                guard limiter.turn(of: ticket, at: start + .milliseconds(millisecond)) == .go else { continue }
                served.append(number)
                waiting.removeAll { $0.0 == number }
            }
        }
        #expect(served == [2, 4, 0, 1, 3])
        #expect(limiter.waitingCount(isUrgent: false) == 0 && limiter.waitingCount(isUrgent: true) == 0)
    }

    @Test(arguments: [1, 3, 5, 40, 50, 200, 1000, .max], [false, true])
    func `names a wait after which it is the turn of one who is alone`(quota: Int, isUrgent: Bool) {
        var limiter = RateLimiter(KlarnaQuota(createPaymentSession: quota, createHPPSession: 1, other: 1))
        var now = start
        var waited = 0
        for _ in 0..<200 {
            let ticket = limiter.join(.createPaymentSession, isUrgent: isUrgent)
            guard case .wait(let wait) = limiter.turn(of: ticket, at: now) else { continue }
            #expect(wait > .zero && wait <= .milliseconds(1000))
            #expect(limiter.turn(of: ticket, at: now + wait - .milliseconds(1)) != .go)
            now = now + wait
            #expect(limiter.turn(of: ticket, at: now) == .go)
            waited += 1
        }
        #expect(waited > 0 || quota == .max)
    }

    @Test func `gives the place of one who leaves to those behind`() {
        var limiter = RateLimiter(KlarnaQuota(.playground))
        _ = limiter.askOnce(.createHPPSession, at: start)
        let first = limiter.join(.createHPPSession, isUrgent: false)
        let second = limiter.join(.createHPPSession, isUrgent: false)
        #expect(limiter.turn(of: second, at: start) == .wait(.milliseconds(667)))
        limiter.leave(first)
        #expect(limiter.turn(of: second, at: start) == .wait(.milliseconds(334)))
        #expect(limiter.turn(of: second, at: start + .milliseconds(334)) == .go)
    }

    @Test(
        arguments: [
            (nil, .seconds(1)), (.seconds(0), .seconds(0)), (.milliseconds(1), .milliseconds(1)),
            (.seconds(7), .seconds(7)), (.seconds(30), .seconds(30)), (.seconds(31), .seconds(30)),
            (.seconds(86_400), .seconds(30)), (.seconds(-1), .seconds(0)),
        ] as [(Duration?, Duration)]
    )
    func `holds a family back as long as Klarna wishes, within reason`(wish: Duration?, pause: Duration) {
        for isUrgent in [false, true] {
            var limiter = RateLimiter(KlarnaQuota(.production))
            limiter.pause(.other, for: wish, at: start)
            #expect(limiter.askOnce(.createHPPSession, at: start) == .go)
            let ticket = limiter.join(.other, isUrgent: isUrgent)
            if pause > .zero {
                #expect(limiter.turn(of: ticket, at: start) == .wait(pause))
                #expect(limiter.turn(of: ticket, at: start + pause - .milliseconds(1)) == .wait(.milliseconds(1)))
            }
            #expect(limiter.turn(of: ticket, at: start + pause) == .go)
            // No burst follows.
            #expect(limiter.askOnce(.other, at: start + pause) != .go)
        }
    }

    @Test func `does not end a pause because of a shorter one`() {
        var limiter = RateLimiter(KlarnaQuota(.production))
        limiter.pause(.other, for: .seconds(10), at: start)
        limiter.pause(.other, for: .seconds(1), at: start + .seconds(2))
        #expect(limiter.askOnce(.other, at: start + .seconds(2)) == .wait(.seconds(8)))
        limiter.pause(.other, for: .seconds(10), at: start + .seconds(2))
        #expect(limiter.askOnce(.other, at: start + .seconds(2)) == .wait(.seconds(10)))
    }

    @Test(
        arguments: [
            ("5, 5;w=1", 5), ("40", 40), ("40, 40;w=1", 40), ("300;w=60", 5), ("30;w=60", 1),
            ("100, 20;w=1, 300;w=60", 5), (" 7 ; w=1 ", 7), ("9, 7", 9), ("0", nil), ("", nil), ("-5", nil),
            ("5;w=0", nil), ("many", nil), ("99999999999999999999, 5;w=1", 5),
        ] as [(String, Int?)]
    )
    func `reads how many calls Klarna allows a second`(text: String, perSecond: Int?) {
        let fields = [(name: "x-ratelimit-limit", value: text)]
        #expect(RateReading(InboundResponse(status: 200, fields: fields)).callsPerSecond == perSecond)
    }

    @Test func `keeps to a lower quota than it was given for as long as Klarna says so, and to no higher one`() {
        var limiter = RateLimiter(KlarnaQuota(.production))
        _ = flood(&limiter, [true], seconds: 1)
        limiter.hear(RateReading(callsPerSecond: 50), of: .other, resetAfter: nil, at: start)
        var later = start + .seconds(10)
        let fewer = flood(&limiter, [true], seconds: 10, from: later)
        #expect((400...405).contains(fewer.count))
        for rate in [200, 1000, .max] {
            limiter.hear(RateReading(callsPerSecond: rate), of: .other, resetAfter: nil, at: later)
            later = later + .seconds(20)
            #expect((1600...1620).contains(flood(&limiter, [true], seconds: 10, from: later).count))
        }
        // Of the others nothing was said.
        #expect(limiter.askOnce(.createHPPSession, at: start) == .go)
    }

    @Test(arguments: [Duration.seconds(7200), .seconds(86_400 * 365 * 200)])
    func `takes a clock that is turned forward for a long rest`(jump: Duration) {
        var limiter = RateLimiter(KlarnaQuota(.production))
        _ = flood(&limiter, [false, true], seconds: 1)
        let passed = flood(&limiter, [true], seconds: 1, from: start + jump)
        #expect((160...180).contains(passed.count))
    }

    /// Asks every millisecond, as often as is granted, and tells when that was.
    private func flood(
        _ limiter: inout RateLimiter,
        _ isUrgent: [Bool],
        seconds: Int,
        from: Timestamp? = nil,
    ) -> [Timestamp] {
        var passed: [Timestamp] = []
        for millisecond in 0..<seconds * 1000 {
            let now = (from ?? start) + .milliseconds(millisecond)
            for isUrgent in isUrgent {
                while limiter.askOnce(.other, isUrgent: isUrgent, at: now) == .go { passed.append(now) }
            }
        }
        return passed
    }
}

extension RateLimiter {
    /// Asks, and does not wait.
    fileprivate mutating func askOnce(_ family: Family, isUrgent: Bool = false, at now: Timestamp) -> Turn {
        let ticket = join(family, isUrgent: isUrgent)
        let turn = turn(of: ticket, at: now)
        leave(ticket)
        return turn
    }
}
