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
