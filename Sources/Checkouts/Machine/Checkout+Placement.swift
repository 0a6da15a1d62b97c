internal import Klarna
internal import Wire

/// From an authorization to an order.
extension Checkout {
    mutating func authorize(
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
        case .orderPlaced, .tokenized, .orderFailed: return giveBack(placement)
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

    mutating func find(_ order: Order) throws(IllegalTransition) -> [Effect] {
        switch status {
        case .waiting, .inProgress, .authorized, .cancelled, .disabled, .expired, .orderFailed, .needsReview:
            // An order that exists outweighs every earlier conclusion that there was none.
            status = .orderPlaced
            hppStatus = "COMPLETED"
            self.order = order
            problem = placement?.tokenRefusal
            placement = nil
            return dropSpares() + [.readOrder, .watchOrder] + (provider == .checkout ? [.acknowledge] : [])
        case .orderPlaced:
            guard self.order?.orderID == order.orderID else { throw illegal("orderFound") }
            return []
        case .created, .tokenized: throw illegal("orderFound")
        }
    }

    /// What was kept in case it was needed is needed no more.
    mutating func dropSpares() -> [Effect] {
        surplusAuthorizations += spareAuthorizations.map(\.token)
        spareAuthorizations = []
        return surplusAuthorizations.isEmpty ? [] : [.releaseAuthorizations]
    }

    /// Writes down how the placing goes. Only an order, or proof that there is none, ends the state `authorized`.
    mutating func note(
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

    mutating func failPlacement(
        _ problem: Problem,
        _ next: OrderPlacement?,
    ) throws(IllegalTransition) -> [Effect] {
        guard status == .authorized, let placement else { throw illegal("placementFailed") }
        // A customer token outlives the charge that failed.
        if chargedToken == nil { surplusAuthorizations.append(placement.token) }
        self.placement = nil
        if let next, spareAuthorizations.contains(where: { $0.token == next.token }) {
            spareAuthorizations.removeAll { $0.token == next.token }
            return begin(next) + [.releaseAuthorizations]
        }
        status = .orderFailed
        self.problem = problem
        holdsReference = false
        return dropSpares() + (sessions == nil ? [] : [.sweep])
    }

    mutating func review(_ problem: Problem) throws(IllegalTransition) -> [Effect] {
        switch status {
        case .waiting, .inProgress, .authorized:
            status = .needsReview
            self.problem = problem
            return []
        case .needsReview: return []
        case .created, .orderPlaced, .tokenized, .cancelled, .disabled, .expired, .orderFailed:
            throw illegal("placementUnidentified")
        }
    }
}
