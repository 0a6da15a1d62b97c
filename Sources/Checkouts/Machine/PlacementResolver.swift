internal import Klarna
package import Wire

/// Decides how an order placement goes on when its outcome is not known, from what Klarna's sessions say.
///
/// Pure: it reads nothing and changes nothing. The rule behind it: an order is proved by its id, and its absence only by a
/// reading that began after nothing could be under way any more. All times are by Klarna's clock.
package struct PlacementResolver: Sendable {
    /// How long an attempt may still take effect after it was written down: up to 30 s until it may leave, our time-out of 30 s,
    /// Klarna's idle limit of 59 s, and a margin.
    package var inFlightHorizon = Duration.seconds(150)
    /// Klarna's clock and ours may differ a little on when an authorization ends.
    package var expiryGrace = Duration.seconds(300)
    /// So many refusals over so long a time are believed. A refused attempt has no effect; that of an unanswered one before it
    /// is waited for in any case.
    package var refusalsMin = 3
    package var refusalsSpan = Duration.seconds(30)
    /// How long an order that exists is looked for before a person has to.
    package var searchMax = Duration.seconds(86_400)
    /// How long after the authorization Klarna may be unreadable: a payment session lives for 48 h, and a day more.
    package var silenceMax = Duration.seconds(72 * 3600)

    /// How wrong our clock may be where there is nothing to compare it with.
    package var clockErrorMax = Duration.seconds(86_400)

    package init() {}

    /// Takes into account how long a call may take at the most.
    package mutating func countTimeout(_ timeout: Duration) {
        inFlightHorizon = max(inFlightHorizon, .seconds(30) + timeout + .seconds(59 + 26))
    }

    /// What the payment session says.
    package enum Session: Hashable, CaseIterable {
        /// No order yet.
        case incomplete
        /// An order exists.
        case complete
        /// Klarna does not know the session any more.
        case gone
        /// It could not be read.
        case unreadable
    }

    package enum Step: Hashable {
        /// Send the frozen bytes, for the first time or again.
        case send
        /// Look again later.
        case wait
        /// There is no order and there will be none.
        case fail(Problem)
        /// An order may exist that cannot be identified.
        case giveUp(Problem)
    }

    /// Whether the first thing to do is to read, because something may have been placed already.
    package func mustLookFirst(_ placement: OrderPlacement) -> Bool {
        !placement.attempts.neverArrived || placement.attempts.inFlightSince != nil || placement.completeSince != nil
    }

    package func next(
        _ placement: OrderPlacement,
        session: Session,
        readAt: Timestamp,
        now: Timestamp,
    ) -> Step {
        let isAlive = now < placement.expiresAt + expiryGrace
        let nothingInFlight = placement.attempts.uncertainSince.map { readAt >= $0 + inFlightHorizon } ?? true
        let isUnsent =
            placement.attempts.neverArrived && placement.attempts.uncertainSince == nil
            && placement.completeSince == nil
        // What was complete once has an order, whatever a later reading says.
        switch session == .incomplete && placement.completeSince != nil ? .complete : session {
        case .unreadable:
            // What was never sent needs no reading.
            if isUnsent, isAlive { return .send }
            return now >= placement.authorizedAt + silenceMax ? .giveUp(.orderUnidentified) : .wait
        case .complete:
            if let since = placement.completeSince, now >= since + searchMax { return .giveUp(.orderUnidentified) }
            return isAlive ? .send : .wait
        case .incomplete:
            if nothingInFlight, !isAlive { return .fail(expired(placement)) }
            if nothingInFlight, let refusal = believedRefusal(placement, at: now) {
                // 404: Klarna does not know the token, or does not know it any more.
                guard refusal.status != 404 else { return .fail(expired(placement)) }
                return .fail(Problem(.orderRejected, "Klarna refused the order.", klarna: refusal))
            }
            return isAlive ? .send : .wait
        case .gone:
            // While the authorization lives nothing presses: perhaps the wrong account was asked.
            if isAlive { return .send }
            guard nothingInFlight else { return .wait }
            // Of what never arrived there can be no order.
            return isUnsent ? .fail(expired(placement)) : .giveUp(.orderUnidentified)
        }
    }

    /// Why there is no order and will be none, when the authorization lapsed before any attempt reached Klarna.
    ///
    /// That needs no reading, and none may be possible. Without one `now` is by our clock, which may be wrong by hours.
    package func lapsedUnsent(_ placement: OrderPlacement, now: Timestamp) -> Problem? {
        let neverArrived = placement.attempts.neverArrived && placement.completeSince == nil
        return neverArrived && now >= placement.expiresAt + clockErrorMax ? expired(placement) : nil
    }

    private func believedRefusal(_ placement: OrderPlacement, at now: Timestamp) -> Problem.KlarnaAnswer? {
        let attempts = placement.attempts
        guard attempts.refusals >= refusalsMin, let first = attempts.firstRefusedAt, now >= first + refusalsSpan else {
            return nil
        }
        return attempts.lastRefusal
    }

    private func expired(_ placement: OrderPlacement) -> Problem {
        Problem(
            .authorizationExpired,
            "The authorization lapsed after 60 minutes before an order could be placed.",
            klarna: placement.attempts.lastRefusal,
        )
    }
}
