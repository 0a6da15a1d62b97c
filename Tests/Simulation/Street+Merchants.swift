import Checkouts
import KlarnaSandbox
import Wire

/// Merchants.
extension Street {
    func ask(_ sale: Sale, attempt: Int) {
        let accounts = Dictionary(uniqueKeysWithValues: Node.accounts.map { ($0, AccountTerms()) })
        let terms = NewCheckout.Terms(accounts: accounts, returnOrigins: ReturnOrigins([Node.publicURL]))
        let new: NewCheckout
        do {
            new = try NewCheckout(json: sale.cart.basket(sale.key), terms: terms)
        } catch {
            return run.audit.note("simulation", "the basket is not taken: \(error)")
        }
        let key = sale.key
        call {
            await $0.open(new, key: key)
        } then: { [self] answer in
            run.trace {
                "merchant: \(key) \(answer.map { "\($0.status) \($0.checkoutID?.rawValue ?? "")" } ?? "no answer")"
            }
            if let id = answer?.checkoutID, answer?.status == 201 {
                run.audit.answered(key: key, id, url: answer?.redirectURL)
                guard !sale.isOpen else { return }
                sale.isOpen = true
                sales[id] = sale
                meddle(id)
                if let url = answer?.redirectURL { shop(url, id, sale) }
            } else if !sale.isOpen, attempt < 8 {
                later(scheduler.dice.skewed(500, 60_000)) { self.ask(sale, attempt: attempt + 1) }
            }
        }
    }

    /// What a merchant does with a checkout besides waiting.
    private func meddle(_ id: Checkout.ID) {
        for _ in 0..<scheduler.dice.pick([0, 0, 1, 3]) {
            let refreshes = scheduler.dice.chance(400)
            later(scheduler.dice.skewed(100, 14_400_000)) { [self] in
                call {
                    refreshes ? await $0.refresh(id) : await $0.look(at: id)
                } then: { [self] status in
                    run.coverage.count(refreshes ? "refresh" : "look", status.map(String.init) ?? "no answer")
                }
            }
        }
        if let cart = sales[id]?.cart, scheduler.dice.chance(120) {
            let body = cart.revision(mugs: scheduler.dice.between(1, 4))
            for _ in 0..<scheduler.dice.pick([1, 2]) {
                later(scheduler.dice.skewed(100, 60_000)) { [self] in
                    run.trace { "merchant: PATCH \(id)" }
                    call {
                        await $0.revise(id, body)
                    } then: { [self] status in
                        run.coverage.count("revise", status.map(String.init) ?? "no answer")
                    }
                }
            }
        }
        if scheduler.dice.chance(100) {
            later(scheduler.dice.skewed(100, 60_000)) { [self] in
                call {
                    await $0.distribute(id)
                } then: { [self] status in
                    run.coverage.count("distribute", status.map(String.init) ?? "no answer")
                }
            }
        }
        if scheduler.dice.chance(400) {
            later(scheduler.dice.skewed(100, 1_800_000)) { [self] in
                run.trace { "merchant: DELETE \(id)" }
                call {
                    await $0.disable(id)
                } then: { [self] status in
                    run.coverage.count("disable", status.map(String.init) ?? "no answer")
                }
            }
        }
    }

    /// At the end of a day a merchant closes what was left open; now and then one forgets it, and it ends by itself.
    func clear() {
        guard !isCleared else { return }
        isCleared = true
        guard !hasTime || scheduler.dice.chance(500) else { return }
        for id in run.memory.ids {
            guard let checkout = run.memory.checkouts[id] else { continue }
            switch checkout.status {
            case .created, .waiting, .inProgress:
                call {
                    await $0.disable(id)
                } then: { _ in
                }
            case .authorized, .orderPlaced, .tokenized, .cancelled, .disabled, .expired, .orderFailed, .needsReview:
                break
            }
        }
    }
}
