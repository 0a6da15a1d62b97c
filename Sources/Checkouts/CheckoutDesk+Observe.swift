internal import Klarna
internal import Logging
internal import Wire

/// What came of reading an HPP session.
typealias HPPReading = Result<HeardNews, KlarnaError>

/// News, and by what Klarna knows the answer that told it.
struct HeardNews: Sendable {
    let news: HPPNews
    let correlationID: String?
    /// What was known to be bought when the reading began, and what may be bought instead.
    let purchases: [Purchase?]
}

/// What Klarna says of a checkout that is not settled.
indirect enum HPPNews: Sendable {
    case open(hppStatus: String)
    /// The shopper is through, and neither an authorization nor a readable order is seen yet. With how long ago that was, where
    /// Klarna says so.
    case completed(age: Duration?)
    /// And whether what the shopper agreed to is the basket that was last asked for and not known to be taken.
    case authorized(AuthorizationToken, at: Timestamp, isRevised: Bool? = nil)
    case ordered(Order)
    /// Klarna names an order that is not this checkout's.
    case foreignOrder(OrderID)
    /// The page is closed, and what Klarna holds behind it all the same.
    case cancelled(behind: HPPNews?)
    case disabled(behind: HPPNews?)
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
        let reading = await readings.join(sessions.hppSessionID) {
            do throws(KlarnaError) {
                let (news, correlationID) = try await read(checkout, sessions, client)
                let known = try await recognizing(news, checkout, sessions, client)
                let purchases = [checkout.purchase, checkout.revision]
                return .success(HeardNews(news: known, correlationID: correlationID, purchases: purchases))
            } catch {
                return .failure(error)
            }
        }
        switch reading {
        case .success(let heard):
            let klarnaNow = klarnaNow(client)
            return try await settle(checkout, because: source, correlationID: heard.correlationID) { current in
                // What was read of one page says nothing of another that has followed it.
                guard current.sessions == sessions else { return [] }
                // An order of another basket than was known when it was read: the next reading compares anew.
                if case .foreignOrder = heard.news, heard.purchases != [current.purchase, current.revision] {
                    return []
                }
                return news(heard.news, current, at: klarnaNow)
            }
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
        case .created, .authorized, .orderPlaced, .tokenized: false
        }
    }

    /// Reads until Klarna's answer says where the checkout stands: the HPP session, and the payment session or the order where
    /// the first is silent.
    private func read(
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
    private func recognizing(
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
        let id = sessions.paymentSessionID.rawValue
        do throws(KlarnaError) {
            guard try await client.checkoutOrder(CheckoutOrderID(rawValue: id)).status == .complete else { return nil }
        } catch {
            guard case .refused(let refusal) = error, refusal.status == 404 else { throw error }
            return nil
        }
        return try await readNamedOrder(OrderID(rawValue: id), of: checkout, client)
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

    private func news(_ reading: HPPNews, _ checkout: Checkout, at klarnaNow: Timestamp) -> [Checkout.News] {
        let end = checkout.sessions?.expiresAt
        switch reading {
        case .open(let status):
            let isOverdue = end.map { klarnaNow >= $0 + policy.expiryPatience } ?? false
            return isOverdue ? [.pageExpired] : [.pageOpen(hppStatus: status)]
        case .completed(let age): return completed(checkout, age)
        // The reading began before there was another basket: the next one tells them apart.
        case .authorized(_, _, nil) where checkout.revision != nil: return []
        case .authorized(let token, let at, let isRevised):
            let isRevised = isRevised ?? false
            var bought = checkout
            bought.settleRevision(isRevised)
            let placement = OrderPlacement(for: bought, token: token, authorizedAt: at)
            return revised(checkout, isRevised) + [.authorized(placement, ifEnded: policy.latePayment)]
        case .ordered(let order):
            let isRevised = checkout.revision?.orderAmount == order.authorizedAmount
            return revised(checkout, isRevised) + [.orderFound(order)]
        case .foreignOrder(let orderID):
            logger.error(
                "Klarna names an order that is not this checkout's",
                metadata: ["checkout": "\(checkout.id)", "order": "\(orderID.rawValue)"],
            )
            return [.placementUnidentified(.orderMismatch(orderID))]
        // An order exists that nobody has shown yet, whatever the page says.
        case .cancelled(.completed(let age)?), .disabled(.completed(let age)?): return completed(checkout, age)
        case .cancelled(let behind): return [.pageCancelled] + late(behind, checkout, at: klarnaNow)
        case .disabled(let behind): return [.pageDisabled] + late(behind, checkout, at: klarnaNow)
        // A shopper who was seen to be through did not let the session end.
        case .gone where checkout.hppStatus == HPPStatus.completed.rawValue: return completed(checkout, nil)
        // Long enough past its end that nothing can be under way.
        case .gone: return end.map { klarnaNow >= $0 + policy.expiryMargin } ?? false ? [.pageExpired] : []
        }
    }

    /// What a shopper did before the page was closed, or in the same moment.
    private func late(_ news: HPPNews?, _ checkout: Checkout, at klarnaNow: Timestamp) -> [Checkout.News] {
        switch news {
        case .authorized, .ordered, .foreignOrder:
            news.map { self.news($0, checkout, at: klarnaNow) } ?? []
        case .open, .completed, .cancelled, .disabled, .gone, nil: []
        }
    }

    private func revised(_ checkout: Checkout, _ isTaken: Bool) -> [Checkout.News] {
        checkout.revision == nil ? [] : [.revised(isTaken)]
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
