public import Money
public import Wire

/// A capture of an order. Klarna Order Management v1, `capture`. Everything but the id may be missing.
public struct CaptureReading: Sendable, Hashable {
    public let id: CaptureID
    /// The short number that shoppers see.
    public let klarnaReference: String?
    public let amount: MinorUnits?
    public let refundedAmount: MinorUnits?
    public let capturedAt: Timestamp?
    public let description: String?
    /// The merchant's own.
    public let reference: String?
    /// `nil` when they are missing, or one of them cannot be read.
    public let orderLines: [OrderLine]?
    public let shippingInfo: [ShippingInfo]
    /// `nil` where it is part of an order or of a list.
    public let correlationID: String?
}

/// All captures of an order, as they were read. Klarna Order Management v1, `GET .../captures`.
public struct CapturesReading: Sendable, Hashable {
    public let captures: [CaptureReading]
    public let correlationID: String?
    /// Klarna's clock when it answered.
    public let klarnaTime: Timestamp?
}

/// A refund of an order. Klarna Order Management v1, `refund`. Everything but the id may be missing.
public struct RefundReading: Sendable, Hashable {
    public let id: RefundID
    public let amount: MinorUnits?
    public let refundedAt: Timestamp?
    public let description: String?
    /// The merchant's own.
    public let reference: String?
    /// `nil` when they are missing, or one of them cannot be read.
    public let orderLines: [OrderLine]?
    /// `nil` where it is part of an order.
    public let correlationID: String?
}

/// By how much the shopper's due date may be put off, and what that costs the merchant.
///
/// Klarna Order Management v1, `GET .../captures/{capture_id}/extend-due-date-options`.
public struct DueDateOptions: Sendable, Hashable {
    /// Upper case.
    public let currency: String?
    public let options: [Option]
    public let correlationID: String?

    public struct Option: Sendable, Hashable {
        public let days: Int64
        /// What the merchant pays for it.
        public let amount: MinorUnits?
    }
}

extension CaptureReading {
    /// `nil` without an id.
    init?(_ json: JSON, correlationID: String? = nil) {
        guard let id = json.text("capture_id") else { return nil }
        self.init(
            id: CaptureID(rawValue: id),
            klarnaReference: json.text("klarna_reference"),
            amount: json.amount("captured_amount"),
            refundedAmount: json.amount("refunded_amount"),
            capturedAt: json.time("captured_at"),
            description: json.text("description"),
            reference: json.text("reference"),
            orderLines: json.lines("order_lines"),
            shippingInfo: (json["shipping_info"]?.array ?? []).compactMap { ShippingInfo(json: $0) },
            correlationID: correlationID,
        )
    }
}

extension RefundReading {
    /// `nil` without an id.
    init?(_ json: JSON, correlationID: String? = nil) {
        guard let id = json.text("refund_id") else { return nil }
        self.init(
            id: RefundID(rawValue: id),
            amount: json.amount("refunded_amount"),
            refundedAt: json.time("refunded_at"),
            description: json.text("description"),
            reference: json.text("reference"),
            orderLines: json.lines("order_lines"),
            correlationID: correlationID,
        )
    }
}

extension CaptureReading: AnswerReading {
    init(_ answer: KlarnaAnswer) throws(KlarnaError) {
        guard let reading = CaptureReading(try answer.success(), correlationID: answer.correlationID) else {
            throw answer.malformed("the answer names no capture")
        }
        self = reading
    }
}

extension CapturesReading: AnswerReading {
    init(_ answer: KlarnaAnswer) throws(KlarnaError) {
        guard let captures = try answer.success().all({ CaptureReading($0) }) else {
            throw answer.malformed("the answer is no list of captures")
        }
        self.init(captures: captures, correlationID: answer.correlationID, klarnaTime: answer.klarnaTime)
    }
}

extension RefundReading: AnswerReading {
    init(_ answer: KlarnaAnswer) throws(KlarnaError) {
        guard let reading = RefundReading(try answer.success(), correlationID: answer.correlationID) else {
            throw answer.malformed("the answer names no refund")
        }
        self = reading
    }
}

extension DueDateOptions: AnswerReading {
    init(_ answer: KlarnaAnswer) throws(KlarnaError) {
        let json = try answer.success()
        let options = (json["options"]?.array ?? []).compactMap { option in
            option["number_of_days"]?.integer.map { Option(days: $0, amount: option.amount("amount")) }
        }
        self.init(
            currency: json.text("currency")?.uppercased(),
            options: options,
            correlationID: answer.correlationID,
        )
    }
}
