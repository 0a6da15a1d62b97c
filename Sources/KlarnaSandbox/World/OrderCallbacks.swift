public import Wire

/// Something that Klarna calls a merchant's server for because of an order.
///
/// They leave the world by ``SandboxWorld/takeCallbacks()``, once each; calling again is up to whoever sends them.
public struct OrderCallback: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Klarna's review ended, or the shipment has to be stopped: repeated every ten minutes for 24 hours until a 200.
        case notification
        /// The order exists: repeated until it is acknowledged.
        case push
    }

    public let kind: Kind
    public let orderID: String
    /// With its tags resolved.
    public let url: String
    /// `nil` for a push, which has no documented body.
    public let body: JSON?
    public let at: Timestamp
}

extension SandboxWorld {
    /// What merchants have to be told of orders since this was last asked.
    public mutating func takeCallbacks() -> [OrderCallback] {
        defer { orderCallbacks = [] }
        return orderCallbacks
    }

    /// Whether an order was acknowledged, by the merchant's call or by capturing: then no push is sent any more.
    public func isAcknowledged(_ orderID: String) -> Bool { ordersByID[orderID]?.isAcknowledged ?? false }

    /// Notes a callback if the merchant gave a URL for it that Klarna would call.
    mutating func tell(_ kind: OrderCallback.Kind, of order: Order, body: JSON? = nil, at now: Timestamp) {
        guard let url = order.purchase["merchant_urls"]?[kind.rawValue]?.string.map(order.resolvingTags(in:)),
            WebURL.isCallable(url)
        else { return }
        orderCallbacks.append(OrderCallback(kind: kind, orderID: order.id, url: url, body: body, at: now))
    }
}
