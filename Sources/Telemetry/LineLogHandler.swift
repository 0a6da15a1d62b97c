internal import Glibc
public import Logging
internal import Synchronization
internal import TimeAndChance

/// Writes each log entry as one line, JSON or text, in one piece, so that lines of different threads never mix.
///
/// Nothing that looks like a credential leaves: see ``Redaction``.
public struct LineLogHandler: LogHandler {
    public enum Format: Sendable {
        case json
        case text
    }

    public var metadata: Logger.Metadata = [:]
    public var logLevel: Logger.Level
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let format: Format
    private let output: LogOutput

    public init(label: String, level: Logger.Level, format: Format, output: LogOutput = .standardError) {
        self.label = label
        self.format = format
        self.output = output
        logLevel = level
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var fields = metadata
        for (key, value) in metadataProvider?.get() ?? [:] { fields[key] = value }
        for (key, value) in event.metadata ?? [:] { fields[key] = value }
        if let error = event.error { fields["error"] = "\(error)" }
        let line = LogLine(
            time: SteadyClock.wallTime(),
            level: event.level,
            label: label,
            message: Redaction.clean(event.message.description),
            fields: fields.sorted { $0.key < $1.key }.map { ($0.key, Redaction.clean($0.value, under: $0.key)) },
        )
        output.write(format == .json ? line.json : line.text)
    }
}

/// Where finished lines go.
public struct LogOutput: Sendable {
    public let write: @Sendable (String) -> Void

    public init(_ write: @escaping @Sendable (String) -> Void) { self.write = write }

    public static let standardError = LogOutput { line in
        let bytes = Array(line.utf8) + [UInt8(ascii: "\n")]
        standardErrorLock.withLock { _ in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = unsafe rest.withUnsafeBytes {
                    unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count)
                }
                if written < 0, errno == EINTR { continue }
                // Nobody can be told that the log cannot be written.
                guard written > 0 else { return }
                rest = rest.dropFirst(written)
            }
        }
    }
}

/// One write at a time: a line longer than the pipe's buffer is written in several calls.
private let standardErrorLock = Mutex<Void>(())
