public import Checkouts
internal import Synchronization
public import Telemetry
public import TimeAndChance
public import Wire

/// What `GET /metrics` tells: what was counted, and what the store, the process and readiness say at that moment.
///
/// It may be asked at any rate. Those who ask at the same time share one report; the store is asked at most once a second and
/// never twice at once, and when it fails or is slow, the rest is told without it.
public final class MetricsReport: Sendable {
    /// How much is asked of the store.
    public struct Limits: Sendable {
        public var storePatience = Duration.seconds(2)
        public var storeRest = Duration.seconds(1)

        public init() {}
    }

    /// What the store answered, and when.
    private struct Look {
        let backlog: Backlog?
        let at: Timestamp
    }

    private struct State {
        /// The report that is being made.
        var report: Task<[UInt8], Never>?
        var look: Look?
        var isLooking = false
        /// Who waits for the look under way: the report that is being made, and there is only one.
        var waiting: AsyncStream<Backlog?>.Continuation?
    }

    private let registry: MetricsRegistry
    private let backlog: @Sendable (Timestamp) async throws -> Backlog
    private let readiness: Readiness
    private let version: String
    private let limits: Limits
    private let surroundings: Surroundings
    private let klarnaNow: @Sendable () -> Timestamp
    private let state = Mutex(State())

    /// `backlog` asks the store. Deadlines are judged by `klarnaNow`, ages by our own clock.
    public init(
        registry: MetricsRegistry,
        backlog: @escaping @Sendable (Timestamp) async throws -> Backlog,
        readiness: Readiness,
        version: String,
        limits: Limits = Limits(),
        surroundings: Surroundings,
        klarnaNow: @escaping @Sendable () -> Timestamp,
    ) {
        self.registry = registry
        self.backlog = backlog
        self.readiness = readiness
        self.version = version
        self.limits = limits
        self.surroundings = surroundings
        self.klarnaNow = klarnaNow
    }

    /// The whole report in ``Exposition``'s text form.
    func bytes() async -> [UInt8] {
        let report = state.withLock { state in
            if let report = state.report { return report }
            // Away from the thread of the connection, which nothing may block.
            let report = surroundings.start { await self.make() }
            state.report = report
            return report
        }
        return await report.value
    }

    private func make() async -> [UInt8] {
        let backlog = await currentBacklog()
        var exposition = registry.exposition()
        exposition.add(.buildInfo, 1, version)
        exposition.add(.storeUp, backlog == nil ? 0 : 1)
        if let backlog { exposition.add(backlog, at: surroundings.now(), klarnaNow: klarnaNow()) }
        let failures = readiness.lastFailures
        for part in readiness.parts { exposition.add(.ready, failures.contains(part) ? 0 : 1, part) }
        ProcessFigures.add(to: &exposition)
        let bytes = exposition.bytes
        state.withLock { $0.report = nil }
        return bytes
    }

    /// What the store says, or said a moment ago; `nil` when it fails or does not answer in time.
    private func currentBacklog() async -> Backlog? {
        let now = surroundings.now()
        let (answers, answer) = AsyncStream.makeStream(of: Backlog?.self)
        let (recent, isFirst) = state.withLock { state -> (Look?, Bool) in
            if let look = state.look, now - look.at < limits.storeRest { return (look, false) }
            defer { state.isLooking = true }
            state.waiting = answer
            return (nil, !state.isLooking)
        }
        if let recent { return recent.backlog }
        // A store that does not answer is not asked again before it has.
        if isFirst { surroundings.start { await self.look() } }
        let timer = surroundings.start { [limits, surroundings] in
            try? await surroundings.sleep(limits.storePatience)
            answer.yield(nil)
        }
        defer { timer.cancel() }
        return await answers.first { _ in true } ?? nil
    }

    private func look() async {
        let backlog = try? await backlog(surroundings.now())
        let waiting = state.withLock { state in
            state.look = Look(backlog: backlog, at: surroundings.now())
            state.isLooking = false
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.yield(backlog)
    }
}

extension Exposition {
    /// Every status and kind has its series, so that nought is told apart from not knowing.
    fileprivate mutating func add(_ backlog: Backlog, at now: Timestamp, klarnaNow: Timestamp) {
        for status in Checkout.Status.allCases {
            let group = backlog.checkouts[status]
            guard group != nil || !status.isFinal || status == .needsReview else { continue }
            let age = group.map { max(.zero, now - $0.oldestCreatedAt) } ?? .zero
            add(.checkoutsUnsettled, Double(group?.count ?? 0), status.rawValue)
            add(.oldestUnsettled, age.seconds, status.rawValue)
        }
        for kind in JobOrder.Kind.allCases {
            let queue = backlog.jobs[kind]
            add(.jobs, Double(queue?.count ?? 0), kind.rawValue)
            add(.jobsDue, Double(queue?.due ?? 0), kind.rawValue)
            if let deadline = queue?.nextDeadline {
                add(.timeToDeadline, (deadline - klarnaNow).seconds, kind.rawValue)
            }
        }
        add(.orphanCallbacks, Double(backlog.orphanCallbacks))
    }
}

extension Duration {
    fileprivate var seconds: Double { Double(milliseconds) / 1000 }
}
