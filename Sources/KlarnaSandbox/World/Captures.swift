import Wire

/// A part of an order that the merchant delivered and Klarna pays for.
struct Capture: Sendable {
    let id: String
    /// The order's, with `-1`, `-2` and so on.
    let klarnaReference: String
    let amount: Int64
    let capturedAt: Timestamp
    /// `description` and `reference`.
    let details: JSONObject
    let lines: [JSON]
    /// As they were at the order when it was captured; the one for the invoice may change.
    var addresses: JSONObject
    var shippingInfo: [JSON]
    var refundedAmount: Int64 = 0
    /// What the customer was sent besides the first invoice.
    var contacts: [JSON] = []

    /// Klarna Order Management v1, `GET .../captures/{capture_id}`.
    var reading: JSON {
        var reading: JSONObject = [
            "capture_id": .string(id), "klarna_reference": .string(klarnaReference),
            "captured_amount": .integer(amount), "captured_at": .string(capturedAt.description),
        ]
        reading = reading.merging(details)
        reading["order_lines"] = .array(lines)
        reading["refunded_amount"] = .integer(refundedAmount)
        reading = reading.merging(addresses)
        reading["shipping_info"] = .array(shippingInfo)
        return .object(reading)
    }
}

extension Order {
    /// Captures what is asked for.
    ///
    /// - Throws: 403 `CAPTURE_NOT_ALLOWED` when the order has ended, or less remains.
    mutating func capture(_ body: JSONObject, id: String, at now: Timestamp) throws(KlarnaRefusal) {
        let amount = body.integer("captured_amount") ?? 0
        // The schemas let a capture of nothing in and have no way to show it.
        guard ending == nil, status != .captured, amount <= remainingAmount, amount > 0 || self.amount == 0 else {
            throw .captureNotAllowed()
        }
        append(amount, body, id: id, at: now)
        isAcknowledged = true
    }

    /// Captures the whole order as it is placed.
    mutating func captureAll(id: String, at now: Timestamp) {
        append(remainingAmount, purchase.keeping(["order_lines"]), id: id, at: now)
    }

    private mutating func append(_ amount: Int64, _ body: JSONObject, id: String, at now: Timestamp) {
        captures.append(
            Capture(
                id: id,
                klarnaReference: "\(klarnaReference)-\(captures.count + 1)",
                amount: amount,
                capturedAt: now,
                details: body.keeping(["description", "reference"]),
                lines: Order.filledIn(body["order_lines"]),
                addresses: purchase.keeping(["billing_address", "shipping_address"]),
                shippingInfo: body["shipping_info"]?.array ?? [],
            )
        )
    }
}

/// Klarna Order Management v1: what is done with captures.
extension SandboxWorld {
    mutating func createCapture(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let id = identifiers.uuid()
        let capturesPending = behaviour.capturesPending
        try changeOrder(call, "Capture not possible.") { order throws(KlarnaRefusal) in
            try OrderManagementRules.check(call.body, OrderManagementRules.capture)
            try OrderManagementRules.refuseReturnFees(call.body)
            guard order.fraudStatus != .pending || capturesPending else {
                throw .captureNotAllowed("Order is pending. Capture not allowed")
            }
            try order.capture(call.body, id: id, at: call.now)
        }
        return KlarnaAnswer(201, fields: ["Capture-Id": id, "Location": "\(orderURL(call))/captures/\(id)"])
    }

    func listCaptures(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        KlarnaAnswer(200, json: .array(try order(call).captures.map(\.reading)))
    }

    func readCapture(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let order = try order(call)
        return KlarnaAnswer(200, json: order.captures[try index(of: call["capture_id"], in: order)].reading)
    }

    /// What is sent comes after what is there.
    mutating func addShippingInfoToCapture(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let suffix = "Shipping info cannot be added to capture \(call["capture_id"])"
        return try changeCapture(call, suffix, OrderManagementRules.addedShippingInfo) { capture, _ in
            capture.shippingInfo += call.body["shipping_info"]?.array ?? []
        }
    }

    /// In Klarna's libraries and no longer in its specification. Only where the invoice goes can change.
    mutating func updateCaptureCustomerDetails(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let suffix = "Customer details cannot be updated."
        return try changeCapture(call, suffix, OrderManagementRules.customerDetails) {
            capture,
            _ throws(KlarnaRefusal) in
            guard call.body.value("shipping_address") == nil else {
                throw .notAllowed("Shipping address cannot be updated for a capture. \(suffix)")
            }
            let changes = call.body["billing_address"]?.object ?? JSONObject()
            let address = (capture.addresses["billing_address"]?.object ?? JSONObject()).merging(changes)
            guard OrderManagementRules.isAddress(address) else { throw .invalidAddress }
            capture.addresses["billing_address"] = .object(address)
        }
    }

    /// Nothing is sent to anybody; that it was asked for is kept.
    mutating func triggerSendOut(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        try changeCapture(call, "Send out not possible.") { capture, _ in
            capture.contacts.append(["kind": "send_out", "capture_id": .string(capture.id)])
        }
    }

    func readDueDateOptions(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let order = try order(call)
        _ = try index(of: call["capture_id"], in: order)
        let options = order.method.isPaidLater ? SandboxWorld.dueDateOptions : []
        return KlarnaAnswer(
            200,
            json: [
                "currency": order.purchase["purchase_currency"] ?? "",
                "options": .array(options.map { ["number_of_days": .integer($0.days), "amount": .integer($0.fee)] }),
            ],
        )
    }

    mutating func extendDueDate(_ call: Endpoint.Arguments) throws(KlarnaRefusal) -> KlarnaAnswer {
        let shape = OrderManagementRules.dueDate
        return try changeCapture(call, "Due date not extended.", shape) { capture, order throws(KlarnaRefusal) in
            let days = call.body.integer("number_of_days") ?? 0
            guard order.method.isPaidLater, SandboxWorld.dueDateOptions.contains(where: { $0.days == days }) else {
                throw .notAllowed("Due date cannot be extended by \(days) days.")
            }
            capture.contacts.append(
                ["kind": "due_date_extension", "capture_id": .string(capture.id), "number_of_days": .integer(days)]
            )
        }
    }

    /// In minor units of whatever the currency is.
    private static let dueDateOptions: [(days: Int64, fee: Int64)] = [(14, 2900), (30, 4900)]

    private mutating func changeCapture(
        _ call: Endpoint.Arguments,
        _ suffix: String,
        _ shape: Shape = .object([]),
        _ work: (inout Capture, Order) throws(KlarnaRefusal) -> Void,
    ) throws(KlarnaRefusal) -> KlarnaAnswer {
        try changeOrder(call, suffix) { order throws(KlarnaRefusal) in
            try OrderManagementRules.check(call.body, shape)
            guard !order.captures.isEmpty else { throw .notAllowed("Order has no captures. \(suffix)") }
            let index = try SandboxWorld.index(of: call["capture_id"], in: order, suffix)
            let whole = order
            try work(&order.captures[index], whole)
        }
        return KlarnaAnswer(204)
    }

    private func index(of id: String, in order: Order) throws(KlarnaRefusal) -> Int {
        try SandboxWorld.index(of: id, in: order, "")
    }

    private static func index(of id: String, in order: Order, _ suffix: String) throws(KlarnaRefusal) -> Int {
        guard let index = order.captures.firstIndex(where: { $0.id == id.lowercased() }) else {
            let message = "Capture could not be found.\(suffix.isEmpty ? "" : " \(suffix)")"
            throw KlarnaRefusal(404, "NO_SUCH_CAPTURE", message)
        }
        return index
    }
}
