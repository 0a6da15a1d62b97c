public import Klarna
public import Money
internal import Wire

/// What is done with an order after it was placed.
extension Checkout {
    /// The lines that captures and refunds take their parts of: those that Klarna accepted last.
    public var orderLines: [OrderLine] { order?.lines ?? purchase.orderLines }

    /// The operation to be worked on: the oldest that is not settled.
    var pendingOperation: OrderOperation? { operations.first(where: \.isPending) }

    public func operation(_ id: OrderOperation.ID) -> OrderOperation? { operations.first { $0.id == id } }

    /// What may still be captured, counting captures whose outcome is not known as done.
    public var capturableAmount: MinorUnits {
        difference(order?.remainingAuthorizedAmount ?? .zero, pendingAmount(.capture))
    }

    /// What may still be refunded, counting refunds whose outcome is not known as done.
    public var refundableAmount: MinorUnits {
        let captured = difference(order?.capturedAmount ?? .zero, order?.refundedAmount ?? .zero)
        return difference(captured, pendingAmount(.refund))
    }

    /// The parts of lines that operations of one kind took, or may have taken.
    func parts(takenBy effect: OrderEffect) -> [LinePart] {
        operations.filter { $0.effect == effect && $0.mayCount }.flatMap(\.parts)
    }

    func operations(_ effect: OrderEffect) -> [OrderOperation] { operations.filter { $0.effect == effect } }

    private func pendingAmount(_ effect: OrderEffect) -> MinorUnits {
        let pending = operations(effect).filter(\.isPending).compactMap(\.amount)
        return MinorUnits.sum(pending) ?? MinorUnits(.max)
    }

    mutating func changeOperations(by news: News, at now: Timestamp) throws(IllegalTransition) -> [Effect] {
        guard status == .orderPlaced, order != nil else { throw illegal("operation") }
        switch news {
        case .operationOrdered(let operation):
            operations.append(operation)
            return [.operate]
        case .operationSent(let id, let at):
            try change(id) {
                $0.attempts.begin(at: at)
                $0.keySince = $0.keySince ?? at
            }
        case .operationWaits(let id, let answer): try change(id) { $0.attempts.end(with: answer) }
        case .operationRekeyed(let id): try change(id) { $0.rekey() }
        case .operationDone(let operation, let klarnaID): return try finish(operation.id, klarnaID, at: now)
        case .operationNamed(let id, let klarnaID):
            if let index = operations.firstIndex(where: { $0.id == id && $0.outcome == .succeeded(klarnaID: nil) }) {
                operations[index].outcome = .succeeded(klarnaID: klarnaID)
            }
        case .operationFailed(let operation, let problem):
            try change(operation.id) { operation in
                operation.outcome = .failed(problem)
                operation.settledAt = now
                operation.forgetWhatWasSent()
            }
        case .operationSeen(let operation):
            if !operations.contains(where: { $0.effect == operation.effect && $0.klarnaID == operation.klarnaID }) {
                operations.append(operation)
            }
        case .orderChanged(let change): take(in: change)
        case .orderDisagrees(let disagreement):
            if disagreement != nil || problem?.type == .orderDisagrees { problem = disagreement }
        case _: break
        }
        return []
    }

    /// Order Management was read: what it says of the order counts.
    mutating func replace(_ order: Order) throws(IllegalTransition) -> [Effect] {
        guard status == .orderPlaced, let known = self.order, known.orderID == order.orderID else {
            throw illegal("orderRead")
        }
        self.order = order
        self.order?.lines = known.lines
        return []
    }

    private mutating func change(
        _ id: OrderOperation.ID,
        _ change: (inout OrderOperation) -> Void,
    ) throws(IllegalTransition) {
        guard let index = operations.firstIndex(where: { $0.id == id && $0.isPending }) else {
            throw illegal("operation")
        }
        change(&operations[index])
    }

    /// What was asked for is done. The sums follow at once: Klarna's answer to an operation is to be trusted.
    private mutating func finish(
        _ id: OrderOperation.ID,
        _ klarnaID: String?,
        at now: Timestamp,
    ) throws(IllegalTransition) -> [Effect] {
        guard let operation = operation(id) else { throw illegal("operationDone") }
        guard let index = operations.firstIndex(where: { $0.id == id }) else { throw illegal("operationDone") }
        // Whoever told first was believed: by the answer, or by the reading that showed it.
        if case .succeeded = operation.outcome { return [] }
        operations[index].outcome = .succeeded(klarnaID: klarnaID)
        operations[index].settledAt = now
        operations[index].attempts.end()
        operations[index].forgetWhatWasSent()
        // A reading may have shown it before anybody knew whose it is; then the sums have it already.
        let seen = operations.firstIndex { other in
            other.id != id && other.effect == operation.effect && klarnaID != nil && other.klarnaID == klarnaID
        }
        if let seen { operations.remove(at: seen) } else { order?.takeIn(operation) }
        if let lines = operation.replacedLines { follow(lines) }
        if let references = operation.references { rename(references) }
        switch operation.effect {
        case .release, .extendAuthorization, .updateAuthorization: return [.readOrder]
        // What Klarna did not name is looked up.
        case .capture, .refund: return klarnaID == nil ? [.readOrder] : []
        case .acknowledge, .cancel, .merchantReferences, .customerDetails, .shippingInfo, .captureShippingInfo,
            .sendOut, .extendDueDate:
            return []
        }
    }

    /// What the order is called from now on. The name that it was placed under stays taken.
    private mutating func rename(_ references: MerchantReferences) {
        if holdsReference { placedReference = placedReference ?? merchantReference }
        if let first = references.first { purchase.merchantReference1 = first.isEmpty ? nil : first }
        if let second = references.second { purchase.merchantReference2 = second.isEmpty ? nil : second }
    }

    /// Parts that were taken of lines keep their line, where it is still there.
    private mutating func follow(_ lines: [OrderLine]) {
        let before = orderLines
        order?.lines = lines
        for operation in operations.indices {
            operations[operation].parts = operations[operation].parts.map { part in
                guard let index = part.index, before.indices.contains(index) else { return part }
                let known = before[index]
                let moved = lines.firstIndex { $0.reference == known.reference && $0.name == known.name }
                return LinePart(index: moved, line: part.line)
            }
        }
    }

    private mutating func take(in change: OrderChangeSeen) {
        switch change {
        case .fraudStatus(let status): order?.fraudStatus = status
        case .cancelled:
            order?.status = "cancelled"
            order?.remainingAuthorizedAmount = .zero
        case .expired:
            order?.status = "expired"
            order?.remainingAuthorizedAmount = .zero
        case .released: order?.remainingAuthorizedAmount = .zero
        case .extended(let end): order?.expiresAt = end
        case .amount(let amount): order?.authorizedAmount = amount
        }
    }

    func difference(_ whole: MinorUnits, _ part: MinorUnits) -> MinorUnits {
        max(.zero, whole.subtracting(part) ?? .zero)
    }
}

extension EffectAttempts {
    fileprivate mutating func end(with answer: Checkout.OperationAnswer) {
        switch answer {
        case .notSent: end()
        case .unanswered: loseAnswer()
        case .held: hold()
        case .refused(let answer, let at): countRefusal(answer, at: at)
        }
    }
}

extension Order {
    /// The sums after an operation succeeded.
    fileprivate mutating func takeIn(_ operation: OrderOperation) {
        let amount = operation.amount ?? .zero
        switch operation.effect {
        case .capture:
            capturedAmount = capturedAmount.adding(amount) ?? capturedAmount
            remainingAuthorizedAmount = max(.zero, remainingAuthorizedAmount.subtracting(amount) ?? .zero)
            status = remainingAuthorizedAmount == .zero ? "captured" : "part_captured"
        case .refund: refundedAmount = refundedAmount.adding(amount) ?? refundedAmount
        case .cancel:
            status = "cancelled"
            remainingAuthorizedAmount = .zero
        case .release: remainingAuthorizedAmount = .zero
        case .updateAuthorization:
            authorizedAmount = amount
            remainingAuthorizedAmount = max(.zero, amount.subtracting(capturedAmount) ?? .zero)
        case .acknowledge, .extendAuthorization, .merchantReferences, .customerDetails, .shippingInfo,
            .captureShippingInfo, .sendOut, .extendDueDate:
            break
        }
    }
}
