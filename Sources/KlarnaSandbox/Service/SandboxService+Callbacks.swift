import Logging
import Wire

/// Whom the sandbox calls, and how that goes wrong.
extension SandboxService {
    /// A callback on its way.
    struct Delivery: Sendable {
        let callback: Callback
        /// Of its record in the journal.
        let number: Int
        let generation: Int
        var delay = Duration.zero
        /// Whether the session's next callback may take it along before its delay is over.
        var isHeld = false
        /// What goes out once this one was called for the first time.
        var followers: [Delivery] = []
    }

    /// Calls for one event: the first and three more.
    static let callsMax = 4
    /// Callbacks that wait to be sent; more are abandoned.
    static let deliveriesMax = 10_000
    private static let deliveriesAtOnceMax = 256

    /// Delivers callbacks until the task is cancelled. Those of the time before it runs wait for it.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            group.addTask { await self.keepTime() }
            for await delivery in deliveries {
                if running == SandboxService.deliveriesAtOnceMax {
                    await group.next()
                    running -= 1
                }
                group.addTask { await self.deliver(delivery) }
                running += 1
            }
        }
    }

    /// Records callbacks and sends them on their way, as the faults allow.
    func enqueue(_ callbacks: [Callback], in state: inout State, at now: Timestamp) {
        for callback in callbacks {
            let fault = state.takeFault(for: callback)
            var record = CallbackRecord(at: now, callback: callback, fault: fault)
            var copies = 1
            var delay = Duration.zero
            switch fault {
            case .callbackDrop:
                record.state = .dropped
                copies = 0
            case .callbackSilence:
                let attempt = CallbackRecord.Attempt(
                    at: now,
                    outcome: .unanswered("a fault kept this from being sent"),
                )
                record.state = .abandoned
                record.attempts = Array(repeating: attempt, count: SandboxService.callsMax)
                copies = 0
            case .callbackDuplicate: copies = 2
            case .callbackDelay(let duration): delay = duration
            case .callbackReorder, .status, .html, .rateLimit, .delay, .closeBefore, .closeAfter, .late, .garbage,
                .truncated, .oversized, nil:
                break
            }
            if copies == 0 { state.callbacks.append(record) }
            for _ in 0..<copies {
                let number = state.callbacks.append(record)
                var delivery = Delivery(callback: callback, number: number, generation: state.generation, delay: delay)
                let session = callback.hppSessionID ?? ""
                if let earlier = state.held.removeValue(forKey: session) {
                    delivery.followers = [earlier]
                } else if fault == .callbackReorder {
                    state.held[session] = delivery
                    delivery.delay = timing.callbackReorderPatience
                    delivery.isHeld = true
                }
                send(delivery, in: &state)
            }
        }
    }

    func send(_ delivery: Delivery, in state: inout State) {
        guard case .dropped = outbox.yield(delivery) else { return }
        for lost in [delivery] + delivery.followers {
            state.callbacks.change(lost.number) { $0.state = .abandoned }
        }
    }

    private func deliver(_ delivery: Delivery) async {
        let callback = delivery.callback
        var pause = delivery.delay
        for call in 1...SandboxService.callsMax {
            if pause > .zero { guard (try? await Task.sleep(for: pause)) != nil else { return } }
            guard withState({ state, _ in isStillDue(delivery, call: call, in: &state) }) else { return }
            let outcome = await sender.post(callback.body, to: callback.url, timeout: timeout(of: callback.kind))
                .outcome
            guard !Task.isCancelled else { return }
            guard !callback.kind.isScheduled else {
                return withState { state, now in note(outcome, of: delivery, in: &state, at: now) }
            }
            let isLast = outcome.isAccepted || call == SandboxService.callsMax
            withState { state, now in
                guard state.generation == delivery.generation else { return }
                let attempt = CallbackRecord.Attempt(at: now, outcome: outcome)
                state.callbacks.change(delivery.number) { record in
                    record.attempts.append(attempt)
                    if isLast { record.state = outcome.isAccepted ? .delivered : .abandoned }
                }
                if call == 1 { for follower in delivery.followers { send(follower, in: &state) } }
            }
            guard !isLast else {
                if !outcome.isAccepted {
                    logger.warning("callback abandoned", metadata: ["event_id": "\(callback.eventID)"])
                }
                return
            }
            pause = self.pause(of: callback.kind, afterCall: call)
        }
    }

    /// Not when everything was forgotten meanwhile, nor when a later callback took it along.
    private func isStillDue(_ delivery: Delivery, call: Int, in state: inout State) -> Bool {
        guard state.generation == delivery.generation else { return false }
        guard delivery.isHeld, call == 1 else { return true }
        let session = delivery.callback.hppSessionID ?? ""
        guard state.held[session]?.number == delivery.number else { return false }
        state.held[session] = nil
        return true
    }

    private func timeout(of kind: Callback.Kind) -> Duration {
        switch kind {
        case .status, .validation, .notification, .push: timing.callbackTimeout
        case .authorization: timing.callbackTimeout * 2 / 3
        }
    }

    /// HPP waits a few seconds each time; Klarna Payments begins with half of that and doubles it.
    private func pause(of kind: Callback.Kind, afterCall call: Int) -> Duration {
        switch kind {
        case .status, .validation, .notification, .push: timing.callbackRetryPause
        case .authorization: timing.callbackRetryPause * (1 << (call - 1)) / 2
        }
    }
}

extension Callback {
    /// What a fault's path may mean: the merchant's own path, or the session or order that the callback is about.
    var paths: [String] {
        let target = WebURL(url)?.path ?? ""
        let session = hppSessionID.map { ["/hpp/v1/sessions/\($0)", "/sandbox/hpp/\($0)"] } ?? []
        let order = orderID.map { ["/ordermanagement/v1/orders/\($0)", "/sandbox/orders/\($0)"] } ?? []
        return [target.isEmpty ? "/" : target] + session + order
    }
}
