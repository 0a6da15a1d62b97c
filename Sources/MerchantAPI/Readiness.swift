public import Logging
internal import Synchronization

/// Whether the process can do its work: its parts are examined now and then, and the last result is remembered.
public final class Readiness: Sendable {
    /// One part, and the question whether it works.
    public struct Check: Sendable {
        /// What is named in the answer: `database`, `clock`.
        public let part: String
        let examine: @Sendable () async throws -> Void

        /// `examine` throws when the part does not work; the reason goes to the log only.
        public init(_ part: String, examine: @escaping @Sendable () async throws -> Void) {
            self.part = part
            self.examine = examine
        }
    }

    private struct State {
        var failures: [String] = []
        /// The examination that was begun or ordered last.
        var latest: Task<[String], Never>?
        /// Whether ``latest`` has not begun yet, so that what it finds is news to whoever joins it.
        var isOrdered = false
    }

    /// However often it is asked, the disk has a rest between two examinations.
    private static let rest = Duration.milliseconds(100)
    private static let pause = Duration.seconds(5)

    private let checks: [Check]
    private let logger: Logger
    private let state = Mutex(State())

    public init(_ checks: [Check], logger: Logger) {
        self.checks = checks
        self.logger = logger
    }

    /// The names of all parts that are examined.
    var parts: [String] { checks.map(\.part) }

    /// Examines every few seconds until the task is cancelled.
    public func run() async throws {
        while true {
            _ = await failures()
            try await Task.sleep(for: Readiness.pause)
        }
    }

    /// The parts that did not work when they were last examined.
    public var lastFailures: [String] { state.withLock { $0.failures } }

    /// The parts that do not work now: found by an examination that begins after this was asked, and that all share who
    /// ask before it begins.
    public func failures() async -> [String] {
        let examination = state.withLock { state in
            if let latest = state.latest, state.isOrdered { return latest }
            let previous = state.latest
            let examination = Task { await self.examine(after: previous) }
            state.latest = examination
            state.isOrdered = true
            return examination
        }
        return await examination.value
    }

    private func examine(after previous: Task<[String], Never>?) async -> [String] {
        if let previous {
            _ = await previous.value
            try? await Task.sleep(for: Readiness.rest)
        }
        state.withLock { $0.isOrdered = false }
        var failures: [String] = []
        for check in checks {
            do {
                try await check.examine()
            } catch {
                failures.append(check.part)
                logger.error("a part does not work", metadata: ["part": "\(check.part)", "error": "\(error)"])
            }
        }
        let found = failures
        state.withLock { $0.failures = found }
        return found
    }
}
