internal import Klarna
internal import Money

extension OrderParts {
    /// The parts that lines of a body name, taken one after the other.
    func parts(_ requested: [RequestedLine], of rests: [LineRest]) throws(Faults) -> [LinePart] {
        var rests = rests
        var parts: [LinePart] = []
        var faults: [Fault] = []
        for line in requested {
            do throws(Faults) {
                guard !line.isReturnFee else {
                    parts.append(LinePart(index: nil, line: try returnFee(line)))
                    continue
                }
                let (index, part) = try find(line, among: rests)
                rests[index].take(part)
                parts.append(LinePart(index: index, line: part))
            } catch {
                faults += error.all
            }
        }
        guard faults.isEmpty else { throw Faults(faults) }
        return parts
    }

    /// The frozen line that is meant and the part of it. Of several that are alike, the first of which there is enough.
    private func find(_ line: RequestedLine, among rests: [LineRest]) throws(Faults) -> (Int, OrderLine) {
        let candidates = rests.filter { (line.index ?? $0.index) == $0.index && line.fits($0.frozen) }
        var found: [(index: Int, part: OrderLine)] = []
        var reasons: [Faults] = []
        for rest in candidates {
            do throws(Faults) { found.append((rest.index, try part(line, of: rest))) } catch { reasons.append(error) }
        }
        guard let first = found.first else {
            throw reasons.first
                ?? Faults([Fault(place(line), "no line of the order has this index, reference, type and name")])
        }
        guard found.allSatisfy({ areAlike($0.part, first.part) }) else {
            throw Faults([Fault(place(line), "more than one line of the order fits: add its type, name or index")])
        }
        return first
    }

    private func place(_ line: RequestedLine) -> String {
        "\(line.pointer)/\(line.index != nil ? "index" : line.reference != nil ? "reference" : "name")"
    }

    private func part(_ line: RequestedLine, of rest: LineRest) throws(Faults) -> OrderLine {
        let place = "\(line.pointer)/quantity"
        let quantity = line.quantity ?? rest.quantity
        guard !rest.isEmpty || rest.frozen.quantity == 0 else {
            throw Faults([Fault(place, "nothing remains of this line, given \(quantity)")])
        }
        guard quantity <= rest.quantity else {
            throw Faults([Fault(place, "at most \(rest.quantity) of this line remain, given \(quantity)")])
        }
        guard quantity > 0 || rest.quantity == 0 else { throw Faults([Fault(place, "must be at least 1")]) }
        guard let part = rest.part(quantity, asking: line.totalAmount) else {
            throw Faults([Fault(line.pointer, "the amounts of this part do not fit")])
        }
        let faults = line.disagreements(with: part, of: rest.frozen, within: rest.margin(quantity))
        guard faults.isEmpty else { throw Faults(faults) }
        return part
    }

    private func areAlike(_ one: OrderLine, _ other: OrderLine) -> Bool {
        one.type == other.type && one.name == other.name && one.unitPrice == other.unitPrice
            && one.taxRate == other.taxRate && one.totalAmount == other.totalAmount
    }

    /// Klarna Order Management v1, "Return fee": in some markets only, and where there is one capture to keep it from.
    private func returnFee(_ line: RequestedLine) throws(Faults) -> OrderLine {
        var faults: [Fault] = []
        if !OrderParts.returnFeeCountries.contains(country) {
            faults.append(Fault("\(line.pointer)/type", "Klarna keeps no return fees in \(country)"))
        }
        if captureCount != 1 {
            let reason = "takes an order that was captured in exactly one capture, and there are \(captureCount)"
            faults.append(Fault("\(line.pointer)/type", reason))
        }
        let quantity = line.quantity ?? 1
        let total = line.totalAmount ?? line.unitPrice?.times(quantity)
        guard quantity > 0, let total, total < .zero else {
            faults.append(
                Fault("\(line.pointer)/total_amount", "a return fee is negative, and its quantity at least 1")
            )
            throw Faults(faults)
        }
        guard let unitPrice = line.unitPrice ?? (quantity == 1 ? total : nil) else {
            faults.append(Fault("\(line.pointer)/unit_price", "is required"))
            throw Faults(faults)
        }
        var fee = OrderLine(
            type: RequestedLine.returnFee,
            reference: line.reference,
            name: line.name ?? "Return fee",
            quantity: quantity,
            unitPrice: unitPrice,
            taxRate: line.taxRate,
            totalAmount: total,
            totalTaxAmount: line.totalTaxAmount,
        )
        fee.totalDiscountAmount = line.totalDiscountAmount
        let rules = OrderLineRules(country: country)
        faults += rules.faults(in: fee, at: line.pointer)
        guard faults.isEmpty else { throw Faults(faults) }
        return rules.completed(fee)
    }

    /// Klarna Order Management v1, "Return fee".
    private static let returnFeeCountries: Set<String> = [
        "AT", "AU", "CZ", "DE", "DK", "ES", "FI", "FR", "GR", "IE", "IT", "NL", "NO", "PT", "SE",
    ]
}
