public import Money
public import Wire

/// What a refund is asked to be. ``OrderParts/refund(amount:lines:)`` says what it gives back of the order.
public struct NewRefund: Sendable, Hashable {
    /// `nil`: all that was captured and is not refunded, or what the lines come to.
    public let amount: MinorUnits?
    public let lines: [RequestedLine]?
    public let description: String?
    public let reference: String?

    /// Reads the body of `POST /v1/checkouts/{id}/refunds`.
    ///
    /// - Throws: Every fault of the body at once.
    public init(json: JSON) throws(Faults) {
        guard let object = json.object else { throw Faults([Fault("", "must be an object")]) }
        var reader = ObjectReader(object)
        amount = reader.integer("amount", 1...OrderLineRules.amountMax).map { MinorUnits($0) }
        lines = RequestedLine.list(&reader, types: OrderLineRules.types + [RequestedLine.returnFee])
        description = reader.text("description", 0...255, .lines)
        reference = reader.text("reference", 1...255)
        reader.end()
        guard reader.faults.isEmpty else { throw Faults(reader.faults) }
    }
}
