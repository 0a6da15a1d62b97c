internal import Klarna
internal import Logging
internal import Money
internal import Wire

/// What came of reading an HPP session.
typealias HPPReading = Result<HPPNews, KlarnaError>

/// What Klarna says of a checkout that is not settled.
enum HPPNews: Sendable {
    case open(hppStatus: String)
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
    /// Callers who ask for the same checkout at the same time share one reading. Once authorized, placing alone goes on.
    @discardableResult
    public func observe(_ id: Checkout.ID, because source: Event.Source) async throws(DeskError) -> Checkout {
        let checkout = try await checkout(id)
        guard checkout.status == .waiting || checkout.status == .inProgress, let sessions = checkout.sessions else {
            return checkout
        }
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
            logger.warning("reading a checkout at Klarna failed", metadata: ["checkout": "\(id)", "error": "\(error)"])
            throw DeskError(error)
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
            return try await readPaymentSession(sessions, client) ?? .gone
        }
        let age = reading.klarnaTime.flatMap { time in reading.updatedAt.map { time - $0 } } ?? .zero
        if let orderID = reading.orderID { return try await readOrder(orderID, of: checkout, client) }
        switch reading.status {
        case .completed:
            if let token = reading.authorizationToken { return .authorized(token, at: clock() - max(.zero, age)) }
            return try await readPaymentSession(sessions, client) ?? .open(hppStatus: reading.status.rawValue)
        case .cancelled: return .cancelled
        case .disabled: return .disabled
        case .waiting, .inProgress, .back, .failed, .error, .manualIDCheck, .timeout, .other:
            return .open(hppStatus: reading.status.rawValue)
        }
    }

    /// The authorization that a payment session holds, if any.
    private func readPaymentSession(
        _ sessions: Checkout.Sessions,
        _ client: KlarnaClient,
    ) async throws(KlarnaError) -> HPPNews? {
        do throws(KlarnaError) {
            let reading = try await client.paymentSession(sessions.paymentSessionID)
            return reading.authorizationToken.map { .authorized($0, at: clock()) }
        } catch {
            guard case .refused(let refusal) = error, refusal.status == 404 else { throw error }
            return nil
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
            && (reading.purchaseCurrency == nil || reading.purchaseCurrency?.uppercased() == purchase.currency.uppercased())
            && (reading.originalOrderAmount ?? reading.orderAmount ?? purchase.orderAmount) == purchase.orderAmount
        return isOurs ? .ordered(Order(reading, of: checkout, placedAt: clock())) : .foreignOrder(orderID)
    }

    private func news(_ reading: HPPNews, _ checkout: Checkout) -> [Checkout.News] {
        switch reading {
        case .open(let status): return isOverdue(checkout) ? [.pageExpired] : [.pageOpen(hppStatus: status)]
        case .authorized(let token, let at):
            return [.authorized(OrderPlacement(for: checkout, token: token, authorizedAt: at))]
        case .ordered(let order): return [.orderFound(order)]
        case .foreignOrder(let orderID):
            logger.error(
                "Klarna names an order that is not this checkout's",
                metadata: ["checkout": "\(checkout.id)", "order": "\(orderID.rawValue)"],
            )
            return [.pageOpen(hppStatus: "COMPLETED")]
        case .cancelled: return [.pageCancelled]
        case .disabled: return [.pageDisabled]
        case .gone: return hasEnded(checkout) ? [.pageExpired] : []
        }
    }

    /// Whether the session's end is long enough past that nothing can be under way.
    private func hasEnded(_ checkout: Checkout) -> Bool {
        checkout.sessions.map { clock() >= $0.expiresAt + policy.expiryMargin } ?? false
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
        _ = try await stored { () async throws(StoreError) in try await store.commit(change) }
        bell.ring()
    }

    /// The shopper is back: finds out where the checkout stands, and waits a little for an order that is being placed.
    public func returned(_ id: Checkout.ID, waitingAtMost patience: Duration) async throws(DeskError) -> Checkout {
        var checkout = try await observe(id, because: .redirect)
        let start = ContinuousClock.now
        var pause = Duration.milliseconds(20)
        while checkout.status == .authorized, ContinuousClock.now - start < patience {
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
        case .waiting, .inProgress: return try await observe(id, because: .api)
        case .authorized:
            let place = Change(id, jobs: [JobOrder(.place, at: clock())])
            return try await commit(place, checkout)
        case .orderPlaced: return try await readPlacedOrder(checkout, because: .api)
        case .cancelled, .disabled, .expired, .orderFailed, .needsReview: return checkout
        }
    }
}

extension Order {
    /// An order as Order Management shows it; what it leaves out is what was asked for.
    init(_ reading: OrderReading, of checkout: Checkout, placedAt: Timestamp) {
        let authorized = reading.originalOrderAmount ?? reading.orderAmount ?? checkout.purchase.orderAmount
        self.init(
            orderID: reading.orderID,
            klarnaReference: reading.klarnaReference,
            fraudStatus: reading.fraudStatus?.rawValue,
            status: reading.status?.lowercased() ?? "authorized",
            authorizedAmount: reading.orderAmount ?? authorized,
            capturedAmount: reading.capturedAmount ?? .zero,
            refundedAmount: reading.refundedAmount ?? .zero,
            remainingAuthorizedAmount: reading.remainingAuthorizedAmount ?? authorized,
            placedAt: placedAt,
            expiresAt: reading.expiresAt,
        )
    }
}
