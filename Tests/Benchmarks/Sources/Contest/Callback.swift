/// A callback of about 2 KiB with all that could be told about an order.
public struct Callback: Decodable, Sendable {
    public struct Session: Decodable, Sendable {
        public var id: String
        public var status: String
        public var updatedAt: String
        public var expiresAt: String
        public var orderID: String
        public var klarnaReference: String
        public var order: Order

        public init(
            id: String,
            status: String,
            updatedAt: String,
            expiresAt: String,
            orderID: String,
            klarnaReference: String,
            order: Order,
        ) {
            self.id = id
            self.status = status
            self.updatedAt = updatedAt
            self.expiresAt = expiresAt
            self.orderID = orderID
            self.klarnaReference = klarnaReference
            self.order = order
        }

        enum CodingKeys: String, CodingKey {
            case id = "session_id"
            case status
            case updatedAt = "updated_at"
            case expiresAt = "expires_at"
            case orderID = "order_id"
            case klarnaReference = "klarna_reference"
            case order
        }
    }

    public struct Order: Decodable, Sendable {
        public var country: String
        public var currency: String
        public var locale: String
        public var amount: Int64
        public var taxAmount: Int64
        public var lines: [Line]
        public var merchantReference: String

        public init(
            country: String,
            currency: String,
            locale: String,
            amount: Int64,
            taxAmount: Int64,
            lines: [Line],
            merchantReference: String,
        ) {
            self.country = country
            self.currency = currency
            self.locale = locale
            self.amount = amount
            self.taxAmount = taxAmount
            self.lines = lines
            self.merchantReference = merchantReference
        }

        enum CodingKeys: String, CodingKey {
            case country = "purchase_country"
            case currency = "purchase_currency"
            case locale
            case amount = "order_amount"
            case taxAmount = "order_tax_amount"
            case lines = "order_lines"
            case merchantReference = "merchant_reference1"
        }
    }

    public struct Line: Decodable, Sendable {
        public var type: String
        public var reference: String
        public var name: String
        public var quantity: Int64
        public var unitPrice: Int64
        public var taxRate: Int64
        public var totalAmount: Int64
        public var totalTaxAmount: Int64

        public init(
            type: String,
            reference: String,
            name: String,
            quantity: Int64,
            unitPrice: Int64,
            taxRate: Int64,
            totalAmount: Int64,
            totalTaxAmount: Int64,
        ) {
            self.type = type
            self.reference = reference
            self.name = name
            self.quantity = quantity
            self.unitPrice = unitPrice
            self.taxRate = taxRate
            self.totalAmount = totalAmount
            self.totalTaxAmount = totalTaxAmount
        }

        enum CodingKeys: String, CodingKey {
            case type, reference, name, quantity
            case unitPrice = "unit_price"
            case taxRate = "tax_rate"
            case totalAmount = "total_amount"
            case totalTaxAmount = "total_tax_amount"
        }
    }

    public var eventID: String
    public var session: Session

    public init(eventID: String, session: Session) {
        self.eventID = eventID
        self.session = session
    }

    enum CodingKeys: String, CodingKey {
        case eventID = "event_id"
        case session
    }
}

extension Callback {
    private static let statuses: Set<String> = [
        "WAITING", "IN_PROGRESS", "COMPLETED", "CANCELLED", "FAILED", "BACK", "ERROR", "DISABLED",
    ]

    /// Whether it agrees with itself: ids and status are what they can be, and the sums are right.
    public var isValid: Bool {
        let order = session.order
        guard eventID.utf8.count == 36, !session.id.isEmpty, Self.statuses.contains(session.status),
            order.country.utf8.count == 2, order.currency.utf8.count == 3,
            !order.lines.isEmpty
        else { return false }
        var amount: Int64 = 0
        var tax: Int64 = 0
        for line in order.lines {
            guard line.quantity > 0, line.unitPrice &* line.quantity == line.totalAmount else { return false }
            amount &+= line.totalAmount
            tax &+= line.totalTaxAmount
        }
        return amount == order.amount && tax == order.taxAmount
    }

    /// One that is valid, as it is sent.
    public static let sample: String = {
        let lines = (1...8).map { number in
            """
            {"type":"physical","reference":"SKU-\(number)","name":"Stoneware mug, glazed, number \(number)","quantity":2,\
            "unit_price":12500,"tax_rate":2500,"total_amount":25000,"total_tax_amount":5000}
            """
        }
        return """
            {"event_id":"6f0c1f6e-9f57-4d3c-8e1b-2f7a90c1d2e3","session":{"session_id":"0b1d9815-165e-42e2-8867-35bc03789e00",\
            "status":"COMPLETED","updated_at":"2026-01-01T12:00:00.000Z","expires_at":"2026-01-03T11:00:00.000Z",\
            "order_id":"f3392f8b-6116-4073-ab96-e330819e2c07","klarna_reference":"K4MADNY-3","order":{\
            "purchase_country":"SE","purchase_currency":"SEK","locale":"sv-SE","order_amount":200000,\
            "order_tax_amount":40000,"order_lines":[\(lines.joined(separator: ","))],"merchant_reference1":"order-1"}}}
            """
    }()
}
