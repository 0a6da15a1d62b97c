import HTTPMessage

/// Nobody reads the answer any longer.
struct ConnectionClosed: Error {}

/// A streamed body wrote another number of bytes than it had announced.
struct WrongBodyLength: Error {}

/// A streamed body under way.
///
/// Unchecked: touched on its connection's loop's thread only.
final class BodyStream: @unchecked Sendable {
    let isChunked: Bool
    /// Bytes still to come of an announced length.
    private(set) var remaining: Int?
    private var waiting: [CheckedContinuation<Void, any Error>] = []

    init(isChunked: Bool, length: Int?) {
        self.isChunked = isChunked
        remaining = length
    }

    /// Counts `bytes` against the announced length; false when they are too many.
    func count(_ bytes: Int) -> Bool {
        guard let remaining else { return true }
        guard bytes <= remaining else { return false }
        self.remaining = remaining - bytes
        return true
    }

    /// Lets `writer` wait until there is room again.
    func wait(_ writer: CheckedContinuation<Void, any Error>) {
        waiting.append(writer)
    }

    func resume() {
        let writers = waiting
        waiting = []
        for writer in writers { writer.resume() }
    }

    func fail() {
        let writers = waiting
        waiting = []
        for writer in writers { writer.resume(throwing: ConnectionClosed()) }
    }
}
