import Klarna
import Money
import Testing
import Wire

@testable import Checkouts

@Suite("Parts of an order")
struct OrderPartsTests {
    @Test func `M10 no capture is larger than what is authorized`() throws {
        let order = Taking([.item(9880)])
        let error = try #require(throws: Faults.self) { try order.parts.capture(amount: 9900, lines: nil) }
        #expect(error.all.map(\.pointer) == ["/amount"])
        #expect(error.all[0].sum == Fault.Sum(expected: 9880, given: 9900, tolerance: 0))
        #expect(error.all[0].detail.contains("9880") && error.all[0].detail.contains("9900"))
    }

    @Test func `M11 a refund is as large as was said, to the unit`() throws {
        var order = Taking([.item(20_000)])
        try order.capture()
        let refund = try NewRefund(json: ["amount": 8989])
        #expect(try order.parts.refund(amount: refund.amount, lines: refund.lines).amount == 8989)
        #expect(throws: Faults.self) { try NewRefund(json: ["amount": .number("89.89")]) }
    }

    @Test func `M12 no refund is larger than what was captured, whatever the lines are rounded to`() throws {
        var line = OrderLine.item(2390, quantity: 10)
        line.totalDiscountAmount = 5975
        line.totalAmount = 17_925
        var order = Taking([line])
        try order.capture()
        for _ in 0..<9 { try order.refund([.sku(0, 1)]) }
        #expect(order.refunded == 16_133)
        #expect(throws: Faults.self) { try order.parts.refund(amount: 17_926, lines: nil) }
        let last = try order.refund([.sku(0, 1)])
        #expect(order.refunded == 17_925)
        #expect(last.parts[0].line.quantity == 1)
        #expect(throws: Faults.self) { try order.parts.refund(amount: 1, lines: nil) }
    }

    @Test func `M20 three captures and two refunds of an odd order add up to it exactly`() throws {
        let third = OrderLine(
            type: "physical",
            reference: "SKU-0",
            name: "Item 0",
            quantity: 3,
            unitPrice: 333,
            taxRate: 2500,
            totalAmount: 1000,
            totalTaxAmount: 200,
        )
        var order = Taking([third, .item(4999, rate: 1200), .item(495, rate: 700)])
        let first = try order.capture([.sku(0, 1)])
        let second = try order.capture([.sku(0, 1), .sku(1, 1)])
        let last = try order.capture()
        #expect(first.amount == 333 && second.amount == 5332 && last.amount == 829)
        #expect(last.parts.map(\.index) == [0, 2])
        #expect(last.lines[0].unitPrice == 334 && last.lines[0].totalDiscountAmount == nil)
        #expect([first, second, last].map { $0.lines[0].totalTaxAmount } == [67, 67, 66])
        #expect(order.captured == 6494)
        let back = try order.refund([.sku(0, 2), .sku(2, 1)])
        #expect(back.amount == 1162)
        let rest = try order.refund()
        #expect(rest.parts.map(\.line.totalAmount) == [333, 4999])
        #expect(order.refunded == 6494)
    }

    @Test func `M22 a return fee is less than the refund it is kept from`() throws {
        var order = Taking([.item(89_900)])
        try order.capture()
        func refund(_ fee: Int64) throws(Faults) -> OrderPart {
            try order.parts.refund(amount: nil, lines: [.sku(0, 1), .fee(fee)])
        }
        for fee in [-89_900, -89_901, Int64.min] as [Int64] {
            let error = try #require(throws: Faults.self) { try refund(fee) }
            #expect(error.all.map(\.pointer) == ["/order_lines/1"])
        }
        let part = try refund(-5000)
        #expect(part.amount == 84_900)
        #expect(part.parts.map(\.index) == [0, nil])
        #expect(part.lines[1].type == "return_fee" && part.lines[1].totalAmount == -5000)
    }

    @Test func `are everything that remains when nothing is said`() throws {
        var order = Taking([.item(1000, quantity: 2), .item(500)])
        try order.capture([.sku(0, 1)])
        let part = try order.capture()
        #expect(part.amount == 1500)
        #expect(part.parts.map(\.index) == [0, 1] && part.lines.map(\.quantity) == [1, 1])
        #expect(throws: Faults.self) { try order.parts.capture(amount: nil, lines: nil) }
    }

    @Test func `have lines for an amount only if it is all that remains`() throws {
        let order = Taking([.item(1000, quantity: 2), .item(500)])
        #expect(try order.parts.capture(amount: 2499, lines: nil).parts.isEmpty)
        #expect(try order.parts.capture(amount: 2500, lines: nil).parts.map(\.index) == [0, 1])
    }

    @Test func `have no lines for the rest of what was captured by an amount`() throws {
        var order = Taking([.item(1000, quantity: 2), .item(500)])
        try order.capture(amount: 700)
        let rest = try order.capture()
        #expect(rest.amount == 1800 && rest.parts.isEmpty)
        // Which lines were captured nobody knows, so any may be given back.
        let refund = try order.refund([.sku(0, 2)])
        #expect(refund.amount == 2000)
        #expect(throws: Faults.self) { try order.parts.refund(amount: nil, lines: [.sku(1, 1), .sku(0, 1)]) }
        #expect(try order.refund().parts.map(\.index) == [1])
    }

    @Test func `come to what is said of them, or to nothing`() throws {
        let order = Taking([.item(1000, quantity: 2)])
        #expect(try order.parts.capture(amount: 1000, lines: [.sku(0, 1)]).amount == 1000)
        let error = try #require(throws: Faults.self) { try order.parts.capture(amount: 999, lines: [.sku(0, 1)]) }
        #expect(error.all.map(\.pointer) == ["/amount"])
        #expect(error.all[0].sum == Fault.Sum(expected: 1000, given: 999, tolerance: 0))
    }

    @Test(
        "name lines that there are, and no more than remains of them",
        arguments: [
            ([["reference": "SKU-0", "quantity": 3]], ["/order_lines/0/quantity"]),
            ([["reference": "SKU-0", "quantity": 2], ["index": 0]], ["/order_lines/1/quantity"]),
            ([["reference": "SKU-0", "quantity": 0]], ["/order_lines/0/quantity"]),
            ([["reference": "SKU-9", "quantity": 1]], ["/order_lines/0/reference"]),
            ([["reference": "SKU-0", "type": "digital", "quantity": 1]], ["/order_lines/0/reference"]),
            ([["index": 7]], ["/order_lines/0/index"]),
            ([["index": 1, "reference": "SKU-0"]], ["/order_lines/0/index"]),
            ([["name": "Nothing"], ["index": 8]], ["/order_lines/0/name", "/order_lines/1/index"]),
            (
                [["reference": "SKU-0", "quantity": 1, "total_amount": 1001]],
                ["/order_lines/0/total_amount"],
            ),
            ([["reference": "SKU-0", "quantity": 1, "unit_price": 999]], ["/order_lines/0/unit_price"]),
            ([["reference": "SKU-0", "quantity": 1, "tax_rate": 0]], ["/order_lines/0/tax_rate"]),
            ([["reference": "SKU-0", "quantity": 1, "total_tax_amount": 202]], ["/order_lines/0/total_tax_amount"]),
            (
                [["reference": "SKU-0", "quantity": 1, "total_discount_amount": 1]],
                ["/order_lines/0/total_discount_amount"],
            ),
        ] as [(JSON, [String])],
    )
    func refusals(lines: JSON, pointers: [String]) throws {
        let order = Taking([.item(1000, quantity: 2, rate: 2500), .item(500)])
        let new = try NewCapture(json: ["order_lines": lines])
        let error = try #require(throws: Faults.self) { try order.parts.capture(amount: nil, lines: new.lines) }
        #expect(error.all.map(\.pointer) == pointers)
    }

    @Test(
        arguments: [
            [["reference": "SKU-0", "quantity": 1]], [["index": 0, "quantity": 1]],
            [["name": "Item 0", "quantity": 1]],
            [
                [
                    "type": "physical", "reference": "SKU-0", "name": "Item 0", "quantity": 1, "unit_price": 1000,
                    "tax_rate": 2500, "total_amount": 1000, "total_discount_amount": 0, "total_tax_amount": 201,
                    "quantity_unit": "pcs", "product_url": "https://shop.example/0", "product_identifiers": [:],
                ]
            ],
        ] as [JSON]
    )
    func `are found by any name, and by a whole line of Klarna's`(lines: JSON) throws {
        let order = Taking([.item(1000, quantity: 2, rate: 2500), .item(500)])
        let new = try NewCapture(json: ["order_lines": lines])
        let part = try order.parts.capture(amount: new.amount, lines: new.lines)
        #expect(part.parts.map(\.index) == [0] && part.amount == 1000)
        #expect(part.lines[0].totalTaxAmount == 200)
    }

    @Test func `keep to another rounding of a share, and still add up`() throws {
        var line = OrderLine.item(1000, quantity: 3)
        line.totalDiscountAmount = 1000
        line.totalAmount = 2000
        var order = Taking([line])
        func asking(_ total: Int64) -> [RequestedLine] {
            var line = RequestedLine.sku(0, 1)
            line.totalAmount = MinorUnits(total)
            return [line]
        }
        #expect(throws: Faults.self) { try order.parts.capture(amount: nil, lines: asking(665)) }
        let first = try order.capture(asking(666), amount: 666)
        #expect(first.amount == 666 && first.lines[0].totalDiscountAmount == 334)
        #expect(try order.capture([.sku(0, 1)]).amount == 667)
        #expect(throws: Faults.self) { try order.parts.capture(amount: nil, lines: asking(666)) }
        #expect(try order.capture(asking(667)).amount == 667)
    }

    @Test func `tell lines of one reference apart by what they are`() throws {
        var discount = OrderLine.item(-200)
        discount.type = "discount"
        var order = Taking([.item(1000), discount], sameReference: true)
        let error = try #require(throws: Faults.self) { try order.parts.capture(amount: nil, lines: [.sku(0, 1)]) }
        #expect(error.all[0].detail.contains("more than one line"))
        var line = RequestedLine.sku(0, 1)
        line.type = "discount"
        let part = try order.capture([line, RequestedLine(index: 0)])
        #expect(part.parts.map(\.index) == [1, 0] && part.amount == 800)
    }

    @Test func `take lines that are alike one after the other`() throws {
        var order = Taking([.item(1000), .item(1000)], sameReference: true)
        #expect(try order.capture([.sku(0, 1), .sku(0, 1)]).parts.map(\.index) == [0, 1])
    }

    @Test func `count what may have happened as done`() throws {
        let parts = OrderParts(
            lines: [.item(1000, quantity: 2)],
            country: "SE",
            captured: [LinePart(index: 0, line: .item(1000))],
            amounts: OrderParts.Amounts(captured: 1000, refunded: 400, remaining: 1000),
            captureCount: 1,
        )
        #expect(try parts.capture(amount: nil, lines: nil).lines.map(\.quantity) == [1])
        #expect(throws: Faults.self) { try parts.capture(amount: 1001, lines: nil) }
        #expect(throws: Faults.self) { try parts.refund(amount: 601, lines: nil) }
        #expect(try parts.refund(amount: 600, lines: nil).parts.isEmpty)
    }

    @Test(arguments: [
        ("SE", 1, true), ("AU", 1, true), ("SE", 2, false), ("SE", 0, false), ("US", 1, false), ("GB", 1, false),
    ])
    func `keep a return fee in some markets, of orders that were captured at once`(
        country: String,
        captures: Int,
        isTaken: Bool,
    ) {
        let parts = OrderParts(
            lines: [.item(1000)],
            country: country,
            amounts: OrderParts.Amounts(captured: 1000, refunded: 0, remaining: 0),
            captureCount: captures,
        )
        let part = try? parts.refund(amount: 900, lines: [.sku(0, 1), .fee(-100)])
        #expect((part?.amount == 900) == isTaken)
    }

    @Test func `are written down and read again`() throws {
        for part in [LinePart(index: 3, line: .item(1000)), LinePart(index: nil, line: .item(-5))] {
            #expect(LinePart(json: part.json) == part)
        }
        var json = try #require(LinePart(index: 0, line: .item(1)).json.object)
        for index in [-1, 1000, "0", .null] as [JSON] {
            json["index"] = index
            #expect(LinePart(json: .object(json)) == nil)
        }
    }
}

/// An order that is captured and refunded step by step.
struct Taking {
    let lines: [OrderLine]
    private(set) var capturedParts: [LinePart] = []
    private(set) var refundedParts: [LinePart] = []
    private(set) var captured: MinorUnits = 0
    private(set) var refunded: MinorUnits = 0
    private(set) var captureCount = 0

    init(_ lines: [OrderLine], sameReference: Bool = false) {
        self.lines = lines.enumerated().map { index, line in
            var line = line
            line.reference = "SKU-\(sameReference ? 0 : index)"
            if !sameReference { line.name = "Item \(index)" }
            return line
        }
    }

    var total: MinorUnits { MinorUnits.sum(lines.map(\.totalAmount)) ?? 0 }

    var parts: OrderParts {
        OrderParts(
            lines: lines,
            country: "SE",
            captured: capturedParts,
            refunded: refundedParts,
            amounts: OrderParts.Amounts(
                captured: captured,
                refunded: refunded,
                remaining: total.subtracting(captured) ?? 0,
            ),
            captureCount: captureCount,
        )
    }

    @discardableResult
    mutating func capture(_ lines: [RequestedLine]? = nil, amount: MinorUnits? = nil) throws(Faults) -> OrderPart {
        let part = try parts.capture(amount: amount, lines: lines)
        capturedParts += part.parts
        captured = captured.adding(part.amount) ?? captured
        captureCount += 1
        return part
    }

    @discardableResult
    mutating func refund(_ lines: [RequestedLine]? = nil) throws(Faults) -> OrderPart {
        let part = try parts.refund(amount: nil, lines: lines)
        refundedParts += part.parts
        refunded = refunded.adding(part.amount) ?? refunded
        return part
    }
}

extension OrderLine {
    static func item(_ price: Int64, quantity: Int64 = 1, rate: Int64? = nil) -> OrderLine {
        let line = OrderLine(
            type: "physical",
            reference: "SKU-0",
            name: "Item 0",
            quantity: quantity,
            unitPrice: MinorUnits(price),
            taxRate: rate,
            totalAmount: MinorUnits(price * quantity),
        )
        return OrderLineRules(country: "SE").completed(line)
    }
}

extension RequestedLine {
    static func sku(_ index: Int, _ quantity: Int64) -> RequestedLine {
        RequestedLine(pointer: "/order_lines/0", reference: "SKU-\(index)", quantity: quantity)
    }

    static func fee(_ amount: Int64) -> RequestedLine {
        var fee = RequestedLine(pointer: "/order_lines/1", type: "return_fee")
        fee.totalAmount = MinorUnits(amount)
        return fee
    }
}
