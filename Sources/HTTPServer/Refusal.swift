public import HTTPTypes

/// Something the server or the router answers by itself; ``Router`` renders it, so that all error bodies look alike.
public struct Refusal: Sendable {
    public let status: HTTPResponse.Status
    /// One sentence for the caller, without anything from inside.
    public let reason: String
    /// The methods the path knows; empty unless the status is 405.
    public let allow: [HTTPRequest.Method]
    /// What the answer says besides, whatever renders it.
    public let fields: HTTPFields

    public init(
        _ status: HTTPResponse.Status,
        _ reason: String,
        allow: [HTTPRequest.Method] = [],
        fields: HTTPFields = [:],
    ) {
        self.status = status
        self.reason = reason
        self.allow = allow
        self.fields = fields
    }
}
