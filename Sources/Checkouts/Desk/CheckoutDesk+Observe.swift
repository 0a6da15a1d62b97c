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
