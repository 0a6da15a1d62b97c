public import Wire

/// An order at Klarna, as Order Management knows it.
struct Order: Sendable {
    enum Status: String, Sendable {
        case authorized = "AUTHORIZED"
        case partCaptured = "PART_CAPTURED"
        case captured = "CAPTURED"
        case cancelled = "CANCELLED"
        case expired = "EXPIRED"
        case closed = "CLOSED"
    }

    /// Where it came from.
    struct Origin: Sendable {
        var paymentSessionID: String?
        var hppSessionID: String?
        var checkoutOrderID: String?
        var customerTokenID: String?
    }

    /// Klarna keeps an authorization for 28 days, and by extending it for 180 at most.
    static let daysOpen: Int64 = 28
    static let daysOpenMax: Int64 = 180

    let id: String
    let klarnaReference: String
    let origin: Origin
    let method: SandboxWorld.PaymentMethod
    let createdAt: Timestamp
    let originalAmount: Int64
    /// As the merchant sent it, with what was changed since.
    var purchase: JSONObject
    var expiresAt: Timestamp
    var fraudStatus = FraudStatus.accepted
    var captures: [Capture] = []
    var refunds: [Refund] = []
    var shippingInfo: [JSON] = []
    /// What it reads since nothing remains that could be captured, whether or not all was.
    var ending: Status?
    var isAcknowledged = false
    /// Whether it is to be captured once Klarna has accepted it.
    var awaitsCapture = false

    init(
        id: String,
        klarnaReference: String,
        origin: Origin,
        method: SandboxWorld.PaymentMethod,
        purchase: JSONObject,
        createdAt: Timestamp,
    ) {
        self.id = id
        self.klarnaReference = klarnaReference
        self.origin = origin
        self.method = method
        self.purchase = purchase
        self.createdAt = createdAt
        originalAmount = purchase.integer("order_amount") ?? 0
        expiresAt = Order.midnight(Order.daysOpen, after: createdAt)
    }

    var paymentSessionID: String? { origin.paymentSessionID }

    var hppSessionID: String? { origin.hppSessionID }

    var amount: Int64 { purchase.integer("order_amount") ?? 0 }

    var country: String { (purchase.string("purchase_country") ?? "").uppercased() }

    var capturedAmount: Int64 { captures.reduce(0) { $0 + $1.amount } }

    var refundedAmount: Int64 { refunds.reduce(0) { $0 + $1.amount } }

    var remainingAmount: Int64 { ending == nil ? amount - capturedAmount : 0 }

    var status: Status {
        if let ending { return ending }
        guard !captures.isEmpty else { return .authorized }
        return capturedAmount < amount ? .partCaptured : .captured
    }

    /// Ends the order if its authorization has run out.
    mutating func expire(at now: Timestamp, _ behaviour: SandboxWorld.Behaviour) {
        guard now >= expiresAt else { return }
        switch (status, behaviour.partCapturedExpiry) {
        case (.authorized, _), (.partCaptured, .expired): ending = .expired
        case (.partCaptured, .closed): ending = .closed
        case (.partCaptured, .captured): ending = .captured
        case (.partCaptured, .partCaptured): ending = .partCaptured
        case (.captured, _), (.cancelled, _), (.expired, _), (.closed, _): break
        }
    }

    /// A URL of the merchant's with Klarna's tags resolved.
    func resolvingTags(in url: String) -> String {
        url.resolving([
            "{order.id}": id, "{session.id}": origin.paymentSessionID ?? "", "{checkout.order.id}": id,
        ])
    }

    /// The authorization of a real order ends at a midnight (UTC).
    static func midnight(_ days: Int64, after time: Timestamp) -> Timestamp {
        let day: Int64 = 86_400_000
        return Timestamp(milliseconds: (time.milliseconds / day + days) * day)
    }
}

extension Order {
    /// Klarna Order Management v1, `GET /ordermanagement/v1/orders/{order_id}`.
    var reading: JSONObject {
        var reading: JSONObject = [
            "order_id": .string(id), "status": .string(status.rawValue),
            "fraud_status": .string(fraudStatus.rawValue), "order_amount": .integer(amount),
            "original_order_amount": .integer(originalAmount), "captured_amount": .integer(capturedAmount),
            "refunded_amount": .integer(refundedAmount), "remaining_authorized_amount": .integer(remainingAmount),
            "locale": "en-US",
        ]
        reading = reading.merging(
            purchase.keeping([
                "purchase_currency", "purchase_country", "locale", "merchant_reference1", "merchant_reference2",
                "merchant_data", "billing_address", "shipping_address",
            ])
        )
        reading["order_lines"] = .array(Order.filledIn(purchase["order_lines"]))
        reading["klarna_reference"] = .string(klarnaReference)
        if let customer = purchase["customer"]?.object {
            reading["customer"] = .object(customer.keeping(["date_of_birth"]))
        }
        reading["created_at"] = .string(createdAt.description)
        reading["expires_at"] = .string(expiresAt.description)
        reading["captures"] = .array(captures.map(\.reading))
        reading["refunds"] = .array(refunds.map(\.reading))
        if !shippingInfo.isEmpty { reading["shipping_info"] = .array(shippingInfo) }
        reading["initial_payment_method"] = method.orderManagementJSON
        return reading
    }

    /// Lines with what was not sent, as Order Management fills it in.
    static func filledIn(_ lines: JSON?) -> [JSON] {
        let absent: JSONObject = [
            "type": "physical", "reference": "", "total_discount_amount": 0, "tax_rate": 0, "total_tax_amount": 0,
        ]
        return (lines?.array ?? []).compactMap(\.object).map { .object(absent.merging($0)) }
    }

    /// All that is known here: the order, where it came from, and what Order Management does not show.
    var record: JSON {
        var record = reading
        let sources = [
            ("payment_session_id", origin.paymentSessionID), ("hpp_session_id", origin.hppSessionID),
            ("checkout_order_id", origin.checkoutOrderID), ("customer_token", origin.customerTokenID),
        ]
        for (name, id) in sources { if let id { record[name] = .string(id) } }
        record["acknowledged"] = .bool(isAcknowledged)
        record["customer_contacts"] = .array(captures.flatMap(\.contacts))
        return .object(record)
    }
}

extension SandboxWorld {
    /// What exists: every order as Order Management shows it, the newest last, with where it came from, whether the
    /// merchant acknowledged it, and what its customers were sent.
    public func orders(at now: Timestamp) -> [JSON] {
        let world = settled(at: now)
        return world.orderIDs.compactMap { world.ordersByID[$0] }.map { order in
            var order = order
            order.expire(at: now, behaviour)
            return order.record
        }
    }

    /// Makes an order, begins Klarna's review of it where its shopper asks for one, and tells the merchant of it.
    mutating func addOrder(
        _ purchase: JSONObject,
        id: String? = nil,
        from origin: Order.Origin,
        method: PaymentMethod = .invoice,
        captured: Bool = false,
        at now: Timestamp,
    ) -> Order {
        var order = Order(
            id: id ?? identifiers.uuid(),
            klarnaReference: identifiers.klarnaReference(),
            origin: origin,
            method: behaviour.paymentMethod ?? method,
            purchase: purchase,
            createdAt: now,
        )
        if let review = FraudReview(purchase) {
            order.fraudStatus = .pending
            schedule(.fraudDecision(orderID: order.id, review.decision), at: now + review.length)
        }
        if captured {
            if order.fraudStatus == .pending, !behaviour.capturesPending {
                order.awaitsCapture = true
            } else {
                order.captureAll(id: identifiers.uuid(), at: now)
            }
        }
        ordersByID[order.id] = order
        orderIDs.append(order.id)
        tell(.push, of: order, at: now)
        return order
    }
}
