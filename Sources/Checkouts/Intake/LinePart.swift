public import Klarna
public import Money
public import Wire

/// A part of one of the lines that Klarna accepted with an order, or a fee for a return.
public struct LinePart: Sendable, Hashable {
    /// Where the whole line stands among the order's frozen lines; `nil` for a return fee, which is none of them.
    public let index: Int?
    /// What is sent: quantity and amounts are those of the part.
    public let line: OrderLine

    public init(index: Int?, line: OrderLine) {
        self.index = index
        self.line = line
    }
}

extension LinePart {
    /// The line in Klarna's words, with its `index`; ``init(json:)`` reads it again.
    public var json: JSON {
        guard let index, var json = line.json.object else { return line.json }
        json["index"] = .integer(Int64(index))
        return .object(json)
    }

    /// `nil` for a line that cannot be read, or an index that can be none.
    public init?(json: JSON) {
        guard let line = OrderLine(json: json) else { return nil }
        switch json["index"] {
        case nil: self.init(index: nil, line: line)
        case .integer(let index) where (0..<Int64(OrderLineRules.linesMax)).contains(index):
            self.init(index: Int(index), line: line)
        case _: return nil
        }
    }
}

/// What a capture or a refund takes of an order.
public struct OrderPart: Sendable, Hashable {
    public let amount: MinorUnits
    /// None where only an amount was named that is not all there is.
    public let parts: [LinePart]

    public init(amount: MinorUnits, parts: [LinePart]) {
        self.amount = amount
        self.parts = parts
    }

    /// As they are sent.
    public var lines: [OrderLine] { parts.map(\.line) }
}
