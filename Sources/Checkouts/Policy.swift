import Wire

/// When things are tried, how often, and how long for. Lists of durations: the last one repeats.
public struct Policy: Sendable {
    /// Between readings while nobody has opened the hosted page.
    public var pollWaiting: [Duration] = [.seconds(60), .seconds(120), .seconds(300), .seconds(600)]
    /// Between readings while the shopper is on the page: every 15 s for 5 min, every minute for 30, then every 5 minutes.
    public var pollInProgress: [Duration] =
        Array(repeating: .seconds(15), count: 20) + Array(repeating: .seconds(60), count: 30) + [.seconds(300)]
    /// Readings after a callback, counted from one to the next. When they are through, the regular ones go on.
    public var pollAfterHint: [Duration] = [.zero, .seconds(1), .seconds(2), .seconds(5), .seconds(10)]
    /// Between attempts to place an order, give or take 20 %.
    public var placeRetry: [Duration] = [
        .zero, .seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(15), .seconds(30), .seconds(60),
    ]
    /// Between attempts at other calls that the worker makes, give or take 20 %.
    public var otherRetry: [Duration] = [.seconds(1), .seconds(5), .seconds(30), .seconds(300), .seconds(1800)]
    /// How long a worker may hold a job. Longer than any reading and sending that one attempt makes.
    public var lease: Duration = .seconds(90)
    /// How long after a session's end Klarna is asked once more before the checkout counts as expired.
    public var expiryMargin: Duration = .seconds(120)
    /// How long a session that should have ended may still call itself open before it is closed here.
    public var expiryPatience: Duration = .seconds(3900)
    /// How long a checkout may stay `created` without sessions at Klarna.
    public var openingMax: Duration = .seconds(172_800)
    /// The longest wait that a `Retry-After` of Klarna's can ask for.
    public var retryAfterMax: Duration = .seconds(30)

    public init() {}

    /// Until a regular reading of an open checkout, by how many came before it in this state.
    func nextPoll(of checkout: Checkout, _ index: Int) -> Duration {
        jittered(delay(checkout.status == .waiting ? pollWaiting : pollInProgress, index))
    }

    /// The element at an index, or the last one.
    func delay(_ list: [Duration], _ index: Int) -> Duration {
        list.isEmpty ? .seconds(60) : list[min(max(0, index), list.count - 1)]
    }

    /// Up to 20 % more or less, so that what failed together is not tried together.
    func jittered(_ delay: Duration) -> Duration {
        .milliseconds(Int64(Double(delay.milliseconds) * Double.random(in: 0.8...1.2)))
    }
}
