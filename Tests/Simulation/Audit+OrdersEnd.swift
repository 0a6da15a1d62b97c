import Checkouts
import Klarna
import KlarnaSandbox
import Money
import Wire

/// When everything is over: orders.
extension Audit {
    func finishOrders() {
        compareBooks(by: nil)
        for id in run.memory.ids {
            guard let checkout = run.memory.checkouts[id] else { continue }
            if checkout.chargedToken != nil { finishCharge(checkout) }
            if checkout.terms.intent.createsToken, checkout.chargedToken == nil { finishTokenizing(checkout) }
            guard let order = checkout.order else { continue }
            finish(checkout, order)
        }
    }

    private func finish(_ checkout: Checkout, _ order: Order) {
        let id = checkout.id
        for operation in checkout.operations where operation.isPending {
            note("I13", "\(operation.id) of \(id) does not settle")
        }
        let claimed = checkout.operations.filter { $0.effect == .capture || $0.effect == .refund }.compactMap(
            \.klarnaID
        )
        require(Set(claimed).count == claimed.count, "I5", "\(id) counts a capture or a refund twice")
        checkWishes(of: checkout)
        guard let book = books[order.orderID.rawValue] else {
            return note("I5", "the order of \(id) is not at Klarna")
        }
        for (klarnaID, move) in book.moves where move.operation != nil {
            // Whoever asked for it knows of it.
            let isKnown = claimed.contains(klarnaID)
            require(isKnown, "I5", "\(move.effect) of \(id) is in Klarna's books, and nobody here knows of it")
        }
        // By a clock that was set forward the weeks of watching are over sooner.
        guard run.clockSetForwardAt == nil else { return }
        require(Set(claimed) == Set(book.moves.keys), "I5", "\(id) has not seen what was done in the portal")
        let sums = [order.authorizedAmount, order.capturedAmount, order.refundedAmount].map(\.value)
        let theirs = [book.authorized, book.captured, book.refunded]
        require(sums == theirs, "I5", "the sums of \(id) are \(sums), and Klarna's are \(theirs)")
        let isDecided = order.fraudStatus != "PENDING" || book.fraudStatus == "PENDING"
        require(isDecided, "I5", "\(id) has not heard what Klarna thinks of the risk")
        let disagrees = run.memory.events[id]?.contains { $0.event.type == "order.disagrees" } ?? false
        require(!disagrees, "I5", "\(id) took Klarna's books to be wrong")
    }

    /// What was asked for by one request was done once at the most.
    private func checkWishes(of checkout: Checkout) {
        var done: [String: Int] = [:]
        for operation in checkout.operations {
            guard let key = operation.requestKey, let intent = operations[operation.id] else { continue }
            let isDone =
                switch operation.outcome {
                case .succeeded: true
                case .pending, .failed: intent.effects > 0
                }
            if isDone { done["\(key) \(operation.effect)", default: 0] += 1 }
        }
        require(done.values.allSatisfy { $0 == 1 }, "I1", "one request to \(checkout.id) is done twice")
    }

    private func finishCharge(_ checkout: Checkout) {
        let exists = charges[checkout.id.rawValue] != nil
        guard run.klarna.world.behaviour.honoursOrderManagementKeys else { return }
        switch checkout.status {
        case .orderPlaced, .needsReview: break
        case .orderFailed: require(!exists, "I2", "\(checkout.id) is charged and counts as failed")
        case .created, .waiting, .inProgress, .authorized, .tokenized, .cancelled, .disabled, .expired:
            note("I13", "the charge \(checkout.id) is \(checkout.status.rawValue)")
        }
    }

    /// Whoever agreed to be charged again has a token, or is told why not.
    private func finishTokenizing(_ checkout: Checkout) {
        switch checkout.status {
        case .tokenized: require(checkout.customerToken != nil, "I2", "\(checkout.id) is tokenized without a token")
        case .orderPlaced:
            let isTold = checkout.customerToken != nil || checkout.problem != nil
            // An order that is found by itself needs no authorization any more.
            let isFound =
                run.memory.events[checkout.id]?.contains { $0.event.type == "customer_token.refused" } ?? false
            require(isTold || isFound, "I2", "\(checkout.id) has neither a customer token nor a reason")
            require(checkout.terms.intent != .tokenize, "I5", "\(checkout.id) has an order that nobody asked for")
        case .orderFailed, .needsReview:
            require(checkout.problem != nil, "I2", "\(checkout.id) fails without a reason")
        case .created, .waiting, .inProgress, .authorized, .cancelled, .disabled, .expired: break
        }
    }
}
