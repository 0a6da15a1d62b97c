import Checkouts
import Klarna
import Wire

/// Something that a merchant has done with an order; the body is that of the request.
enum Errand: Sendable {
    case capture(JSON)
    case refund(JSON)
    case cancel, release, extend
    case change(JSON)
    case addShippingInfo(OrderOperation.ID)
    case sendOut(OrderOperation.ID)
    case extendDueDate(OrderOperation.ID)

    /// As in the path of the request: a key is good for one of them.
    var path: String {
        switch self {
        case .capture: "captures"
        case .refund: "refunds"
        case .cancel: "cancellation"
        case .release: "release"
        case .extend: "extension"
        case .change: "order"
        case .addShippingInfo(let id): "captures/\(id)/shipping_info"
        case .sendOut(let id): "captures/\(id)/send_out"
        case .extendDueDate(let id): "captures/\(id)/due_date"
        }
    }

    /// What is to be captured or refunded, where it is said.
    var amount: Int64? {
        switch self {
        case .capture(let body), .refund(let body): body["amount"]?.integer
        case .cancel, .release, .extend, .change, .addShippingInfo, .sendOut, .extendDueDate: nil
        }
    }

    private static let parcel: JSON = ["shipping_info": [["tracking_number": "1", "shipping_company": "Post"]]]

    func run(
        _ desk: CheckoutDesk,
        _ id: Checkout.ID,
        _ asker: CheckoutDesk.Asker,
    ) async throws(DeskError) -> CheckoutDesk.Operated {
        switch self {
        case .capture(let body):
            let new = try Errand.read { () throws(Faults) in try NewCapture(json: body) }
            return try await desk.capture(id, new, for: asker)
        case .refund(let body):
            let new = try Errand.read { () throws(Faults) in try NewRefund(json: body) }
            return try await desk.refund(id, new, for: asker)
        case .cancel: return try await desk.cancelOrder(id, for: asker)
        case .release: return try await desk.releaseRemaining(id, for: asker)
        case .extend: return try await desk.extendAuthorization(id, for: asker)
        case .change(let body): return try await desk.change(id, body, for: asker)
        case .addShippingInfo(let capture):
            let info = try Errand.read { () throws(Faults) in try ShippingInfo.list(json: Errand.parcel) }
            return try await desk.addShippingInfo(info, to: capture, of: id, for: asker)
        case .sendOut(let capture): return try await desk.sendOut(capture, of: id, for: asker)
        case .extendDueDate(let capture): return try await desk.extendDueDate(by: 14, of: capture, of: id, for: asker)
        }
    }

    private static func read<Value>(_ work: () throws(Faults) -> Value) throws(DeskError) -> Value {
        do throws(Faults) {
            return try work()
        } catch {
            throw .invalid(error)
        }
    }
}

extension Errand {
    /// One that makes sense, more or less, for what is known of the order.
    static func drawn(for checkout: Checkout, _ key: String, _ dice: inout Dice) -> Errand {
        let captures = checkout.operations.filter { $0.effect == .capture && $0.klarnaID != nil }
        if let capture = captures.isEmpty ? nil : dice.pick(captures), dice.chance(400) {
            return dice.pick([
                .addShippingInfo(capture.id), .sendOut(capture.id), .extendDueDate(capture.id),
                .refund(part(key, &dice)), .refund(part(key, &dice)), .refund([:]), .release, .release,
            ])
        }
        return switch dice.below(20) {
        case 0...9: .capture(part(key, &dice))
        case 10: .capture([:])
        case 11, 12: .refund(part(key, &dice))
        case 13, 14: .cancel
        case 15: .release
        case 16: .extend
        case _: .change(change(&dice))
        }
    }

    /// Some of an order: the same few amounts as in the portal, so that one can be taken for another.
    private static func part(_ key: String, _ dice: inout Dice) -> JSON {
        var body: JSONObject =
            dice.chance(300)
            ? ["order_lines": [["reference": "MUG", "quantity": .integer(dice.between(1, 2))]]]
            : ["amount": .integer(dice.pick(Errand.amounts))]
        if dice.chance(300) { body["reference"] = .string("parcel-\(key)") }
        return .object(body)
    }

    static let amounts: [Int64] = [5000, 5000, 8000, 9000, 17_000]

    private static func change(_ dice: inout Dice) -> JSON {
        var body = JSONObject()
        if dice.chance(500) { body["merchant_reference2"] = .string("mine-\(dice.below(1000))") }
        if dice.chance(400) { body["shipping_info"] = parcel["shipping_info"] }
        if dice.chance(400) {
            body["shipping_address"] = [
                "given_name": "Ada", "family_name": "Person", "email": "customer@email.se",
                "street_address": "Vasagatan 10", "postal_code": "411 24", "city": "Gothenburg", "country": "SE",
            ]
        }
        if dice.chance(400) || body.members.isEmpty {
            let mugs = dice.between(1, 4)
            body["order_amount"] = .integer(mugs * 8000 + 1000)
            body["order_lines"] = Cart.lines(mugs: mugs)
        }
        return .object(body)
    }
}
