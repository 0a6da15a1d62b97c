public import Wire

/// An order at Klarna, as Order Management shows it.
struct Order: Sendable {
    let id: String
    let klarnaReference: String
    let paymentSessionID: String
    let hppSessionID: String
    let purchase: JSONObject
    let createdAt: Timestamp
    let expiresAt: Timestamp
    let isCaptured: Bool
    /// The only capture's id, when the whole order was captured as it was placed.
    let captureID: String
    var isAcknowledged = false

    var amount: Int64 { purchase.integer("order_amount") ?? 0 }

    /// Klarna Order Management v1, `GET /ordermanagement/v1/orders/{order_id}`.
    func reading(at now: Timestamp) -> JSONObject {
        let hasExpired = !isCaptured && now >= expiresAt
        let captured = isCaptured ? amount : 0
        var reading: JSONObject = [
            "order_id": .string(id),
            "status": isCaptured ? "CAPTURED" : hasExpired ? "EXPIRED" : "AUTHORIZED",
            "fraud_status": "ACCEPTED",
            "order_amount": .integer(amount),
            "original_order_amount": .integer(amount),
            "captured_amount": .integer(captured),
            "refunded_amount": 0,
            "remaining_authorized_amount": .integer(hasExpired ? 0 : amount - captured),
            "locale": "en-US",
        ]
        reading = reading.merging(
            purchase.keeping([
                "purchase_currency", "purchase_country", "locale", "merchant_reference1", "merchant_reference2",
                "merchant_data", "billing_address", "shipping_address",
            ])
        )
        reading["order_lines"] = .array(lines)
        reading["klarna_reference"] = .string(klarnaReference)
        if let customer = purchase["customer"]?.object {
            reading["customer"] = .object(customer.keeping(["date_of_birth"]))
        }
        reading["created_at"] = .string(createdAt.description)
        reading["expires_at"] = .string(expiresAt.description)
        reading["captures"] = isCaptured ? [capture] : []
        reading["refunds"] = []
        reading["initial_payment_method"] = ["type": "INVOICE", "description": "Pay later"]
        return reading
    }

    /// Order Management fills in what was not sent.
    private var lines: [JSON] {
        let absent: JSONObject = [
            "type": "physical", "reference": "", "total_discount_amount": 0, "tax_rate": 0, "total_tax_amount": 0,
        ]
        return (purchase["order_lines"]?.array ?? []).compactMap(\.object).map { .object(absent.merging($0)) }
    }

    private var capture: JSON {
        [
            "capture_id": .string(captureID), "klarna_reference": .string("\(klarnaReference)-1"),
            "captured_amount": .integer(amount), "captured_at": .string(createdAt.description),
            "order_lines": .array(lines), "refunded_amount": 0,
        ]
    }
}

extension SandboxWorld {
    /// What exists: every order as Order Management shows it, the newest last, with the sessions it came from and
    /// whether the merchant acknowledged it.
    public func orders(at now: Timestamp) -> [JSON] {
        let world = settled(at: now)
        return world.orderIDs.compactMap { world.ordersByID[$0] }.map { order in
            var reading = order.reading(at: now)
            reading["payment_session_id"] = .string(order.paymentSessionID)
            reading["hpp_session_id"] = .string(order.hppSessionID)
            reading["acknowledged"] = .bool(order.isAcknowledged)
            return .object(reading)
        }
    }

    func readOrder(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        KlarnaAnswer(200, json: .object(try order(call.id).reading(at: call.now)))
    }

    mutating func acknowledgeOrder(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        ordersByID[try order(call.id).id]?.isAcknowledged = true
        return KlarnaAnswer(204)
    }

    private func order(_ id: String) throws(KlarnaRefusal) -> Order {
        guard Words.isUUID(id) else {
            throw KlarnaRefusal(400, "INVALID_ORDER_ID", "Order ID must be a valid UUID.")
        }
        guard let order = ordersByID[id.lowercased()] else {
            throw KlarnaRefusal(404, "NO_SUCH_ORDER", "Order \(id) cannot be found")
        }
        return order
    }
}
