internal import Klarna
internal import Logging
internal import TimeAndChance
internal import Wire

extension CheckoutDesk {
    /// Closes the hosted page for good, as the merchant asks.
    ///
    /// - Throws: ``DeskError/notAllowed(_:reason:)`` once the shopper has completed it (then the order is placed), and
    ///   ``DeskError/klarnaUnknown(reason:)`` when Klarna did not answer; the worker then goes on trying.
    public func disable(_ id: Checkout.ID) async throws(DeskError) -> Checkout {
        let checkout = try await checkout(id)
        switch checkout.status {
        case .created: return try await settle(checkout, because: .api) { _ in [.pageDisabled] }
        case .waiting, .inProgress: break
        case .disabled: return checkout
        case .authorized, .orderPlaced, .tokenized, .cancelled, .expired, .orderFailed, .needsReview:
            throw .notAllowed(checkout, reason: "The checkout is \(checkout.status.rawValue) and cannot be disabled.")
        }
        // The wish stands in the database before Klarna hears of it, so that it outlives us.
        let wished = try await settle(checkout, because: .api) { _ in [.pageUnwanted] }
        let after: Checkout
        do throws(DeskError) {
            after = try await closePage(of: wished, because: .api)
        } catch {
            // The worker's try was to come after ours, in case we die: now it may come soon.
            let soon = JobOrder(.disable, at: now + policy.delay(policy.otherRetry, 0))
            _ = try? await commit(Change(id, jobs: [soon]), wished)
            throw error
        }
        switch after.status {
        case .disabled, .expired, .cancelled: return after
        case .created, .waiting, .inProgress:
            throw .klarnaUnknown(reason: "Klarna did not close the page, and shows it open; it is asked again")
        case .authorized, .orderPlaced, .tokenized, .orderFailed, .needsReview:
            throw .notAllowed(after, reason: "The shopper has completed the payment; the order is being placed.")
        }
    }

    /// Asks Klarna to close the page, and believes what it says of it.
    @discardableResult
    func closePage(of checkout: Checkout, because source: Event.Source) async throws(DeskError) -> Checkout {
        guard checkout.status == .waiting || checkout.status == .inProgress, let sessions = checkout.sessions else {
            return checkout
        }
        let client = try client(for: checkout)
        // Klarna Checkout's order outlives its page, and would place itself if the shopper is in the middle of it.
        if checkout.provider == .checkout, try await !abort(sessions, client) {
            return try await observe(checkout, because: source)
        }
        let correlationID: String?
        do throws(KlarnaError) {
            correlationID = try await client.disableHPPSession(sessions.hppSessionID).correlationID
        } catch {
            // 400: completed meanwhile; 404: expired or closed already. Reading tells which.
            guard case .refused(let refusal) = error, refusal.status == 400 || refusal.status == 404 else {
                throw DeskError(error)
            }
            // What the page was for is over: where that is certain, a page that is gone is closed.
            guard checkout.provider == .checkout, refusal.status == 404 else {
                return try await observe(checkout, because: source)
            }
            correlationID = refusal.correlationID
        }
        return try await settle(checkout, because: source, correlationID: correlationID) { current in
            current.sessions == sessions ? [.pageDisabled] : []
        }
    }

    /// Ends an order of Klarna Checkout for good. False when the shopper has completed it.
    func abort(_ sessions: Checkout.Sessions, _ client: KlarnaClient) async throws(DeskError) -> Bool {
        do throws(KlarnaError) {
            try await client.abortCheckoutOrder(sessions.checkoutOrderID)
            return true
        } catch {
            guard case .refused(let refusal) = error, !OperationResolver.isAboutUs(refusal.status) else {
                throw DeskError(error)
            }
            return refusal.status == 404
        }
    }

    /// Gives back the authorizations that will not become an order. One that Klarna does not know has lapsed.
    func release(_ job: ClaimedJob) async throws(DeskError) {
        let checkout = try await checkout(job.checkoutID)
        let client = try client(for: checkout)
        var released: [AuthorizationToken] = []
        var failed = false
        for token in checkout.surplusAuthorizations {
            do throws(KlarnaError) {
                try await client.releaseAuthorization(token)
                released.append(token)
            } catch {
                guard case .refused(let refusal) = error, refusal.status == 404 else {
                    failed = true
                    continue
                }
                released.append(token)
            }
        }
        // After an hour they have lapsed by themselves. Our clock may have been set meanwhile: so many tries take as long.
        let isOver =
            now >= checkout.updatedAt + OrderPlacement.authorizationLife && job.attempt > policy.otherRetry.count
        let end: JobEnd = failed && !isOver ? later(job) : .done
        let given = released
        try await settle(checkout, because: .worker, job: job, jobEnd: end) { _ in
            // Of those that were tried here: what came meanwhile is for the next time.
            let left = checkout.surplusAuthorizations.filter { !given.contains($0) }
            return (given.isEmpty ? [] : [.released(given)])
                + (failed && isOver && !left.isEmpty ? [.lapsed(left)] : [])
        }
    }

    /// Again later, or done when it was tried often enough.
    func ending(_ job: ClaimedJob) -> JobEnd {
        guard job.attempt < policy.otherRetry.count else { return .done }
        return .again(at: now + surroundings.jittered(policy.delay(policy.otherRetry, job.attempt)))
    }
}
