public import Wire

/// Work that follows from a commit. A checkout has at most one job of each kind.
public struct JobOrder: Sendable, Hashable {
    public let kind: Kind
    public let dueAt: Timestamp
    /// By when it has to be done to be of use, by Klarna's clock; what is due with the nearest deadline is done first.
    public let deadline: Timestamp?
    /// Whether it only makes sure that there is such a job: one that waits already keeps its turn.
    public let onlyIfAbsent: Bool

    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Read the HPP session, in its turn, and act on what Klarna says.
        case observe
        /// The same, soon, because somebody said that there is news.
        case hint
        /// Turn the authorization into an order.
        case place
        /// Close the HPP session, as the merchant asked.
        case disable
        /// Give back authorizations that will not become an order.
        case release
        /// Read the order's details from Order Management.
        case readOrder = "read_order"
        /// Read a placed order again, in case something was done with it elsewhere.
        case watchOrder = "watch_order"
        /// Tell Klarna that the order arrived here.
        case acknowledge
        /// Work off what is to be done with the order.
        case operate
        /// Look once more at a checkout that has ended without an order.
        case sweep
    }

    /// No order waits longer than that to be read again.
    public static let watchPauseMax = Duration.seconds(24 * 3600)

    public init(_ kind: Kind, at dueAt: Timestamp, deadline: Timestamp? = nil, onlyIfAbsent: Bool = false) {
        self.kind = kind
        self.dueAt = dueAt
        self.deadline = deadline
        self.onlyIfAbsent = onlyIfAbsent
    }
}

/// How many jobs are claimed at most. Placing has room of its own: it must not wait for readings.
public struct JobCapacity: Sendable, Hashable {
    public var placing: Int
    public var other: Int

    public init(placing: Int, other: Int) {
        self.placing = placing
        self.other = other
    }
}

/// A job held under a lease. While it lasts nobody else works on it, and afterwards `epoch` tells the old holder from the new.
public struct ClaimedJob: Sendable, Hashable {
    public let checkoutID: Checkout.ID
    public let kind: JobOrder.Kind
    public let dueAt: Timestamp
    /// How often this job was put off since it was ordered: 0 at first, reset when it is ordered anew.
    public let attempt: Int
    /// The fencing number: counts the claims of this job.
    public let epoch: Int64
    /// Counts the orders of this job: one that came while it was held is not lost when it ends.
    public let revision: Int64

    public init(
        checkoutID: Checkout.ID,
        kind: JobOrder.Kind,
        dueAt: Timestamp,
        attempt: Int,
        epoch: Int64,
        revision: Int64,
    ) {
        self.checkoutID = checkoutID
        self.kind = kind
        self.dueAt = dueAt
        self.attempt = attempt
        self.epoch = epoch
        self.revision = revision
    }
}

/// What becomes of a job that was worked on.
public enum JobEnd: Sendable, Hashable {
    /// It is done: gone, unless it was ordered anew meanwhile; then it is due as ordered, with attempt 0.
    case done
    /// It is put off: due at that time with one more attempt, unless it was ordered anew meanwhile for an earlier one.
    case again(at: Timestamp)
}
