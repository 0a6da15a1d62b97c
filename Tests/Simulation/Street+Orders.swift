import Checkouts
import Klarna
import KlarnaSandbox
import Wire

/// What follows once a checkout has come to something.
extension Street {
    /// Something was written down: whoever waits for it acts on it.
    func hears(of before: Checkout?, _ after: Checkout) {
        if after.order != nil, before?.order == nil {
            for _ in 0..<scheduler.dice.pick([0, 2, 3, 4, 6]) {
                later(scheduler.dice.skewed(200, 240_000)) { [self] in haveDone(after.id) }
            }
            planPortal(after.id)
        }
        if let token = after.customerToken, before?.customerToken == nil {
            for _ in 0..<scheduler.dice.pick([1, 2, 3]) {
                later(scheduler.dice.skewed(200, 240_000)) { [self] in charge(token.id) }
            }
            planToken(token)
        }
        guard before?.status != after.status, after.sessions != nil, !isCleared else { return }
        switch after.status {
        case .cancelled, .disabled, .expired:
            guard scheduler.dice.chance(350) else { return }
            later(scheduler.dice.skewed(500, 600_000)) { [self] in reopen(after.id, attempt: 0) }
        case .created, .waiting, .inProgress, .authorized, .orderPlaced, .tokenized, .orderFailed, .needsReview: break
        }
    }

    private func newKey(_ word: String) -> String {
        errandCount += 1
        return "\(word)-\(errandCount)"
    }

    private func haveDone(_ id: Checkout.ID) {
        guard let checkout = run.memory.checkouts[id] else { return }
        let key = newKey("errand")
        let errand = Errand.drawn(for: checkout, key, &scheduler.dice)
        ask(errand, id, key, attempt: 0)
        // A double click, and two programs that have the same idea.
        if scheduler.dice.chance(250) {
            later(scheduler.dice.skewed(1, 2000)) { self.ask(errand, id, key, attempt: 0) }
        }
        if scheduler.dice.chance(150) { ask(errand, id, newKey("errand"), attempt: 0) }
        // Somebody who was asked as well does the same by hand.
        guard scheduler.dice.chance(200), let order = checkout.order?.orderID.rawValue else { return }
        let amount = errand.amount
        switch errand {
        case .capture: meddle(.capture, order, amount, of: id, within: 60_000)
        case .refund: meddle(.refund, order, amount, of: id, within: 60_000)
        case .cancel: meddle(.cancel, order, nil, of: id, within: 60_000)
        case .release: meddle(.release, order, nil, of: id, within: 60_000)
        case .extend, .change, .addShippingInfo, .sendOut, .extendDueDate: break
        }
    }

    private func ask(_ errand: Errand, _ id: Checkout.ID, _ key: String, attempt: Int) {
        run.trace { "merchant: \(key) \(errand.path) of \(id)" }
        call {
            await $0.run(errand, id, key: key)
        } then: { [self] answer in
            let status = answer?.status
            run.trace { "merchant: \(key) \(status.map(String.init) ?? "no answer")" }
            run.coverage.count("errand", status.map(String.init) ?? "no answer")
            run.audit.done(errand, id, status)
            // Who got no answer, or one that is none, asks again by the same key.
            guard status ?? 503 >= 500 || status == 409, attempt < 3, scheduler.dice.chance(800) else { return }
            later(scheduler.dice.skewed(500, 120_000)) { self.ask(errand, id, key, attempt: attempt + 1) }
        }
    }
}

/// Customer tokens.
extension Street {
    private func charge(_ token: CustomerToken.ID) {
        let key = newKey("charge")
        let body = Cart.charge(key, amount: scheduler.dice.pick(Errand.amounts), &scheduler.dice)
        charge(token, body, key, attempt: 0)
        if scheduler.dice.chance(250) {
            later(scheduler.dice.skewed(1, 2000)) { self.charge(token, body, key, attempt: 0) }
        }
    }

    private func charge(_ token: CustomerToken.ID, _ body: JSON, _ key: String, attempt: Int) {
        call {
            await $0.charge(token, body, key: key)
        } then: { [self] answer in
            let status = answer?.status
            run.trace { "merchant: \(key) \(token) \(status.map(String.init) ?? "no answer")" }
            run.coverage.count("charge", status.map(String.init) ?? "no answer")
            if let id = answer?.checkoutID { run.audit.answered(key: key, id, url: nil) }
            guard status ?? 503 >= 500 || status == 409, attempt < 6 else { return }
            later(scheduler.dice.skewed(500, 120_000)) { self.charge(token, body, key, attempt: attempt + 1) }
        }
    }

    /// What the merchant and Klarna do with a token besides.
    private func planToken(_ token: CustomerToken) {
        for _ in 0..<scheduler.dice.pick([0, 1, 1, 2]) {
            let cancels = scheduler.dice.chance(400)
            later(scheduler.dice.skewed(1000, 600_000)) { [self] in
                call {
                    cancels ? await $0.cancel(token.id) : await $0.read(token.id)
                } then: { [self] status in
                    run.coverage.count(cancels ? "cancel token" : "read token", status.map(String.init) ?? "no answer")
                }
            }
        }
        for _ in 0..<scheduler.dice.pick([0, 0, 1, 2]) {
            let action = scheduler.dice.pick([TokenAction.suspend, .resume, .fail, .fail, .cancel])
            let trouble = scheduler.dice.pick(TokenTrouble.allCases)
            guard let klarnaToken = token.token?.rawValue else { continue }
            later(scheduler.dice.skewed(100, 400_000)) { [self] in
                run.trace { "Klarna: \(action) of the token of \(token.id)" }
                run.klarna.act(action, onToken: klarnaToken, trouble)
            }
        }
    }
}

/// Pages that are opened again.
extension Street {
    private func reopen(_ id: Checkout.ID, attempt: Int) {
        guard !isCleared else { return }
        run.trace { "merchant: reopens \(id)" }
        let isTwice = scheduler.dice.chance(200)
        for _ in 0..<(isTwice ? 2 : 1) {
            call {
                await $0.reopen(id)
            } then: { [self] answer in
                let status = answer?.status
                run.trace { "merchant: \(id) reopened: \(status.map(String.init) ?? "no answer")" }
                run.coverage.count("reopen", status.map(String.init) ?? "no answer")
                if status == 200, let url = answer?.redirectURL, let sale = sales[id] {
                    run.audit.shown(id, url)
                    shop(url, id, sale)
                    closeAgain(id)
                } else if status ?? 503 >= 500, attempt < 3 {
                    later(scheduler.dice.skewed(500, 60_000)) { self.reopen(id, attempt: attempt + 1) }
                }
            }
        }
    }

    private func closeAgain(_ id: Checkout.ID) {
        guard scheduler.dice.chance(300) else { return }
        later(scheduler.dice.skewed(100, 900_000)) { [self] in
            call {
                await $0.disable(id)
            } then: { _ in
            }
        }
    }
}
