public import Klarna
public import Wire

extension Checkout {
    /// What can happen to a checkout. Each is a fact: read from Klarna, or done by us.
    public enum News: Sendable, Hashable {
        /// Both sessions exist and are recorded from here on.
        case opened(Sessions)
        /// Klarna refused to create the sessions.
        case openingRefused(Problem)
        /// The HPP session is open and says so in Klarna's word: `WAITING`, `IN_PROGRESS`, `BACK`, `FAILED`, `ERROR`, or one
        /// that is not known here.
        case pageOpen(hppStatus: String)
        /// The shopper was authorized: this is how the order would be placed, also of a checkout that has ended or only not.
        case authorized(OrderPlacement, ifEnded: LatePayment)
        /// An order exists and is ours.
        case orderFound(Order)
        case pageCancelled
        case pageDisabled
        /// The session is gone from Klarna and was never completed.
        case pageExpired
        /// An attempt to place begins: it is written down before a byte is sent. Exclusively: no other checkout with the same
        /// merchant reference may do so as well.
        case placementSent(at: Timestamp, exclusively: Bool)
        /// No byte of the attempt left: nothing can have happened.
        case placementNotSent(reason: String)
        /// The attempt went out and no usable answer came back.
        case placementUnanswered(Problem.KlarnaAnswer?)
        /// It is not tried now, and why.
        case placementWaits(Problem)
        /// Klarna answered, but not about the order: the password is wrong, or there were too many calls.
        case placementHeld(Problem.KlarnaAnswer)
        case placementRefused(Problem.KlarnaAnswer, at: Timestamp)
        /// The payment session says that an order exists, and nobody told us its id.
        case placementComplete(at: Timestamp)
        /// There is no order of this placement and there will be none. The next one is of another authorization, if there is
        /// one.
        case placementFailed(Problem, next: OrderPlacement?)
        /// The authorization is that old and there is still no order.
        case placementOverdue(Duration)
        /// An order may exist that cannot be identified, or is not the one that was asked for.
        case placementUnidentified(Problem)
        /// Order Management was read.
        case orderRead(Order)
        /// These authorizations, which will not become orders, are given back.
        case released([AuthorizationToken])
        /// These could not be given back for as long as they lived.
        case lapsed([AuthorizationToken])
        /// Another checkout with the same merchant reference has an order already.
        case paidBefore(Checkout.ID)
        /// The hosted page will close soon.
        case pageEnding
    }

    /// What becomes of a payment that a shopper makes when nothing is to be paid any more.
    public enum LatePayment: String, Sendable, Hashable, CaseIterable {
        /// The authorization is given back.
        case release
        /// The order is placed all the same.
        case place
    }

    /// What has to follow from a piece of news. It is ordered in the same commit.
    public enum Effect: Sendable, Hashable {
        case observe
        case placeOrder
        case releaseAuthorizations
        case readOrder
        /// Look again for a while at what has ended: the shopper may have been quicker.
        case sweep
    }

    /// The news contradicts what is known: it is recorded and changes nothing.
    public struct IllegalTransition: Error, Sendable, Hashable {
        public let from: Status
        public let news: String
    }

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
        case .waiting, .inProgress, .authorized, .orderPlaced, .cancelled, .disabled, .expired, .orderFailed,
            .needsReview:
            // Somebody else opened or closed it first. Their sessions are the recorded ones; ours expire unseen.
            throw illegal("opened")
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
        case .authorized, .orderPlaced, .cancelled, .disabled, .expired, .orderFailed, .needsReview:
            return []  // A reading that was overtaken. Nothing moves backwards.
        }
    }

    private mutating func authorize(
        _ placement: OrderPlacement,
        ifEnded latePayment: LatePayment,
    ) throws(IllegalTransition) -> [Effect] {
        switch status {
        case .waiting, .inProgress: return begin(placement)
        case .authorized:
            // The first token is the one that was frozen; another may be sent only once the first is proved not placed.
            keepSpare(placement)
            return []
        case .cancelled, .disabled, .expired:
            guard placementKey != placement.idempotencyKey else { return [] }
            switch latePayment {
            case .place: return begin(placement)
            case .release:
                problem = .latePayment
                return giveBack(placement)
            }
        // The same news again, or an authorization that cannot become anything. What was decided stands.
        case .orderPlaced, .orderFailed: return giveBack(placement)
        case .needsReview: return []
        case .created: throw illegal("authorized")
        }
    }

    private mutating func begin(_ placement: OrderPlacement) -> [Effect] {
        status = .authorized
        hppStatus = "COMPLETED"
        self.placement = placement
        placementKey = placement.idempotencyKey
        problem = nil
        return [.placeOrder]
    }

    private mutating func keepSpare(_ placement: OrderPlacement) {
        guard placement.token != self.placement?.token,
            !spareAuthorizations.contains(where: { $0.token == placement.token }),
            !surplusAuthorizations.contains(placement.token)
        else { return }
        spareAuthorizations.append(Authorization(token: placement.token, at: placement.authorizedAt))
    }

    /// Unless it is the one that was dealt with.
    private mutating func giveBack(_ placement: OrderPlacement) -> [Effect] {
        guard placementKey != placement.idempotencyKey else { return [] }
        placementKey = placement.idempotencyKey
        surplusAuthorizations.append(placement.token)
        return [.releaseAuthorizations]
    }

    private mutating func find(_ order: Order) throws(IllegalTransition) -> [Effect] {
        switch status {
        case .waiting, .inProgress, .authorized, .cancelled, .disabled, .expired, .orderFailed, .needsReview:
            // An order that exists outweighs every earlier conclusion that there was none.
            status = .orderPlaced
            hppStatus = "COMPLETED"
            self.order = order
            placement = nil
            problem = nil
            return dropSpares() + [.readOrder]
        case .orderPlaced:
            guard self.order?.orderID == order.orderID else { throw illegal("orderFound") }
            return []
        case .created: throw illegal("orderFound")
        }
    }

    /// What was kept in case it was needed is needed no more.
    private mutating func dropSpares() -> [Effect] {
        surplusAuthorizations += spareAuthorizations.map(\.token)
        spareAuthorizations = []
        return surplusAuthorizations.isEmpty ? [] : [.releaseAuthorizations]
    }

    private mutating func close(as end: Status) throws(IllegalTransition) -> [Effect] {
        switch status {
        case .created, .waiting, .inProgress:
            status = end
            return sessions == nil ? [] : [.sweep]
        case .authorized, .orderPlaced, .cancelled, .disabled, .expired, .orderFailed, .needsReview:
            return []  // Final is final, and an authorization is settled by placing alone.
        }
    }

    /// Writes down how the placing goes. Only an order, or proof that there is none, ends the state `authorized`.
    private mutating func note(
        _ problem: Problem?,
        _ change: (inout OrderPlacement) -> Void,
    ) throws(IllegalTransition) -> [Effect] {
        guard status == .authorized, var placement else { throw illegal("placement") }
        change(&placement)
        self.placement = placement
        guard let problem else { return [] }
        // As long as one attempt was not answered, that is what the merchant has to know.
        self.problem = placement.attempts.uncertainSince == nil ? problem : .placementUnknown(problem.klarna)
        return []
    }

    private mutating func failPlacement(
        _ problem: Problem,
        _ next: OrderPlacement?,
    ) throws(IllegalTransition) -> [Effect] {
        guard status == .authorized, let placement else { throw illegal("placementFailed") }
        surplusAuthorizations.append(placement.token)
        self.placement = nil
        if let next, spareAuthorizations.contains(where: { $0.token == next.token }) {
            spareAuthorizations.removeAll { $0.token == next.token }
            return begin(next) + [.releaseAuthorizations]
        }
        status = .orderFailed
        self.problem = problem
        holdsReference = false
        return dropSpares() + [.sweep]
    }

    private mutating func review(_ problem: Problem) throws(IllegalTransition) -> [Effect] {
        switch status {
        case .waiting, .inProgress, .authorized:
            status = .needsReview
            self.problem = problem
            return []
        case .needsReview: return []
        case .created, .orderPlaced, .cancelled, .disabled, .expired, .orderFailed:
            throw illegal("placementUnidentified")
        }
    }

    private mutating func replace(_ order: Order) throws(IllegalTransition) -> [Effect] {
        guard status == .orderPlaced, self.order?.orderID == order.orderID else { throw illegal("orderRead") }
        self.order = order
        return []
    }

    private func illegal(_ news: String) -> IllegalTransition { IllegalTransition(from: status, news: news) }
}
