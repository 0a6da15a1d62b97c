internal import Klarna
internal import Logging
internal import TimeAndChance
internal import Wire

/// Orders after they were placed: what Order Management shows of them, and what was done with them elsewhere.
extension CheckoutDesk {
    /// Reads what Order Management shows of a placed order, and takes it in.
    func readPlacedOrder(
        _ checkout: Checkout,
        because source: Event.Source,
        job: ClaimedJob? = nil,
    ) async throws(DeskError) -> Checkout {
        var checkout = checkout
        // A reading is compared with one version of the checkout. Whatever changes it meanwhile has the order read again.
        for _ in 0..<3 {
            guard let order = checkout.order else { return checkout }
            let client = try client(for: checkout)
            let reading: OrderReading
            do throws(KlarnaError) {
                reading = try await client.order(order.orderID)
            } catch {
                throw DeskError(error)
            }
            let seen = OrderSight(reading, of: checkout, at: now, surroundings)
            warn(of: seen)
            let version = checkout.version
            var fits = false
            checkout = try await settle(
                checkout,
                because: source,
                job: job,
                correlationID: reading.correlationID,
            ) { current in
                fits = current.version == version
                return fits ? seen.news : []
            }
            if fits { break }
        }
        return checkout
    }

    private func warn(of seen: OrderSight) {
        guard seen.isInDisagreement, seen.checkout.problem?.type != .orderDisagrees else { return }
        logger.critical(
            "Klarna's sums of an order are not those that are known here",
            metadata: ["checkout": "\(seen.checkout.id)"],
        )
    }

    /// The order's details after it was placed, and whether another checkout with the same merchant reference was paid as well.
    func readOrderDetails(_ job: ClaimedJob) async throws(DeskError) {
        let checkout = try await readPlacedOrder(try await checkout(job.checkoutID), because: .worker, job: job)
        // Two that began at the same moment did not see each other then.
        let other = checkout.isPaidTwice ? nil : await paidRival(of: checkout)
        try await settle(checkout, because: .worker, job: job, jobEnd: .done) { _ in
            other.map { [.paidBefore($0.id)] } ?? []
        }
    }

    /// One more look at a placed order, and the next one after it for as long as anything can be done with the order.
    package func watchOrder(_ job: ClaimedJob) async throws(DeskError) {
        var checkout = try await checkout(job.checkoutID)
        guard checkout.order != nil else { return try await end(job, .done) }
        do {
            checkout = try await readPlacedOrder(checkout, because: .poll, job: job)
        } catch .klarnaUnknown, .klarnaRefused, .klarnaBusy, .unknownAccount {
            logger.warning("an order could not be read again", metadata: ["checkout": "\(job.checkoutID)"])
        }
        let isPending = checkout.order?.fraudStatus == "PENDING"
        let isOver = checkout.order?.isSettled ?? true || now >= checkout.updatedAt + policy.watchFor
        let pause = policy.nextWatch(of: checkout.order, job.attempt + 1)
        try await end(job, isOver && !isPending ? .done : .again(at: now + surroundings.jittered(pause)))
    }

    /// Tells Klarna that its order arrived here, which ends its pushes. Doing it again changes nothing.
    func acknowledge(_ job: ClaimedJob) async throws(DeskError) {
        let checkout = try await checkout(job.checkoutID)
        guard let order = checkout.order else {
            // The push came before the order was found: its own hint looks for it.
            return try await end(job, checkout.status.isFinal ? ending(job) : later(job))
        }
        let client = try client(for: checkout)
        let answer: OrderEffectAnswer
        do throws(KlarnaError) {
            answer = try await client.perform(
                .acknowledge,
                on: order.orderID,
                body: nil,
                idempotencyKey: derivedUUID("kassa acknowledge \(checkout.id) \(job.epoch)"),
            )
        } catch {
            throw DeskError(error)
        }
        var detail = JSONObject()
        detail["correlation_id"] = answer.correlationID.map(JSON.string)
        let event = Event(at: now, type: "order.acknowledged", source: .worker, detail: detail)
        _ = try await commit(Change(checkout.id, events: [event], job: job, jobEnd: .done), checkout)
    }
}

extension Order {
    /// Whether nothing more can happen to it.
    fileprivate var isSettled: Bool {
        switch status {
        case "cancelled", "expired": true
        case "captured", "closed": capturedAmount == refundedAmount
        case _: false
        }
    }
}
