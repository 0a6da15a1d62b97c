internal import Klarna
internal import Logging
internal import Wire

/// What came of reading an HPP session.
typealias HPPReading = Result<HPPNews, KlarnaError>

/// What Klarna says of a checkout that is not settled.
enum HPPNews: Sendable {
    case open(hppStatus: String)
    /// The shopper is through, and neither an authorization nor a readable order is seen yet. With how long ago that was, where
    /// Klarna says so.
    case completed(age: Duration?)
    case authorized(AuthorizationToken, at: Timestamp)
    case ordered(Order)
    /// Klarna names an order that is not this checkout's.
    case foreignOrder(OrderID)
    case cancelled
    case disabled
    /// Klarna does not know the session any more, and it was never completed.
    case gone
}

extension CheckoutDesk {
    /// Reads Klarna's state and acts on it. Redirect, callback, poll and refresh all lead here.
    ///
    /// Callers who ask for the same checkout at the same time share one reading. Once authorized, placing alone goes on. One
    /// that has ended is read again only for who knows of news or asks for it: what came late is given back or recorded.
    @discardableResult
    public func observe(_ id: Checkout.ID, because source: Event.Source) async throws(DeskError) -> Checkout {
        try await observe(try await checkout(id), because: source)
    }

    /// The same of a checkout that was just read here.
    func observe(_ checkout: Checkout, because source: Event.Source) async throws(DeskError) -> Checkout {
        let id = checkout.id
        guard isRead(checkout.status, because: source), let sessions = checkout.sessions else { return checkout }
        let client = try client(for: checkout)
        let reading = await readings.join(id) {
            do throws(KlarnaError) {
                return .success(try await read(checkout, sessions, client))
            } catch {
                return .failure(error)
            }
        }
        switch reading {
        case .success(let news):
            let klarnaNow = klarnaNow(client)
            return try await settle(checkout, because: source) { current in self.news(news, current, at: klarnaNow) }
        case .failure(let error):
            logger.warning(
                "reading a checkout at Klarna failed",
                metadata: ["checkout": "\(id)", "error": "\(error)"],
            )
            throw DeskError(error)
        }
    }

    private func isRead(_ status: Checkout.Status, because source: Event.Source) -> Bool {
        switch status {
        case .waiting, .inProgress: true
        case .cancelled, .disabled, .expired, .orderFailed, .needsReview:
            [.callback, .api, .operator, .worker].contains(source)
        case .created, .authorized, .orderPlaced: false
        }
    }

    /// Reads until Klarna's answer says where the checkout stands: the HPP session, and the payment session or the order where
    /// the first is silent.
    private func read(
        _ checkout: Checkout,
        _ sessions: Checkout.Sessions,
        _ client: KlarnaClient,
    ) async throws(KlarnaError) -> HPPNews {
        let reading: HPPSessionReading
        do throws(KlarnaError) {
            reading = try await client.hppSession(sessions.hppSessionID)
        } catch {
            guard case .refused(let refusal) = error, refusal.status == 404 else { throw error }
            return try await readPaymentSession(sessions, client, since: nil) ?? .gone
        }
        if let orderID = reading.orderID { return try await readNamedOrder(orderID, of: checkout, client) }
        switch reading.status {
        case .completed:
            let now = klarnaNow(client)
            let since = reading.updatedAt.map { min($0, now) }
            if let token = reading.authorizationToken { return .authorized(token, at: since ?? now) }
            return try await readPaymentSession(sessions, client, since: since)
                ?? .completed(age: since.map { now - $0 })
        case .cancelled: return .cancelled
        case .disabled: return .disabled
        case .waiting, .inProgress, .back, .failed, .error, .manualIDCheck, .timeout, .other:
            return .open(hppStatus: reading.status.rawValue)
        }
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
        let purchase = checkout.purchase
        let isOurs =
            (reading.merchantReference1 == nil || reading.merchantReference1 == purchase.merchantReference1)
            && (reading.merchantReference2 == nil || reading.merchantReference2 == purchase.merchantReference2)
            && (reading.purchaseCurrency == nil
                || reading.purchaseCurrency?.uppercased() == purchase.currency.uppercased())
            && (reading.originalOrderAmount ?? reading.orderAmount ?? purchase.orderAmount) == purchase.orderAmount
        return isOurs ? .ordered(Order(reading, of: checkout, placedAt: now)) : .foreignOrder(orderID)
    }

    private func news(_ reading: HPPNews, _ checkout: Checkout, at klarnaNow: Timestamp) -> [Checkout.News] {
        let end = checkout.sessions?.expiresAt
        switch reading {
        case .open(let status):
            let isOverdue = end.map { klarnaNow >= $0 + policy.expiryPatience } ?? false
            return isOverdue ? [.pageExpired] : [.pageOpen(hppStatus: status)]
        case .completed(let age): return completed(checkout, age)
        case .authorized(let token, let at):
            let placement = OrderPlacement(for: checkout, token: token, authorizedAt: at)
            return [.authorized(placement, ifEnded: policy.latePayment)]
        case .ordered(let order): return [.orderFound(order)]
        case .foreignOrder(let orderID):
            logger.error(
                "Klarna names an order that is not this checkout's",
                metadata: ["checkout": "\(checkout.id)", "order": "\(orderID.rawValue)"],
            )
            return [.placementUnidentified(.orderMismatch(orderID))]
        case .cancelled: return [.pageCancelled]
        case .disabled: return [.pageDisabled]
        // A shopper who was seen to be through did not let the session end.
        case .gone where checkout.hppStatus == HPPStatus.completed.rawValue: return completed(checkout, nil)
        // Long enough past its end that nothing can be under way.
        case .gone: return end.map { klarnaNow >= $0 + policy.expiryMargin } ?? false ? [.pageExpired] : []
        }
    }

    /// A completed page without authorization and order stays open for as long as an authorization could live; then an order
    /// may exist that nobody showed us. Nothing else changes a checkout meanwhile, so that where Klarna does not say how long
    /// ago it was completed, `updatedAt` does.
    private func completed(_ checkout: Checkout, _ age: Duration?) -> [Checkout.News] {
        let word = HPPStatus.completed.rawValue
        let isKnown = checkout.hppStatus == word
        let isStuck = isKnown && (age ?? (now - checkout.updatedAt)) >= policy.completedPatience
        guard isStuck, !checkout.status.isFinal else { return [.pageOpen(hppStatus: word)] }
        return [.placementUnidentified(.orderUnidentified)]
    }

    /// The time by Klarna's clock, by which its deadlines are judged; by ours as long as Klarna has not told it.
    func klarnaNow(_ client: KlarnaClient) -> Timestamp { client.klarnaNow ?? now }
}
