import Wire

/// Captures, refunds and all else that merchants asked for: what Klarna's double did, and what the service says of it.
extension Audit {
    func checkDeeds() async throws {
        let orders = Dictionary(grouping: try await street.orders()) { $0["merchant_reference2"]?.string ?? "" }
        let tokens = Dictionary(grouping: try await street.tokens()) { $0["payment_session_id"]?.string ?? "" }
        try await checkAll { memory in
            let deeds = Dictionary(grouping: memory.deeds, by: \.checkout)
            for (checkout, deeds) in deeds {
                try await checkEffects(of: deeds, on: checkout, amount: memory.amount, orders[checkout]?.first)
            }
            for deed in memory.deeds { try await checkKey(of: deed) }
            try await checkCharges(of: memory, orders, tokens)
        }
        try await checkSends()
    }

    /// What was done is the sum of what was asked for, no more and no less, on both sides.
    private func checkEffects(of deeds: [Deed], on checkout: String, amount: Int64, _ order: JSON?) async throws {
        let steps = deeds.map(\.step)
        let what = "\(checkout) after \(steps.map(\.path))"
        guard let order else { return demand(false, "\(what) has no order") }
        let captured = steps.reduce(0) { $0 + $1.captured }
        let refunded = steps.reduce(0) { $0 + $1.refunded }
        let isOver = steps.contains(.cancel) || steps.contains(.release)
        let sums = ["captured_amount": captured, "refunded_amount": refunded]
        let remaining = ["remaining_authorized_amount": isOver ? 0 : amount - captured]
        let service = try await street.api("GET", "/v1/checkouts/\(checkout)")["order"]
        for (name, sum) in sums.merging(remaining, uniquingKeysWith: { $1 }) {
            demand(order[name]?.integer == sum, "\(what): \(order[name]?.text ?? "no") \(name) at Klarna, not \(sum)")
            demand(service?[name]?.integer == sum, "\(what): \(service?[name]?.text ?? "no") \(name) here, not \(sum)")
        }
        demand((order["status"] == "CANCELLED") == steps.contains(.cancel), "\(what): \(order["status"]?.text ?? "")")
        if steps.contains(.change) {
            demand(order["merchant_reference1"]?.string == Step.otherReference, "\(what): the reference is as before")
        }
        try await checkList("captures", "capture_id", deeds.filter { $0.step.captured > 0 }, on: checkout, order)
        try await checkList("refunds", "refund_id", deeds.filter { $0.step.refunded > 0 }, on: checkout, order)
        let events = try await street.api("GET", "/v1/checkouts/\(checkout)/events")["data"]?.array ?? []
        let types = events.compactMap { $0["type"]?.string }
        for name in Set(steps.map(\.event)) {
            let asked = steps.count { $0.event == name }
            demand(types.count { $0 == name } == asked, "\(what): its history has not \(asked) \(name): \(types)")
        }
    }

    /// Each of them exists once here and once at Klarna, under its own reference, with the same amount.
    private func checkList(
        _ name: String,
        _ klarnaName: String,
        _ deeds: [Deed],
        on checkout: String,
        _ order: JSON,
    ) async throws {
        var ours = try await street.api("GET", "/v1/checkouts/\(checkout)/\(name)")["data"]?.array ?? []
        // An answer that was done and could not be read left no id of Klarna's: the next reading brings it.
        if ours.contains(where: { $0["klarna_id"] == .null }) {
            _ = try await street.api("POST", "/v1/checkouts/\(checkout)/refresh")
            ours = try await street.api("GET", "/v1/checkouts/\(checkout)/\(name)")["data"]?.array ?? []
        }
        let theirs = order[name]?.array ?? []
        let wanted = Set(deeds.compactMap(\.operation))
        demand(wanted.count == deeds.count, "\(checkout): two keys share one of its \(name)")
        demand(ours.count == deeds.count, "\(checkout) has \(ours.count) \(name) here, asked for were \(deeds.count)")
        demand(theirs.count == deeds.count, "\(checkout) has \(theirs.count) \(name) at Klarna, not \(deeds.count)")
        demand(Set(ours.compactMap { $0["id"]?.string }) == wanted, "\(checkout) has other \(name) than were answered")
        for one in ours {
            let id = one["id"]?.string ?? ""
            let other = theirs.first { $0["reference"]?.string == id }
            demand(one["status"] == "succeeded", "\(id) of \(checkout) is \(one.text)")
            demand(one["klarna_id"] == other?[klarnaName], "\(id) of \(checkout) is another one at Klarna")
            let amount = other?["captured_amount"] ?? other?["refunded_amount"]
            demand(one["amount"] == amount, "\(id) of \(checkout) is \(one.text) here and \(other?.text ?? "missing")")
        }
    }

    /// The same wish once more is the same answer.
    private func checkKey(of deed: Deed) async throws {
        guard let operation = deed.operation else { return }
        let again = try await street.insistOn(deed.step, with: deed.checkout, key: deed.key)
        demand(again.operation == operation, "\(deed.key) leads to \(again.operation ?? ""), not to \(operation)")
    }

    /// Each charge is one order, and the customer token has no others.
    private func checkCharges(of memory: Memory, _ orders: [String: [JSON]], _ tokens: [String: [JSON]]) async throws {
        guard !memory.charges.isEmpty else { return }
        for charge in memory.charges {
            let checkout = try await street.api("GET", "/v1/checkouts/\(charge.checkout)")
            let made = orders[charge.checkout] ?? []
            demand(made.count == 1, "\(charge.key): \(made.count) orders for one charge")
            demand(checkout["order"]?["order_id"] == made.first?["order_id"], "\(charge.key) has another order here")
            let again = try await street.insistOnCharging(charge.token, charge.body, key: charge.key).json
            demand(again["checkout_id"]?.string == charge.checkout, "\(charge.key) leads to \(again.text)")
        }
        let checkouts = memory.charges.map(\.checkout)
        demand(Set(checkouts).count == checkouts.count, "\(memory.id): two charges share a checkout")
        let session = try await street.api("GET", "/v1/checkouts/\(memory.id)")["klarna"]?["payment_session_id"]
        let made = tokens[session?.string ?? ""] ?? []
        demand(made.count == 1, "\(made.count) customer tokens of \(memory.id)")
        let charged = Set(made.flatMap { $0["order_ids"]?.array ?? [] }.compactMap(\.string))
        let known = Set(checkouts.flatMap { orders[$0] ?? [] }.compactMap { $0["order_id"]?.string })
        demand(charged == known, "\(memory.id) was charged \(charged.count) times, asked for were \(known.count)")
    }

    /// All that was sent under one key are the same bytes to the same place.
    private func checkSends() async throws {
        let sends = try await street.requests().filter { ["POST", "PATCH"].contains($0["method"]?.string) }
        for (key, sends) in Dictionary(grouping: sends, by: { $0["idempotency_key"]?.string ?? "" }) where key != "" {
            let bytes = Set(sends.map { "\($0["path"]?.text ?? "") \($0["body"]?.text ?? "")" })
            demand(bytes.count == 1, "one key was sent with \(bytes.count) bodies: \(bytes.sorted())")
        }
    }
}
