import Wire

/// A callback about an order, called again and again by Klarna's clock until somebody listens.
struct OrderCall: Sendable {
    let callback: Callback
    /// Of its record in the journal.
    let number: Int
    let since: Timestamp
    var due: Timestamp
    var callsMade = 0

    /// The call after this one; `nil` when Klarna gives up.
    ///
    /// Calls that a leap of the clock skipped are made once.
    func next(after now: Timestamp) -> OrderCall? {
        var next = self
        repeat {
            next.callsMade += 1
            next.due = next.due + callback.kind.pause(afterCall: next.callsMade)
        } while next.due <= now && next.due - since <= callback.kind.patience
        return next.due - since <= callback.kind.patience ? next : nil
    }
}

extension Callback.Kind {
    /// Whether it is repeated by Klarna's clock rather than until it is answered.
    var isScheduled: Bool {
        switch self {
        case .notification, .push: true
        case .status, .authorization, .validation: false
        }
    }

    /// Until the first call.
    fileprivate var delay: Duration { self == .push ? .seconds(120) : .zero }

    /// Every ten minutes; or, for a push, after 5, 15, 30 and 60 minutes and then every four hours.
    fileprivate func pause(afterCall call: Int) -> Duration {
        guard self == .push else { return .seconds(600) }
        let first: [Int64] = [5, 15, 30, 60]
        return .seconds(60 * (first.indices.contains(call - 1) ? first[call - 1] : 240))
    }

    /// How long Klarna goes on.
    fileprivate var patience: Duration { .seconds(3600 * (self == .push ? 48 : 24)) }
}

extension SandboxService {
    /// Lets Klarna's clock have its effects while nobody asks for anything.
    func keepTime() async {
        while (try? await Task.sleep(for: timing.tick)) != nil { withState { _, _ in } }
    }

    /// Takes up what the world has to say about its orders, and makes the calls that are due.
    func callAboutOrders(in state: inout State, at now: Timestamp) {
        for told in state.world.takeCallbacks() {
            let callback = Callback(
                told.kind == .push ? .push : .notification,
                eventID: "\(told.orderID)/\(told.kind.rawValue)/\(state.callbacks.nextNumber)",
                orderID: told.orderID,
                url: told.url,
                body: told.body ?? .null,
            )
            var record = CallbackRecord(at: told.at, callback: callback, fault: nil)
            record.state = .scheduled
            let number = state.callbacks.append(record)
            let due = told.at + callback.kind.delay
            state.orderCalls.append(OrderCall(callback: callback, number: number, since: told.at, due: due))
        }
        for call in state.orderCalls where call.due <= now {
            state.orderCalls.removeAll { $0.number == call.number }
            make(call, in: &state, at: now)
        }
    }

    private func make(_ call: OrderCall, in state: inout State, at now: Timestamp) {
        if call.callback.kind == .push, state.world.isAcknowledged(call.callback.orderID ?? "") {
            return state.callbacks.change(call.number) { $0.state = .acknowledged }
        }
        let fault = state.takeFault(for: call.callback)
        if fault != .callbackSilence, let next = call.next(after: now) { state.orderCalls.append(next) }
        state.callbacks.change(call.number) { record in
            record.state = .pending
            record.fault = fault ?? record.fault
        }
        var delivery = Delivery(callback: call.callback, number: call.number, generation: state.generation)
        switch fault {
        case .callbackDrop, .callbackSilence:
            note(.unanswered("a fault kept this from being sent"), of: delivery, in: &state, at: now)
        case .callbackDuplicate:
            send(delivery, in: &state)
            send(delivery, in: &state)
        case .callbackDelay(let pause):
            delivery.delay = pause
            send(delivery, in: &state)
        case .callbackReorder, .status, .html, .rateLimit, .delay, .closeBefore, .closeAfter, .late, .garbage,
            .truncated, .oversized, nil:
            send(delivery, in: &state)
        }
    }

    /// A notification is over once it is answered with 200; a push goes on until the order is acknowledged.
    func note(
        _ outcome: CallbackSender.Outcome,
        of delivery: Delivery,
        in state: inout State,
        at now: Timestamp,
    ) {
        guard state.generation == delivery.generation else { return }
        if delivery.callback.kind == .notification, outcome == .answered(200) {
            state.orderCalls.removeAll { $0.number == delivery.number }
        }
        let isRepeated = state.orderCalls.contains { $0.number == delivery.number }
        state.callbacks.change(delivery.number) { record in
            record.attempts.append(CallbackRecord.Attempt(at: now, outcome: outcome))
            record.state = outcome.isAccepted ? .delivered : isRepeated ? .scheduled : .abandoned
        }
    }
}
