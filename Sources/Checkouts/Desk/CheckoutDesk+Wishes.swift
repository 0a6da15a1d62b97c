internal import Klarna
internal import Money
internal import TimeAndChance
internal import Wire

/// What an operation is to be made of.
struct Wish {
    var amount: MinorUnits?
    var parts: [LinePart] = []
    var replacedLines: [OrderLine]?
    var references: MerchantReferences?
    var reference: String?
    var body: [UInt8] = []
}

extension CheckoutDesk {
    /// Writes an operation down, unless the same request did so already, and waits for its outcome.
    func operate(
        on id: Checkout.ID,
        _ effect: OrderEffect,
        for asker: Asker?,
        _ wish: (Checkout, OrderOperation.ID) throws(DeskError) -> Wish,
    ) async throws(DeskError) -> Operated {
        try await outcome(of: try await order(on: id, effect, for: asker, wish), on: id)
    }

    /// Waits for what becomes of an operation.
    func outcome(of operationID: OrderOperation.ID, on id: Checkout.ID) async throws(DeskError) -> Operated {
        let after = try await awaiting(id) { $0.operation(operationID)?.isPending != true }
        guard let operation = after.operation(operationID) else { throw .notFound }
        guard case .succeeded = operation.outcome, operation.effect.isSeenByReadingOnly else {
            return Operated(operation: operation, checkout: after)
        }
        // It is done whether or not Klarna shows it now.
        let seen = (try? await readPlacedOrder(after, because: .api)) ?? after
        return Operated(operation: operation, checkout: seen)
    }

    /// Writes an operation down, unless the same request did so already.
    func order(
        on id: Checkout.ID,
        _ effect: OrderEffect,
        for asker: Asker?,
        _ wish: (Checkout, OrderOperation.ID) throws(DeskError) -> Wish,
    ) async throws(DeskError) -> OrderOperation.ID {
        let checkout = try await checkout(id)
        var chance = Chance(surroundings)
        let now = now
        let operationID = OrderOperation.ID(ULID(at: now, using: &chance), of: effect)
        var made: Result<OrderOperation.ID, DeskError> = .failure(.notFound)
        try await settle(checkout, because: .api, claim: asker?.claim) { current in
            if let known = current.underWay(effect, askedBy: asker?.requestKey) {
                made = .success(known.id)
                return []
            }
            do throws(DeskError) {
                try current.requireOrder()
                let wish = try wish(current, operationID)
                let operation = OrderOperation(
                    id: operationID,
                    effect: effect,
                    amount: wish.amount,
                    parts: wish.parts,
                    replacedLines: wish.replacedLines,
                    references: wish.references,
                    reference: wish.reference,
                    requestKey: asker?.requestKey,
                    createdAt: now,
                    body: wish.body,
                )
                made = .success(operationID)
                return [.operationOrdered(operation)]
            } catch {
                made = .failure(error)
                return []
            }
        }
        return try made.get()
    }
}

extension OrderEffect {
    /// Whether only Klarna knows what the order is like afterwards: until when it is authorized, whether it is closed.
    fileprivate var isSeenByReadingOnly: Bool {
        switch self {
        case .release, .extendAuthorization: true
        case _: false
        }
    }
}

/// Faults of a body, in the words of the desk.
func fitting<Value>(_ work: () throws(Faults) -> Value) throws(DeskError) -> Value {
    do throws(Faults) {
        return try work()
    } catch {
        throw .invalid(error)
    }
}
