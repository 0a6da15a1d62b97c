import Wire

/// Klarna Order Management v1, `fraud_status`. The last is not in the document, but was seen.
enum FraudStatus: String, Sendable {
    case accepted = "ACCEPTED"
    case pending = "PENDING"
    case rejected = "REJECTED"
    case stopped = "STOPPED"
}

/// How Klarna's review of an order ends, or what Klarna thinks of one later.
public enum FraudDecision: String, Sendable, CaseIterable {
    case accepted, rejected
    /// Whatever was decided before: the shipment has to stop.
    case stopped
}

/// A review that a shopper's address for mail asks for: `customer+pend-reject-05@email.us` is rejected after five minutes.
///
/// Klarna, "Sample customer data"; the words were pieced together from a page that was cut, so others are let pass too.
struct FraudReview: Sendable {
    /// Klarna cancels a rejected order that was not captured within these four hours.
    static let overrideWindow = Duration.seconds(4 * 3600)

    let decision: FraudDecision
    let length: Duration

    init?(_ purchase: JSONObject) {
        guard let email = purchase["billing_address"]?["email"]?.string?.lowercased(),
            let marker = email.firstRange(of: "+pend"), let at = email[marker.upperBound...].firstIndex(of: "@")
        else { return nil }
        let words = email[marker.upperBound..<at]
        decision = words.contains("reject") ? .rejected : .accepted
        let digits = words.filter(\.isNumber).suffix(4)
        length = .seconds((Int64(digits) ?? 0) * 60)
    }
}

extension SandboxWorld {
    /// Klarna makes up its mind about an order. What was decided already stays so, but for a stop.
    mutating func decideFraud(_ decision: FraudDecision, onOrder id: String, at now: Timestamp) {
        guard var order = ordersByID[id] else { return }
        order.expire(at: now, behaviour)
        switch decision {
        case .accepted:
            guard order.fraudStatus == .pending else { return }
            order.fraudStatus = .accepted
            if order.awaitsCapture, order.status == .authorized { order.captureAll(id: identifiers.uuid(), at: now) }
        case .rejected:
            guard order.fraudStatus == .pending else { return }
            order.fraudStatus = .rejected
            schedule(.cancellationOfRejected(orderID: id), at: now + FraudReview.overrideWindow)
        case .stopped:
            guard order.fraudStatus != .stopped else { return }
            order.fraudStatus = .stopped
        }
        ordersByID[id] = order
        let body: JSON = [
            "order_id": .string(id), "event_type": .string("FRAUD_RISK_\(decision.rawValue.uppercased())"),
            "timestamp": .string(now.description),
        ]
        tell(.notification, of: order, body: body, at: now)
    }

    /// Who captured in the meantime has taken the risk over.
    mutating func cancelRejected(_ id: String, at now: Timestamp) {
        guard var order = ordersByID[id] else { return }
        order.expire(at: now, behaviour)
        if order.status == .authorized { order.ending = .cancelled }
        ordersByID[id] = order
    }
}
