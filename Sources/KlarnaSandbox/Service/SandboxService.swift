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
        /// How long a callback that is to change places waits for the next one.
        public var callbackReorderPatience = Duration.seconds(5)
        /// How often what is due by Klarna's clock is done while nobody asks for anything.
        public var tick = Duration.seconds(1)

        public init() {}
    }

    struct State: Sendable {
        var world: SandboxWorld
        var clockOffset = Duration.zero
        /// On order.
        var faults: [Fault] = []
        /// The profile's. Only Klarna's own paths and the callbacks meet with it.
        var standingFaults: [Fault]
        /// One for each, so that what happens to a request depends neither on callbacks nor on what was ordered.
        var requestChance: SeededGenerator
        var callbackChance: SeededGenerator
        var orderedChance: SeededGenerator
        var requests = Journal<RequestRecord>()
        var callbacks = Journal<CallbackRecord>()
        /// Callbacks about orders that are not over.
        var orderCalls: [OrderCall] = []
        /// Callbacks that wait for the next one of their HPP session.
        var held: [String: Delivery] = [:]
        /// Counts how often everything was forgotten: deliveries from before then are given up.
        var generation = 0

        init(world: SandboxWorld, faults: [Fault], seed: UInt64) {
            self.world = world
            standingFaults = faults
            requestChance = SeededGenerator(seed: seed)
            callbackChance = SeededGenerator(seed: ~seed)
            orderedChance = SeededGenerator(seed: seed &+ 1)
        }

        /// Takes what goes wrong next for a request.
        mutating func takeFault(for request: Request, isKlarnas: Bool) -> FaultEffect? {
            let (method, paths) = (request.method.rawValue, [request.path])
            let ordered = faults.take(method, paths, forCallback: false, &orderedChance)
            let standing =
                isKlarnas ? standingFaults.take(method, paths, forCallback: false, &requestChance) : nil
            return ordered ?? standing
        }

        mutating func takeFault(for callback: Callback) -> FaultEffect? {
            let ordered = faults.take("POST", callback.paths, forCallback: true, &orderedChance)
            let standing = standingFaults.take("POST", callback.paths, forCallback: true, &callbackChance)
            return ordered ?? standing
        }
    }

    let logger: Logger
    let renderer: PageRenderer
    private let state: Mutex<State>
    let timing: Timing
    let sender = CallbackSender()
    let deliveries: AsyncStream<Delivery>
    let outbox: AsyncStream<Delivery>.Continuation
    private let profile: SandboxProfile
    private let seed: UInt64
    private let clock: @Sendable () -> Timestamp
    private let givenBaseURL: String?

    /// A sandbox that behaves as `profile` says.
    ///
    /// The URLs in its answers begin with `baseURL`, which has no slash at the end; without one, with the address that
    /// each request was sent to. To the wall clock `clock`, `POST /sandbox/clock` adds. Throws when a built-in page
    /// cannot be read.
    public init(
        profile: SandboxProfile = .standard,
        baseURL: String? = nil,
        timing: Timing = Timing(),
        logger: Logger,
        clock: @escaping @Sendable () -> Timestamp,
    ) throws {
        let seed = profile.seed ?? UInt64.random(in: .min ... .max)
        let world = SandboxWorld(behaviour: profile.behaviour, seed: seed)
        state = Mutex(State(world: world, faults: profile.faults, seed: seed))
        self.profile = profile
        self.seed = seed
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

    func baseURL(_ authority: String) -> String { givenBaseURL ?? "http://\(authority)" }

    /// Works on the whole state at once, at the sandbox's time.
    func withState<Result: Sendable>(_ work: (inout State, Timestamp) -> Result) -> Result {
        state.withLock { state in
            let now = clock() + state.clockOffset
            state.world.settle(at: now)
            let offset = state.clockOffset
            let result = work(&state, now)
            // The work may have been to move the clock.
            let later = now + (state.clockOffset - offset)
            state.world.settle(at: later)
            callAboutOrders(in: &state, at: later)
            return result
        }
    }

    /// Begins anew, as the profile has it.
    func forgetEverything() {
        withState { state, _ in
            var world = state.world
            world.behaviour = profile.behaviour
            world.forgetEverything()
            let generation = state.generation + 1
            state = State(world: world, faults: profile.faults, seed: seed)
            state.generation = generation
        }
    }
}
