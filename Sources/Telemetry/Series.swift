internal import Metrics
internal import Synchronization

/// The present value of one metric under one set of label values. Each has its own atomics or its own lock, so that nobody
/// who counts waits for somebody who counts something else.
protocol Series: AnyObject, Sendable {
    /// `nil` when the metric is of another kind.
    init?(_ kind: Metric.Kind)

    var reading: Reading { get }
}

/// What a series shows.
enum Reading: Sendable, Hashable {
    case value(Double)
    /// How many values fell into each bucket, one more than there are bounds, and the sum of them all.
    case distribution(counts: [UInt64], sum: Double)
}

final class CounterSeries: Series, CounterHandler, FloatingPointCounterHandler {
    private let whole = Atomic<UInt64>(0)
    /// What was added in fractions: the bits of a `Double`.
    private let fractions = Atomic<UInt64>(0)

    init() {}

    convenience init?(_ kind: Metric.Kind) {
        guard case .counter = kind else { return nil }
        self.init()
    }

    var reading: Reading {
        .value(Double(whole.load(ordering: .relaxed)) + Double(bitPattern: fractions.load(ordering: .relaxed)))
    }

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        whole.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        fractions.addDouble(amount)
    }

    func reset() {
        whole.store(0, ordering: .relaxed)
        fractions.store(0, ordering: .relaxed)
    }
}

/// Takes `Meter`s, and recorders that do not aggregate: `Gauge`s.
final class GaugeSeries: Series, MeterHandler, RecorderHandler {
    /// The bits of a `Double`.
    private let bits = Atomic<UInt64>(0)

    init?(_ kind: Metric.Kind) {
        guard case .gauge = kind else { return nil }
    }

    var reading: Reading { .value(Double(bitPattern: bits.load(ordering: .relaxed))) }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func increment(by amount: Double) {
        guard amount.isFinite else { return }
        bits.addDouble(amount)
    }

    func decrement(by amount: Double) { increment(by: -amount) }
}

/// Takes timers, in seconds, and recorders that aggregate.
final class HistogramSeries: Series, RecorderHandler, TimerHandler {
    private struct State {
        var counts: [UInt64]
        var sum = 0.0
    }

    private let bounds: [Double]
    /// A lock, because counts and sum have to fit together.
    private let state: Mutex<State>

    init?(_ kind: Metric.Kind) {
        guard case .histogram(let bounds) = kind else { return nil }
        self.bounds = bounds
        state = Mutex(State(counts: [UInt64](repeating: 0, count: bounds.count + 1)))
    }

    var reading: Reading { state.withLock { .distribution(counts: $0.counts, sum: $0.sum) } }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        // One of these would spoil the sum for ever.
        guard value.isFinite else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] &+= 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(max(0, duration)) / 1_000_000_000) }
}

extension Atomic where Value == UInt64 {
    /// Adds to the `Double` whose bits this holds.
    fileprivate borrowing func addDouble(_ amount: Double) {
        var old = load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, present) = weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = present
        }
    }
}
