import Checkouts
import Klarna
import KlarnaSandbox
import Wire

/// At Klarna's door.
extension Audit {
    /// A request has arrived, and its work begins.
    func arrived(_ request: OutboundRequest, path: String) {
        switch request.purpose {
        case .createPaymentSession, .createHPPSession, .createCheckoutOrder:
            let text = String(decoding: request.body ?? [], as: UTF8.self)
            guard let start = text.firstRange(of: "chk_")?.lowerBound,
                let id = Checkout.ID(rawValue: String(text[start...].prefix(30)))
            else { return note("I4", "a session names no checkout") }
            require(run.memory.checkouts[id] != nil, "I4", "a session is created before \(id) is written down")
        case .placeOrder: placed(request, request.token)
        case .placeTokenOrder: placed(request, request.field("Klarna-Idempotency-Key"))
        case .createCustomerToken: tokenized(request.token ?? "")
        case .some(let purpose) where purpose.isOperation: operated(request)
        case .updatePaymentSession, .updateCheckoutOrder: revised(path)
        case .releaseAuthorization: released(request.token ?? "")
        case .disableHPPSession:
            let page = path.split(separator: "/").last.map(String.init) ?? ""
            // One that lost a race is closed, and nobody is to be told of it afterwards.
            guard let known = pages[page] else { return _ = strayPages.insert(page) }
            let isMeant = closings[known.id].map { $0 >= known.openedAt } ?? false
            require(isMeant, "I4", "a page of \(known.id) is closed that nobody wrote down to close")
        case .readHPPSession: readings[path.split(separator: "/").last.map(String.init) ?? ""] = run.scheduler.now
        case .readPaymentSession:
            paymentReadings[path.split(separator: "/").last.map(String.init) ?? ""] = run.scheduler.now
        case _: break
        }
    }

    private func placed(_ request: OutboundRequest, _ name: String?) {
        guard let name, let intent = intents[name] else {
            let isKnown = intents.values.contains { $0.body == request.body }
            return isKnown
                ? note("I7", "an order is placed under another key")
                : note("I4", "an order is placed that nobody wrote down")
        }
        let id = intent.checkoutID
        require(request.body == intent.body, "I7", "\(id) sends other bytes than it wrote down")
        require(request.field("Klarna-Idempotency-Key") == intent.key, "I7", "\(id) sends another key")
        intents[name]?.arrivals += 1
        require(intent.arrivals < intent.attempts, "I4", "\(id) sends more often than it wrote down")
        require(!isUnderWay(id, besides: name), "I1", "\(id) sends a second token while the first may be placed")
    }

    /// A customer token is asked for.
    private func tokenized(_ authorization: String) {
        guard let intent = intents[authorization] else {
            return note("I4", "a customer token is made of an authorization that nobody wrote down")
        }
        intents[authorization]?.tokenArrivals += 1
        let isWritten = intent.tokenArrivals < intent.tokenAttempts
        require(isWritten, "I4", "\(intent.checkoutID) asks for its token more often than it wrote down")
    }

    /// The answer to a request to place, with an order in it that is recorded elsewhere.
    func mixedUp(_ response: InboundResponse) -> InboundResponse {
        guard let json = try? JSON.parse(response.body), let order = json["order_id"]?.string,
            let other = run.memory.ids.lazy.compactMap({ self.run.memory.checkouts[$0]?.order?.orderID.rawValue })
                .first(where: { $0 != order })
        else { return response }
        let body = String(decoding: response.body, as: UTF8.self).replacing(order, with: other)
        return InboundResponse(status: response.status, fields: response.fields, body: Array(body.utf8))
    }

    /// The basket of an open page becomes another one.
    private func revised(_ path: String) {
        let id = paymentSessions[path.split(separator: "/").last.map(String.init) ?? ""]
        let isKnown = id.flatMap { run.memory.events[$0] }?.contains { $0.event.type == "checkout.revising" }
        require(isKnown ?? false, "I4", "a basket becomes another one that nobody wrote down")
    }

    private func released(_ token: String) {
        guard let id = surplus[token] else {
            return note("I4", "an authorization is given back that nobody wrote down to give back")
        }
        let isSent = run.klarna.sendings.contains {
            $0.subject == .order(token) && $0.mayArrive && run.scheduler.now < $0.sentAt + Audit.horizon
        }
        require(!isSent, "I6", "\(id) gives an authorization back while its order may still be made")
    }

    /// Something that may have made an order has happened.
    func worldMayHaveChanged() {
        var orders: [String: String] = [:]
        var sales: [String: String] = [:]
        for record in run.klarna.records() {
            guard let order = record.orderID, let id = record.merchantReference2 else { continue }
            require(orders[id] == nil || orders[id] == order, "I1", "two orders exist for \(id)")
            orders[id] = order
            guard run.policy.sameReference == .release, let sale = record.merchantReference1, isPlacedHere(id) else {
                continue
            }
            require(sales[sale] == nil || sales[sale] == order, "I1", "two orders exist for the sale \(sale)")
            sales[sale] = order
        }
    }

    /// Whether Klarna places no order of it by itself.
    func isPlacedHere(_ name: String) -> Bool {
        Checkout.ID(rawValue: name).flatMap { run.street.sales[$0] }?.cart.kind.isPlacedHere ?? true
    }
}
