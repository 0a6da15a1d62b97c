internal import Klarna
internal import Logging
internal import TimeAndChance
internal import Wire

/// Customer tokens: made of an authorization, read, cancelled, charged.
extension CheckoutDesk {
    /// One attempt at making a customer token of the authorization that a checkout holds. The order, if there is to be one, is
    /// placed after it, with the same authorization.
    ///
    /// Making a second token after an answer that was lost does no harm: nobody knows of the first.
    func createToken(
        _ checkout: Checkout,
        _ placement: OrderPlacement,
        _ client: KlarnaClient,
        _ job: ClaimedJob,
    ) async throws(DeskError) {
        let again = JobEnd.again(at: now + retryDelay(job))
        let placesOrder = checkout.terms.intent.placesOrder
        // Judged by Klarna's clock alone: as long as it was not heard, its answer will bring it.
        let last =
            placesOrder ? placement.expiresAt - policy.tokenMargin : placement.expiresAt + policy.resolver.expiryGrace
        if let klarnaNow = client.klarnaNow, klarnaNow >= last {
            // Ours may have been set since it was heard: what cannot be undone waits until it is heard again. An order does not.
            let isHeard = await hears(client, checkout)
            if isHeard, let klarnaNow = client.klarnaNow, klarnaNow < last {
                return try await end(job, .again(at: now))
            }
            if placesOrder { return try await goOn(without: .tokenLate, checkout, job) }
            guard isHeard else { return try await end(job, again) }
            let isCertain = placement.tokenization.uncertainSince == nil
            return try await giveUpToken(isCertain ? .tokenExpired : .tokenLost, checkout, job)
        }
        let begun = now
        let sending = try await settle(checkout, because: .worker, job: job) { _ in
            [.tokenSent(at: klarnaNow(client))]
        }
        guard sending.awaitsToken, now - begun < policy.lease else { return try await end(job, .again(at: now)) }
        let created: CreatedCustomerToken
        do throws(KlarnaError) {
            let request = CustomerTokenRequest(of: checkout)
            created = try await client.createCustomerToken(placement.token, request)
        } catch {
            logger.warning(
                "Klarna made no customer token yet",
                metadata: ["checkout": "\(job.checkoutID)", "attempt": "\(job.attempt)", "error": "\(error)"],
            )
            let answer: Checkout.TokenAnswer
            switch error {
            case .notSent(let reason): answer = .notSent(reason: reason)
            case .paused: answer = .notSent(reason: "There were too many calls to Klarna.")
            case .unknown(let lost): answer = .unanswered(Problem.KlarnaAnswer(lost))
            case .refused(let refusal) where OperationResolver.isAboutUs(refusal.status):
                answer = .held(Problem.KlarnaAnswer(refusal))
            case .refused(let refusal):
                let problem = Problem.tokenRefused(Problem.KlarnaAnswer(refusal))
                // The token of an attempt that was not answered may be what is in the way.
                let isCertain = placement.tokenization.uncertainSince == nil
                if placesOrder { return try await goOn(without: isCertain ? problem : .tokenLost, sending, job) }
                return try await giveUpToken(isCertain ? problem : .tokenLost, sending, job)
            }
            try await settle(sending, because: .worker, job: job, jobEnd: again) { _ in [.tokenWaits(answer)] }
            return
        }
        let token = CustomerToken(madeBy: checkout.id, token: created.id, createdAt: now)
        try await recordDone(
            [.tokenCreated(token)],
            of: sending,
            job,
            jobEnd: placesOrder ? .again(at: now) : .done,
            correlationID: created.correlationID,
        )
    }

    /// Whether Klarna answers now, and so tells its time.
    private func hears(_ client: KlarnaClient, _ checkout: Checkout) async -> Bool {
        guard let sessions = checkout.sessions else { return false }
        do throws(KlarnaError) {
            _ = try await client.paymentSession(sessions.paymentSessionID)
            return true
        } catch {
            guard case .refused = error else { return false }
            return true
        }
    }

    private func goOn(without problem: Problem, _ checkout: Checkout, _ job: ClaimedJob) async throws(DeskError) {
        try await settle(checkout, because: .worker, job: job, jobEnd: .again(at: now)) { current in
            current.awaitsToken ? [.tokenRefused(problem)] : []
        }
    }

    private func giveUpToken(_ problem: Problem, _ checkout: Checkout, _ job: ClaimedJob) async throws(DeskError) {
        try await settle(checkout, because: .worker, job: job, jobEnd: .done) { current in
            guard current.awaitsToken else { return [] }
            return [
                problem.type == .customerTokenUnknown
                    ? .placementUnidentified(problem) : .placementFailed(problem, next: nil)
            ]
        }
    }

    /// The checkout that made a customer token, with the token.
    public func customerToken(_ id: CustomerToken.ID) async throws(DeskError) -> (Checkout, CustomerToken) {
        guard let checkoutID = id.checkoutID else { throw .notFound }
        let checkout = try await checkout(checkoutID)
        guard let token = checkout.customerToken else { throw .notFound }
        return (checkout, token)
    }

    /// What Klarna says of a customer token now.
    public func readToken(_ id: CustomerToken.ID) async throws(DeskError) -> CustomerToken {
        let (checkout, token) = try await customerToken(id)
        guard let klarnaToken = token.token else { return token }
        let client = try client(for: checkout)
        let reading: CustomerTokenReading
        do throws(KlarnaError) {
            reading = try await client.customerToken(klarnaToken)
        } catch {
            throw DeskError(error)
        }
        let masked = reading.card?.maskedNumber ?? reading.directDebitMaskedNumber
        let after = try await settle(checkout, because: .api, correlationID: reading.correlationID) { _ in
            [.tokenRead(reading.status, paymentMethodType: reading.paymentMethodType, maskedNumber: masked)]
        }
        return after.customerToken ?? token
    }

    /// Cancels a customer token for good. Doing it again changes nothing.
    public func cancelToken(_ id: CustomerToken.ID) async throws(DeskError) -> CustomerToken {
        let (checkout, token) = try await customerToken(id)
        guard let klarnaToken = token.token else { return token }
        let client = try client(for: checkout)
        let wish = Event(at: now, type: "customer_token.cancelling", source: .api)
        _ = try await commit(Change(checkout.id, events: [wish]), checkout)
        var correlationID: String?
        do throws(KlarnaError) {
            correlationID = try await client.cancelCustomerToken(klarnaToken).correlationID
        } catch {
            // Refused may mean that an earlier try, whose answer was lost, has cancelled it.
            guard case .refused = error, await isGone(klarnaToken, client) else { throw DeskError(error) }
        }
        let after = try await settle(checkout, because: .api, correlationID: correlationID) { _ in
            [.tokenRead(.cancelled, paymentMethodType: nil, maskedNumber: nil)]
        }
        return after.customerToken ?? token
    }

    private func isGone(_ token: KlarnaTokenID, _ client: KlarnaClient) async -> Bool {
        do throws(KlarnaError) {
            return try await client.customerToken(token).status == .cancelled
        } catch {
            guard case .refused(let refusal) = error else { return false }
            return refusal.status == 404
        }
    }
}

extension CustomerTokenRequest {
    /// Klarna requires a description; the shopper reads it.
    init(of checkout: Checkout) {
        let purchase = checkout.purchase
        let named = purchase.orderLines.first { $0.subscription != nil } ?? purchase.orderLines.first
        self.init(
            country: purchase.country,
            currency: purchase.currency,
            locale: purchase.locale,
            description: named?.name ?? "Subscription",
        )
    }
}

extension Problem {
    static func tokenRefused(_ klarna: KlarnaAnswer) -> Problem {
        Problem(.customerTokenRefused, "Klarna made no customer token of the authorization.", klarna: klarna)
    }

    static let tokenLate = Problem(
        .customerTokenRefused,
        "Klarna made no customer token in time; the order is placed without.",
    )

    static let tokenExpired = Problem(
        .authorizationExpired,
        "The authorization ended before Klarna made a customer token of it.",
    )

    static let tokenLost = Problem(
        .customerTokenUnknown,
        "Klarna may have made a customer token and did not say which: look it up in the merchant portal.",
    )
}
