import Checkouts
import Klarna
import KlarnaSandbox
import Money
import Wire

/// What is to be done with orders, as it is written down.
extension Audit {
    /// What was written down of an operation before anything of it was sent.
    struct OperationIntent {
        let checkoutID: Checkout.ID
        let orderID: String
        let effect: OrderEffect
        let reference: String
        let body: [UInt8]
        var keys: Set<String> = []
        var attempts = 0
        var arrivals = 0
        /// How often Klarna said that it is done.
        var acceptances = 0
        /// How often it took effect, where the books tell.
        var effects = 0
    }

    func committedOperations(_ before: Checkout?, _ after: Checkout) {
        guard let order = after.order else { return }
        checkSums(after, order)
        let earlier = Dictionary(uniqueKeysWithValues: (before?.operations ?? []).map { ($0.id, $0) })
        require(after.operations.count >= earlier.count, "I8", "\(after.id) forgets an operation")
        for operation in after.operations {
            guard let known = earlier[operation.id] else {
                begun(operation, of: after, order)
                continue
            }
            guard known != operation else { continue }
            if known.isPending {
                follow(known, operation, of: after)
            } else {
                named(known, operation, of: after)
            }
        }
    }

    /// 0 <= refunded <= captured <= authorized, by what is written down.
    private func checkSums(_ checkout: Checkout, _ order: Order) {
        let isSound =
            order.refundedAmount >= .zero && order.refundedAmount <= order.capturedAmount
            && order.capturedAmount <= order.authorizedAmount
            && order.capturedAmount.value + order.remainingAuthorizedAmount.value <= order.authorizedAmount.value
        require(isSound, "I9", "the sums of \(checkout.id) cannot be")
    }

    /// What is settled stays as it is; only what Klarna calls it may become known later.
    private func named(_ before: OrderOperation, _ after: OrderOperation, of checkout: Checkout) {
        guard case .succeeded(nil) = before.outcome, case .succeeded(let klarnaID?) = after.outcome else {
            let isFollowing = before.outcome == after.outcome && before.parts != after.parts
            return require(isFollowing, "I8", "\(after.id) of \(checkout.id) changes after it is settled")
        }
        succeeded(after, klarnaID)
    }

    private func begun(_ operation: OrderOperation, of checkout: Checkout, _ order: Order) {
        guard operation.origin == .api else { return found(operation, of: checkout, order) }
        require(operation.isPending && operation.attempts.count == 0, "I4", "\(operation.id) begins in its middle")
        func pending(_ effect: OrderEffect) -> Int64 {
            checkout.operations.filter { $0.effect == effect && $0.isPending }.compactMap(\.amount?.value).reduce(0, +)
        }
        switch operation.effect {
        case .capture:
            let all = order.capturedAmount.value + pending(.capture)
            require(all <= order.authorizedAmount.value, "I9", "\(checkout.id) may capture more than is authorized")
            let book = books[order.orderID.rawValue]
            require(book?.fraudStatus != "PENDING", "I9", "\(checkout.id) captures what Klarna still looks at")
        case .refund:
            let all = order.refundedAmount.value + pending(.refund)
            require(all <= order.capturedAmount.value, "I9", "\(checkout.id) may refund more than is captured")
        case .acknowledge, .cancel, .release, .extendAuthorization, .updateAuthorization, .merchantReferences,
            .customerDetails, .shippingInfo, .captureShippingInfo, .sendOut, .extendDueDate:
            break
        }
        operations[operation.id] = OperationIntent(
            checkoutID: checkout.id,
            orderID: order.orderID.rawValue,
            effect: operation.effect,
            reference: operation.reference,
            body: operation.body,
        )
        note(operation)
    }

    private func note(_ operation: OrderOperation) {
        operations[operation.id]?.keys.insert(operation.idempotencyKey)
        operations[operation.id]?.attempts = operation.attempts.count
        operationsByKey[operation.idempotencyKey] = operation.id
    }

    /// What was done elsewhere is in Klarna's books, and not by an operation from here.
    private func found(_ operation: OrderOperation, of checkout: Checkout, _ order: Order) {
        let move = operation.klarnaID.flatMap { books[order.orderID.rawValue]?.moves[$0] }
        guard let move else { return note("I5", "\(checkout.id) knows of something that is not in Klarna's books") }
        require(move.amount == operation.amount?.value, "I5", "\(checkout.id) knows of another amount than Klarna")
        guard run.klarna.world.behaviour.honoursOrderManagementKeys, let cause = move.operation,
            let own = checkout.operation(cause)
        else { return }
        require(own.mayCount == false, "I5", "\(cause) of \(checkout.id) counts as somebody else's")
        note("I6", "\(cause) of \(checkout.id) is done and was given up")
    }

    private func follow(_ before: OrderOperation, _ after: OrderOperation, of checkout: Checkout) {
        if after.isPending {
            require(before.body == after.body, "I7", "\(after.id) is rendered anew")
            if before.idempotencyKey != after.idempotencyKey { renewed(before, of: checkout) }
            note(after)
        }
        checkAttempt(before, after)
        switch after.outcome {
        case .pending: break
        case .succeeded(let klarnaID): succeeded(after, klarnaID)
        case .failed(let problem): failed(before, problem)
        }
    }

    /// Another key is another request to Klarna: only once the first one is proved not to have happened.
    private func renewed(_ operation: OrderOperation, of checkout: Checkout) {
        run.coverage.count("operation", "renewed")
        let age = operation.keySince.map { run.klarna.now.milliseconds - $0.milliseconds } ?? 0
        let isClockSet = run.clockSetForwardAt != nil
        require(age >= 23 * 3_600_000 || isClockSet, "I7", "\(operation.id) takes another key while the first is good")
        require(operations[operation.id]?.effects == 0, "I6", "\(operation.id) is done and begins anew")
        require(!isUnderWay(operation.id), "I6", "\(operation.id) begins anew while it may still be done")
    }

    private func succeeded(_ operation: OrderOperation, _ klarnaID: String?) {
        guard let intent = operations[operation.id] else { return }
        let book = books[intent.orderID]
        switch operation.effect {
        case .capture, .refund:
            let move = klarnaID.flatMap { book?.moves[$0] }
            // Whoever does not say its id has it in the books all the same.
            let isDone = klarnaID == nil ? intent.effects > 0 : move?.operation == operation.id
            // Once Klarna keeps the key no more, what has its amount and no reference counts as its own: rather that than twice.
            let age = operation.keySince.map { run.klarna.now.milliseconds - $0.milliseconds } ?? 0
            if move != nil, move?.operation == nil, age >= 23 * 3_600_000 || run.clockSetForwardAt != nil { break }
            require(
                isDone,
                "I5",
                "\(operation.id) of \(intent.checkoutID) counts as done and is not in Klarna's books",
            )
        case .cancel: require(book?.status == "CANCELLED", "I5", "\(operation.id) counts as done and is not")
        case .release: require(book?.remaining == 0, "I5", "\(operation.id) counts as done and is not")
        case .updateAuthorization:
            let isDone = intent.acceptances > 0 || book?.authorized == operation.amount?.value
            require(isDone, "I5", "\(operation.id) counts as done and is not")
        case .extendAuthorization, .merchantReferences, .customerDetails, .shippingInfo, .captureShippingInfo, .sendOut,
            .extendDueDate, .acknowledge:
            require(intent.acceptances > 0, "I5", "\(operation.id) counts as done and Klarna never said so")
        }
    }

    private func failed(_ operation: OrderOperation, _ problem: Problem) {
        guard let intent = operations[operation.id] else { return }
        run.coverage.count("operation", "failed")
        // Of what no reading shows it may never be known whether it is done; then that is told.
        let isToldUnknown = problem.type == .operationUnknown && ![.capture, .refund].contains(operation.effect)
        guard !isToldUnknown else { return run.coverage.count("operation", "unknown") }
        require(intent.effects == 0 && intent.acceptances == 0, "I6", "\(operation.id) is done and counts as failed")
        require(!isUnderWay(operation.id), "I6", "\(operation.id) counts as failed while it may still be done")
    }

    /// What is written down of an attempt that ended is what happened to it, or less.
    private func checkAttempt(_ before: OrderOperation, _ after: OrderOperation) {
        guard before.attempts.inFlightSince != nil, after.attempts.inFlightSince == nil, after.isPending,
            before.idempotencyKey == after.idempotencyKey,
            let sending = run.klarna.sendings.last(where: { $0.subject == .operation(before.id) })
        else { return }
        switch sending.heard {
        case .nothing, .lost:
            let (old, new) = (before.attempts, after.attempts)
            require(new.unansweredAt != nil, "I6", "\(after.id) forgets that an attempt was not answered")
            require(new.refusals == old.refusals, "I6", "\(after.id) takes silence for a refusal")
        case .notSent, .answered: break
        }
    }

    private func isUnderWay(_ id: OrderOperation.ID) -> Bool {
        run.klarna.sendings.contains {
            $0.subject == .operation(id) && $0.mayArrive && run.scheduler.now < $0.sentAt + Audit.horizon
        }
    }
}
