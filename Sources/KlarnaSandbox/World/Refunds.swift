import Money
import Wire

/// Money that went back to the shopper.
struct Refund: Sendable {
    let id: String
    let amount: Int64
    let refundedAt: Timestamp
    /// `description` and `reference`.
    let details: JSONObject
    let lines: [JSON]

    /// Klarna Order Management v1, `GET .../refunds/{refund_id}`.
    var reading: JSON {
        var reading: JSONObject = [
            "refund_id": .string(id), "refunded_amount": .integer(amount),
            "refunded_at": .string(refundedAt.description),
        ]
        reading = reading.merging(details)
        reading["order_lines"] = .array(lines)
        return .object(reading)
    }
}

extension Order {
    /// Refunds what is asked for.
    ///
    /// - Throws: 403 `REFUND_NOT_ALLOWED` when less was captured and not refunded yet.
    mutating func refund(_ body: JSONObject, id: String, at now: Timestamp) throws(KlarnaRefusal) {
        let amount = body.integer("refunded_amount") ?? 0
        guard !captures.isEmpty else { throw .refundNotAllowed("Order has no captures. Refund not possible") }
        guard amount <= capturedAmount - refundedAmount else {
            throw .refundNotAllowed("Over refund is not allowed. Refund not possible.")
        }
        let lines = Order.filledIn(body["order_lines"])
        allot(amount, lines)
        refunds.append(
            Refund(
                id: id,
                amount: amount,
                refundedAt: now,
                details: body.keeping(["description", "reference"]),
                lines: lines,
            )
        )
    }

    /// Takes the amount from the captures with the refund's lines first, then from the others, the oldest first.
    private mutating func allot(_ amount: Int64, _ lines: [JSON]) {
        let references = Set(lines.compactMap { $0["reference"]?.string }).subtracting([""])
        let isMeant = captures.map { capture in
            capture.lines.contains { references.contains($0["reference"]?.string ?? "") }
        }
        var open = amount
        for index in captures.indices.filter({ isMeant[$0] }) + captures.indices.filter({ !isMeant[$0] }) {
            let part = min(open, captures[index].amount - captures[index].refundedAmount)
            captures[index].refundedAmount += part
            open -= part
        }
    }
}

/// Klarna Order Management v1: what is done with refunds.
extension SandboxWorld {
    mutating func createRefund(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let id = identifiers.uuid()
        try changeOrder(call, "Refund not possible.") { order throws(KlarnaRefusal) in
            try OrderManagementRules.check(call.body, OrderManagementRules.refund)
            try OrderManagementRules.checkReturnFees(call.body, order)
            try order.refund(call.body, id: id, at: call.now)
        }
        return KlarnaAnswer(201, fields: ["Refund-Id": id, "Location": "\(orderURL(call))/refunds/\(id)"])
    }

    func readRefund(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let id = call["refund_id"]
        guard let refund = try order(call).refunds.first(where: { $0.id == id.lowercased() }) else {
            throw KlarnaRefusal(404, "NOT_FOUND", "Refund \(id) cannot be found for order \(call.id)")
        }
        return KlarnaAnswer(200, json: refund.reading)
    }
}

extension OrderManagementRules {
    /// Where a merchant may keep a fee of what it pays back.
    private static let returnFeeCountries: Set = [
        "AT", "AU", "CZ", "DE", "DK", "ES", "FI", "FR", "GR", "IE", "IT", "NL", "NO", "PT", "SE",
    ]

    /// Fees exist in refunds only.
    static func refuseReturnFees(_ body: JSONObject) throws(KlarnaRefusal) {
        guard returnFees(body).isEmpty else { throw .unprocessable(["The order_lines/type value is invalid"]) }
    }

    /// With a fee, the amount is exactly that of the lines, and the order was captured at once.
    static func checkReturnFees(_ body: JSONObject, _ order: Order) throws(KlarnaRefusal) {
        let fees = returnFees(body)
        guard !fees.isEmpty else { return }
        guard fees.allSatisfy({ ($0.integer("total_amount") ?? 0) < 0 && ($0.integer("unit_price") ?? 0) < 0 }) else {
            throw .unprocessable(["The order_lines/total_amount value is invalid"])
        }
        guard returnFeeCountries.contains(order.country) else {
            throw .refundNotAllowed("Return fee is not available in \(order.country). Refund not possible.")
        }
        guard order.captures.count <= 1 else {
            throw .refundNotAllowed("Order has several captures. Refund with return fee not possible.")
        }
        let amounts = (body["order_lines"]?.array ?? []).map { MinorUnits($0["total_amount"]?.integer ?? 0) }
        guard MinorUnits.sum(amounts)?.value == body.integer("refunded_amount") else {
            throw .refundNotAllowed("Refunded amount does not match the order lines. Refund not possible.")
        }
    }

    private static func returnFees(_ body: JSONObject) -> [JSONObject] {
        (body["order_lines"]?.array ?? []).compactMap(\.object).filter { $0.string("type") == "return_fee" }
    }
}
