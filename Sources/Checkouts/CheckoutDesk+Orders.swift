public import Klarna
internal import Money
internal import TimeAndChance
internal import Wire

/// What merchants ask to be done with a placed order. Each wish is written down with everything that will be sent, and worked
/// off by a job; whoever asked waits for the outcome as long as patience lasts.
extension CheckoutDesk {
    /// An operation, and the checkout as it was seen last.
    public struct Operated: Sendable {
        public let operation: OrderOperation
        public let checkout: Checkout
    }

    /// Whose repeatable request asks for something.
    public struct Asker: Sendable, Hashable {
        /// The claim on the idempotency key.
        public let claim: IdempotencyClaim

        public init(_ claim: IdempotencyClaim) { self.claim = claim }

        /// By which an operation is known to be this request's.
        var requestKey: String { derivedUUID("kassa request \(claim.scope)|\(claim.key)") }
    }

    /// Captures some of the order or all that remains.
    ///
    /// - Throws: ``DeskError/notAllowed(_:reason:)`` where the order's state forbids it, ``DeskError/invalid(_:)`` where it does
    ///   not fit what remains.
    public func capture(_ id: Checkout.ID, _ new: NewCapture, for asker: Asker? = nil) async throws(DeskError)
        -> Operated
    {
        try await operate(on: id, .capture, for: asker) { checkout, operationID throws(DeskError) in
            try checkout.requireCapturable()
            let part = try fitting { () throws(Faults) in
                try checkout.orderParts.capture(amount: new.amount, lines: new.lines)
            }
            let reference = new.reference ?? operationID.rawValue
            let request = CaptureRequest(
                amount: part.amount,
                description: new.description,
                reference: reference,
                lines: part.parts.map(\.line),
                shippingInfo: new.shippingInfo,
            )
            return Wish(amount: part.amount, parts: part.parts, reference: reference, body: request.bytes)
        }
    }

    /// Gives back some of what was captured or all of it.
    public func refund(_ id: Checkout.ID, _ new: NewRefund, for asker: Asker? = nil) async throws(DeskError) -> Operated
    {
        try await operate(on: id, .refund, for: asker) { checkout, operationID throws(DeskError) in
            guard checkout.order?.status != "cancelled" else {
                throw .notAllowed(checkout, reason: "The order is cancelled.")
            }
            let part = try fitting { () throws(Faults) in
                try checkout.orderParts.refund(amount: new.amount, lines: new.lines)
            }
            let reference = new.reference ?? operationID.rawValue
            let request = RefundRequest(
                amount: part.amount,
                description: new.description,
                reference: reference,
                lines: part.parts.map(\.line),
            )
            return Wish(amount: part.amount, parts: part.parts, reference: reference, body: request.bytes)
        }
    }

    /// Cancels an order of which nothing was captured.
    public func cancelOrder(_ id: Checkout.ID, for asker: Asker? = nil) async throws(DeskError) -> Operated {
        try await operate(on: id, .cancel, for: asker) { checkout, _ throws(DeskError) in
            try checkout.requireOpen()
            guard checkout.order?.capturedAmount == .zero, !checkout.isPending(.capture) else {
                throw .notAllowed(
                    checkout,
                    reason: "Some of the order is captured: refund that and release the rest instead.",
                )
            }
            return Wish()
        }
    }

    /// Gives back what is authorized and not captured.
    public func releaseRemaining(_ id: Checkout.ID, for asker: Asker? = nil) async throws(DeskError) -> Operated {
        try await operate(on: id, .release, for: asker) { checkout, _ throws(DeskError) in
            try checkout.requireOpen()
            try checkout.requireSettledAuthorization()
            guard let order = checkout.order, order.capturedAmount > .zero else {
                throw .notAllowed(checkout, reason: "Nothing of the order is captured: cancel it instead.")
            }
            guard order.remainingAuthorizedAmount > .zero, !checkout.isPending(.capture) else {
                throw .notAllowed(checkout, reason: "Nothing remains to be released.")
            }
            return Wish()
        }
    }

    /// Has Klarna keep the authorization for longer: 28 days from today, unless the merchant's agreement says otherwise.
    public func extendAuthorization(_ id: Checkout.ID, for asker: Asker? = nil) async throws(DeskError) -> Operated {
        try await operate(on: id, .extendAuthorization, for: asker) { checkout, _ throws(DeskError) in
            try checkout.requireOpen()
            return Wish()
        }
    }

    /// Tells Klarna how a captured part travels, later than with the capture.
    public func addShippingInfo(
        _ info: [ShippingInfo],
        to capture: OrderOperation.ID,
        of id: Checkout.ID,
        for asker: Asker? = nil,
    ) async throws(DeskError) -> Operated {
        let captureID = try await klarnaID(ofCapture: capture, of: id)
        return try await operate(on: id, .captureShippingInfo(captureID), for: asker) { _, _ throws(DeskError) in
            Wish(body: info.bytes)
        }
    }

    /// Has Klarna send the shopper the invoice of a capture once more.
    public func sendOut(
        _ capture: OrderOperation.ID,
        of id: Checkout.ID,
        for asker: Asker? = nil,
    ) async throws(DeskError) -> Operated {
        let captureID = try await klarnaID(ofCapture: capture, of: id)
        return try await operate(on: id, .sendOut(captureID), for: asker) { _, _ throws(DeskError) in Wish() }
    }

    /// Gives the shopper more days to pay a capture, by one of the options that Klarna offers.
    public func extendDueDate(
        by days: Int64,
        of capture: OrderOperation.ID,
        of id: Checkout.ID,
        for asker: Asker? = nil,
    ) async throws(DeskError) -> Operated {
        let captureID = try await klarnaID(ofCapture: capture, of: id)
        return try await operate(on: id, .extendDueDate(captureID), for: asker) { _, _ throws(DeskError) in
            Wish(body: DueDateExtension(days: days).bytes)
        }
    }

    /// By how many days the due date of a capture can be extended, and at what price.
    public func dueDateOptions(
        of capture: OrderOperation.ID,
        of id: Checkout.ID,
    ) async throws(DeskError) -> DueDateOptions {
        let captureID = try await klarnaID(ofCapture: capture, of: id)
        let checkout = try await checkout(id)
        guard let order = checkout.order else { throw .notFound }
        let client = try client(for: checkout)
        return try await asking { () async throws(KlarnaError) in
            try await client.dueDateOptions(order.orderID, captureID)
        }
    }

    private func klarnaID(
        ofCapture capture: OrderOperation.ID,
        of id: Checkout.ID,
    ) async throws(DeskError) -> CaptureID {
        let checkout = try await checkout(id)
        guard let operation = checkout.operation(capture), operation.effect == .capture else { throw .notFound }
        guard let klarnaID = operation.klarnaID else {
            throw .notAllowed(checkout, reason: "The capture is not done, or is not known to be.")
        }
        return CaptureID(rawValue: klarnaID)
    }
}

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
        return Operated(operation: operation, checkout: after)
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

extension Checkout {
    /// What has moved and what may have, for deciding on what is to move next.
    var orderParts: OrderParts {
        OrderParts(
            lines: orderLines,
            country: purchase.country,
            captured: parts(takenBy: .capture),
            refunded: parts(takenBy: .refund),
            amounts: OrderParts.Amounts(
                captured: order?.capturedAmount ?? .zero,
                refunded: difference(order?.capturedAmount ?? .zero, refundableAmount),
                remaining: capturableAmount,
            ),
            captureCount: operations(.capture).count { $0.mayCount },
        )
    }

    func isPending(_ effect: OrderEffect) -> Bool { operations(effect).contains(where: \.isPending) }

    /// An operation that the same request asked for, or, of those that it makes no sense to do twice at a time, the one under
    /// way: a double click is one wish.
    fileprivate func underWay(_ effect: OrderEffect, askedBy requestKey: String?) -> OrderOperation? {
        if let requestKey, let known = operations(effect).last(where: { $0.requestKey == requestKey }) {
            return known.mayCount ? known : nil
        }
        switch effect {
        case .cancel, .release, .extendAuthorization, .acknowledge, .sendOut:
            return operations(effect).first(where: \.isPending)
        case .capture, .refund, .updateAuthorization, .merchantReferences, .customerDetails, .shippingInfo,
            .captureShippingInfo, .extendDueDate:
            return nil
        }
    }

    fileprivate func requireOrder() throws(DeskError) {
        guard status == .orderPlaced, order != nil else {
            throw .notAllowed(self, reason: "The checkout is \(status.rawValue): it has no order.")
        }
        guard operations.count < Checkout.operationsMax.all else {
            throw .notAllowed(self, reason: "More was done with this order than is kept of one.")
        }
        guard operations.reduce(0, { $0 + $1.parts.count }) < Checkout.partsMax else {
            throw .notAllowed(
                self,
                reason: "The order was taken apart into more parts than are kept: name amounts alone.",
            )
        }
        guard operations.count(where: \.isPending) < Checkout.operationsMax.pending else {
            throw .notAllowed(self, reason: "Too much waits to be done with this order: try again later.")
        }
    }

    /// Throws while it is not known how much is authorized, and of what.
    fileprivate func requireSettledAuthorization() throws(DeskError) {
        guard !isPending(.updateAuthorization) else {
            throw .notAllowed(self, reason: "What is authorized is being changed: try again once that is known.")
        }
    }

    /// So many operations are kept with one order, and so many may wait to be done.
    private static let operationsMax = (all: 1000, pending: 20)

    /// So many parts of lines are kept with one order.
    private static let partsMax = 20_000

    /// Throws unless the order can still be changed.
    func requireOpen() throws(DeskError) {
        switch order?.status {
        case "cancelled", "expired":
            throw .notAllowed(self, reason: "The order is \(order?.status ?? "").")
        case _: break
        }
        guard !isPending(.cancel), !isPending(.release) else {
            throw .notAllowed(self, reason: "The order is being cancelled, or what remains of it released.")
        }
    }

    fileprivate func requireCapturable() throws(DeskError) {
        try requireOpen()
        try requireSettledAuthorization()
        switch order?.fraudStatus {
        case "PENDING":
            throw .notAllowed(
                self,
                reason: "Klarna still looks at the risk of the order: nothing may be captured yet.",
            )
        case "REJECTED", "STOPPED":
            throw .notAllowed(self, reason: "Klarna rejected the risk of the order: nothing may be captured.")
        case _: break
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
