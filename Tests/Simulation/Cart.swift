import Wire

/// What is bought, where and how; the same in every tab of a shopper's.
struct Cart: Sendable {
    let reference: String
    let account: String
    let kind: Kind
    /// Decides what Klarna thinks of the risk.
    let email: String

    enum Kind: CaseIterable {
        /// The merchant's server places the order.
        case purchase
        /// There is a customer token and no order.
        case tokenizing
        /// Both.
        case buyingAndTokenizing
        /// Klarna Checkout, which places its orders by itself.
        case klarnaCheckout
        /// The hosted page places the order, or captures it as well.
        case placedByPage, capturedByPage
        /// Klarna captures the order as it is placed.
        case capturedWhenPlaced

        /// Whether the merchant's server decides that an order is placed: only then a cart is paid for once however many tabs
        /// it is open in.
        var isPlacedHere: Bool {
            switch self {
            case .purchase, .tokenizing, .buyingAndTokenizing, .capturedWhenPlaced: true
            case .klarnaCheckout, .placedByPage, .capturedByPage: false
            }
        }
    }

    static func drawn(_ number: Int, _ dice: inout Dice) -> Cart {
        let kind: Kind =
            dice.chance(600)
            ? .purchase
            : dice.pick([
                .tokenizing, .buyingAndTokenizing, .buyingAndTokenizing, .klarnaCheckout, .klarnaCheckout,
                .placedByPage,
                .capturedByPage, .capturedWhenPlaced,
            ])
        let risk = dice.chance(150) ? dice.pick(["+pend-accept-0", "+pend-reject-0"]) + String(dice.below(10)) : ""
        return Cart(
            reference: "R-\(number)",
            account: dice.pick(Node.accounts),
            kind: kind,
            email: "customer\(risk)@email.se",
        )
    }

    static let amount: Int64 = 25_000

    /// The body of the request that opens a checkout. The key is in it, so that what it opened can be found.
    func basket(_ key: String) -> JSON {
        var body: JSONObject = [
            "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
            "order_amount": .integer(Cart.amount), "order_tax_amount": 0, "merchant_reference": .string(reference),
            "metadata": ["key": .string(key)], "account": .string(account), "order_lines": Cart.lines(subscribing),
            "billing_address": ["email": .string(email), "country": "SE"],
        ]
        switch kind {
        case .purchase: break
        case .tokenizing: body["intent"] = "tokenize"
        case .buyingAndTokenizing: body["intent"] = "buy_and_tokenize"
        case .klarnaCheckout: body["provider"] = "klarna_checkout"
        case .placedByPage: body["place_order_mode"] = "PLACE_ORDER"
        case .capturedByPage: body["place_order_mode"] = "CAPTURE_ORDER"
        case .capturedWhenPlaced: body["auto_capture"] = true
        }
        return .object(body)
    }

    private var subscribing: Bool { kind == .tokenizing || kind == .buyingAndTokenizing }

    /// The same with another number of mugs.
    func revision(mugs: Int64) -> JSON {
        [
            "order_amount": .integer(mugs * 8000 + 1000), "order_tax_amount": 0,
            "order_lines": Cart.lines(subscribing, mugs: mugs),
        ]
    }

    /// So many mugs and their shipping.
    static func lines(_ subscribing: Bool = false, mugs: Int64 = 3) -> JSON {
        var mug: JSONObject = [
            "reference": "MUG", "name": "Mug", "quantity": .integer(mugs), "unit_price": 8000,
            "total_amount": .integer(mugs * 8000), "tax_rate": 0, "total_tax_amount": 0,
        ]
        if subscribing { mug["subscription"] = ["name": "Mugs", "interval": "MONTH", "interval_count": 1] }
        let shipping: JSON = [
            "type": "shipping_fee", "reference": "SHIP", "name": "Shipping", "quantity": 1, "unit_price": 1000,
            "total_amount": 1000, "tax_rate": 0, "total_tax_amount": 0,
        ]
        return [.object(mug), shipping]
    }

    /// The body of a charge to a customer token.
    static func charge(_ key: String, amount: Int64, _ dice: inout Dice) -> JSON {
        var body: JSONObject = [
            "purchase_currency": "SEK", "order_amount": .integer(amount), "merchant_reference": .string("C-\(key)"),
            "metadata": ["key": .string(key)],
            "order_lines": [
                [
                    "name": "Mug", "quantity": 1, "unit_price": .integer(amount), "total_amount": .integer(amount),
                    "tax_rate": 0,
                ]
            ],
        ]
        if dice.chance(200) { body["auto_capture"] = true }
        return .object(body)
    }
}
