internal import Klarna
internal import Wire

/// What is read before an order is sent that may exist already.
extension CheckoutDesk {
    /// Reads both sessions and decides by them. True when the frozen bytes are to be sent.
    func lookMaySend(
        _ checkout: Checkout,
        _ placement: OrderPlacement,
        _ client: KlarnaClient,
        _ job: ClaimedJob,
    ) async throws(DeskError) -> Bool {
        let shown = await orderShown(checkout, client)
        if case .read(let found) = shown {
            try await conclude(found, checkout, job)
            return false
        }
        let begun = self.now
        var (session, newer) = await paymentSession(of: checkout, client)
        // An order that is named exists, whatever the payment session says.
        if case .named = shown { session = .complete }
        let now = klarnaNow(client)
        // Counted back from what the answer says of Klarna's clock: before it, that may not have been heard for long.
        let readAt = now - (self.now - begun)
        // Once nothing can be sent any more there is no hurry.
        let pause = now < placement.expiresAt ? retryDelay(job) : max(retryDelay(job), policy.lateRetry)
        let again = JobEnd.again(at: self.now + pause)
        var news: [Checkout.News] = []
        if let newer, newer != placement.token {
            let spare = OrderPlacement(for: checkout, token: newer, authorizedAt: now)
            news.append(.authorized(spare, ifEnded: policy.latePayment))
        }
        if session == .complete { news.append(.placementComplete(at: now)) }
        switch policy.resolver.next(placement, session: session, readAt: readAt, now: now) {
        case .send:
            if !news.isEmpty { try await settle(checkout, because: .worker, job: job) { _ in news } }
            return true
        case .wait:
            try await settle(checkout, because: .worker, job: job, jobEnd: again) { _ in news }
        case .fail(let problem):
            try await settle(checkout, because: .worker, job: job, jobEnd: .done) { current in
                news + [failure(problem, of: current, and: newer, at: now)]
            }
        case .giveUp(let problem):
            try await settle(checkout, because: .worker, job: job, jobEnd: .done) { _ in
                news + [.placementUnidentified(problem)]
            }
        }
        return false
    }

    /// There is no order of this placement. Another authorization that is still alive takes its turn.
    private func failure(
        _ problem: Problem,
        of checkout: Checkout,
        and newer: AuthorizationToken?,
        at klarnaNow: Timestamp,
    ) -> Checkout.News {
        var spares = checkout.spareAuthorizations
        if let newer, newer != checkout.placement?.token, !spares.contains(where: { $0.token == newer }) {
            spares.append(Checkout.Authorization(token: newer, at: klarnaNow))
        }
        let next = spares.last { klarnaNow < $0.at + OrderPlacement.authorizationLife }
            .map { OrderPlacement(for: checkout, token: $0.token, authorizedAt: $0.at) }
        return .placementFailed(problem, next: next)
    }

    private enum ShownOrder {
        case none
        /// The HPP session names an order that cannot be read now.
        case named
        case read(HPPNews)
    }

    /// The order that the HPP session names, read and compared.
    private func orderShown(_ checkout: Checkout, _ client: KlarnaClient) async -> ShownOrder {
        guard let sessions = checkout.sessions,
            let orderID = try? await client.hppSession(sessions.hppSessionID).orderID
        else { return .none }
        return (try? await readOrder(orderID, of: checkout, client)).map(ShownOrder.read) ?? .named
    }

    private func conclude(
        _ found: HPPNews,
        _ checkout: Checkout,
        _ job: ClaimedJob,
    ) async throws(DeskError) {
        switch found {
        case .ordered(let order):
            try await settle(checkout, because: .worker) { _ in [.orderFound(order)] }
            try await end(job, .done)
        case .foreignOrder(let orderID):
            try await settle(checkout, because: .worker, job: job, jobEnd: .done) { _ in
                [.placementUnidentified(.orderMismatch(orderID))]
            }
        case .open, .completed, .authorized, .cancelled, .disabled, .gone:
            try await end(job, .again(at: now + retryDelay(job)))
        }
    }

    /// What the payment session says, and the authorization it holds.
    private func paymentSession(
        of checkout: Checkout,
        _ client: KlarnaClient,
    ) async -> (PlacementResolver.Session, AuthorizationToken?) {
        guard let sessions = checkout.sessions else { return (.unreadable, nil) }
        do throws(KlarnaError) {
            let reading = try await client.paymentSession(sessions.paymentSessionID)
            switch reading.status {
            case .incomplete: return (.incomplete, reading.authorizationToken)
            case .complete: return (.complete, nil)
            case .other: return (.unreadable, nil)
            }
        } catch {
            guard case .refused(let refusal) = error, refusal.status == 404 else { return (.unreadable, nil) }
            return (.gone, nil)
        }
    }
}
