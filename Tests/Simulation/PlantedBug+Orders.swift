import Checkouts
import Klarna
import Money
import TimeAndChance
import Wire

/// Bugs of whoever has something done with orders: what the store is told instead.
extension Checkout {
    mutating func forgetDoubts() {
        for index in operations.indices where operations[index].isPending {
            operations[index].attempts.unansweredAt = nil
            operations[index].attempts.refusals = 0
            operations[index].attempts.lastRefusal = nil
        }
    }

    mutating func believeRefusals() {
        for index in operations.indices where operations[index].isPending {
            guard let refusal = operations[index].attempts.lastRefusal else { continue }
            operations[index].outcome = .failed(Problem(.operationRefused, "Klarna refused it.", klarna: refusal))
            operations[index].body = []
        }
    }

    mutating func takeWhatIsOthers() {
        for other in operations where other.origin == .elsewhere {
            let own = operations.firstIndex { operation in
                operation.isPending && operation.effect == other.effect && operation.amount == other.amount
                    && operation.keySince != nil
            }
            guard let own else { continue }
            operations[own].outcome = other.outcome
            operations[own].body = []
            operations.removeAll { $0.id == other.id }
            return
        }
    }

    mutating func countAgain(since known: Checkout?) {
        for operation in operations where operation.effect == .capture && operation.klarnaID != nil {
            guard known?.operation(operation.id)?.isPending == true, let amount = operation.amount else { continue }
            order = order?.altered(adding: amount)
        }
    }

    /// As it is when the amounts of what is under way are forgotten.
    var withoutPendingAmounts: Checkout {
        var checkout = self
        checkout.operations = operations.map { operation in
            guard operation.isPending else { return operation }
            return OrderOperation(
                id: operation.id,
                effect: operation.effect,
                requestKey: operation.requestKey,
                createdAt: operation.createdAt,
            )
        }
        return checkout
    }

    /// The operations that were there before are as they were.
    mutating func remember(_ known: Checkout?) {
        guard PlantedBug.hidesPendingAmounts else { return }
        operations = operations.map { known?.operation($0.id) ?? $0 }
    }
}

extension Order {
    func altered(fraudStatus other: String? = nil, adding amount: MinorUnits = .zero) -> Order {
        var altered = Order(
            orderID: orderID,
            klarnaReference: klarnaReference,
            fraudStatus: other ?? fraudStatus,
            status: status,
            authorizedAmount: authorizedAmount,
            capturedAmount: capturedAmount.adding(amount) ?? capturedAmount,
            refundedAmount: refundedAmount,
            remainingAuthorizedAmount: remainingAuthorizedAmount,
            placedAt: placedAt,
            expiresAt: expiresAt,
        )
        altered.lines = lines
        return altered
    }
}

extension PlantedBug {
    /// Whether whoever reads a checkout in this task does not see the amounts of what is under way.
    @TaskLocal static var hidesPendingAmounts = false
}

extension Routes {
    /// A page takes the place of one that nobody has asked after.
    func reopenUnproved(_ id: Checkout.ID) async -> Answer {
        var urls = MerchantURLs()
        urls.success = "\(Node.publicURL)/return/\(Node.pathSecret.token(for: id, .returning))/success"
        guard let known = try? await store.checkout(id), let client = clients[known.account],
            let payment = try? await client.createPaymentSession(known.purchase, terms: PaymentSessionTerms()),
            let page = try? await client.createHPPSession(
                for: .payments(payment.id),
                urls: urls,
                options: PageOptions(),
            )
        else { return Answer(status: 503) }
        var checkout = known
        checkout.status = .disabled
        let sessions = Checkout.Sessions(
            paymentSessionID: payment.id,
            hppSessionID: page.id,
            redirectURL: page.redirectURL,
            qrCodeURL: nil,
            expiresAt: page.expiresAt ?? surroundings.now() + .seconds(47 * 3600),
            paymentMethodCategories: [],
        )
        let now = surroundings.now()
        guard (try? checkout.apply(.reopened(sessions), at: now)) != nil else { return Answer(status: 409) }
        let event = Event(at: now, type: "checkout.reopened", source: .api)
        let jobs = [JobOrder(.observe, at: now)]
        _ = try? await store.commit(Change(id, checkout: checkout, events: [event], jobs: jobs))
        return Answer(status: 200, checkoutID: id, redirectURL: sessions.redirectURL)
    }
}
