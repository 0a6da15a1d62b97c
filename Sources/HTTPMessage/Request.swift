public import HTTPTypes

/// One complete request.
///
/// Its fields stay the bytes they came as and are read when asked for by name.
public struct Request: Sendable {
    public let method: HTTPRequest.Method
    /// The path as it came, still percent-encoded; it begins with `/`. Only `OPTIONS *` has the path `*`.
    public let path: String
    /// What follows the first `?`, as it came; nil without a `?`.
    public let query: String?
    /// Host and port as the client named them, syntactically valid; empty only in HTTP/1.0 without `Host`.
    public let authority: String
    /// The peer's address without its port: `127.0.0.1`, `2001:db8::1`.
    public let remoteAddress: String
    /// The whole body, freed from its transfer coding.
    public let body: [UInt8]
    let lines: FieldLines

    init(
        method: HTTPRequest.Method,
        path: String,
        query: String?,
        authority: String,
        remoteAddress: String,
        lines: FieldLines,
        body: [UInt8],
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.authority = authority
        self.remoteAddress = remoteAddress
        self.lines = lines
        self.body = body
    }

    /// A request that came over no wire, for tests.
    public init(
        method: HTTPRequest.Method,
        path: String,
        query: String? = nil,
        authority: String = "localhost",
        remoteAddress: String = "127.0.0.1",
        fields: HTTPFields = [:],
        body: [UInt8] = [],
    ) {
        self.init(
            method: method,
            path: path,
            query: query,
            authority: authority,
            remoteAddress: remoteAddress,
            lines: FieldLines(fields),
            body: body,
        )
    }

    /// The value of a field; several lines of one name are joined by `, `, nil when there is none.
    public subscript(_ name: HTTPField.Name) -> String? {
        lines.joinedValue(canonicalName: name.canonicalName)
    }

    /// The values of a field, one per line it came on.
    public func values(of name: HTTPField.Name) -> [String] {
        lines.values(canonicalName: name.canonicalName)
    }
}
