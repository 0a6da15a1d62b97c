import Klarna
import Testing
import Wire

@Suite("The circuit breaker")
struct CircuitBreakerTests {
    private let start = Timestamp("2025-03-04T09:15:31.400Z") ?? Timestamp(milliseconds: 0)

    @Test(arguments: [
        (0, 0, false), (1, 1, false), (19, 19, false), (20, 9, false), (20, 10, true), (20, 20, true), (21, 10, false),
        (100, 49, false), (100, 50, true),
    ])
    func `opens when half of enough calls failed`(calls: Int, failures: Int, opens: Bool) {
        var breaker = CircuitBreaker()
        // Failures last, so that the share is what it is only at the end.
        for number in 0..<calls { breaker.hear(isFailure: number >= calls - failures, at: start) }
        #expect(breaker.isOpen == opens)
        #expect(breaker.wait(at: start) == (opens ? .seconds(5) : .zero))
    }

    @Test(arguments: [(0, true), (28, true), (30, false), (31, false), (7200, false)])
    func `forgets what is older than thirty seconds`(seconds: Int, opens: Bool) {
        var breaker = CircuitBreaker()
        for _ in 0..<19 { breaker.hear(isFailure: true, at: start) }
        breaker.hear(isFailure: true, at: start + .seconds(seconds))
        #expect(breaker.isOpen == opens)
    }

    @Test func `lets one probe through every five seconds while it is open`() {
        var breaker = CircuitBreaker.opened(at: start)
        #expect(breaker.wait(at: start + .milliseconds(4999)) == .milliseconds(1))
        for round in 1...5 {
            let now = start + .seconds(5 * round)
            #expect(breaker.wait(at: now) == .zero)
            let probe = breaker.pass(isExempt: false, at: now)
            #expect(breaker.wait(at: now) == .seconds(5))
            // Its answer takes a while, and is bad.
            breaker.record(isFailure: true, of: probe, at: now + .seconds(2))
            #expect(breaker.isOpen && breaker.wait(at: now + .seconds(2)) == .seconds(3))
        }
    }

    @Test func `closes when a probe succeeds, and begins anew`() {
        var breaker = CircuitBreaker.opened(at: start)
        let now = start + .seconds(5)
        let probe = breaker.pass(isExempt: false, at: now)
        breaker.record(isFailure: false, of: probe, at: now)
        #expect(!breaker.isOpen && breaker.wait(at: now) == .zero)
        for _ in 0..<19 { breaker.hear(isFailure: true, at: now) }
        #expect(!breaker.isOpen)
        breaker.hear(isFailure: true, at: now)
        #expect(breaker.isOpen)
    }

    @Test func `counts exempt calls, which take no probe away, and closes when one succeeds`() {
        var breaker = CircuitBreaker()
        for _ in 0..<20 { breaker.hear(isFailure: true, isExempt: true, at: start) }
        #expect(breaker.isOpen)
        let now = start + .seconds(5)
        breaker.hear(isFailure: true, isExempt: true, at: now)
        #expect(breaker.isOpen && breaker.wait(at: now) == .zero)
        breaker.hear(isFailure: false, isExempt: true, at: now)
        #expect(!breaker.isOpen)
    }

    @Test func `takes the results of calls from before it opened or closed for old news`() {
        var breaker = CircuitBreaker()
        let early = (0..<40).map { _ in breaker.pass(isExempt: false, at: start) }
        for pass in early.prefix(20) { breaker.record(isFailure: true, of: pass, at: start) }
        #expect(breaker.isOpen)
        for pass in early[20..<40] { breaker.record(isFailure: false, of: pass, at: start) }
        #expect(breaker.isOpen)
        let slow = (0..<20).map { _ in breaker.pass(isExempt: true, at: start) }
        breaker.hear(isFailure: false, at: start + .seconds(5))
        #expect(!breaker.isOpen)
        for pass in slow { breaker.record(isFailure: true, of: pass, at: start + .seconds(20)) }
        #expect(!breaker.isOpen)
    }
}

extension CircuitBreaker {
    fileprivate mutating func hear(isFailure: Bool, isExempt: Bool = false, at now: Timestamp) {
        record(isFailure: isFailure, of: pass(isExempt: isExempt, at: now), at: now)
    }

    fileprivate static func opened(at now: Timestamp) -> CircuitBreaker {
        var breaker = CircuitBreaker()
        for _ in 0..<20 { breaker.hear(isFailure: true, at: now) }
        return breaker
    }
}
