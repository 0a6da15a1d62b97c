import Wire

extension SandboxService {
    /// Asks the merchant whether the shopper's consent on this page may count, where Klarna Checkout would.
    ///
    /// It takes as long as the merchant takes: three seconds at most, or ten when the order insists on an answer.
    func verdict(onHPPSession id: String, email: String?) async -> CheckoutVerdict {
        let asked = withState { state, now -> (CheckoutValidation, number: Int, fault: FaultEffect?)? in
            guard let validation = state.world.validation(onHPPSession: id, email: email, at: now) else { return nil }
            let fault = state.takeFault(for: validation.callback)
            let record = CallbackRecord(at: now, callback: validation.callback, fault: fault)
            return (validation, state.callbacks.append(record), fault)
        }
        guard let (validation, number, fault) = asked else { return .approved }
        var reply = CallbackSender.Reply.unanswered("a fault kept this from being sent")
        if fault != .callbackDrop, fault != .callbackSilence {
            reply = await sender.post(
                validation.callback.body,
                to: validation.callback.url,
                timeout: validation.isRequired ? timing.callbackTimeout * 10 / 3 : timing.callbackTimeout,
            )
        }
        let outcome = reply.outcome
        withState { state, now in
            state.callbacks.change(number) { record in
                record.attempts.append(CallbackRecord.Attempt(at: now, outcome: outcome))
                if case .answered = outcome { record.state = .delivered } else { record.state = .abandoned }
            }
        }
        var status: Int?
        if case .answered(let code) = outcome { status = code }
        return CheckoutVerdict(
            status: status,
            location: reply.location,
            body: reply.body,
            isRequired: validation.isRequired,
        )
    }
}
