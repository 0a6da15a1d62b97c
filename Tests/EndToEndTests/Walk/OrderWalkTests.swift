import Foundation
import Testing
import Wire

/// Order Management, through the merchant API and over sockets.
@Suite("A walk through an order")
struct OrderWalkTests {
    private static let parcel: JSON = [
        "shipping_company": "PostNord", "shipping_method": "Home", "tracking_number": "7311",
        "tracking_uri": "https://track.example/7311",
    ]

    @Test func `captures by line, by amount and of the rest add up, and so do refunds`() async throws {
        let street = try await Street()
        defer { street.close() }
        let paid = try await street.buy()
        let path = street.path(paid)
        let one: JSON = ["order_lines": [["reference": "SKU-1", "quantity": 1]]]
        let lines = one.adding("shipping_info", [OrderWalkTests.parcel])
        let first = try await street.send("POST", "\(path)/captures", lines, key: "c1", expecting: 201)
        #expect(first["amount"] == 12_500 && first["status"] == "succeeded")
        #expect(first["checkout"]?["order"]?.sums == "12500/0/12500")
        let second = try await street.send("POST", "\(path)/captures", ["amount": 4999], key: "c2", expecting: 201)
        let third = try await street.send("POST", "\(path)/captures", [:], key: "c3", expecting: 201)
        #expect(third["amount"] == 7501)
        let known = [first, second, third].compactMap { $0["klarna_id"]?.string }
        let order = try await street.order(of: paid)
        #expect(order["captures"]?.array?.compactMap { $0["capture_id"]?.string } == known)
        #expect(order["captures"]?.array?.first?["shipping_info"]?.array?.first?["tracking_number"] == "7311")
        try await street.send("POST", "\(path)/refunds", one, key: "r1", expecting: 201)
        try await street.send("POST", "\(path)/refunds", ["amount": 1], key: "r2", expecting: 201)
        let rest = try await street.send("POST", "\(path)/refunds", [:], key: "r3", expecting: 201)
        #expect(rest["amount"] == 12_499)
        #expect(try await street.order(of: paid).sums == "25000/25000/0")
        let refund = try await street.send("GET", "\(path)/refunds/\(rest["id"]?.string ?? "")", expecting: 200)
        #expect(refund["klarna_id"] == rest["klarna_id"] && refund["origin"] == "api")
        let captures = try await street.send("GET", "\(path)/captures", expecting: 200)["data"]?.array
        #expect(captures?.compactMap { $0["amount"]?.integer } == [12_500, 4999, 7501])
        // By these Klarna's support finds what it answered.
        let told = try await street.events(of: paid).filter {
            ["order.captured", "order.refunded"].contains($0["type"])
        }
        let answered = try await street.requests().compactMap { $0["correlation_id"]?.string }
        #expect(told.count == 6)
        #expect(told.allSatisfy { answered.contains($0["detail"]?["correlation_id"]?.string ?? "") })
    }

    /// A third of 100.01 cannot be had: the last part takes what the others left.
    @Test func `parts of a line that cannot be divided come to the whole`() async throws {
        let street = try await Street()
        defer { street.close() }
        let line: JSON = [
            "reference": "ODD", "name": "Odd", "quantity": 3, "unit_price": 3334, "total_discount_amount": 1,
            "tax_rate": 2500, "total_amount": 10_001, "total_tax_amount": 2000,
        ]
        let paid = try await street.buy(["order_amount": 10_001, "order_tax_amount": 2000, "order_lines": [line]])
        let part: JSON = ["order_lines": [["reference": "ODD", "quantity": 1]]]
        for effect in ["captures", "refunds"] {
            var amounts: [Int64] = []
            for number in 1...3 {
                let path = "\(street.path(paid))/\(effect)"
                let done = try await street.send("POST", path, part, key: "\(effect)-\(number)", expecting: 201)
                amounts.append(done["amount"]?.integer ?? 0)
            }
            #expect(amounts.reduce(0, +) == 10_001 && amounts.allSatisfy { (3333...3335).contains($0) }, "\(amounts)")
        }
        let order = try await street.order(of: paid)
        #expect(order.sums == "10001/10001/0")
        let taxes = (order["captures"]?.array ?? []).flatMap { $0["order_lines"]?.array ?? [] }
            .reduce(0) { $0 + ($1["total_tax_amount"]?.integer ?? 0) }
        #expect(taxes == 2000)
    }

    @Test func `nothing is taken or given back twice, or beyond what there is`() async throws {
        let street = try await Street()
        defer { street.close() }
        let paid = try await street.buy()
        let (captures, refunds) = ("\(street.path(paid))/captures", "\(street.path(paid))/refunds")
        let missing = try await street.send("POST", captures, ["amount": 1], expecting: 400)
        #expect(missing["type"] == "urn:kassa:problem:idempotency-key-required")
        try await street.send("POST", refunds, ["amount": 1], key: "early", expecting: 422)
        try await street.send("POST", captures, ["amount": 25_001], key: "more", expecting: 422)
        let first = try await street.send("POST", captures, ["amount": 20_000], key: "c", expecting: 201)
        let again = try await street.send("POST", captures, ["amount": 20_000], key: "c")
        #expect(again.headers["idempotent-replayed"] == "true")
        #expect(try again.json["id"] == first["id"])
        try await street.send("POST", captures, ["amount": 20_001], key: "c", expecting: 422)
        try await street.send("POST", captures, ["amount": 5001], key: "rest", expecting: 422)
        try await street.send("POST", refunds, ["amount": 20_001], key: "r", expecting: 422)
        #expect(try await street.order(of: paid).sums == "20000/0/5000")
        #expect(try await street.requests().count { $0["path"]?.string?.hasSuffix("/captures") == true } == 1)
    }

    @Test func `a return fee keeps some of a refund`() async throws {
        let street = try await Street()
        defer { street.close() }
        let paid = try await street.buy()
        let path = street.path(paid)
        try await street.send("POST", "\(path)/captures", [:], key: "c", expecting: 201)
        let fee: JSON = [
            "type": "return_fee", "name": "Return", "quantity": 1, "unit_price": -4900, "tax_rate": 2500,
            "total_amount": -4900, "total_tax_amount": -980,
        ]
        let body: JSON = ["order_lines": [["reference": "SKU-1", "quantity": 1], fee]]
        let refund = try await street.send("POST", "\(path)/refunds", body, key: "r", expecting: 201)
        #expect(refund["amount"] == 7600)
        #expect(try await street.order(of: paid).sums == "25000/7600/0")
    }

    @Test func `cancelling is for what is not captured, releasing for what is left`() async throws {
        let street = try await Street()
        defer { street.close() }
        let cancelled = try await street.buy()
        try await street.send("POST", "\(street.path(cancelled))/release", expecting: 409)
        let done = try await street.send("POST", "\(street.path(cancelled))/cancellation", expecting: 200)
        #expect(done["order"]?["status"] == "cancelled" && done["order"]?.sums == "0/0/0")
        try await street.send("POST", "\(street.path(cancelled))/captures", [:], key: "c", expecting: 409)
        #expect(try await street.order(of: cancelled)["status"] == "CANCELLED")
        let released = try await street.buy(["merchant_reference": "another"])
        let path = street.path(released)
        try await street.send("POST", "\(path)/captures", ["amount": 1], key: "c", expecting: 201)
        try await street.send("POST", "\(path)/cancellation", expecting: 409)
        let rest = try await street.send("POST", "\(path)/release", expecting: 200)
        #expect(rest["order"]?.sums == "1/0/0")
        try await street.send("POST", "\(path)/captures", [:], key: "d", expecting: 422)
        #expect(try await street.order(of: released).sums == "1/0/0")
    }

    @Test func `the authorization is extended, and lapses when it is not`() async throws {
        let street = try await Street()
        defer { street.close() }
        let paid = try await street.buy()
        let path = street.path(paid)
        let before = try await street.send("POST", "\(path)/refresh", expecting: 200)["order"]?["expires_at"]?.string
        try await street.advanceKlarnasClock(seconds: 10 * 86_400)
        let extended = try await street.send("POST", "\(path)/extension", expecting: 200)
        let asked = try await street.requests().compactMap { $0["path"]?.string }
        #expect(asked.contains { $0.hasSuffix("/extend-authorization-time") })
        let after = try await street.send("POST", "\(path)/refresh", expecting: 200)["order"]?["expires_at"]?.string
        #expect((after ?? "") > (before ?? "~"), "\(extended.text)")
        try await street.advanceKlarnasClock(seconds: 30 * 86_400)
        let lapsed = try await street.send("POST", "\(path)/refresh", expecting: 200)
        #expect(lapsed["order"]?["status"] == "expired" && lapsed["order"]?.sums == "0/0/0")
        try await street.send("POST", "\(path)/captures", [:], key: "late", expecting: 409)
        #expect(try await street.types(of: paid).contains("order.expired"))
    }

    @Test func `references, address, shipping info and amount are changed`() async throws {
        let street = try await Street()
        defer { street.close() }
        let paid = try await street.buy()
        let path = "\(street.path(paid))/order"
        let address: JSON = [
            "given_name": "Ada", "family_name": "Berg", "email": "ada@customer.example", "phone": "+46701740615",
            "street_address": "Gatan 1", "postal_code": "11122", "city": "Stockholm", "country": "SE",
        ]
        let small: JSON = [
            "merchant_reference1": "order-1002", "shipping_address": address, "shipping_info": [OrderWalkTests.parcel],
        ]
        try await street.send("PATCH", path, small, key: "small", expecting: 200)
        try await street.send("PATCH", path, ["order_amount": 30_000], expecting: 422)
        try await street.send("PATCH", path, ["billing_address": address], expecting: 422)
        let line: JSON = [
            "reference": "SKU-1", "name": "Mug", "quantity": 3, "unit_price": 12_500, "tax_rate": 2500,
            "total_amount": 37_500,
        ]
        let more: JSON = ["order_amount": 37_500, "order_lines": [line]]
        let raised = try await street.send("PATCH", path, more, expecting: 200)
        #expect(raised["order"]?["authorized_amount"] == 37_500 && raised["order_lines"]?.array?.count == 1)
        let order = try await street.order(of: paid)
        #expect(order["merchant_reference1"] == "order-1002")
        #expect(order["merchant_reference2"]?.string == street.id(paid))
        #expect(order["shipping_address"]?["city"] == "Stockholm")
        #expect(order["shipping_info"]?.array?.first?["tracking_number"] == "7311")
        #expect(order["order_amount"] == 37_500 && order.sums == "0/0/37500")
        let part: JSON = ["order_lines": [["reference": "SKU-1", "quantity": 3]]]
        try await street.send("POST", "\(street.path(paid))/captures", part, key: "three", expecting: 201)
        try await street.send("PATCH", path, ["order_amount": 12_500, "order_lines": [line]], expecting: 422)
        #expect(try await street.order(of: paid).sums == "37500/0/0")
    }

    @Test func `a capture is shipped, billed again and paid later`() async throws {
        let street = try await Street()
        defer { street.close() }
        let paid = try await street.buy()
        let captures = "\(street.path(paid))/captures"
        let capture = try await street.send("POST", captures, [:], key: "c", expecting: 201)
        let path = "\(captures)/\(capture["id"]?.string ?? "")"
        try await street.send(
            "POST",
            "\(path)/shipping_info",
            ["shipping_info": [OrderWalkTests.parcel]],
            expecting: 200,
        )
        let options = try await street.send("GET", "\(path)/due_date_options", expecting: 200)
        #expect(options["currency"] == "SEK")
        let days = try #require(options["options"]?.array?.first?["number_of_days"])
        try await street.send("POST", "\(path)/due_date", ["number_of_days": days], expecting: 200)
        try await street.send("POST", "\(path)/send_out", expecting: 200)
        let order = try await street.order(of: paid)
        let shown = order["captures"]?.array?.first
        #expect(shown?["shipping_info"]?.array?.first?["shipping_company"] == "PostNord")
        let contacts = order["customer_contacts"]?.array ?? []
        #expect(contacts.compactMap { $0["kind"] } == ["due_date_extension", "send_out"])
        #expect(contacts.first?["number_of_days"] == days)
    }
}

extension JSON {
    fileprivate func adding(_ name: String, _ value: JSON) -> JSON {
        var object = object ?? JSONObject()
        object[name] = value
        return .object(object)
    }
}
