import KlarnaSandbox
import Testing
import Wire

@Suite("A refund in the sandbox")
struct RefundTests {
    @Test func `is named in the answer's fields and read in full`() throws {
        let merchant = Merchant()
        let order = try merchant.order(.mug, .captured)
        let body: JSON = ["refunded_amount": 12_500, "description": "One broke", "reference": "rma-1"]
        let answer = merchant.call("POST", "\(order)/refunds", body)
        #expect(answer.status == 201)
        #expect(answer.body == [])
        let id = try #require(answer.fields["Refund-Id"])
        #expect(answer.fields["Location"] == "\(Merchant.base)\(order)/refunds/\(id)")
        let refund = merchant.call("GET", "\(order)/refunds/\(id)")
        #expect(refund.status == 200)
        for name in ["refunded_amount", "description", "reference"] { #expect(refund.json[name] == body[name]) }
        #expect(merchant.call("GET", order).json["refunds"] == [refund.json])
        #expect(merchant.read(order, "status", "refunded_amount") == "CAPTURED 12500")
        let unknown = merchant.call("GET", "\(order)/refunds/\(Merchant.unknownID)")
        #expect(unknown.status == 404)
        #expect(unknown.errorCode == "NOT_FOUND")
        #expect(merchant.call("GET", "\(order)/refunds").status == 405)
    }

    @Test func `gives back what was captured and no more`() throws {
        let merchant = Merchant()
        let order = try merchant.order()
        #expect(merchant.refund(order, 1).errorMessages == ["Order has no captures. Refund not possible"])
        #expect(merchant.capture(order, 10_000).status == 201)
        #expect(merchant.refund(order, 10_001).errorMessages == ["Over refund is not allowed. Refund not possible."])
        #expect(merchant.refund(order, 4000).status == 201)
        #expect(merchant.refund(order, 6001).errorCode == "REFUND_NOT_ALLOWED")
        #expect(merchant.refund(order, 6000).status == 201)
        #expect(
            merchant.read(order, "status", "refunded_amount", "remaining_authorized_amount")
                == "PART_CAPTURED 10000 15000"
        )
    }

    @Test func `is allotted to the captures that its lines were in, then to the oldest`() throws {
        let merchant = Merchant()
        let order = try merchant.order()
        for reference in ["A", "B"] {
            let body: JSON = ["captured_amount": 10_000, "order_lines": [.line(reference, 10_000)]]
            #expect(merchant.call("POST", "\(order)/captures", body).status == 201)
        }
        let body: JSON = ["refunded_amount": 3000, "order_lines": [.line("B", 3000)]]
        #expect(merchant.call("POST", "\(order)/refunds", body).status == 201)
        #expect(merchant.refundedByCapture(order) == [0, 3000])
        #expect(merchant.refund(order, 11_000).status == 201)
        #expect(merchant.refundedByCapture(order) == [10_000, 4000])
        #expect(merchant.call("POST", "\(order)/refunds", body.with("refunded_amount", 6000)).status == 201)
        #expect(merchant.refundedByCapture(order) == [10_000, 10_000])
    }

    @Test func `keeps a fee where the market, the sum and the captures allow it`() throws {
        let merchant = Merchant()
        let order = try merchant.order(.mug, .captured)
        let path = "\(order)/refunds"
        let body: JSON = ["refunded_amount": 11_500, "order_lines": [.line("MUG", 12_500), .fee(-1000)]]
        let wrongSum = merchant.call("POST", path, body.with("refunded_amount", 12_500))
        #expect(wrongSum.errorCode == "REFUND_NOT_ALLOWED")
        let gift = merchant.call(
            "POST",
            path,
            body.with("refunded_amount", 13_500).with("order_lines[1]", .fee(1000)),
        )
        #expect(gift.status == 422)
        #expect(merchant.call("POST", path, body).status == 201)
        #expect(merchant.read(order, "refunded_amount") == "11500")

        let twice = try merchant.order(.mug, .partCaptured)
        #expect(merchant.capture(twice, 15_000).status == 201)
        #expect(merchant.call("POST", "\(twice)/refunds", body).errorCode == "REFUND_NOT_ALLOWED")

        let polish = JSON.mug.with("purchase_country", "PL").with("purchase_currency", "PLN")
        let abroad = try merchant.order(polish, .captured)
        #expect(merchant.call("POST", "\(abroad)/refunds", body).errorCode == "REFUND_NOT_ALLOWED")
    }

    @Test func `adds up lines of any size`() throws {
        let merchant = Merchant()
        let order = try merchant.order(.mug, .captured)
        let lines: [JSON] = [.fee(.min), .fee(.min), .line("MUG", 1)]
        let answer = merchant.call("POST", "\(order)/refunds", ["refunded_amount": 1, "order_lines": .array(lines)])
        #expect(answer.errorCode == "REFUND_NOT_ALLOWED")
    }
}

extension Merchant {
    fileprivate func refundedByCapture(_ order: String) -> [Int64?] {
        (call("GET", order).json["captures"]?.array ?? []).map { $0["refunded_amount"]?.integer }
    }
}

extension JSON {
    fileprivate static func line(_ reference: String, _ amount: Int64) -> JSON {
        [
            "reference": .string(reference), "name": "Mug", "quantity": 1, "unit_price": .integer(amount),
            "total_amount": .integer(amount),
        ]
    }

    fileprivate static func fee(_ amount: Int64) -> JSON {
        [
            "type": "return_fee", "name": "Return fee", "quantity": 1, "unit_price": .integer(amount),
            "total_amount": .integer(amount),
        ]
    }
}
