public import Wire

/// Where time and chance come from, and where tasks run: the machine's in production, a simulator's in a proof.
///
/// Whatever decides by the time, waits, draws lots or starts a task of its own asks here, so that a run can be repeated.
public struct Surroundings: Sendable {
    /// The present time. Never goes back while the process lives.
    public let now: @Sendable () -> Timestamp
    /// Returns after that long, or throws when the task is cancelled.
    public let sleep: @Sendable (Duration) async throws -> Void
    /// The next random number.
    public let random: @Sendable () -> UInt64
    /// Where tasks run that nobody waits for by structure; `nil` is the shared pool.
    public let executor: (any TaskExecutor)?

    public init(
        now: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        random: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) },
        executor: (any TaskExecutor)? = nil,
    ) {
        self.now = now
        self.sleep = sleep
        self.random = random
        self.executor = executor
    }

    /// Starts a task that outlives the one that starts it.
    @discardableResult
    public func start<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) -> Task<Value, Never> {
        Task(executorPreference: executor) { await work() }
    }

    /// Up to 20 % more or less, so that what failed together is not tried together.
    public func jittered(_ duration: Duration) -> Duration {
        .milliseconds(Int64(Double(duration.milliseconds) * (0.8 + 0.4 * fraction())))
    }

    /// Between 0 and 1, never 1.
    public func fraction() -> Double { Double(random() >> 11) / Double(1 << 53) }
}

/// ``Surroundings`` as a generator, for what draws from one.
public struct Chance: RandomNumberGenerator {
    private let surroundings: Surroundings

    public init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    public mutating func next() -> UInt64 { surroundings.random() }
}
