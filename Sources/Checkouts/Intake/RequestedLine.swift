internal import Klarna
public import Money
internal import Wire

/// One line of a capture or a refund as its caller names it: enough to find the frozen line, the quantity, and, for
/// whoever sends a whole line of Klarna's form, the amounts that this quantity should come to.
public struct RequestedLine: Sendable, Hashable {
    /// Where it stands in the body, for faults.
    public let pointer: String
    /// Its place among the order's lines, from 0.
    public var index: Int?
    public var reference: String?
    public var type: String?
    public var name: String?
    /// `nil`: all of it that remains.
    public var quantity: Int64?
    public var unitPrice: MinorUnits?
    public var taxRate: Int64?
    public var totalAmount: MinorUnits?
    public var totalDiscountAmount: MinorUnits?
    public var totalTaxAmount: MinorUnits?

    public init(
        pointer: String = "",
        index: Int? = nil,
        reference: String? = nil,
        type: String? = nil,
        name: String? = nil,
        quantity: Int64? = nil,
    ) {
        self.pointer = pointer
        self.index = index
        self.reference = reference
        self.type = type
        self.name = name
        self.quantity = quantity
    }

    /// A fee that the merchant keeps back from a refund. Klarna Order Management v1, `order_lines[].type` of a refund.
    public var isReturnFee: Bool { type == RequestedLine.returnFee }

    static let returnFee = "return_fee"

    /// Whether this may mean the line.
    func fits(_ line: OrderLine) -> Bool {
        (reference == nil || reference == line.reference) && (name == nil || name == line.name)
            && (type == nil || type == line.type ?? "physical")
    }

    /// Where the amounts that were given differ from those of the part. A tax may be off by one, as with Klarna.
    func disagreements(with line: OrderLine, of whole: OrderLine, within margin: Int64) -> [Fault] {
        var faults: [Fault] = []
        if let unitPrice, unitPrice != whole.unitPrice {
            faults += difference("unit_price", unitPrice, line.unitPrice, 0)
        }
        if let taxRate {
            faults += difference("tax_rate", MinorUnits(taxRate), MinorUnits(line.taxRate ?? 0), 0)
        }
        if let totalAmount { faults += difference("total_amount", totalAmount, line.totalAmount, margin) }
        if let totalDiscountAmount {
            faults += difference(
                "total_discount_amount",
                totalDiscountAmount,
                line.totalDiscountAmount ?? .zero,
                margin,
            )
        }
        if let totalTaxAmount {
            faults += difference("total_tax_amount", totalTaxAmount, line.totalTaxAmount ?? .zero, 1)
        }
        return faults
    }

    private func difference(_ name: String, _ given: MinorUnits, _ expected: MinorUnits, _ tolerance: Int64) -> [Fault]
    {
        OrderLineRules.compare(
            given,
            expected,
            tolerance,
            "\(pointer)/\(name)",
            "must agree with the line that Klarna accepted",
        )
    }
}

extension RequestedLine {
    /// `order_lines` of a capture or a refund; `nil` when they are missing. An empty list is a fault: whoever computed it does
    /// not mean everything. What a line of Klarna's form says besides, such as its URLs, is taken from the frozen line and not
    /// read.
    static func list(_ reader: inout ObjectReader, types: [String]) -> [RequestedLine]? {
        reader.objects("order_lines", 1...OrderLineRules.linesMax) { reader in line(&reader, types) }
    }

    private static func line(_ reader: inout ObjectReader, _ types: [String]) -> RequestedLine? {
        let amounts = -OrderLineRules.amountMax...OrderLineRules.amountMax
        var line = RequestedLine(pointer: reader.pointer)
        line.index = reader.integer("index", 0...Int64(OrderLineRules.linesMax - 1)).map { Int($0) }
        line.reference = reader.text("reference", 0...255, .anything).flatMap { $0.isEmpty ? nil : $0 }
        line.type = reader.choice("type", types)
        line.name = reader.text("name", 1...255, .anything)
        line.quantity = reader.integer("quantity", 0...Int64.max)
        line.unitPrice = reader.integer("unit_price", amounts).map { MinorUnits($0) }
        line.taxRate = reader.integer("tax_rate", 0...10_000)
        line.totalAmount = reader.integer("total_amount", amounts).map { MinorUnits($0) }
        line.totalDiscountAmount =
            reader.integer("total_discount_amount", 0...OrderLineRules.amountMax).map { MinorUnits($0) }
        line.totalTaxAmount = reader.integer("total_tax_amount", amounts).map { MinorUnits($0) }
        for name in [
            "quantity_unit", "merchant_data", "product_url", "image_url", "product_identifiers", "subscription",
        ] { _ = reader.member(name) }
        let isNamed = [reader.member("index"), reader.member("reference"), reader.member("name")].contains {
            $0 != nil && $0 != ""
        }
        if !isNamed, !line.isReturnFee {
            reader.note("reference", "is required to tell which line is meant: a reference, a name or an index")
        }
        return line
    }
}
