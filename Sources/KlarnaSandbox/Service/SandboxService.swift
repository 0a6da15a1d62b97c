import HTTPMessage
public import HTTPServer
import HTTPTypes
public import Logging
import Synchronization
public import Wire

/// The offline Klarna behind HTTP: its API, the hosted pages, and the levers to act as the shopper and to break things.
///
/// One value holds all of it under one lock; what takes time (a delayed answer, a callback) happens outside.
public final class SandboxService: Sendable {
    public struct Timing: Sendable {
        /// How long a merchant's server may take for a status callback.
        public var callbackTimeout = Duration.seconds(3)
        /// Between the calls for one event.
        public var callbackRetryPause = Duration.seconds(2)

        public init() {}
    }

    struct State: Sendable {
        var world: SandboxWorld
        var clockOffset = Duration.zero
        var faults: [Fault] = []
        var requests = Journal<RequestRecord>()
        var callbacks = Journal<CallbackRecord>()
        /// Counts how often everything was forgotten: deliveries from before then are given up.
        var generation = 0
    }

    /// A callback on its way.
    struct Delivery: Sendable {
        let callback: Callback
        let number: Int
        let generation: Int
        let delay: Duration
    }

    /// Calls for one event: the first and three more.
    static let callsMax = 4
    /// Callbacks that wait to be sent; more are abandoned.
    static let deliveriesMax = 10_000
    static let deliveriesAtOnceMax = 256

    let logger: Logger
    let renderer: PageRenderer
    private let state: Mutex<State>
    private let timing: Timing
    private let clock: @Sendable () -> Timestamp
    private let sender = CallbackSender()
    private let deliveries: AsyncStream<Delivery>
    private let outbox: AsyncStream<Delivery>.Continuation
    private let givenBaseURL: String?

    /// A sandbox around `world`.
    ///
    /// The URLs in its answers begin with `baseURL`, which has no slash at the end; without one, with the address that
    /// each request was sent to. To the wall clock `clock`, `POST /sandbox/clock` adds. Throws when a built-in page
    /// cannot be read.
    public init(
        world: SandboxWorld = SandboxWorld(),
        baseURL: String? = nil,
        timing: Timing = Timing(),
        logger: Logger,
        clock: @escaping @Sendable () -> Timestamp,
    ) throws {
        state = Mutex(State(world: world))
        givenBaseURL = baseURL
        self.timing = timing
        self.logger = logger
        self.clock = clock
        renderer = try PageRenderer()
        (deliveries, outbox) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(SandboxService.deliveriesMax))
    }

    /// Every route of the sandbox.
    public func router() -> Router {
        var router = Router(refuse: { [self] in refuse($0, $1) })
        addKlarna(to: &router)
        addPages(to: &router)
        addLevers(to: &router)
        router.afterwards { [self] response, _ in response.fields[.date] = withState { _, now in now.httpDate } }
        return router
    }

    /// Delivers callbacks until the task is cancelled. Those of the time before it runs wait for it.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
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

    func baseURL(_ authority: String) -> String { givenBaseURL ?? "http://\(authority)" }

    /// Works on the whole state at once, at the sandbox's time.
    func withState<Result: Sendable>(_ work: (inout State, Timestamp) -> Result) -> Result {
        state.withLock { work(&$0, clock() + $0.clockOffset) }
    }

    /// Records callbacks and sends them on their way, as the faults allow.
    func enqueue(_ callbacks: [Callback], in state: inout State, at now: Timestamp) {
        for callback in callbacks {
            let fault = state.faults.take("POST", callback.paths, forCallback: true)
            var copies = 1
            var delay = Duration.zero
            var record = CallbackRecord(at: now, callback: callback, fault: fault?.text)
            switch fault?.effect {
            case .callbackDrop:
                record.state = .dropped
                copies = 0
                state.callbacks.append(record)
            case .callbackDuplicate: copies = 2
            case .callbackDelay(let duration): delay = duration
            case .status, .delay, .closeBefore, .closeAfter, .garbage, nil: break
            }
            for _ in 0..<copies {
                let number = state.callbacks.append(record)
                let delivery = Delivery(callback: callback, number: number, generation: state.generation, delay: delay)
                guard case .dropped = outbox.yield(delivery) else { continue }
                state.callbacks.change(number) { $0.state = .abandoned }
            }
        }
    }

    private func deliver(_ delivery: Delivery) async {
        var pause = delivery.delay
        for call in 1...SandboxService.callsMax {
            if pause > .zero { guard (try? await Task.sleep(for: pause)) != nil else { return } }
            guard withState({ state, _ in state.generation }) == delivery.generation else { return }
            let callback = delivery.callback
            let outcome = await sender.post(callback.body, to: callback.url, timeout: timeout(of: callback.kind))
            guard !Task.isCancelled else { return }
            let isLast = outcome.isAccepted || call == SandboxService.callsMax
            withState { state, now in
                guard state.generation == delivery.generation else { return }
                let attempt = CallbackRecord.Attempt(at: now, outcome: outcome)
                state.callbacks.change(delivery.number) { record in
                    record.attempts.append(attempt)
                    if isLast { record.state = outcome.isAccepted ? .delivered : .abandoned }
                }
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

    private func timeout(of kind: Callback.Kind) -> Duration {
        switch kind {
        case .status: timing.callbackTimeout
        case .authorization: timing.callbackTimeout * 2 / 3
        }
    }

    /// HPP waits a few seconds each time; Klarna Payments begins with half of that and doubles it.
    private func pause(of kind: Callback.Kind, afterCall call: Int) -> Duration {
        switch kind {
        case .status: timing.callbackRetryPause
        case .authorization: timing.callbackRetryPause * (1 << (call - 1)) / 2
        }
    }
}

extension Callback {
    /// What a fault's path may mean: the merchant's own path, or the session that the callback is about.
    fileprivate var paths: [String] {
        let target = WebURL(url)?.path ?? ""
        return [
            target.isEmpty ? "/" : target, "/hpp/v1/sessions/\(hppSessionID)", "/sandbox/hpp/\(hppSessionID)",
        ]
    }
}

extension Timestamp {
    /// As the `Date` of an answer: Klarna's clock is the sandbox's, not the machine's.
    fileprivate var httpDate: String { HTTPDate(unixSeconds: Int(milliseconds / 1000)).description }
}
