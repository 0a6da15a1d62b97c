import Checkouts
import Klarna
import KlarnaSandbox
import Wire

/// What Klarna's books say of orders, and who did it.
extension Audit {
    /// One order.
    struct Book {
        var status = ""
        var fraudStatus = ""
        /// What the shopper agreed to.
        var placed: Int64 = 0
        var authorized: Int64 = 0
        var captured: Int64 = 0
        var refunded: Int64 = 0
        var remaining: Int64 = 0
        /// Captures and refunds by Klarna's ids.
        var moves: [String: Move] = [:]
    }

    struct Move {
        let effect: OrderEffect
        let amount: Int64
        /// `nil` for what nobody did here.
        let operation: OrderOperation.ID?
        /// When it took effect.
        let at: Int64
    }

    /// Looks for what has changed since the last time. `call` is what may have done it; `nil` for what happens by itself, in
    /// the portal or late.
    func compareBooks(by call: CallPurpose?) {
        for order in run.klarna.orders() {
            guard let id = order["order_id"]?.string else { continue }
            var book = books[id] ?? begin(order, id)
            book.status = order["status"]?.string ?? ""
            book.fraudStatus = order["fraud_status"]?.string ?? ""
            book.placed = order["original_order_amount"]?.integer ?? 0
            book.authorized = order["order_amount"]?.integer ?? 0
            book.captured = order["captured_amount"]?.integer ?? 0
            book.refunded = order["refunded_amount"]?.integer ?? 0
            book.remaining = order["remaining_authorized_amount"]?.integer ?? 0
            let isSound = 0 <= book.refunded && book.refunded <= book.captured && book.captured <= book.authorized
            require(isSound, "I9", "the sums of the order \(id) cannot be")
            for capture in order["captures"]?.array ?? [] { take(.capture, capture, "capture_id", id, &book) }
            for refund in order["refunds"]?.array ?? [] { take(.refund, refund, "refund_id", id, &book) }
            books[id] = book
        }
    }

    /// An order that was not there before. Of a charge there is one.
    private func begin(_ order: JSON, _ id: String) -> Book {
        guard order["customer_token"] != nil, let name = order["merchant_reference2"]?.string else { return Book() }
        let isOther = charges[name].map { $0 != id } ?? false
        // Nothing shows the orders of a token: whoever sends a charge again relies on its key, as Klarna has it.
        let isPromised = run.klarna.world.behaviour.honoursOrderManagementKeys
        require(!isOther || !isPromised, "I1", "\(name) is charged twice")
        if isOther { run.coverage.count("charge", "twice where keys mean nothing") }
        charges[name] = charges[name] ?? id
        return Book()
    }

    private func take(_ effect: OrderEffect, _ shown: JSON, _ idName: String, _ order: String, _ book: inout Book) {
        guard let id = shown[idName]?.string, book.moves[id] == nil else { return }
        let amountName = effect == .capture ? "captured_amount" : "refunded_amount"
        let amount = shown[amountName]?.integer ?? 0
        let reference = shown["reference"]?.string
        let cause = reference.flatMap { self.cause(of: effect, $0, order) }
        book.moves[id] = Move(effect: effect, amount: amount, operation: cause, at: run.scheduler.now)
        guard let reference else { return }
        guard let cause, let intent = operations[cause] else {
            return note("I4", "\(reference) is done with \(order), and nobody wrote it down")
        }
        run.trace { "Klarna's books: \(effect) \(amount) by \(cause)" }
        operations[cause]?.effects += 1
        guard intent.effects > 0 else { return }
        // Klarna promises to do once what comes twice by one key. Where it does not, only a reading can tell, and what takes
        // effect after the reading before the next attempt cannot be known.
        let isPromised = run.klarna.world.behaviour.honoursOrderManagementKeys
        require(!isPromised, "I6", "\(cause) of \(intent.checkoutID) is done twice")
        run.coverage.count("operation", "twice where keys mean nothing")
    }
}

extension Audit {
    /// Who did it: the operation at work, or else one that has that reference. Merchants may give two the same one.
    private func cause(of effect: OrderEffect, _ reference: String, _ order: String) -> OrderOperation.ID? {
        func fits(_ intent: OperationIntent) -> Bool {
            intent.orderID == order && intent.effect == effect && intent.reference == reference
        }
        if let operating, let intent = operations[operating], fits(intent) { return operating }
        let candidates = operations.filter { fits($0.value) }.sorted { $0.key.rawValue < $1.key.rawValue }
        return (candidates.first { $0.value.effects < $0.value.arrivals } ?? candidates.first)?.key
    }
}

/// At Klarna's door.
extension Audit {
    /// Something that is to be done with an order arrives.
    func operated(_ request: OutboundRequest) {
        let key = request.field("Klarna-Idempotency-Key") ?? ""
        guard let id = operationsByKey[key], let intent = operations[id] else {
            let isKnown = operations.values.contains { $0.orderID == request.orderID && $0.body == request.body ?? [] }
            let call = request.purpose?.rawValue ?? ""
            return isKnown
                ? note("I7", "\(call) is sent under another key")
                : note("I4", "\(call) is sent and nobody wrote it down")
        }
        require(request.orderID == intent.orderID, "I4", "\(id) is done with another order")
        require(request.body ?? [] == intent.body, "I7", "\(id) sends other bytes than it wrote down")
        operating = id
        operations[id]?.arrivals += 1
        require(intent.arrivals < intent.attempts, "I4", "\(id) is sent more often than it was written down")
    }

    /// Klarna says that it is done.
    func accepted(_ request: OutboundRequest) {
        guard request.purpose?.isOperation == true, let key = request.field("Klarna-Idempotency-Key"),
            let id = operationsByKey[key]
        else { return }
        operations[id]?.acceptances += 1
    }

    /// An order is read.
    func orderRead(_ id: String, by reader: String) {
        orderReadings[id, default: []].append(OrderReadingAt(reader: reader, at: run.scheduler.now))
    }

    struct OrderReadingAt {
        let reader: String
        let at: Int64
    }

    /// An attempt is about to leave. After one whose outcome is not known, the sender has looked for it and not found it.
    func leaves(_ sending: Sending, _ lane: Lane) {
        guard case .operation(let id) = sending.subject, let intent = operations[id],
            let last = run.klarna.sendings.last(where: { $0.subject == sending.subject }), last.isDoubtful
        else { return }
        // What no reading shows is not looked for.
        guard [.capture, .refund, .cancel, .release].contains(intent.effect) else { return }
        // Nobody can know that it stood still between its last look at the clock and the first byte. The key is for that.
        if let resumedAt = lane.resumedAt, run.scheduler.now < resumedAt + 40_000 { return }
        let since = last.heardAt ?? last.sentAt
        let looks = (orderReadings[intent.orderID] ?? []).filter { $0.reader == sending.sender && $0.at >= since }
        guard let first = looks.map(\.at).min() else {
            return note("I6", "\(id) is sent again without having been looked for")
        }
        let isShown =
            books[intent.orderID]?.moves.values.contains { $0.operation == id && $0.at < first } ?? false
        require(!isShown, "I6", "\(id) is sent again although the order shows it")
    }

    /// What an attempt is about, by what was written down.
    func subject(of request: OutboundRequest) -> (Checkout.ID, Sending.Subject)? {
        let key = request.field("Klarna-Idempotency-Key")
        switch request.purpose {
        case .placeOrder: return request.token.flatMap { name in intents[name].map { ($0.checkoutID, .order(name)) } }
        case .placeTokenOrder: return key.flatMap { name in intents[name].map { ($0.checkoutID, .order(name)) } }
        case .createCustomerToken:
            return request.token.flatMap { name in
                intents[name].map { ($0.checkoutID, .customerToken(authorization: name)) }
            }
        case .some(let purpose) where purpose.isOperation:
            return key.flatMap { operationsByKey[$0] }
                .flatMap { id in operations[id].map { ($0.checkoutID, .operation(id)) } }
        case _: return nil
        }
    }
}
