internal import Klarna
public import Wire

extension Checkout {
    /// Moves the checkout along by one piece of news and says what has to follow.
    ///
    /// Redirect, callback and poll all tell the same news, late, twice or in another order: what is old changes nothing.
    public mutating func apply(_ news: News, at now: Timestamp) throws(IllegalTransition) -> [Effect] {
        let before = self
        let effects = try change(by: news, at: now)
        if self != before { updatedAt = max(now, updatedAt) }
        return effects
    }

    private mutating func change(by news: News, at now: Timestamp) throws(IllegalTransition) -> [Effect] {
        switch news {
        case .opened(let sessions): return try open(sessions)
        case .openingRefused(let problem): return refuseOpening(problem)
        case .pageOpen(let hppStatus): return try keepOpen(hppStatus)
        case .authorized(let placement, let latePayment): return try authorize(placement, ifEnded: latePayment)
        case .orderFound(let order): return try find(order)
        case .pageUnwanted:
            guard isOpen else { return [] }
            isDisabling = true
            return [.closePage]
        case .pageCancelled: return try close(as: .cancelled)
        case .pageDisabled: return try close(as: .disabled)
        case .pageExpired: return try close(as: .expired)
        case .placementSent(let at, let exclusively):
            let effects = try note(nil) { $0.attempts.begin(at: at) }
            holdsReference = holdsReference || (exclusively && merchantReference != nil)
            return effects
        case .placementNotSent(let reason): return try note(Problem(.klarnaUnreachable, reason)) { $0.attempts.end() }
        case .placementUnanswered(let answer):
            return try note(.placementUnknown(answer)) { $0.attempts.loseAnswer() }
        case .placementWaits(let problem): return try note(problem) { _ in }
        case .placementHeld(let answer): return try note(.placementDelayed(answer)) { $0.attempts.hold() }
        case .placementRefused(let answer, let at):
            return try note(.placementDelayed(answer)) { $0.attempts.countRefusal(answer, at: at) }
        case .placementComplete(let at): return try note(nil) { $0.completeSince = $0.completeSince ?? at }
        case .placementFailed(let problem, let next): return try failPlacement(problem, next)
        case .placementOverdue(let age): return try note(nil) { $0.announcedAge = age }
        case .placementUnidentified(let problem): return try review(problem)
        case .orderRead(let order): return try replace(order)
        case .released(let tokens), .lapsed(let tokens):
            surplusAuthorizations.removeAll { tokens.contains($0) }
            return []
        case .paidBefore(let other):
            isPaidTwice = isPaidTwice || other != id
            return []
        case .pageEnding:
            isEndAnnounced = isEndAnnounced || status == .waiting || status == .inProgress
            return []
        case .revising(let purchase, let at):
            guard isOpen else { throw illegal("revising") }
            revision = purchase
            revisionSince = at
            return []
        case .revised(let isTaken):
            settleRevision(isTaken)
            return []
        case .reopened(let sessions): return try reopen(sessions)
        case .tokenCreated, .tokenSent, .tokenWaits, .tokenRefused, .tokenRead: return try changeToken(by: news)
        case .operationOrdered, .operationSent, .operationWaits, .operationRekeyed, .operationDone, .operationNamed,
            .operationFailed,
            .operationSeen, .orderChanged, .orderDisagrees:
            return try changeOperations(by: news, at: now)
        }
    }

    private mutating func open(_ sessions: Sessions) throws(IllegalTransition) -> [Effect] {
        switch status {
        case .created:
            status = .waiting
            hppStatus = "WAITING"
            self.sessions = sessions
            problem = nil
            return [.observe]
        case .waiting, .inProgress, .authorized, .orderPlaced, .tokenized, .cancelled, .disabled, .expired,
            .orderFailed,
            .needsReview:
            // Somebody else opened or closed it first. Their sessions are the recorded ones; ours expire unseen.
            throw illegal("opened")
        }
    }

    /// Only a page that was closed is followed by another; what was decided about an authorization stands.
    private mutating func reopen(_ sessions: Sessions) throws(IllegalTransition) -> [Effect] {
        switch status {
        case .cancelled, .disabled, .expired:
            status = .waiting
            hppStatus = "WAITING"
            self.sessions = sessions
            // The new page was made for what was last known to be bought.
            revision = nil
            revisionSince = nil
            isDisabling = false
            isEndAnnounced = false
            problem = nil
            return [.observe]
        case .created, .waiting, .inProgress, .authorized, .orderPlaced, .tokenized, .orderFailed, .needsReview:
            throw illegal("reopened")
        }
    }

    private mutating func refuseOpening(_ problem: Problem) -> [Effect] {
        if status == .created { self.problem = problem }
        return []
    }

    private mutating func keepOpen(_ hppStatus: String) throws(IllegalTransition) -> [Effect] {
        switch status {
        case .waiting, .inProgress:
            self.hppStatus = hppStatus
            guard status == .waiting, hppStatus != "WAITING" else { return [] }
            status = .inProgress
            return [.observe]
        case .created: throw illegal("pageOpen")
        case .authorized, .orderPlaced, .tokenized, .cancelled, .disabled, .expired, .orderFailed, .needsReview:
            return []  // A reading that was overtaken. Nothing moves backwards.
        }
    }

    private mutating func close(as end: Status) throws(IllegalTransition) -> [Effect] {
        switch status {
        case .created, .waiting, .inProgress:
            status = end
            return sessions == nil ? [] : [.sweep]
        case .authorized, .orderPlaced, .tokenized, .cancelled, .disabled, .expired, .orderFailed, .needsReview:
            return []  // Final is final, and an authorization is settled by placing alone.
        }
    }

    func illegal(_ news: String) -> IllegalTransition { IllegalTransition(from: status, news: news) }
}
