import Wire

/// What a hosted page is about: a payment session, or an order of Klarna Checkout.
struct HostedPurchase: Sendable {
    enum Kind: Sendable, Hashable {
        case payments
        case checkout
    }

    let kind: Kind
    let id: String
    /// As the merchant sent it.
    let purchase: JSONObject
    let expiresAt: Timestamp
    let isComplete: Bool

    init(_ session: PaymentSession) {
        kind = .payments
        id = session.id
        purchase = session.purchase
        expiresAt = session.expiresAt
        isComplete = session.completedAt != nil
    }

    init(_ order: CheckoutOrder) {
        kind = .checkout
        id = order.id
        purchase = order.purchase
        expiresAt = order.expiresAt
        isComplete = order.completedAt != nil
    }

    var country: String { (purchase.string("purchase_country") ?? "").uppercased() }

    var currency: String { (purchase.string("purchase_currency") ?? "").uppercased() }

    var acquiringChannel: String {
        let channel = purchase.string("acquiring_channel") ?? purchase["options"]?["acquiring_channel"]?.string
        return channel?.uppercased() ?? "ECOMMERCE"
    }

    /// The part of the world that serves it: the first segment of its hosted page's path.
    var region: String {
        switch country {
        case "US", "CA", "MX": "na"
        case "AU", "NZ": "oc"
        case _: "eu"
        }
    }

    /// A page ends an hour before what it is about, and in a shop another hour earlier.
    var pageExpiresAt: Timestamp {
        expiresAt - HPPSession.gapBeforePaymentSession * (acquiringChannel == "IN_STORE" ? 2 : 1)
    }
}

extension SandboxWorld {
    func hostedPurchase(of session: HPPSession) -> HostedPurchase? {
        switch session.kind {
        case .payments: paymentSessions[session.paymentSessionID].map(HostedPurchase.init)
        case .checkout: checkoutOrders[session.paymentSessionID].map(HostedPurchase.init)
        }
    }

    /// `payment_session_url` names a payment session or a checkout order at this very host.
    func hostedPurchase(for call: Endpoint.Arguments) throws(KlarnaRefusal) -> HostedPurchase {
        guard let text = call.body.string("payment_session_url"), let url = WebURL(text),
            url.authority == WebURL(call.baseURL)?.authority,
            let path = [SandboxWorld.paymentsPath, SandboxWorld.checkoutPath].first(where: url.path.hasPrefix)
        else { throw .badValue("payment_session_url") }
        let id = String(url.path.dropFirst(path.count))
        let hosted: HostedPurchase? =
            path == SandboxWorld.checkoutPath
            ? checkoutOrders[id].map(HostedPurchase.init) : paymentSessions[id].map(HostedPurchase.init)
        guard let hosted, call.now < hosted.pageExpiresAt, !hosted.isComplete else {
            throw KlarnaRefusal(404, "NOT_FOUND", "Payment session has expired")
        }
        return hosted
    }

    static let paymentsPath = "/payments/v1/sessions/"
}
