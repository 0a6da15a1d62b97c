public import Wire

/// What is not settled yet, counted.
public struct Backlog: Sendable, Hashable {
    /// Checkouts that have not ended, or that a person must look at, by status.
    public var checkouts: [Checkout.Status: Group] = [:]
    /// Jobs that wait or are worked on, by kind.
    public var jobs: [JobOrder.Kind: Queue] = [:]
    /// Callbacks for checkouts that are not known here.
    public var orphanCallbacks = 0

    public struct Group: Sendable, Hashable {
        public var count: Int
        /// When the oldest of them was created.
        public var oldestCreatedAt: Timestamp

        public init(count: Int, oldestCreatedAt: Timestamp) {
            self.count = count
            self.oldestCreatedAt = oldestCreatedAt
        }
    }

    public struct Queue: Sendable, Hashable {
        /// Those whose time has come, and that nobody works on.
        public var due: Int
        /// All of them.
        public var count: Int
        /// The nearest deadline among them, by Klarna's clock.
        public var nextDeadline: Timestamp?

        public init(due: Int, count: Int, nextDeadline: Timestamp?) {
            self.due = due
            self.count = count
            self.nextDeadline = nextDeadline
        }
    }

    public init() {}
}

/// A callback whose path is ours and whose checkout is not in the database: it was restored from an older copy.
public struct OrphanCallback: Sendable, Hashable {
    public let checkoutID: Checkout.ID
    public let eventID: String
    public let at: Timestamp
    public let hppSessionID: String?
    public let status: String?

    public init(checkoutID: Checkout.ID, eventID: String, at: Timestamp, hppSessionID: String?, status: String?) {
        self.checkoutID = checkoutID
        self.eventID = eventID
        self.at = at
        self.hppSessionID = hppSessionID
        self.status = status
    }
}
