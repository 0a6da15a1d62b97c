public import HTTPTypes

/// One complete request.
///
/// Its fields stay the bytes they came as and are read when asked for by name.
public struct Request: Sendable {
    let head: RequestHead
    /// The client's address without its port: `127.0.0.1`, `2001:db8::1`, or `unix` over a socket without addresses. The
    /// client is the peer, or the one for whom a trusted proxy speaks.
    public let remoteAddress: String
    /// Whether the client came by https: to this server, or to the trusted proxy that says so.
    public let isSecure: Bool
    /// The whole body, freed from its transfer coding.
    public let body: [UInt8]

    init(head: RequestHead, remoteAddress: String, isSecure: Bool, body: [UInt8]) {
        self.head = head
        self.remoteAddress = remoteAddress
        self.isSecure = isSecure
        self.body = body
    }

    /// A request that came over no wire, for tests.
    public init(
        method: HTTPRequest.Method,
        path: String,
        query: String? = nil,
        authority: String = "localhost",
        remoteAddress: String = "127.0.0.1",
        isSecure: Bool = false,
        fields: HTTPFields = [:],
        body: [UInt8] = [],
    ) {
        let lines = FieldLines(fields)
        self.init(
            head: RequestHead(method: method, path: path, query: query, authority: authority, lines: lines),
            remoteAddress: remoteAddress,
            isSecure: isSecure,
            body: body,
        )
    }

    public var method: HTTPRequest.Method { head.method }

    /// The path as it came, still percent-encoded; it begins with `/`. Only `OPTIONS *` has the path `*`.
    public var path: String { head.path }

    /// What follows the first `?`, as it came; nil without a `?`.
    public var query: String? { head.query }

    /// Host and port as the client named them, syntactically valid; empty only in HTTP/1.0 without `Host`.
    public var authority: String { head.authority }

    /// The value of a field; several lines of one name are joined by `, `, nil when there is none.
    public subscript(_ name: HTTPField.Name) -> String? {
        head.lines.joinedValue(canonicalName: name.canonicalName)
    }

    /// The values of a field, one per line it came on.
    public func values(of name: HTTPField.Name) -> [String] {
        head.lines.values(canonicalName: name.canonicalName)
    }
}
