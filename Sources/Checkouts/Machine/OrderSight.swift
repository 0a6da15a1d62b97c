internal import Klarna
internal import Money
internal import TimeAndChance
internal import Wire

/// What a reading of an order tells, compared with what is known of it: operations that are done after all, what was done
/// elsewhere, and the order as it now is.
///
/// Pure but for the ids of what it finds. It holds for the version of the checkout it was compared with, and for no other.
struct OrderSight {
    let checkout: Checkout
    let reading: OrderReading
    /// Pieces of news in the order in which they are to be told.
    private(set) var news: [Checkout.News] = []

    private let now: Timestamp
    private var chance: Chance
    private var unclaimed: [Shown] = []

    /// A capture or a refund that Klarna shows.
    private struct Shown {
        let effect: OrderEffect
        let id: String
        let amount: MinorUnits
        let reference: String?
        let at: Timestamp?
        let lines: [OrderLine]
    }

    init(_ reading: OrderReading, of checkout: Checkout, at now: Timestamp, _ surroundings: Surroundings) {
        self.reading = reading
        self.checkout = checkout
        self.now = now
        chance = Chance(surroundings)
        guard let known = checkout.order else { return }
        let taken = Set(checkout.operations.compactMap(\.klarnaID))
        unclaimed = shown.filter { !taken.contains($0.id) }
        for operation in checkout.operations where operation.isPending || operation.isNameless { claim(operation) }
        var order = Order(reading, of: checkout, placedAt: known.placedAt)
        for shown in unclaimed { news.append(.operationSeen(operation(of: shown))) }
        noteChanges(from: known, to: order)
        noteDisagreement(order)
        // A reading that lags behind does not take back what is known to have been done.
        order.keep(known, whatRemains: isInDisagreement)
        news.append(.orderRead(order))
    }

    /// Whether it shows that an operation took effect.
    func isDone(_ id: OrderOperation.ID) -> Bool {
        news.contains { if case .operationDone(let done, _) = $0 { done.id == id } else { false } }
    }

    var isInDisagreement: Bool {
        news.contains { if case .orderDisagrees(.some) = $0 { true } else { false } }
    }

    private var shown: [Shown] {
        let captures = (reading.captures ?? []).map { capture in
            Shown(
                effect: .capture,
                id: capture.id.rawValue,
                amount: capture.amount ?? .zero,
                reference: capture.reference,
                at: capture.capturedAt,
                lines: capture.orderLines ?? [],
            )
        }
        let refunds = (reading.refunds ?? []).map { refund in
            Shown(
                effect: .refund,
                id: refund.id.rawValue,
                amount: refund.amount ?? .zero,
                reference: refund.reference,
                at: refund.refundedAt,
                lines: refund.orderLines ?? [],
            )
        }
        return captures + refunds
    }

    /// Finds what an operation left behind whose outcome is not known. One that was never sent left nothing.
    private mutating func claim(_ operation: OrderOperation) {
        guard let since = operation.keySince else { return }
        switch operation.effect {
        case .capture, .refund:
            let alike = unclaimed.indices.filter { index in
                unclaimed[index].effect == operation.effect && unclaimed[index].amount == operation.amount
            }
            // Klarna shows references. As long as it keeps our key, sending again tells whose one without is; then this must.
            let nameless = alike.first { index in
                let shown = unclaimed[index]
                return (shown.reference ?? "").isEmpty && now >= since + OrderOperation.keyLife
                    && (shown.at ?? since) >= since - OrderSight.clockMargin
            }
            guard let own = alike.first(where: { unclaimed[$0].reference == operation.reference }) ?? nameless else {
                return
            }
            let id = unclaimed.remove(at: own).id
            news.append(
                operation.isPending
                    ? .operationDone(operation, klarnaID: id) : .operationNamed(operation.id, klarnaID: id)
            )
        case .cancel where reading.status?.uppercased() == "CANCELLED":
            news.append(.operationDone(operation, klarnaID: nil))
        case .release where reading.remainingAuthorizedAmount == .zero && (reading.capturedAmount ?? .zero) > .zero:
            news.append(.operationDone(operation, klarnaID: nil))
        case .acknowledge, .cancel, .release, .extendAuthorization, .updateAuthorization, .merchantReferences,
            .customerDetails, .shippingInfo, .captureShippingInfo, .sendOut, .extendDueDate:
            return
        }
    }

    /// For how long after an operation of ours a change of its kind that is seen is taken for it.
    private static let recent = Duration.seconds(3600)

    /// How far Klarna's times of what it did may lie before the times at which it was asked.
    private static let clockMargin = Duration.seconds(60)

    private mutating func operation(of shown: Shown) -> OrderOperation {
        let lines = checkout.orderLines
        let isPlacing =
            shown.effect == .capture && checkout.operations(.capture).isEmpty && checkout.isCapturedWhenPlaced
        var operation = OrderOperation(
            id: OrderOperation.ID(ULID(at: now, using: &chance), of: shown.effect),
            effect: shown.effect,
            amount: shown.amount,
            parts: shown.lines.map { line in
                LinePart(
                    index: lines.firstIndex { $0.reference == line.reference && $0.name == line.name },
                    line: line,
                )
            },
            reference: shown.reference,
            origin: isPlacing ? .placing : .elsewhere,
            createdAt: shown.at ?? now,
        )
        operation.outcome = .succeeded(klarnaID: shown.id)
        operation.settledAt = shown.at ?? now
        return operation
    }

    /// What changed that is no capture and no refund, and that no operation from here explains.
    private mutating func noteChanges(from known: Order, to order: Order) {
        func isOurs(_ effect: OrderEffect) -> Bool {
            checkout.operations(effect).contains { $0.isPending || $0.isDone(since: now - OrderSight.recent) }
        }
        if order.status != known.status {
            if order.status == "cancelled", !isOurs(.cancel) { news.append(.orderChanged(.cancelled)) }
            if order.status == "expired" { news.append(.orderChanged(.expired)) }
        }
        if order.authorizedAmount != known.authorizedAmount, !isOurs(.updateAuthorization) {
            news.append(.orderChanged(.amount(order.authorizedAmount)))
        }
        let isReleased =
            order.remainingAuthorizedAmount == .zero && known.remainingAuthorizedAmount > .zero
            && order.capturedAmount < order.authorizedAmount && order.capturedAmount > .zero
        if isReleased, order.status != "expired", !isOurs(.release) { news.append(.orderChanged(.released)) }
        if let before = known.expiresAt, let after = order.expiresAt, after > before, !isOurs(.extendAuthorization) {
            news.append(.orderChanged(.extended(until: after)))
        }
        if let fraud = order.fraudStatus, fraud != known.fraudStatus, known.fraudStatus != nil {
            news.append(.orderChanged(.fraudStatus(fraud)))
        }
    }

    /// Whether Klarna's sums are those of the captures and refunds it shows, and nothing that is known here is missing.
    private mutating func noteDisagreement(_ order: Order) {
        guard reading.captures != nil, reading.refunds != nil else { return }
        let sums = [OrderEffect.capture, .refund].map { effect in
            MinorUnits.sum(shown.filter { $0.effect == effect }.map(\.amount))
        }
        let ids = Set(shown.map(\.id))
        let isMissing = checkout.operations.contains { operation in
            guard operation.effect == .capture || operation.effect == .refund, let id = operation.klarnaID else {
                return false
            }
            return !ids.contains(id)
        }
        let agrees = sums == [order.capturedAmount, order.refundedAmount] && !isMissing
        if !agrees {
            news.append(.orderDisagrees(.orderDisagrees))
        } else if checkout.problem?.type == .orderDisagrees {
            news.append(.orderDisagrees(nil))
        }
    }
}

extension OrderOperation {
    /// Whether it moved money and Klarna did not say how it calls that.
    fileprivate var isNameless: Bool {
        guard effect == .capture || effect == .refund, case .succeeded(nil) = outcome else { return false }
        return true
    }

    fileprivate func isDone(since time: Timestamp) -> Bool {
        guard case .succeeded = outcome, let settledAt else { return false }
        return settledAt >= time
    }
}

extension Order {
    /// What has moved has moved.
    fileprivate mutating func keep(_ known: Order, whatRemains: Bool) {
        capturedAmount = max(capturedAmount, known.capturedAmount)
        refundedAmount = max(refundedAmount, known.refundedAmount)
        guard whatRemains else { return }
        remainingAuthorizedAmount = min(remainingAuthorizedAmount, known.remainingAuthorizedAmount)
    }
}

extension Checkout {
    /// Whether Klarna captures the whole order as it is placed.
    var isCapturedWhenPlaced: Bool { purchase.autoCapture || page.placeOrderMode == .captureOrder }
}

extension Problem {
    static let orderDisagrees = Problem(
        .orderDisagrees,
        "The captures and refunds that Klarna shows of the order are not those that are known here: compare them in the merchant portal.",
    )
}
