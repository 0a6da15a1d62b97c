package import Wire

/// Whether Klarna is well enough to be called: a value that is told the time and what became of calls.
///
/// Closed, it opens when half or more of at least twenty calls within thirty seconds failed. Open, it lets one call through
/// every five seconds, and closes when one succeeds that began after it opened.
package struct CircuitBreaker: Sendable {
    /// A call that was let through, to be handed back with its result.
    package struct Pass: Sendable {
        /// What a call from before the last opening or closing tells is old news.
        fileprivate let phase: Int
    }

    package static let window = Duration.seconds(30)
    package static let callsMin = 20
    package static let probeInterval = Duration.seconds(5)

    package private(set) var isOpen = false
    /// Openings and closings so far.
    private var phase = 0
    private var nextProbe = Timestamp(milliseconds: 0)
    /// In order; nothing older than the window.
    private var seconds: [Second] = []

    package init() {}

    /// How long until a call may pass; zero when it may now.
    package func wait(at now: Timestamp) -> Duration { isOpen ? max(.zero, nextProbe - now) : .zero }

    /// Lets a call through. One that is not exempt has asked for the ``wait(at:)`` and is the probe if this is open.
    package mutating func pass(isExempt: Bool, at now: Timestamp) -> Pass {
        if isOpen, !isExempt { nextProbe = now + CircuitBreaker.probeInterval }
        return Pass(phase: phase)
    }

    /// Takes note of what became of a call.
    package mutating func record(isFailure: Bool, of pass: Pass, at now: Timestamp) {
        guard pass.phase == phase else { return }
        if isOpen {
            if !isFailure { turn(open: false) }
            return
        }
        count(isFailure, at: now)
        let calls = seconds.reduce(0) { $0 + $1.calls }
        let failures = seconds.reduce(0) { $0 + $1.failures }
        guard calls >= CircuitBreaker.callsMin, failures * 2 >= calls else { return }
        turn(open: true)
        nextProbe = now + CircuitBreaker.probeInterval
    }

    private mutating func turn(open: Bool) {
        isOpen = open
        phase += 1
        seconds = []
    }

    private mutating func count(_ isFailure: Bool, at now: Timestamp) {
        let start = Timestamp(milliseconds: now.milliseconds / 1000 * 1000)
        seconds.removeAll { start - $0.start >= CircuitBreaker.window }
        if seconds.last?.start != start { seconds.append(Second(start: start)) }
        seconds[seconds.count - 1].calls += 1
        if isFailure { seconds[seconds.count - 1].failures += 1 }
    }

    /// What was heard within one second.
    private struct Second: Sendable {
        let start: Timestamp
        var calls = 0
        var failures = 0
    }
}
