public import HTTPTypes

/// Why a message cannot be taken. The answer says so, and the connection is closed, because what follows on it can no
/// longer be told apart from what was refused.
public struct Rejection: Error, Equatable, Sendable {
    public let status: HTTPResponse.Status
    /// One sentence for the caller.
    public let reason: String

    public init(_ status: HTTPResponse.Status, _ reason: String) {
        self.status = status
        self.reason = reason
    }

    static func malformed(_ reason: String) -> Rejection { Rejection(.badRequest, reason) }

    static let requestLineTooLong = Rejection(.uriTooLong, "The request line is too long.")
    static let headTooLong = Rejection(.requestHeaderFieldsTooLarge, "The header fields are too long.")
    static let tooManyFields = Rejection(.requestHeaderFieldsTooLarge, "There are too many header fields.")
    static let bodyTooLong = Rejection(.contentTooLarge, "The body is longer than this address takes.")
    static let incomplete = malformed("The request ended before it was complete.")
}
