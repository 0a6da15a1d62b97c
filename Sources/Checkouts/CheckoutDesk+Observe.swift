internal import Klarna
internal import Logging
internal import Money
internal import Wire

/// What came of reading an HPP session.
typealias HPPReading = Result<HPPNews, KlarnaError>

/// What Klarna says of a checkout that is not settled.
enum HPPNews: Sendable {
    case open(hppStatus: String)
    /// The shopper is through, and neither an authorization nor a readable order is seen yet.
    case completed
    case authorized(AuthorizationToken, at: Timestamp)
    case ordered(Order)
    /// Klarna names an order that is not this checkout's.
    case foreignOrder(OrderID)
    case cancelled
    case disabled
    /// Klarna does not know the session any more, and it was never completed. With the time by Klarna's clock.
    case gone(at: Timestamp?)
}

extension CheckoutDesk {
    /// Reads Klarna's state and acts on it. Redirect, callback, poll and refresh all lead here.
    ///
    /// Callers who ask for the same checkout at the same time share one reading. Once authorized, placing alone goes on. One
    /// that has ended is read again only for who knows of news or asks for it: what came late is given back or recorded.
    @discardableResult
    public func observe(_ id: Checkout.ID, because source: Event.Source) async throws(DeskError) -> Checkout {
        let checkout = try await checkout(id)
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
            return try await settle(id, because: source) { current in self.news(news, current) }
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
        case .cancelled, .disabled, .expired, .orderFailed, .needsReview: [.callback, .api, .operator].contains(source)
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
            return try await readPaymentSession(sessions, client, authorizedAt: clock())
                ?? .gone(at: refusal.klarnaTime)
        }
        let age = reading.klarnaTime.flatMap { time in reading.updatedAt.map { time - $0 } } ?? .zero
        if let orderID = reading.orderID { return try await readNamedOrder(orderID, of: checkout, client) }
        switch reading.status {
        case .completed:
            // By Klarna's clock alone, so that ours may differ from it.
            let authorizedAt = clock() - max(.zero, age)
            if let token = reading.authorizationToken { return .authorized(token, at: authorizedAt) }
            return try await readPaymentSession(sessions, client, authorizedAt: authorizedAt) ?? .completed
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
        authorizedAt: Timestamp,
    ) async throws(KlarnaError) -> HPPNews? {
        do throws(KlarnaError) {
            let reading = try await client.paymentSession(sessions.paymentSessionID)
            // A complete one has an order: placing with its authorization gives that order.
            if let token = reading.authorizationToken { return .authorized(token, at: authorizedAt) }
            return reading.status == .complete ? .completed : nil
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
            return .completed
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
        return isOurs ? .ordered(Order(reading, of: checkout, placedAt: clock())) : .foreignOrder(orderID)
    }

    private func news(_ reading: HPPNews, _ checkout: Checkout) -> [Checkout.News] {
        switch reading {
        case .open(let status): return isOverdue(checkout) ? [.pageExpired] : [.pageOpen(hppStatus: status)]
        case .completed: return completed(checkout)
        case .authorized(let token, let at):
            return [.authorized(OrderPlacement(for: checkout, token: token, authorizedAt: at))]
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
        case .gone where checkout.hppStatus == HPPStatus.completed.rawValue: return completed(checkout)
        case .gone(let klarnaTime): return hasEnded(checkout, at: klarnaTime) ? [.pageExpired] : []
        }
    }

    /// A completed page without authorization and order stays open for as long as an authorization could live; then an order
    /// may exist that nobody showed us. Nothing else changes a checkout meanwhile, so that `updatedAt` says since when.
    private func completed(_ checkout: Checkout) -> [Checkout.News] {
        let word = HPPStatus.completed.rawValue
        let patience = OrderPlacement.authorizationLife + PlacementResolver.expiryGrace
        let isStuck = checkout.hppStatus == word && clock() >= checkout.updatedAt + patience
        guard isStuck, !checkout.status.isFinal else { return [.pageOpen(hppStatus: word)] }
        return [.placementUnidentified(.orderUnidentified)]
    }

    /// Whether the session's end is long enough past that nothing can be under way: by Klarna's clock, which set the end, or
    /// by ours where Klarna does not tell the time.
    private func hasEnded(_ checkout: Checkout, at klarnaTime: Timestamp?) -> Bool {
        checkout.sessions.map { (klarnaTime ?? clock()) >= $0.expiresAt + policy.expiryMargin } ?? false
    }

    private func isOverdue(_ checkout: Checkout) -> Bool {
        checkout.sessions.map { clock() >= $0.expiresAt + policy.expiryPatience } ?? false
    }

    /// Records a callback and orders a reading. Durable before it returns; the body of the callback is never applied.
    public func receive(
        callback eventID: String,
        sessionID: String?,
        status: String?,
        for id: Checkout.ID,
    ) async throws(DeskError) {
        let now = clock()
        var detail = JSONObject()
        detail["hpp_session_id"] = sessionID.map(JSON.string)
        detail["status"] = status.map(JSON.string)
        let event = Event(at: now, type: "callback.received", source: .callback, detail: detail, eventID: eventID)
        let change = Change(id, events: [event], jobs: [JobOrder(.hint, at: now)])
        do {
            _ = try await stored { () async throws(StoreError) in try await store.commit(change) }
        } catch .store(.conflict) {
            // An event of no checkout.
            throw .notFound
        }
        bell.ring()
    }

    /// The shopper is back: finds out where the checkout stands, and waits a little for an order that is being placed.
    public func returned(_ id: Checkout.ID, waitingAtMost patience: Duration) async throws(DeskError) -> Checkout {
        var checkout = try await observe(id, because: .redirect)
        let start = ContinuousClock.now
        var pause = Duration.milliseconds(20)
        while checkout.status == .authorized, ContinuousClock.now - start < patience, !Task.isCancelled {
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(500))
            checkout = try await self.checkout(id)
        }
        return checkout
    }

    /// Reads Klarna's state now, whatever state the checkout is in, and goes on with what was not finished.
    public func refresh(_ id: Checkout.ID) async throws(DeskError) -> Checkout {
        let checkout = try await checkout(id)
        switch checkout.status {
        case .created: return try await resumeOpening(id)
        case .waiting, .inProgress, .cancelled, .disabled, .expired, .orderFailed, .needsReview:
            return try await observe(id, because: .api)
        case .authorized:
            let place = Change(id, jobs: [JobOrder(.place, at: clock())])
            return try await commit(place, checkout)
        case .orderPlaced: return try await readPlacedOrder(checkout, because: .api)
        }
    }
}
