import Checkouts
import Klarna
import Wire

/// What is done with orders, customer tokens and pages.
extension Routes {
    func run(_ errand: Errand, _ id: Checkout.ID, key: String) async -> Answer {
        await once("k POST /v1/checkouts/\(id)/\(errand.path)", key) { claim, _ in
            await PlantedBug.$hidesPendingAmounts.withValue(bug == .forgetsPendingAmounts) {
                do throws(DeskError) {
                    let operated = try await errand.run(desk, id, CheckoutDesk.Asker(claim))
                    return Answer(status: operated.operation.status, checkoutID: id)
                } catch {
                    return Answer(status: error.status)
                }
            }
        }
    }

    func charge(_ token: CustomerToken.ID, _ body: JSON, key: String) async -> Answer {
        await once("k POST /v1/customer_tokens/\(token)/orders", key) { claim, resuming in
            do throws(DeskError) {
                if let resuming, bug != .chargesAgain {
                    let begun = try await desk.charged(resuming)
                    if begun.status != .orderFailed { return Answer(status: begun.chargeStatus, checkoutID: begun.id) }
                }
                guard let new = try? NewCharge(json: body) else { return Answer(status: 422) }
                let charge = try await desk.charge(token, new, claim: claim)
                return Answer(status: charge.chargeStatus, checkoutID: charge.id)
            } catch {
                return Answer(status: error.status)
            }
        }
    }

    func read(_ token: CustomerToken.ID) async -> Int {
        await status { () async throws(DeskError) in _ = try await desk.readToken(token) }
    }

    func cancel(_ token: CustomerToken.ID) async -> Int {
        await status { () async throws(DeskError) in _ = try await desk.cancelToken(token) }
    }

    func distribute(_ id: Checkout.ID) async -> Int {
        await status { () async throws(DeskError) in try await desk.distribute(id, .email("customer@email.se")) }
    }

    func revise(_ id: Checkout.ID, _ body: JSON) async -> Int {
        await status { () async throws(DeskError) in _ = try await desk.revise(id, body) }
    }

    func reopen(_ id: Checkout.ID) async -> Answer {
        if bug == .reopensWithoutProof { return await reopenUnproved(id) }
        do throws(DeskError) {
            let checkout = try await desk.reopen(id)
            return Answer(status: 200, checkoutID: id, redirectURL: checkout.sessions?.redirectURL)
        } catch {
            return Answer(status: error.status)
        }
    }

    private func status(_ work: () async throws(DeskError) -> Void) async -> Int {
        do throws(DeskError) {
            try await work()
            return 200
        } catch {
            return error.status
        }
    }
}

extension OrderOperation {
    /// Of the answer to whoever asked for it.
    fileprivate var status: Int {
        switch outcome {
        case .succeeded: 200
        case .pending: 503
        case .failed: 502
        }
    }
}

extension Checkout {
    /// Of the answer to whoever asked for a charge.
    fileprivate var chargeStatus: Int {
        switch status {
        case .orderPlaced: 201
        case .authorized, .needsReview: 202
        case .orderFailed: 502
        case .created, .waiting, .inProgress, .tokenized, .cancelled, .disabled, .expired: 409
        }
    }
}
