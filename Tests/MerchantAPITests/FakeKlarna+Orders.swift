import Klarna
import Wire

/// Orders and customer tokens as far as these tests need them: sums, ids and plain refusals.
extension FakeKlarna.State {
    mutating func place(_ id: String, _ body: JSON) -> InboundResponse {
        let amount = body["order_amount"] ?? 0
        orders[id] = [
            "order_id": .string(id), "status": "AUTHORIZED", "fraud_status": "ACCEPTED", "order_amount": amount,
            "purchase_currency": body["purchase_currency"] ?? .null, "klarna_reference": "KR1",
            "merchant_reference1": body["merchant_reference1"] ?? .null, "captured_amount": 0, "refunded_amount": 0,
            "remaining_authorized_amount": amount, "captures": [], "refunds": [],
        ]
        return FakeKlarna.answer(200, ["order_id": .string(id), "fraud_status": "ACCEPTED"])
    }

    /// Klarna Order Management v1; `path` begins with the order's id.
    mutating func manage(_ method: String, _ path: [String], _ body: JSON) -> InboundResponse {
        guard var order = orders[path[0]] else { return FakeKlarna.answer(404, ["error_code": "NO_SUCH_ORDER"]) }
        defer { orders[path[0]] = order }
        switch (method, path.dropFirst().first, path.count) {
        case ("GET", nil, _): return FakeKlarna.answer(200, .object(order))
        case ("POST", "captures", 2):
            return move(&order, "capture", body["captured_amount"]?.integer ?? 0, body)
        case ("POST", "refunds", 2):
            return move(&order, "refund", body["refunded_amount"]?.integer ?? 0, body)
        case ("GET", "captures", 4):
            return FakeKlarna.answer(200, ["currency": "SEK", "options": [["number_of_days": 14, "amount": 990]]])
        case ("POST", "cancel", _):
            order["status"] = "CANCELLED"
            order["remaining_authorized_amount"] = 0
        case ("POST", "release-remaining-authorization", _):
            order["remaining_authorized_amount"] = 0
        case ("PATCH", "authorization", _):
            let captured = order["captured_amount"]?.integer ?? 0
            order["order_amount"] = body["order_amount"] ?? 0
            order["remaining_authorized_amount"] = .integer((body["order_amount"]?.integer ?? 0) - captured)
        case ("PATCH", "merchant-references", _):
            for name in ["merchant_reference1", "merchant_reference2"] { order[name] = body[name] ?? order[name] }
        case _: break
        }
        return InboundResponse(status: 204)
    }

    private mutating func move(
        _ order: inout JSONObject,
        _ kind: String,
        _ amount: Int64,
        _ body: JSON,
    ) -> InboundResponse {
        count += 1
        let id = "\(kind)-\(count)"
        let sum = kind == "capture" ? "captured_amount" : "refunded_amount"
        let shown: JSON = [
            "\(kind)_id": .string(id), sum: .integer(amount), "reference": body["reference"] ?? .null,
            "order_lines": body["order_lines"] ?? [],
        ]
        order["\(kind)s"] = .array((order["\(kind)s"]?.array ?? []) + [shown])
        order[sum] = .integer((order[sum]?.integer ?? 0) + amount)
        if kind == "capture" {
            let rest = (order["remaining_authorized_amount"]?.integer ?? 0) - amount
            order["remaining_authorized_amount"] = .integer(rest)
            order["status"] = rest == 0 ? "CAPTURED" : "PART_CAPTURED"
        }
        let field = kind == "capture" ? "Capture-Id" : "Refund-Id"
        return InboundResponse(status: 201, fields: [(name: field, value: id)])
    }

    /// Klarna Checkout v3; `path` begins with the order's id.
    mutating func checkOut(_ method: String, _ path: [String]) -> InboundResponse {
        count += 1
        let id = path.first ?? "kco-\(count)"
        let isPlaced = orders[id] != nil
        let order: JSON = [
            "order_id": .string(id), "status": isPlaced ? "checkout_complete" : "checkout_incomplete",
        ]
        return FakeKlarna.answer(method == "POST" ? 201 : 200, order)
    }

    /// Klarna Customer Token v1; `path` begins with the token.
    mutating func useToken(_ method: String, _ path: [String], _ body: JSON) -> InboundResponse {
        guard var token = customerTokens[path[0]] else { return FakeKlarna.answer(404, ["error_code": "NOT_FOUND"]) }
        switch (method, path.dropFirst().first) {
        case ("GET", nil): return FakeKlarna.answer(200, .object(token))
        case ("PATCH", "status"):
            token["status"] = body["status"]
            customerTokens[path[0]] = token
            return InboundResponse(status: 202)
        case ("POST", "order"):
            count += 1
            return place("token-order-\(count)", body)
        case _: return FakeKlarna.answer(404, [:])
        }
    }
}
