internal import Klarna
internal import TimeAndChance
internal import Wire

extension Change {
    /// Lets the checkout take in the news, and adds what follows: the new state, its events, its jobs.
    mutating func tell(
        _ news: [Checkout.News],
        to before: Checkout,
        because source: Event.Source,
        at now: Timestamp,
        policy: Policy,
        _ surroundings: Surroundings,
    ) -> Checkout {
        var after = before
        for piece in news {
            let told = piece.told
            let unchanged = after
            do {
                let effects = try after.apply(piece, at: now)
                jobs += effects.map { JobOrder($0, of: after, at: now, policy, surroundings) }
                guard after != unchanged else { continue }
                // An authorization beside another one, or after the end, does not make the checkout an authorized one.
                let isBeside = told.type == "checkout.authorized" && after.placement == unchanged.placement
                let type = isBeside ? "authorization.kept" : told.type
                events.append(Event(at: now, type: type, source: source, detail: told.detail))
            } catch {
                var detail = told.detail
                detail["news"] = .string(told.type)
                detail["checkout_status"] = .string(error.from.rawValue)
                events.append(Event(at: now, type: "news.ignored", source: source, detail: detail))
            }
        }
        if after != before { checkout = after }
        return after
    }

    /// Keeps with each event by what Klarna knows the answer that brought it.
    mutating func note(_ correlationID: String?, _ paymentCorrelationID: String?) {
        guard correlationID != nil || paymentCorrelationID != nil else { return }
        events = events.map { event in
            guard event.detail["klarna"] == nil else { return event }
            var detail = event.detail
            detail["correlation_id"] = correlationID.map(JSON.string)
            detail["payment_correlation_id"] = paymentCorrelationID.map(JSON.string)
            return Event(at: event.at, type: event.type, source: event.source, detail: detail, eventID: event.eventID)
        }
    }

    var isWorthWriting: Bool {
        checkout != nil || !events.isEmpty || !jobs.isEmpty || jobEnd != nil || job != nil || claim != nil
    }
}

extension JobOrder {
    init(
        _ effect: Checkout.Effect,
        of checkout: Checkout,
        at now: Timestamp,
        _ policy: Policy,
        _ surroundings: Surroundings,
    ) {
        switch effect {
        case .observe:
            let pause = surroundings.jittered(policy.nextPoll(of: checkout, 0))
            self.init(.observe, at: now + pause, deadline: checkout.deadline)
        case .closePage: self.init(.disable, at: now + policy.lease)
        case .placeOrder: self.init(.place, at: now, deadline: checkout.deadline)
        case .releaseAuthorizations: self.init(.release, at: now)
        case .readOrder: self.init(.readOrder, at: now)
        // Whatever else is due is more urgent than what is only watched.
        case .watchOrder:
            let due = now + policy.nextWatch(of: checkout.order, 0)
            self.init(.watchOrder, at: due, deadline: due + policy.watchFor)
        case .acknowledge: self.init(.acknowledge, at: now)
        case .operate: self.init(.operate, at: now)
        case .sweep: self.init(.sweep, at: now + policy.delay(policy.sweepAfterEnd, 0))
        }
    }
}

extension OrderPlacement {
    /// The intent to place this checkout's order with that token: bytes rendered once, and a key that is always the same.
    init(for checkout: Checkout, token: AuthorizationToken, authorizedAt: Timestamp) {
        self.init(
            token: token,
            body: checkout.purchase.placeOrderBody(),
            idempotencyKey: derivedUUID("kassa place \(checkout.id) \(token.rawValue)"),
            authorizedAt: authorizedAt,
        )
    }
}
