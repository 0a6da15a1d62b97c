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

    private struct Result {
        var failures: [String] = []
        var examinedAt: ContinuousClock.Instant?
    }

    /// However often it is asked, the disk is not.
    private static let freshFor = Duration.milliseconds(500)
    private static let pause = Duration.seconds(5)

    private let checks: [Check]
    private let logger: Logger
    private let result = Mutex(Result())

    public init(_ checks: [Check], logger: Logger) {
        self.checks = checks
        self.logger = logger
    }

    /// Examines every few seconds until the task is cancelled.
    public func run() async throws {
        while true {
            _ = await failures()
            try await Task.sleep(for: Readiness.pause)
        }
    }

    /// The parts that did not work when they were last examined.
    public var lastFailures: [String] { result.withLock { $0.failures } }

    /// The parts that do not work now.
    public func failures() async -> [String] {
        let fresh = result.withLock { result -> [String]? in
            guard let at = result.examinedAt, ContinuousClock.now - at < Readiness.freshFor else { return nil }
            return result.failures
        }
        if let fresh { return fresh }
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
        result.withLock { $0 = Result(failures: found, examinedAt: ContinuousClock.now) }
        return found
    }
}
