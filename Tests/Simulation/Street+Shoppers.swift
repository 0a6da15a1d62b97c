import Checkouts
import KlarnaSandbox
import Wire

/// Shoppers, and whoever reports of them.
extension Street {
    func shop(_ url: String, _ id: Checkout.ID, _ sale: Sale) {
        var delay = scheduler.dice.skewed(2000, 900_000)
        if hasTime, scheduler.dice.chance(200) { delay += scheduler.dice.between(0, 46 * 3_600_000) }
        var actions: [ShopperAction] = (0..<scheduler.dice.below(3)).map { _ in
            scheduler.dice.pick([.enter, .decline, .cancel, .back, .error, .timeout, .manualIDCheck, .unheardOf])
        }
        if scheduler.dice.chance(800) { actions.append(.approve) }
        if sale.isTwin, scheduler.dice.chance(900) { meet(url, id, sale) }
        if scheduler.dice.chance(250) {
            actions += (0..<scheduler.dice.below(3)).map { _ in
                scheduler.dice.pick([.approve, .approve, .cancel, .decline])
            }
        }
        for action in actions {
            later(delay) { [self] in act(action, url, id) }
            delay += scheduler.dice.skewed(100, 900_000)
        }
    }

    /// A cart that is open in two tabs is paid for in both at once.
    private func meet(_ url: String, _ id: Checkout.ID, _ sale: Sale) {
        guard let first = meetings.removeValue(forKey: sale.cart.reference) else {
            return meetings[sale.cart.reference] = (url, id)
        }
        later(scheduler.dice.between(1000, 3000)) { [self] in
            act(.approve, first.url, first.id)
            act(.approve, url, id)
        }
    }

    private func act(_ action: ShopperAction, _ url: String, _ id: Checkout.ID) {
        guard let outcome = run.klarna.act(action, onPage: url) else { return }
        run.trace { "shopper of \(id): \(action) -> \(outcome.status)" }
        run.coverage.count("shopper", action.rawValue)
        if action == .approve, outcome.status == .completed { run.audit.approved(id) }
        for callback in outcome.callbacks where callback.kind == .status || callback.kind == .authorization {
            report(callback.body, to: callback.url, callback.kind.rawValue)
        }
        guard let path = Street.path(outcome.location, "/return/") else { return }
        let arrivals = run.weather.arrivals()
        run.coverage.count("redirect", arrivals.isEmpty ? "lost" : arrivals.count > 1 ? "repeated" : "once")
        for delay in arrivals {
            later(delay) { [self] in comeBack(path) }
        }
    }

    private func comeBack(_ path: [String]) {
        call {
            await $0.returned(path[0], path[1])
        } then: { _ in
        }
    }

    /// Klarna calls, however often it arrives.
    func report(_ body: JSON?, to url: String, _ kind: String) {
        let arrivals = run.weather.arrivals()
        let word = arrivals.isEmpty ? "lost" : arrivals.count > 1 ? "repeated" : "once"
        run.coverage.count(kind == "status" ? "callback" : "callback \(kind)", word)
        for delay in arrivals {
            later(delay) { [self] in report(body, to: url, call: 1) }
        }
    }

    /// For one event, up to four times.
    private func report(_ body: JSON?, to url: String, call number: Int) {
        guard let path = Street.path(url, "/callbacks/"),
            let id = Node.pathSecret.checkoutID(in: path[0], .callback)
        else { return }
        call {
            await $0.receive(body, as: path[1], token: path[0])
        } then: { [self] status in
            if let status, (200...299).contains(status) {
                if path[1] == "status" { run.audit.acknowledged(body?["event_id"]?.string ?? "", id) }
            } else if number < 4 {
                later(2000) { self.report(body, to: url, call: number + 1) }
            }
        }
    }

    private static func path(_ url: String, _ prefix: String) -> [String]? {
        guard url.hasPrefix(Node.publicURL + prefix) else { return nil }
        let parts = url.dropFirst(Node.publicURL.utf8.count + prefix.utf8.count).split(separator: "/").map(String.init)
        return parts.count == 2 ? parts : nil
    }

    /// Somebody says what is not so: in Klarna's name, with a secret that was made up, found or taken from elsewhere.
    func forge() {
        guard let id = run.memory.ids.isEmpty ? nil : scheduler.dice.pick(run.memory.ids) else { return }
        let secret = Node.pathSecret
        let status = scheduler.dice.pick(["COMPLETED", "CANCELLED", "DISABLED", "FAILED"])
        let eventID = "forged-\(scheduler.dice.next())"
        let body: JSON = [
            "event_id": .string(eventID), "session": ["session_id": "somebody-elses", "status": .string(status)],
        ]
        run.trace { "somebody forges \(status) for \(id)" }
        switch scheduler.dice.below(8) {
        case 0:
            let token = "\(id).AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            call {
                await $0.receive(body, as: "status", token: token)
            } then: {
                self.expectNothing($0)
            }
        case 1:
            let token = secret.token(for: id, .returning)
            call {
                await $0.receive(body, as: "status", token: token)
            } then: {
                self.expectNothing($0)
            }
        case 2, 3, 4, 5:
            let token = secret.token(for: id, .callback)
            call {
                await $0.receive(body, as: "status", token: token)
            } then: { _ in
            }
        case _: comeBack([secret.token(for: id, .returning), scheduler.dice.pick(["cancel", "success", "failure"])])
        }
    }

    private func expectNothing(_ status: Int?) {
        guard let status, status != 404 else { return }
        run.audit.note("I5", "a forged callback is answered with \(status)")
    }
}
