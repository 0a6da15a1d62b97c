import Checkouts
import Klarna
import KlarnaSandbox
import Wire

/// At Klarna's door.
extension Audit {
    /// A request has arrived, and its work begins.
    func arrived(_ request: OutboundRequest, path: String) {
        switch request.purpose {
        case .createPaymentSession, .createHPPSession:
            let text = String(decoding: request.body ?? [], as: UTF8.self)
            guard let start = text.firstRange(of: "chk_")?.lowerBound,
                let id = Checkout.ID(rawValue: String(text[start...].prefix(30)))
            else { return note("I4", "a session names no checkout") }
            require(run.memory.checkouts[id] != nil, "I4", "a session is created before \(id) is written down")
        case .placeOrder: placed(request)
        case .releaseAuthorization: released(request.token ?? "")
        case .disableHPPSession:
            let page = path.split(separator: "/").last.map(String.init)
            let id = run.memory.ids.first { run.memory.checkouts[$0]?.sessions?.hppSessionID.rawValue == page }
            let isMeant = id.map { run.memory.events[$0]?.contains { $0.event.type == "checkout.disabling" } ?? false }
            require(isMeant ?? false, "I4", "a page is closed that nobody wrote down to close")
        case .readHPPSession: readings[path.split(separator: "/").last.map(String.init) ?? ""] = run.scheduler.now
        case .readPaymentSession:
            paymentReadings[path.split(separator: "/").last.map(String.init) ?? ""] = run.scheduler.now
        case _: break
        }
    }

    private func placed(_ request: OutboundRequest) {
        guard let token = request.token, let intent = intents[token] else {
            return note("I4", "an order is placed that nobody wrote down")
        }
        let id = intent.checkoutID
        require(request.body == intent.body, "I7", "\(id) sends other bytes than it wrote down")
        require(request.field("Klarna-Idempotency-Key") == intent.key, "I7", "\(id) sends another key")
        intents[token]?.arrivals += 1
        require(intent.arrivals < intent.attempts, "I4", "\(id) sends more often than it wrote down")
        require(!isUnderWay(id, besides: token), "I1", "\(id) sends a second token while the first may be placed")
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

    private func released(_ token: String) {
        guard let id = surplus[token] else {
            return note("I4", "an authorization is given back that nobody wrote down to give back")
        }
        let isSent = run.klarna.sendings.contains {
            $0.token == token && $0.mayArrive && run.scheduler.now < $0.sentAt + Audit.horizon
        }
        require(!isSent, "I6", "\(id) gives an authorization back while its order may still be made")
    }

    /// Something that may have made an order has happened.
    func worldMayHaveChanged(_ mayHave: Bool) {
        guard mayHave else { return }
        var orders: [String: String] = [:]
        var sales: [String: String] = [:]
        for record in run.klarna.records() {
            guard let order = record.orderID, let id = record.merchantReference2 else { continue }
            require(orders[id] == nil || orders[id] == order, "I1", "two orders exist for \(id)")
            orders[id] = order
            guard run.policy.sameReference == .release, let sale = record.merchantReference1 else { continue }
            require(sales[sale] == nil || sales[sale] == order, "I1", "two orders exist for the sale \(sale)")
            sales[sale] = order
        }
    }
}
