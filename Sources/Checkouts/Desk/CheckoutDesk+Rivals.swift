internal import Wire

/// Checkouts with the same merchant reference.
extension CheckoutDesk {
    /// Whether this one is to become an order although another checkout has the same merchant reference. Where only one may, it
    /// waits as long as it is not known how the other ends.
    func mayBeTheOne(
        _ checkout: Checkout,
        _ job: ClaimedJob,
    ) async throws(DeskError) -> Bool {
        let rivals: [Checkout]
        do {
            rivals = try await store.rivals(of: checkout)
        } catch {
            // Where both may be placed, not knowing of the other is no reason to wait.
            guard policy.sameReference == .place else { throw .store(error) }
            return true
        }
        let paid = rivals.first { $0.status == .orderPlaced }
        // One that a person has to look at may be paid as well.
        let doubtful = rivals.first { $0.status == .needsReview && $0.holdsReference }
        guard policy.sameReference == .release else {
            if let paid { try await settle(checkout, because: .worker, job: job) { _ in [.paidBefore(paid.id)] } }
            return true
        }
        if let other = paid ?? doubtful {
            try await settle(checkout, because: .worker, job: job, jobEnd: .done) { _ in
                [.placementFailed(.paidTwice(other.id), next: nil)]
            }
            return false
        }
        guard rivals.contains(where: \.holdsReference) else { return true }
        let pause = job.attempt < policy.placeRetry.count ? retryDelay(job) : policy.lateRetry
        try await wait(pause, .rivalUnsettled, with: checkout, job)
        return false
    }

    /// Puts off an attempt that cannot be made now, unless time alone has decided meanwhile.
    func wait(
        _ pause: Duration,
        _ problem: Problem,
        with checkout: Checkout,
        _ job: ClaimedJob,
    ) async throws(DeskError) {
        let now = now
        try await settle(checkout, because: .worker, job: job, jobEnd: .again(at: now + pause)) { current in
            guard let placement = current.placement else { return [] }
            let unread = policy.resolver.next(placement, session: .unreadable, readAt: now, now: now)
            if case .giveUp(let end) = unread { return [.placementUnidentified(end)] }
            return [.placementWaits(problem)] + lapse(of: placement)
        }
    }

    /// Another one that has an order and does not say itself that it was paid twice: it is enough that one of them does.
    func paidRival(of checkout: Checkout) async -> Checkout? {
        guard checkout.merchantReference != nil else { return nil }
        return (try? await store.rivals(of: checkout))?.first { $0.status == .orderPlaced && !$0.isPaidTwice }
    }
}
