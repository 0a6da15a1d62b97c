import KlarnaSandbox
import Testing
import Wire

/// Where an order can stand.
enum OrderState: String, Sendable, CaseIterable {
    case authorized = "AUTHORIZED"
    case partCaptured = "PART_CAPTURED"
    case captured = "CAPTURED"
    case cancelled = "CANCELLED"
    case expired = "EXPIRED"
    case closed = "CLOSED"
}

extension Merchant {
    /// An order of two mugs, and where it is.
    func order(_ purchase: JSON = .mug, _ state: OrderState = .authorized) throws -> String {
        let placed = place(try authorize(purchase), purchase)
        let order = "/ordermanagement/v1/orders/\(try #require(placed.json["order_id"]?.string))"
        switch state {
        case .authorized: break
        case .partCaptured: try #require(capture(order, 10_000).status == 201)
        case .captured: try #require(capture(order, 25_000).status == 201)
        case .cancelled: try #require(call("POST", "\(order)/cancel").status == 204)
        case .expired: wait(.seconds(30 * 86_400))
        case .closed:
            try #require(capture(order, 10_000).status == 201)
            try #require(call("POST", "\(order)/release-remaining-authorization").status == 204)
        }
        try #require(call("GET", order).json["status"]?.string == state.rawValue)
        return order
    }

    func capture(_ order: String, _ amount: Int64, key: String? = nil) -> KlarnaAnswer {
        call("POST", "\(order)/captures", ["captured_amount": .integer(amount)], idempotencyKey: key)
    }

    func refund(_ order: String, _ amount: Int64, key: String? = nil) -> KlarnaAnswer {
        call("POST", "\(order)/refunds", ["refunded_amount": .integer(amount)], idempotencyKey: key)
    }

    /// The order's members of these names, joined by blanks.
    func read(_ order: String, _ names: String...) -> String {
        let reading = call("GET", order).json
        return names.map { reading[$0].map { $0.string ?? $0.integer.map(String.init) ?? "" } ?? "-" }
            .joined(separator: " ")
    }

    func firstCaptureID(_ order: String) -> String {
        call("GET", order).json["captures"]?.array?.first?["capture_id"]?.string ?? Merchant.unknownID
    }

    static let unknownID = "8e6f2f3a-8c0f-4a55-9f0f-1f2f3f4f5f6f"
}

extension JSON {
    /// ``mug`` for a shopper who lives somewhere.
    static func mug(email: String, address: JSON = .address) -> JSON {
        .mug.with("billing_address", address.with("email", .string(email)))
    }

    static let address: JSON = [
        "given_name": "Test", "family_name": "Person-se", "email": "customer@email.se", "phone": "+46701740615",
        "street_address": "Södra Blasieholmshamnen 2", "postal_code": "111 48", "city": "Stockholm", "country": "SE",
    ]

    static let shippingInfo: JSON = [
        "shipping_info": [["shipping_company": "PostNord SE", "shipping_method": "Home", "tracking_number": "1"]]
    ]
}
