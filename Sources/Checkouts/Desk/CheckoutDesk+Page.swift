public import Klarna
internal import Logging
internal import TimeAndChance
internal import Wire

/// What a merchant does with a hosted page besides closing it.
extension CheckoutDesk {
    /// Has Klarna send the link to the hosted page to the shopper.
    ///
    /// Sending it twice when an answer was lost would be seen: nothing is repeated here, the merchant decides.
    public func distribute(_ id: Checkout.ID, _ distribution: Distribution) async throws(DeskError) {
        let checkout = try await checkout(id)
        guard checkout.status == .waiting || checkout.status == .inProgress, let sessions = checkout.sessions else {
            throw .notAllowed(checkout, reason: "The checkout is \(checkout.status.rawValue): its page is not open.")
        }
        let client = try client(for: checkout)
        var detail: JSONObject = ["method": .string(distribution.method)]
        do throws(KlarnaError) {
            let answer = try await client.distribute(sessions.hppSessionID, distribution)
            detail["correlation_id"] = answer.correlationID.map(JSON.string)
        } catch {
            throw DeskError(error)
        }
        let event = Event(at: now, type: "checkout.distributed", source: .api, detail: detail)
        _ = try await commit(Change(id, events: [event]), checkout)
    }

    /// Opens a new hosted page for a checkout whose page was closed, cancelled or expired.
    ///
    /// Only once Klarna shows that the old page is dead and left no authorization behind: a shopper never has two pages that can
    /// both be paid.
    ///
    /// `claim` is the idempotency key under which it is asked for; it remembers that the new page is there.
    public func reopen(_ id: Checkout.ID, claim: IdempotencyClaim? = nil) async throws(DeskError) -> Checkout {
        let checkout = try await checkout(id)
        switch checkout.status {
        case .cancelled, .disabled, .expired: break
        case .created, .waiting, .inProgress, .authorized, .orderPlaced, .tokenized, .orderFailed, .needsReview:
            throw .notAllowed(
                checkout,
                reason:
                    "The checkout is \(checkout.status.rawValue): only one that is cancelled, disabled or expired can be reopened.",
            )
        }
        let seen = try await observe(checkout, because: .api)
        guard seen.status == checkout.status, seen.placementKey == nil else {
            throw .notAllowed(seen, reason: "The shopper has paid at the earlier page.")
        }
        try await requireDead(seen)
        let opened = try await askForSessions(seen)
        let after = try await settle(seen, because: .api, claim: claim, opened) { current in
            current.sessions == seen.sessions && current.placementKey == nil ? [.reopened(opened.sessions)] : []
        }
        guard after.sessions == opened.sessions else {
            throw .notAllowed(after, reason: "Somebody else has gone on with the checkout meanwhile.")
        }
        return after
    }

    /// Whether the purchase behind a page has an authorization or an order all the same.
    private func isPaid(
        _ checkout: Checkout,
        _ sessions: Checkout.Sessions,
        _ client: KlarnaClient,
    ) async throws(DeskError) -> Bool {
        do throws(KlarnaError) {
            switch checkout.provider {
            case .payments:
                let session = try await client.paymentSession(sessions.paymentSessionID)
                return session.status == .complete || session.authorizationToken != nil
            case .checkout: break
            }
        } catch {
            guard case .refused(let refusal) = error, refusal.status == 404 else { throw DeskError(error) }
            return false
        }
        return try await !abort(sessions, client)
    }

    /// Throws unless Klarna itself shows that nobody can pay at the page any more.
    private func requireDead(_ checkout: Checkout) async throws(DeskError) {
        guard let old = checkout.sessions else { return }
        let client = try client(for: checkout)
        // Past its time nobody can pay at it, whatever it still calls itself.
        var isDead = klarnaNow(client) >= old.expiresAt + policy.expiryMargin
        do throws(KlarnaError) {
            switch try await client.hppSession(old.hppSessionID).status {
            case .disabled, .cancelled: isDead = true
            case .completed: isDead = false
            case .waiting, .inProgress, .back, .failed, .error, .manualIDCheck, .timeout, .other: break
            }
        } catch {
            guard case .refused(let refusal) = error, refusal.status == 404 else { throw DeskError(error) }
        }
        if isDead, !(try await isPaid(checkout, old, client)) { return }
        throw .notAllowed(checkout, reason: "Klarna does not show the earlier page as closed yet; try again later.")
    }
}
