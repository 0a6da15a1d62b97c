internal import Checkouts
internal import Klarna
internal import MerchantAPI
internal import Money
internal import TimeAndChance
internal import Wire

/// One page of checkouts, as `GET /v1/checkouts` has it.
struct CheckoutPage: Sendable {
    let checkouts: [Checkout]
    /// Where the next page begins; `nil` at the end.
    let next: Checkout.ID?

    init(_ filter: CheckoutFilter, in store: some Store) async throws(StoreError) {
        checkouts = try await store.checkouts(filter)
        guard checkouts.count == filter.limit, let last = checkouts.last else {
            next = nil
            return
        }
        var rest = filter
        rest.after = last.id
        rest.limit = 1
        next = try await store.checkouts(rest).isEmpty ? nil : last.id
    }

    var json: JSON {
        ["data": .array(checkouts.map(\.json)), "next": next.map { .string($0.rawValue) } ?? .null]
    }

    var table: String {
        var table = Table(["ID", "STATUS", "REFERENCE", "AMOUNT", "ACCOUNT", "CREATED"])
        for checkout in checkouts {
            let amount = checkout.purchase.orderAmount.formatted(currency: checkout.purchase.currency)
            table.add([
                checkout.id.rawValue, checkout.status.rawValue, checkout.merchantReference ?? "-", amount,
                checkout.account, checkout.createdAt.description,
            ])
        }
        return table.description
    }
}

/// One checkout with its history: as `GET /v1/checkouts/{id}` has it, and its events as `events`.
struct CheckoutReport: Sendable, CustomStringConvertible {
    private let checkout: Checkout
    private let events: [StoredEvent]

    init(_ checkout: Checkout, events: [StoredEvent]) {
        self.checkout = checkout
        self.events = events
    }

    var json: JSON {
        guard case .object(var json) = checkout.json else { return checkout.json }
        json["events"] = .array(events.map(\.json))
        return .object(json)
    }

    /// Whatever the API shows, one line for each member that has a value, and one for each event.
    var description: String {
        var table = Table()
        for (name, value) in lines(of: checkout.json, named: "") { table.add([name, value]) }
        var history = Table()
        for event in events.map(\.json) {
            let detail = event["detail"].map { $0 == [:] ? "" : Self.text($0) } ?? ""
            history.add([event["at"]?.string ?? "", event["source"]?.string ?? "", event["type"]?.string ?? "", detail])
        }
        return "\(table)\n\nhistory:\n\(history)"
    }

    private func lines(of json: JSON, named name: String) -> [(String, String)] {
        switch json {
        case .null: return []
        case .object(let object):
            if let line = orderLine(json) { return [(name, line)] }
            return object.members.flatMap { member in
                lines(of: member.value, named: name.isEmpty ? member.name : "\(name).\(member.name)")
            }
        case .array(let elements):
            if elements.contains(where: { $0.object != nil }) {
                return elements.enumerated().flatMap { lines(of: $0.element, named: "\(name)[\($0.offset)]") }
            }
            return elements.isEmpty ? [] : [(name, elements.map(Self.text).joined(separator: ", "))]
        case .integer(let value) where name.hasSuffix("amount"): return [(name, money(value))]
        case .bool, .integer, .number, .string: return [(name, Self.text(json))]
        }
    }

    /// `2 x Mug, 250.00 SEK`.
    private func orderLine(_ json: JSON) -> String? {
        guard let quantity = json["quantity"]?.integer, let name = json["name"]?.string,
            let total = json["total_amount"]?.integer
        else { return nil }
        return "\(quantity) x \(name), \(money(total))"
    }

    private func money(_ value: Int64) -> String {
        MinorUnits(value).formatted(currency: checkout.purchase.currency)
    }

    private static func text(_ json: JSON) -> String {
        json.string ?? String(decoding: json.bytes, as: UTF8.self)
    }
}

/// Orders that Klarna be asked about a checkout, by whoever serves from that database.
///
/// - Returns: The checkout as it is known until then; `nil` when there is none of that id.
func orderReading(
    of id: Checkout.ID,
    in store: some Store,
    at now: Timestamp = SteadyClock.wallTime(),
) async throws(StoreError) -> Checkout? {
    guard let checkout = try await store.checkout(id) else { return nil }
    let event = Event(at: now, type: "refresh.ordered", source: .operator)
    try await store.commit(Change(id, events: [event], jobs: [JobOrder(refreshing: checkout, at: now)]))
    return checkout
}

extension JobOrder {
    /// What finds out how a checkout stands, by how it stood last.
    init(refreshing checkout: Checkout, at now: Timestamp) {
        if checkout.status == .authorized {
            self.init(.place, at: now, deadline: checkout.deadline, onlyIfAbsent: true)
        } else if checkout.order != nil {
            self.init(.readOrder, at: now)
        } else if checkout.status.isFinal {
            self.init(.sweep, at: now)
        } else {
            self.init(.observe, at: now, deadline: checkout.deadline)
        }
    }
}
