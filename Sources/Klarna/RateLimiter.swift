package import Wire

/// Who may call Klarna now, and how long the others wait: a value that is told the time.
///
/// Of a quota 80 % are used, since others may call for the same merchant and the network bunches what left evenly. A quarter
/// of that is left to urgent calls, which also go first. A burst is a tenth of the quota or a single call, so that no
/// second, wherever it begins, sees more than 90 %, and never more than all.
package struct RateLimiter: Sendable {
    /// What Klarna counts together.
    package enum Family: Sendable, Hashable, CaseIterable {
        case createPaymentSession
        case createTokenSession
        case createHPPSession
        case other
    }

    /// A place in line.
    package struct Ticket: Sendable, Hashable {
        fileprivate let family: Family
        fileprivate let isUrgent: Bool
        fileprivate let number: Int
    }

    package enum Turn: Sendable, Hashable {
        /// The call may leave; its ticket is used up.
        case go
        /// To be asked again after that time, or the ticket given back.
        case wait(Duration)
    }

    /// The longest that Klarna's wish to wait is heeded: an authorization does not live for ever.
    package static let pauseMax = Duration.seconds(30)
    /// When Klarna does not say how long.
    package static let pauseDefault = Duration.seconds(1)

    private var createPaymentSession: Line
    private var createTokenSession: Line
    private var createHPPSession: Line
    private var other: Line
    private var ticketCount = 0

    package init(_ quota: KlarnaQuota) {
        createPaymentSession = Line(quota.createPaymentSession)
        createTokenSession = Line(quota.createTokenSession)
        createHPPSession = Line(quota.createHPPSession)
        other = Line(quota.other)
    }

    /// How many wait, of one kind.
    package func waitingCount(isUrgent: Bool) -> Int {
        Family.allCases.reduce(0) { $0 + (isUrgent ? self[$1].urgent : self[$1].ordinary).count }
    }

    /// Takes the last place in line.
    package mutating func join(_ family: Family, isUrgent: Bool) -> Ticket {
        ticketCount += 1
        let ticket = Ticket(family: family, isUrgent: isUrgent, number: ticketCount)
        self[family].join(ticket)
        return ticket
    }

    /// Whether it is the ticket's turn.
    package mutating func turn(of ticket: Ticket, at now: Timestamp) -> Turn {
        let wait = self[ticket.family].wait(of: ticket, at: now)
        guard wait == .zero else { return .wait(wait) }
        self[ticket.family].take(ticket)
        return .go
    }

    /// Gives the place to those behind.
    package mutating func leave(_ ticket: Ticket) { self[ticket.family].leave(ticket) }

    /// Holds a family back because Klarna said 429; a shorter pause does not end a longer one.
    package mutating func pause(_ family: Family, for wish: Duration?, at now: Timestamp) {
        self[family].pause(until: now + max(.zero, min(wish ?? RateLimiter.pauseDefault, RateLimiter.pauseMax)))
    }

    /// Hears what Klarna counts: a quota below the one that was given is kept to from now on, and when nothing is left, nobody
    /// leaves until Klarna begins anew.
    package mutating func hear(_ rate: RateReading, of family: Family, resetAfter: Duration?, at now: Timestamp) {
        guard !self[family].isBoundless else { return }
        if let callsPerSecond = rate.callsPerSecond { self[family].learn(callsPerSecond) }
        if rate.remaining == 0 { pause(family, for: resetAfter, at: now) }
    }

    private subscript(family: Family) -> Line {
        get {
            switch family {
            case .createPaymentSession: createPaymentSession
            case .createTokenSession: createTokenSession
            case .createHPPSession: createHPPSession
            case .other: other
            }
        }
        set {
            switch family {
            case .createPaymentSession: createPaymentSession = newValue
            case .createTokenSession: createTokenSession = newValue
            case .createHPPSession: createHPPSession = newValue
            case .other: other = newValue
            }
        }
    }
}

/// Those who wait for one family's quota, in order.
private struct Line: Sendable {
    private(set) var urgent: [RateLimiter.Ticket] = []
    private(set) var ordinary: [RateLimiter.Ticket] = []
    /// Every call takes from it.
    private var whole: TokenBucket
    /// Ordinary calls take from it, too: what it lacks is the reserve.
    private var open: TokenBucket
    /// As it was given.
    private let quotaMax: Int
    /// As it was given, or less if Klarna said so.
    private var quota: Int

    init(_ quota: Int) {
        quotaMax = min(quota, KlarnaQuota.boundless)
        self.quota = quotaMax
        whole = TokenBucket(rate: quotaMax * 80 / 100, capacity: quotaMax / 10)
        open = TokenBucket(rate: quotaMax * 60 / 100, capacity: quotaMax * 3 / 40)
    }

    var isBoundless: Bool { quotaMax == KlarnaQuota.boundless }

    mutating func learn(_ callsPerSecond: Int) {
        let learned = min(callsPerSecond, quotaMax)
        guard learned != quota else { return }
        quota = learned
        whole.change(rate: quota * 80 / 100, capacity: quota / 10)
        open.change(rate: quota * 60 / 100, capacity: quota * 3 / 40)
    }

    mutating func join(_ ticket: RateLimiter.Ticket) {
        if ticket.isUrgent { urgent.append(ticket) } else { ordinary.append(ticket) }
    }

    mutating func leave(_ ticket: RateLimiter.Ticket) {
        if ticket.isUrgent { urgent.removeAll { $0 == ticket } } else { ordinary.removeAll { $0 == ticket } }
    }

    /// There have to be tokens for those ahead as well, who may not have woken yet.
    mutating func wait(of ticket: RateLimiter.Ticket, at now: Timestamp) -> Duration {
        whole.fill(until: now)
        open.fill(until: now)
        if ticket.isUrgent { return whole.wait(for: place(of: ticket, in: urgent), at: now) }
        let place = place(of: ticket, in: ordinary)
        return max(whole.wait(for: urgent.count + place, at: now), open.wait(for: place, at: now))
    }

    mutating func take(_ ticket: RateLimiter.Ticket) {
        leave(ticket)
        whole.take()
        if !ticket.isUrgent { open.take() }
    }

    mutating func pause(until end: Timestamp) {
        whole.pause(until: end)
        open.pause(until: end)
    }

    /// From 1.
    private func place(of ticket: RateLimiter.Ticket, in line: [RateLimiter.Ticket]) -> Int {
        (line.firstIndex(of: ticket) ?? line.count) + 1
    }
}
