internal import Synchronization
public import TimeAndChance
public import Wire

/// What stands between an account's calls and Klarna: its rate limits, a circuit breaker, and an ear for its clock.
///
/// A ``KlarnaClient`` asks it before each call and tells it afterwards what came of it. There is one gate for an account,
/// however many clients it has.
public final class KlarnaGate: Sendable {
    private struct State {
        var limiter: RateLimiter
        var breaker = CircuitBreaker()
        var clock = KlarnaClock()
    }

    private let surroundings: Surroundings
    private let waitersMax: Int
    private let metrics: GateMetrics
    private let state: Mutex<State>

    /// The account's name is for metrics. So many ordinary calls may wait at a time, and so many urgent ones besides.
    public init(quota: KlarnaQuota, surroundings: Surroundings, account: String, waitersMax: Int = 512) {
        self.surroundings = surroundings
        self.waitersMax = waitersMax
        metrics = GateMetrics(account: account)
        state = Mutex(State(limiter: RateLimiter(quota)))
    }

    /// How far Klarna's clock is ahead of ours, negative when it is behind; `nil` while no answer has come.
    public var skew: Duration? { state.withLock { $0.clock.skew } }

    /// The time by Klarna's clock, by which its deadlines are judged; `nil` while no answer has come.
    ///
    /// Right as of the latest answer: when our own clock is set, it is wrong by that much until the next one. What cannot be
    /// undone is therefore decided after a reading, not instead of one.
    public var klarnaNow: Timestamp? { skew.map { surroundings.now() + $0 } }
}

/// A call that may leave.
struct Admission {
    let purpose: CallPurpose
    fileprivate let pass: CircuitBreaker.Pass
    fileprivate let begun: Timestamp
}

extension KlarnaGate {
    /// Waits until the call may leave, as long as its purpose has patience.
    ///
    /// - Throws: ``KlarnaError/paused(retryAfter:)`` when it would have to wait longer, ``KlarnaError/notSent(reason:)`` when
    ///   the task was cancelled meanwhile.
    func admit(_ purpose: CallPurpose, isUrgent: Bool) async throws(KlarnaError) -> Admission {
        let call = Call(purpose: purpose, isUrgent: isUrgent || purpose == .placeOrder)
        let giveUpAt = surroundings.now() + call.patience
        var ticket: RateLimiter.Ticket?
        while true {
            switch step(call, &ticket, giveUpAt) {
            case .leave(let admission): return admission
            case .giveUp(let retryAfter):
                metrics.count(purpose, .paused)
                throw .paused(retryAfter: retryAfter)
            case .wait(let duration):
                do {
                    try await surroundings.sleep(duration)
                } catch {
                    if let ticket { state.withLock { $0.limiter.leave(ticket) } }
                    metrics.count(purpose, .notSent)
                    throw .notSent(reason: "the call was cancelled while it waited for its turn")
                }
            }
        }
    }

    /// Whether so much time has passed since the call left that its answer is no news any more.
    func isOutdated(_ admission: Admission) -> Bool { surroundings.now() - admission.begun >= KlarnaClock.callMax }

    /// Takes note of what came of a call: its answer if a whole one came, and what was made of it.
    func settle(_ admission: Admission, answer: KlarnaAnswer?, error: KlarnaError?) {
        let outcome = CallOutcome(error)
        let now = surroundings.now()
        metrics.count(admission.purpose, outcome)
        if outcome != .notSent { metrics.time(admission.purpose, now - admission.begun) }
        let pause = pause(after: outcome, error)
        let rate = answer?.rate
        let resetAfter = rate?.remaining == 0 ? lengthened(rate?.reset ?? RateLimiter.pauseDefault) : nil
        // A call that was given up here tells nothing of Klarna.
        let isTelling = answer != nil || !Task.isCancelled
        state.withLock { state in
            if let pause { state.limiter.pause(admission.purpose.family, for: pause, at: now) }
            if let rate { state.limiter.hear(rate, of: admission.purpose.family, resetAfter: resetAfter, at: now) }
            if isTelling { record(outcome, of: admission, at: now, &state.breaker) }
            if let date = answer?.clock { hear(date, sent: admission.begun, received: now, &state.clock) }
        }
    }

    /// What Klarna asks for when it has too much to do, with 429 or, if it names a time, otherwise.
    private func pause(after outcome: CallOutcome, _ error: KlarnaError?) -> Duration? {
        switch outcome {
        case .rateLimited: lengthened(error?.retryAfter ?? RateLimiter.pauseDefault)
        case .failed: error?.retryAfter.map { lengthened($0) }
        case .ok, .refused, .lost, .notSent, .paused: nil
        }
    }

    /// Klarna's wish, and up to a fifth more, so that those it told the same do not return together.
    private func lengthened(_ duration: Duration) -> Duration {
        duration + .milliseconds(Int64(Double(duration.milliseconds) * 0.2 * surroundings.fraction()))
    }

    // Gauges are set under the lock, or two of them could be set in the wrong order.

    private func record(
        _ outcome: CallOutcome,
        of admission: Admission,
        at now: Timestamp,
        _ breaker: inout CircuitBreaker,
    ) {
        let wasOpen = breaker.isOpen
        breaker.record(isFailure: outcome.isFailure, of: admission.pass, at: now)
        if breaker.isOpen != wasOpen { metrics.breaker(isOpen: breaker.isOpen) }
    }

    private func hear(_ date: Timestamp, sent: Timestamp, received: Timestamp, _ clock: inout KlarnaClock) {
        let old = clock.skew
        clock.hear(date, sent: sent, received: received)
        if let skew = clock.skew, skew != old { metrics.skew(skew) }
    }
}

extension KlarnaGate {
    private struct Call {
        let purpose: CallPurpose
        /// Goes first, may use the reserve, and passes the breaker even when that is open.
        let isUrgent: Bool

        var patience: Duration {
            switch purpose.manner {
            case _ where isUrgent: .seconds(30)
            case .read, .effect: .seconds(10)
            // A shopper waits, too.
            case .create: .seconds(2)
            }
        }
    }

    private enum Step {
        case leave(Admission)
        case wait(Duration)
        case giveUp(retryAfter: Duration)
    }

    /// How much longer than it was meant to a wait may take on a busy machine.
    private static let oversleepMax = Duration.seconds(1)

    /// What a call has to do now. It has a ticket for as long as it waits, and no longer.
    private func step(_ call: Call, _ ticket: inout RateLimiter.Ticket?, _ giveUpAt: Timestamp) -> Step {
        state.withLock { state in
            let now = surroundings.now()
            // Whoever stood still while it waited must not go on: what it was decided on is old.
            if let held = ticket, now > giveUpAt + KlarnaGate.oversleepMax {
                state.limiter.leave(held)
                return .giveUp(retryAfter: .zero)
            }
            let isCrowded = ticket == nil && state.limiter.waitingCount(isUrgent: call.isUrgent) >= waitersMax
            let held = ticket ?? state.limiter.join(call.purpose.family, isUrgent: call.isUrgent)
            ticket = held
            let breakerWait = call.isUrgent ? .zero : state.breaker.wait(at: now)
            guard breakerWait == .zero else {
                state.limiter.leave(held)
                return .giveUp(retryAfter: breakerWait)
            }
            switch state.limiter.turn(of: held, at: now) {
            case .go:
                let pass = state.breaker.pass(isExempt: call.isUrgent, at: now)
                return .leave(Admission(purpose: call.purpose, pass: pass, begun: now))
            case .wait(let duration) where isCrowded || now + duration > giveUpAt:
                state.limiter.leave(held)
                return .giveUp(retryAfter: duration)
            case .wait(let duration): return .wait(duration)
            }
        }
    }
}

extension CallOutcome {
    /// Whether Klarna, or the way to it, is not well. A refusal is a healthy answer.
    fileprivate var isFailure: Bool {
        switch self {
        case .failed, .lost, .notSent: true
        case .ok, .refused, .rateLimited, .paused: false
        }
    }
}
