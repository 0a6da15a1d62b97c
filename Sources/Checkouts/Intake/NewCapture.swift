public import Klarna
public import Money
public import Wire

/// What a capture is asked to be. ``OrderParts/capture(amount:lines:)`` says what it takes of the order.
public struct NewCapture: Sendable, Hashable {
    /// `nil`: all that remains, or what the lines come to.
    public let amount: MinorUnits?
    public let lines: [RequestedLine]?
    public let description: String?
    public let reference: String?
    public let shippingInfo: [ShippingInfo]

    /// Reads the body of `POST /v1/checkouts/{id}/captures`.
    ///
    /// - Throws: Every fault of the body at once.
    public init(json: JSON) throws(Faults) {
        guard let object = json.object else { throw Faults([Fault("", "must be an object")]) }
        var reader = ObjectReader(object)
        amount = reader.integer("amount", 1...OrderLineRules.amountMax).map { MinorUnits($0) }
        lines = RequestedLine.list(&reader, types: OrderLineRules.types)
        description = reader.text("description", 0...255, .lines)
        reference = reader.text("reference", 1...255)
        shippingInfo = ShippingInfo.list(&reader)
        reader.end()
        guard reader.faults.isEmpty else { throw Faults(reader.faults) }
    }
}
