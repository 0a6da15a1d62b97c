import Logging

extension Logger {
    /// Says nothing, and costs nothing.
    static let silent: Logger = {
        var logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        return logger
    }()

    /// Gives each line to a function.
    static func telling(_ tell: @escaping (Logger.Level, String) -> Void) -> Logger {
        Logger(label: "simulation") { _ in Telling(tell: tell) }
    }
}

/// Unchecked: used by the one thread of a run.
private struct Telling: LogHandler, @unchecked Sendable {
    let tell: (Logger.Level, String) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let facts = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        tell(event.level, "\(event.message) \(facts.joined(separator: " "))")
    }
}
