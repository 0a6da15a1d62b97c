/// Thrown by a handler to close the connection without an answer.
public struct ConnectionAbort: Error {
    public init() {}
}
