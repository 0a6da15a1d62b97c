import Foundation
import Wire

/// What must be true in the end, whatever happened before: the books of the sandbox against those of the service.
struct Audit: Sendable {
    let street: Street
    let memories: [Memory]
    private let violations = Locked<[String]>([])

    init(_ street: Street, _ memories: [Memory]) {
        self.street = street
        self.memories = memories
    }

    /// What is wrong, one sentence each.
    func findings() async throws -> [String] {
        let orders = Dictionary(grouping: try await street.orders()) { $0["merchant_reference2"]?.string ?? "" }
        try await checkAll { try await checkCheckout($0, orders[$0.id] ?? []) }
        checkStrays(orders)
        try await checkKeys()
        try await checkReleases()
        try await checkCallbacks()
        try await checkPlacements()
        try await checkDeeds()
        return violations.value
    }

    func demand(_ holds: Bool, _ finding: @autoclosure () -> String) {
        if !holds {
            let finding = finding()
            violations.change { $0.append(finding) }
        }
    }

    /// A few at a time: the service has better things to do than to be audited.
    func checkAll(_ check: @Sendable @escaping (Memory) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, memory) in memories.enumerated() {
                if index >= 8 { try await group.next() }
                group.addTask { try await check(memory) }
            }
            try await group.waitForAll()
        }
    }

    /// One order for whoever paid, none for who did not, and both sides name the same one.
    private func checkCheckout(_ memory: Memory, _ orders: [JSON]) async throws {
        let checkout = try await street.api("GET", "/v1/checkouts/\(memory.id)")
        let status = checkout["status"]?.string ?? ""
        let what = "\(memory.story.rawValue) \(memory.id) is \(status) and has \(orders.count) orders at Klarna"
        demand(orders.count <= 1, what)
        demand((status == "order_placed") == (orders.count == 1), what)
        if let order = orders.first {
            demand(order["order_amount"]?.integer == memory.amount, "\(what), of \(order["order_amount"]?.text ?? "")")
            demand(checkout["order"]?["order_id"] == order["order_id"], "\(what), another one")
        }
        if memory.wasApproved {
            demand(orders.count == (memory.story == .agreesToBeCharged ? 0 : 1) || memory.mayBeReleased, what)
            demand(memory.endings.contains(status), what)
        } else {
            demand(orders.isEmpty, what)
            demand(memory.endings.contains(status), what)
        }
        let events = try await street.api("GET", "/v1/checkouts/\(memory.id)/events")["data"]?.array ?? []
        let types = events.compactMap { $0["type"]?.string }
        demand(types.count { $0 == "order.placed" } == orders.count, "\(what); its history: \(types)")
        if !orders.isEmpty, memory.story != .paysAtKlarnaCheckout {
            demand(types.contains("order.sending"), "\(what), which nobody meant to place: \(types)")
        }
    }

    private func checkStrays(_ orders: [String: [JSON]]) {
        let known = Set(memories.flatMap { [$0.id] + $0.charges.map(\.checkout) })
        for (id, orders) in orders { demand(known.contains(id), "\(orders.count) orders for nobody's checkout \(id)") }
        let byReference = Dictionary(grouping: memories, by: \.reference)
        for (reference, tabs) in byReference {
            let count = tabs.reduce(0) { $0 + (orders[$1.id]?.count ?? 0) }
            demand(count <= 1, "\(count) orders for the one purchase \(reference)")
            let isPaid = tabs.contains { $0.wasApproved && $0.story == .paysInTwoTabs }
            if isPaid { demand(count == 1, "\(count) orders for \(reference), which was paid in two tabs") }
        }
    }

    /// Each key leads to its checkout, and there are no others.
    private func checkKeys() async throws {
        try await checkAll { memory in
            let again = try await street.insistOnOpening(memory.body, key: memory.key).json
            demand(street.id(again) == memory.id, "\(memory.key) leads to \(street.id(again)), not to \(memory.id)")
        }
        let listed = try await street.statuses().keys
        let unknown = Set(listed).subtracting(memories.flatMap { [$0.id] + $0.charges.map(\.checkout) })
        demand(unknown.isEmpty, "\(unknown.count) checkouts that no answer named")
        demand(Set(memories.map(\.id)).subtracting(listed).isEmpty, "checkouts are missing in the list")
    }

    /// No authorization is left to lapse: each became an order or was given back.
    private func checkReleases() async throws {
        for session in try await street.sessions() where session.hasLiveAuthorization && !isForToken(session) {
            demand(false, "an authorization was left alone: \(session.text)")
        }
    }

    /// What a customer token was made of reads as before until it lapses: nothing is held with it.
    private func isForToken(_ session: JSON) -> Bool {
        memories.contains { $0.story == .agreesToBeCharged && $0.hppSession == session["hpp_session_id"]?.string }
    }

    /// What was answered with a 2xx stands in the history.
    private func checkCallbacks() async throws {
        let callbacks = try await street.callbacks()
        let bySession = Dictionary(grouping: callbacks) { $0["hpp_session_id"]?.string ?? "" }
        try await checkAll { memory in
            let acknowledged = (bySession[memory.hppSession] ?? []).filter { callback in
                (callback["attempts"]?.array ?? []).contains { (200...299).contains($0["status"]?.integer ?? 0) }
            }
            guard !acknowledged.isEmpty else { return }
            let events = try await street.api("GET", "/v1/checkouts/\(memory.id)/events")["data"]?.array ?? []
            let known = Set(events.compactMap { $0["event_id"]?.string })
            // Those about an authorization have no name of Klarna's.
            let isTold = events.contains { $0["detail"]?["kind"] == "authorization" }
            let lost = acknowledged.filter {
                $0["kind"] == "authorization" ? !isTold : !known.contains($0["event_id"]?.string ?? "")
            }
            demand(lost.isEmpty, "\(memory.id) lost \(lost.count) callbacks that were answered with a 2xx")
        }
    }

    /// All sends of one authorization are the same bytes under the same key.
    private func checkPlacements() async throws {
        let sends = try await street.requests().filter {
            let path = $0["path"]?.string ?? ""
            return $0["method"] == "POST" && path.hasPrefix("/payments/v1/authorizations") && path.hasSuffix("/order")
        }
        for (_, sends) in Dictionary(grouping: sends, by: { $0["path"]?.string ?? "" }) {
            demand(
                Set(sends.map { $0["body"]?.text ?? "" }).count == 1,
                "one authorization was sent with several bodies",
            )
            demand(
                Set(sends.map { $0["idempotency_key"]?.string ?? "" }).count == 1,
                "one authorization was sent under several keys",
            )
        }
    }
}

extension Memory {
    /// What was agreed to.
    var amount: Int64 {
        switch story {
        case .agreesToBeCharged, .buysAndAgrees: 10_000
        case .paysForAnotherBasket: 12_500
        case _: 25_000
        }
    }

    /// Where this checkout may have come to rest.
    var endings: Set<String> {
        switch story {
        case .pays, .paysAndIsNotSeenAgain, .paysAfterDecline, .paysImpatiently, .buysAndAgrees,
            .paysAtKlarnaCheckout, .paysAfterReopening, .paysForAnotherBasket:
            ["order_placed"]
        case .agreesToBeCharged: ["tokenized"]
        case .paysInTwoTabs: ["order_placed", "order_failed", "disabled"]
        case .isClosedWhilePaying: wasApproved ? ["order_placed", "disabled", "order_failed"] : ["disabled"]
        case .isClosed: ["disabled"]
        case .goesAway: ["waiting"]
        case .isDeclined, .goesBack, .meetsAnError: ["in_progress"]
        case .cancels: ["cancelled"]
        }
    }
}

extension Street {
    /// Of every checkout that the service knows, by its id.
    func statuses() async throws -> [String: String] {
        var statuses: [String: String] = [:]
        var after = ""
        repeat {
            let page = try await api("GET", "/v1/checkouts?limit=100\(after)")
            for checkout in page["data"]?.array ?? [] { statuses[id(checkout)] = checkout["status"]?.string }
            after = page["next"]?.string.map { "&after=\($0)" } ?? ""
        } while !after.isEmpty
        return statuses
    }

    /// Those that have not ended, or of which a charge or an operation has not.
    private func unsettled(_ memories: [Memory], _ statuses: [String: String]) async throws -> [Memory] {
        var open = memories.filter { memory in
            !memory.endings.contains(statuses[memory.id] ?? "")
                || memory.charges.contains { statuses[$0.checkout] != "order_placed" }
        }
        guard open.isEmpty else { return open }
        for memory in memories {
            for deed in memory.deeds where deed.operation != nil {
                let path = "/v1/checkouts/\(deed.checkout)/\(deed.step.path)/\(deed.operation ?? "")"
                if try await api("GET", path)["status"] == "pending" { open.append(memory) }
            }
        }
        return open
    }

    /// Waits until every checkout and every authorization has come to rest, and says how long that took.
    ///
    /// The limit only keeps a broken build from hanging; whoever measures reads the answer.
    func settle(_ memories: [Memory], within limit: Duration = .seconds(90)) async throws -> Duration {
        let start = ContinuousClock.now
        while true {
            let statuses = try await statuses()
            let open = try await unsettled(memories, statuses)
            let tokenized = Set(memories.filter { $0.story == .agreesToBeCharged }.map(\.hppSession))
            let live =
                open.isEmpty
                ? try await sessions().filter {
                    $0.hasLiveAuthorization && !tokenized.contains($0["hpp_session_id"]?.string ?? "")
                } : []
            let passed = ContinuousClock.now - start
            if open.isEmpty, live.isEmpty { return passed }
            guard passed < limit else {
                let words =
                    open.prefix(5).map { "\($0.story.rawValue) \($0.id) \(statuses[$0.id] ?? "unknown")" }
                    + live.prefix(5).map(\.text)
                throw Failure("did not come to rest:\n\(words.joined(separator: "\n"))\n\(log.suffix(3000))")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

extension JSON {
    /// Of a session at the sandbox: an order could still be placed with what its shopper gave.
    var hasLiveAuthorization: Bool {
        (self["authorizations"]?.array ?? []).contains { $0["state"] == "live" }
    }
}
