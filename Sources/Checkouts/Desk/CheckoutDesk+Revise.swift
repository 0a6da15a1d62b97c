internal import Klarna
internal import Money
internal import TimeAndChance
public import Wire

/// Changing what is bought while the shopper has not paid yet.
extension CheckoutDesk {
    /// Replaces amounts and lines of an open checkout, here and at Klarna.
    ///
    /// The new basket is written down before Klarna hears of it. Which of both the shopper agrees to, if an answer is lost or they
    /// are quicker, is read from Klarna with the authorization: nobody is ever charged for another basket than the one they saw.
    ///
    /// `json` has `order_amount`, `order_tax_amount` and `order_lines`, as when the checkout was opened.
    public func revise(_ id: Checkout.ID, _ json: JSON) async throws(DeskError) -> Checkout {
        let found = try await checkout(id)
        let revised = try fitting { () throws(Faults) in try found.purchase.revised(by: json, found) }
        // A shopper who has paid already has agreed to what they saw.
        let seen = try await observe(found, because: .api)
        // Saying the same again is always right.
        let checkout = seen.revision == revised ? seen : try await withKnownBasket(seen)
        guard checkout.isOpen, let sessions = checkout.sessions else {
            throw .notAllowed(checkout, reason: "The checkout is \(checkout.status.rawValue): its basket is final.")
        }
        guard revised != checkout.purchase || checkout.revision != nil else { return checkout }
        let client = try client(for: checkout)
        let asked = try await settle(checkout, because: .api) { current in
            current.isOpen && (current.revision == nil || current.revision == revised)
                ? [.revising(revised, at: klarnaNow(client))] : []
        }
        guard asked.isOpen, asked.revision == revised else {
            throw .notAllowed(asked, reason: "Somebody has paid or changes the basket as well: look at it again.")
        }
        let correlationID: String?
        do throws(KlarnaError) {
            switch checkout.provider {
            case .payments:
                let terms = links.terms(for: checkout)
                correlationID = try await client.updatePaymentSession(sessions.paymentSessionID, revised, terms: terms)
                    .correlationID
            case .checkout:
                let body = revised.checkoutOrderBody(urls: links.checkoutMerchantURLs(for: checkout))
                correlationID = try await client.updateCheckoutOrder(sessions.checkoutOrderID, body: body).correlationID
            }
        } catch {
            // Refused is refused, unless an earlier try got no answer: then the new basket may hold, and stays written down.
            if case .refused = error, checkout.revision == nil {
                try await settle(asked, because: .api) { $0.revision == revised ? [.revised(false)] : [] }
            }
            throw DeskError(error)
        }
        return try await settle(asked, because: .api, correlationID: correlationID) {
            $0.revision == revised ? [.revised(true)] : []
        }
    }

    /// The checkout once it is known whether an earlier change was taken, whose answer was lost.
    private func withKnownBasket(_ checkout: Checkout) async throws(DeskError) -> Checkout {
        guard let revision = checkout.revision, checkout.isOpen, let sessions = checkout.sessions else {
            return checkout
        }
        let client = try client(for: checkout)
        let begun = now
        let isTaken = try await asking { () async throws(KlarnaError) in
            switch checkout.provider {
            case .payments: revision.isBasket(of: try await client.paymentSession(sessions.paymentSessionID))
            case .checkout:
                try await client.checkoutOrder(sessions.checkoutOrderID).orderAmount == revision.orderAmount
            }
        }
        // Not seen is proved only by a reading that nothing under way could overtake.
        let readAt = klarnaNow(client) - (now - begun)
        let isCertain = isTaken || checkout.revisionSince.map { readAt >= $0 + policy.resolver.inFlightHorizon } ?? true
        guard isCertain else {
            throw .notAllowed(
                checkout,
                reason: "Another change of the basket is under way: try again in some minutes.",
            )
        }
        return try await settle(checkout, because: .api) { $0.revision == revision ? [.revised(isTaken)] : [] }
    }
}

extension Checkout {
    var isOpen: Bool { status == .waiting || status == .inProgress }

    /// The revised basket is what counts, or the one before.
    mutating func settleRevision(_ isTaken: Bool) {
        if isTaken, let revision { purchase = revision }
        revision = nil
        revisionSince = nil
    }
}

extension Purchase {
    /// The same purchase of other things.
    fileprivate func revised(by json: JSON, _ checkout: Checkout) throws(Faults) -> Purchase {
        guard let object = json.object else { throw Faults([Fault("", "must be an object")]) }
        var reader = ObjectReader(object)
        let api: OrderLineRules.API = checkout.provider == .checkout ? .checkout : .payments
        let basket = NewCheckout.basket(&reader, OrderLineRules(country: country, api: api))
        reader.end()
        guard let basket, reader.faults.isEmpty else { throw Faults(reader.faults) }
        guard basket.amount > 0 || !checkout.terms.intent.placesOrder else {
            throw Faults([Fault("/order_amount", "must be at least 1")])
        }
        var purchase = self
        purchase.orderAmount = basket.amount
        purchase.orderTaxAmount = basket.tax
        purchase.orderLines = basket.lines
        return purchase
    }

    /// Whether a payment session holds this basket, as far as Klarna shows it.
    func isBasket(of session: PaymentSessionReading) -> Bool {
        guard session.orderAmount == orderAmount else { return false }
        guard let lines = session.orderLines else { return true }
        return lines.map(\.totalAmount) == orderLines.map(\.totalAmount)
            && lines.map(\.name) == orderLines.map(\.name)
    }
}
