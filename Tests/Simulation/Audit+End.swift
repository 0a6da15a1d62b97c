import Checkouts
import Klarna
import KlarnaSandbox
import Wire

/// As time goes by.
extension Audit {
    /// Once nothing goes wrong any more, whoever may be paying is looked after: whatever was missed is found in time.
    func checkCare() {
        let patience: Int64 = 45 * 60_000
        for id in run.memory.ids {
            guard let checkout = run.memory.checkouts[id], let page = checkout.sessions?.hppSessionID.rawValue,
                !checkout.status.isFinal
            else { continue }
            // Who waits for another checkout of the same sale is only looked at here.
            let sent = placings[id] ?? 0
            let seen = max(readings[page] ?? 0, sent, openings[id] ?? 0, run.weather.healsAt)
            require(run.scheduler.now - seen <= patience, "I13", "nobody looks after \(id)")
        }
    }
}

/// What people were told.
extension Audit {
    func answered(key: String, _ id: Checkout.ID, url: String?) {
        let before = checkoutsByKey[key] ?? id
        // A charge that certainly failed may be asked for again under its key.
        let isAnother = before != id && run.memory.checkouts[before]?.status != .orderFailed
        require(!isAnother, "I1", "\(key) has opened two checkouts")
        checkoutsByKey[key] = id
        if let url { shown(id, url) }
    }

    /// A shopper is sent to a page.
    func shown(_ id: Checkout.ID, _ url: String) {
        let isIts = pages.values.contains { $0.id == id && $0.url == url }
        require(isIts, "I3", "\(id) is shown at a page it does not have")
    }

    /// Whoever asked for something has an answer.
    func done(_ errand: Errand, _ id: Checkout.ID, _ status: Int?) {
        guard status == 200, case .change(let body) = errand, let checkout = run.memory.checkouts[id] else { return }
        let named: [(String, OrderEffect)] = [
            ("merchant_reference2", .merchantReferences), ("shipping_address", .customerDetails),
            ("shipping_info", .shippingInfo), ("order_lines", .updateAuthorization),
        ]
        for (name, effect) in named where body[name] != nil {
            let isDone = checkout.operations.contains { $0.effect == effect && $0.klarnaID == nil && !$0.isPending }
            require(isDone, "I5", "\(name) of \(id) counts as changed and is not")
        }
    }

    func acknowledged(_ eventID: String, _ id: Checkout.ID) { acknowledgements.append((eventID, id)) }

    func approved(_ id: Checkout.ID) {
        if approvals[id] == nil { approvals[id] = run.scheduler.now }
    }
}

/// When everything is over.
extension Audit {
    func finish() {
        for (eventID, id) in acknowledgements {
            let isThere =
                run.memory.events[id]?.contains { $0.event.eventID == eventID } ?? false
                || run.memory.orphans.contains { $0.eventID == eventID }
            require(isThere, "I10", "the callback \(eventID) of \(id) was acknowledged and is not recorded")
        }
        var byKey: [JSON: Checkout.ID] = [:]
        for id in run.memory.ids {
            guard let checkout = run.memory.checkouts[id], let key = checkout.metadata["key"] else { continue }
            if checkout.chargedToken != nil, checkout.status == .orderFailed { continue }
            require(byKey[key] == nil, "I1", "one request has opened \(id) and another checkout")
            byKey[key] = id
        }
        for record in run.klarna.records() { finish(record) }
        finishOrders()
    }

    private func finish(_ record: SessionRecord) {
        let checkout = run.memory.ids.lazy.compactMap { self.run.memory.checkouts[$0] }
            .first { $0.sessions?.hppSessionID.rawValue == record.hppSessionID }
        guard let checkout else {
            // A page that was made twice: the other one is known, around the same payment session.
            let isKnown = run.memory.ids.contains {
                run.memory.checkouts[$0]?.sessions?.paymentSessionID.rawValue == record.paymentSessionID
            }
            let isDead = pages[record.hppSessionID] == nil || !record.isOpen
            require(isDead, "I3", "a page that another one follows is open")
            require(isKnown || record.orderID == nil, "I1", "the order \(record.orderID ?? "") belongs to no checkout")
            return
        }
        let id = checkout.id
        if let order = record.orderID {
            let isKnown = checkout.status == .orderPlaced && checkout.order?.orderID.rawValue == order
            require(
                isKnown || checkout.status == .needsReview,
                "I2",
                "the order of \(id) exists, which is \(checkout.status.rawValue) \(checkout.problem?.type.rawValue ?? "")",
            )
        } else if record.status == .completed {
            let isTold =
                checkout.problem != nil || checkout.surplusAuthorizations.isEmpty == false
                || checkout.status == .tokenized
            require(isTold, "I2", "\(id) was paid for, and is silently \(checkout.status.rawValue)")
        }
        for consent in record.authorizations where consent.state == .live && checkout.status != .needsReview {
            // Of an authorization that became a customer token nothing is reserved.
            if checkout.terms.intent == .tokenize { continue }
            let isKnown = intents[consent.token] != nil
            // By a clock that was set forward its hour is over, and that is told.
            let isLapsed =
                run.clockSetForwardAt != nil
                && run.memory.events[id]?.contains { $0.event.type == "authorization.lapsed" } ?? false
            require(!isKnown || isLapsed, "I2", "\(id) is \(checkout.status.rawValue) and keeps an authorization")
        }
        checkTimely(checkout, record)
        checkSweeps(checkout, record)
    }

    /// What ended without an order was read again when no authorization could come any more of a shopper who was
    /// quicker.
    private func checkSweeps(_ checkout: Checkout, _ record: SessionRecord) {
        guard [.cancelled, .disabled, .expired].contains(checkout.status),
            let end = endings[checkout.id]
        else { return }
        // By a clock that was set forward meanwhile that time is over sooner.
        guard run.clockSetForwardAt ?? 0 < end else { return }
        let last = readings[record.hppSessionID] ?? 0
        require(
            last >= end + 3_600_000,
            "I2",
            "nobody looks again at \(checkout.id), which is \(checkout.status.rawValue)",
        )
    }

    /// Who paid while there was time enough without trouble gets an order.
    private func checkTimely(_ checkout: Checkout, _ record: SessionRecord) {
        guard let approvedAt = approvals[checkout.id] else { return }
        let behaviour = run.klarna.world.behaviour
        let calm = approvedAt + 3_600_000 - max(run.weather.healsAt, approvedAt)
        // Only one checkout of a sale is paid, where the merchant wishes that; another one waits for its end.
        let mayGiveWay =
            run.policy.sameReference == .release
            && run.memory.ids.contains {
                $0 != checkout.id && run.memory.checkouts[$0]?.merchantReference == checkout.merchantReference
                    && run.memory.checkouts[$0]?.sessions != nil
            }
        // Who stands before Klarna may refuse as well, and is believed when it does so for long enough.
        let isRefused =
            checkout.problem?.type == .orderRejected
            || run.memory.events[checkout.id]?.contains { $0.event.type == "order.next_authorization" } ?? false
        guard calm >= 45 * 60_000, behaviour.placeTrouble == nil, !mayGiveWay, !isRefused else { return }
        let isHidden = checkout.status == .needsReview && record.orderID != nil
        let mayBeToken = checkout.terms.intent == .tokenize
        require(
            checkout.status == .orderPlaced || isHidden || mayBeToken,
            "I2",
            "\(checkout.id) was paid in time and is \(checkout.status.rawValue)",
        )
    }
}
