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
    /// Between looks for an order that exists and whose authorization has lapsed.
    public var lateRetry: Duration = .seconds(300)
    /// Between attempts at creating a session while somebody waits for it, give or take 20 %.
    public var createRetry: [Duration] = [.milliseconds(500), .seconds(2)]
    /// Between attempts at other calls that the worker makes, give or take 20 %.
    public var otherRetry: [Duration] = [.seconds(1), .seconds(5), .seconds(30), .seconds(300), .seconds(1800)]
    /// How long a worker that is heard of no more keeps a job from others.
    public var lease: Duration = .seconds(90)
    /// How often a worker extends the lease of a job it is still at.
    public var heartbeat: Duration = .seconds(20)
    /// How long after a session's end Klarna is asked once more before the checkout counts as expired.
    public var expiryMargin: Duration = .seconds(120)
    /// How long a session that should have ended may still call itself open before it is closed here.
    public var expiryPatience: Duration = .seconds(3900)
    /// How long a page may be completed without showing an authorization or an order, before a person has to look for it.
    public var completedPatience: Duration = .seconds(3900)
    /// How long a checkout may stay `created` without sessions at Klarna.
    public var openingMax: Duration = .seconds(172_800)
    /// The longest wait that a `Retry-After` of Klarna's can ask for.
    public var retryAfterMax: Duration = .seconds(30)
    /// How long after its end a checkout without an order is read again.
    public var sweepAfterEnd: [Duration] = [.seconds(120), .seconds(900), .seconds(3900)]
    /// How often such a reading is tried at the most.
    public var sweepTriesMax = 40
    /// Between readings of a placed order, for what is done with it elsewhere.
    public var watchOrder: [Duration] = [.seconds(3600), .seconds(6 * 3600), .seconds(24 * 3600)]
    /// Between readings of an order whose risk Klarna still looks at: every 15 minutes for an hour, then hourly.
    public var watchPending: [Duration] = Array(repeating: .seconds(900), count: 4) + [.seconds(3600)]
    /// How long after its latest change an order is read again.
    public var watchFor: Duration = .seconds(45 * 86_400)
    /// How long whoever asks for an operation waits for its outcome.
    public var operationPatience: Duration = .seconds(20)
    /// How long before an authorization ends its order is placed without the customer token that Klarna does not make.
    public var tokenMargin: Duration = .seconds(1800)
    /// How long before the hosted page closes that is told.
    public var endNotice: Duration = .seconds(3600)
    /// How old the latest reading of an open checkout may be before somebody who looks at the checkout causes another.
    public var staleAfter: Duration = .seconds(15)
    /// Between readings that callbacks of one checkout cause.
    public var hintPause: Duration = .seconds(1)
    /// How long to wait at the most before looking for due jobs again.
    public var lookEvery: Duration = .seconds(5)
    /// What becomes of a payment for a checkout that was cancelled, disabled or expired before it was seen.
    public var latePayment = Checkout.LatePayment.release
    /// What becomes of a payment when another checkout with the same merchant reference is paid.
    public var sameReference = Checkout.LatePayment.place
    /// How an order placement goes on when its outcome is not known.
    package var resolver = PlacementResolver()

    public init() {}

    /// Until a regular reading of an open checkout, by how many came before it in this state.
    func nextPoll(of checkout: Checkout, _ index: Int) -> Duration {
        delay(checkout.status == .waiting ? pollWaiting : pollInProgress, index)
    }

    /// The age at which a checkout that ended so long ago is read next.
    func nextSweep(after age: Duration) -> Duration? { sweepAfterEnd.first { $0 > age } }

    /// Until a placed order is read again, by how many readings came before it.
    func nextWatch(of order: Order?, _ index: Int) -> Duration {
        delay(order?.fraudStatus == "PENDING" ? watchPending : watchOrder, index)
    }

    /// The element at an index, or the last one.
    func delay(_ list: [Duration], _ index: Int) -> Duration {
        list.isEmpty ? .seconds(60) : list[min(max(0, index), list.count - 1)]
    }
}
