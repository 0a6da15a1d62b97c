internal import Klarna
internal import Logging
internal import Wire

/// Finding out at Klarna where a checkout stands.
extension CheckoutDesk {
    /// Reads until Klarna's answer says where the checkout stands: the HPP session, and the payment session or the order where
    /// the first is silent.
    func read(
        _ checkout: Checkout,
        _ sessions: Checkout.Sessions,
        _ client: KlarnaClient,
    ) async throws(KlarnaError) -> (HPPNews, correlationID: String?) {
        let reading: HPPSessionReading
        do throws(KlarnaError) {
            reading = try await client.hppSession(sessions.hppSessionID)
        } catch {
            guard case .refused(let refusal) = error, refusal.status == 404 else { throw error }
            let behind = try await readBehind(checkout, sessions, client, since: nil)
            return (behind ?? .gone, refusal.correlationID)
        }
        return (try await interpret(reading, checkout, sessions, client), reading.correlationID)
    }

    private func interpret(
        _ reading: HPPSessionReading,
        _ checkout: Checkout,
        _ sessions: Checkout.Sessions,
        _ client: KlarnaClient,
    ) async throws(KlarnaError) -> HPPNews {
        if let orderID = reading.orderID { return try await readNamedOrder(orderID, of: checkout, client) }
        switch reading.status {
        case .completed:
            let now = klarnaNow(client)
            let since = reading.updatedAt.map { min($0, now) }
            if let token = reading.authorizationToken, checkout.provider == .payments {
                return .authorized(token, at: since ?? now)
            }
            return try await readBehind(checkout, sessions, client, since: since)
                ?? .completed(age: since.map { now - $0 })
        case .cancelled: return .cancelled(behind: try await readBehind(checkout, sessions, client, since: nil))
        case .disabled: return .disabled(behind: try await readBehind(checkout, sessions, client, since: nil))
        case .waiting, .inProgress, .back, .failed, .error, .manualIDCheck, .timeout, .other:
            // Klarna Checkout completes its order by itself, and the page may be the last to know.
            if checkout.provider == .checkout,
                let order = try await readBehind(checkout, sessions, client, since: nil)
            {
                return order
            }
            return .open(hppStatus: reading.status.rawValue)
        }
    }

    /// Which basket an authorization is for, where two are possible.
    func recognizing(
        _ news: HPPNews,
        _ checkout: Checkout,
        _ sessions: Checkout.Sessions,
        _ client: KlarnaClient,
    ) async throws(KlarnaError) -> HPPNews {
        guard let revision = checkout.revision else { return news }
        switch news {
        case .authorized(let token, let at, _):
            let session = try await client.paymentSession(sessions.paymentSessionID)
            return .authorized(token, at: at, isRevised: revision.isBasket(of: session))
        case .cancelled(let behind?):
            return .cancelled(behind: try await recognizing(behind, checkout, sessions, client))
        case .disabled(let behind?):
            return .disabled(behind: try await recognizing(behind, checkout, sessions, client))
        case .open, .completed, .ordered, .foreignOrder, .cancelled(nil), .disabled(nil), .gone: return news
        }
    }

    /// What the purchase behind the page says, where the page is silent.
    private func readBehind(
        _ checkout: Checkout,
        _ sessions: Checkout.Sessions,
        _ client: KlarnaClient,
        since: Timestamp?,
    ) async throws(KlarnaError) -> HPPNews? {
        switch checkout.provider {
        case .payments: try await readPaymentSession(sessions, client, since: since)
        case .checkout: try await readCheckoutOrder(checkout, sessions, client)
        }
    }

    /// Klarna Checkout places its order by itself, under the id of its own.
    private func readCheckoutOrder(
        _ checkout: Checkout,
        _ sessions: Checkout.Sessions,
        _ client: KlarnaClient,
    ) async throws(KlarnaError) -> HPPNews? {
        do throws(KlarnaError) {
            guard try await client.checkoutOrder(sessions.checkoutOrderID).status == .complete else { return nil }
        } catch {
            guard case .refused(let refusal) = error, refusal.status == 404 else { throw error }
            return nil
        }
        return try await readNamedOrder(sessions.checkoutOrderID.orderID, of: checkout, client)
    }

    /// The authorization that a payment session holds, or that it is complete, if any.
    private func readPaymentSession(
        _ sessions: Checkout.Sessions,
        _ client: KlarnaClient,
        since: Timestamp?,
    ) async throws(KlarnaError) -> HPPNews? {
        do throws(KlarnaError) {
            let reading = try await client.paymentSession(sessions.paymentSessionID)
            // A complete one has an order: placing with its authorization gives that order.
            if let token = reading.authorizationToken {
                return .authorized(token, at: since ?? klarnaNow(client))
            }
            return reading.status == .complete ? .completed(age: since.map { klarnaNow(client) - $0 }) : nil
        } catch {
            guard case .refused(let refusal) = error, refusal.status == 404 else { throw error }
            return nil
        }
    }

    /// The order that the HPP session names. One that may not or cannot be read yet leaves the page completed.
    private func readNamedOrder(
        _ orderID: OrderID,
        of checkout: Checkout,
        _ client: KlarnaClient,
    ) async throws(KlarnaError) -> HPPNews {
        do throws(KlarnaError) {
            return try await readOrder(orderID, of: checkout, client)
        } catch {
            guard case .refused(let refusal) = error, [403, 404].contains(refusal.status) else { throw error }
            logger.error(
                "Klarna names an order and refuses to show it",
                metadata: ["checkout": "\(checkout.id)", "order": "\(orderID.rawValue)", "error": "\(error)"],
            )
            return .completed(age: nil)
        }
    }

    /// The order that Klarna names, if it is this checkout's.
    func readOrder(
        _ orderID: OrderID,
        of checkout: Checkout,
        _ client: KlarnaClient,
    ) async throws(KlarnaError) -> HPPNews {
        let reading = try await client.order(orderID)
        let purchases = [checkout.purchase, checkout.revision].compactMap(\.self)
        guard let purchase = purchases.first(where: { isOrder(reading, of: $0) }) else { return .foreignOrder(orderID) }
        var bought = checkout
        bought.purchase = purchase
        return .ordered(Order(reading, of: bought, placedAt: now))
    }

    private func isOrder(_ reading: OrderReading, of purchase: Purchase) -> Bool {
        (reading.merchantReference1 == nil || reading.merchantReference1 == purchase.merchantReference1)
            && (reading.merchantReference2 == nil || reading.merchantReference2 == purchase.merchantReference2)
            && (reading.purchaseCurrency == nil
                || reading.purchaseCurrency?.uppercased() == purchase.currency.uppercased())
            && (reading.originalOrderAmount ?? reading.orderAmount ?? purchase.orderAmount) == purchase.orderAmount
    }
}
