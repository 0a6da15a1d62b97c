public import HTTPTypes

/// The head of one request: valid, its framing decided, its body still to come.
public struct RequestHead: Sendable {
    public let method: HTTPRequest.Method
    public let path: String
    public let query: String?
    public let authority: String
    let framing: BodyFraming
    let isHTTP10: Bool
    /// Whether the client wants to go on after this request.
    let keepsAlive: Bool
    /// Whether the client waits for `100 Continue` before it sends its body.
    let expectsContinue: Bool
    let lines: FieldLines

    /// The request that this head and a body make.
    public func request(remoteAddress: String, body: [UInt8]) -> Request {
        Request(
            method: method,
            path: path,
            query: query,
            authority: authority,
            remoteAddress: remoteAddress,
            lines: lines,
            body: body,
        )
    }
}

/// How a body says where it ends (RFC 9112 6.3).
enum BodyFraming: Sendable, Equatable {
    case none
    case length(Int)
    case chunked
}

extension RequestHead {
    /// Takes the sense out of a request line and field lines that are well-formed each by itself.
    init(method: HTTPRequest.Method, target: RequestTarget, isHTTP10: Bool, lines: FieldLines) throws(Rejection) {
        let connection = Self.tokens(lines.values(canonicalName: "connection"))
        self.method = method
        self.path = target.path
        self.query = target.query
        self.authority = try Self.authority(target, lines, isHTTP10: isHTTP10)
        self.framing = try BodyFraming(lines, isHTTP10: isHTTP10)
        self.isHTTP10 = isHTTP10
        self.keepsAlive = !connection.contains("close") && (!isHTTP10 || connection.contains("keep-alive"))
        self.expectsContinue = try Self.expectsContinue(lines, isHTTP10: isHTTP10)
        self.lines = lines
    }

    /// RFC 9112 3.2: exactly one valid `Host`, also where the target names another; only HTTP/1.0 may leave it out.
    private static func authority(
        _ target: RequestTarget,
        _ lines: FieldLines,
        isHTTP10: Bool,
    ) throws(Rejection) -> String {
        let hosts = lines.values(canonicalName: "host")
        guard hosts.count <= 1 else { throw .malformed("There is more than one Host field.") }
        guard let host = hosts.first else {
            guard isHTTP10 else { throw .malformed("The Host field is missing.") }
            return target.authority ?? ""
        }
        guard let authority = Authority.validated(Array(host.utf8)[...]) else {
            throw .malformed("The Host field is malformed.")
        }
        return target.authority ?? authority
    }

    private static func expectsContinue(_ lines: FieldLines, isHTTP10: Bool) throws(Rejection) -> Bool {
        let expectations = lines.values(canonicalName: "expect")
        // RFC 9110 10.1.1: an expectation in HTTP/1.0 is ignored.
        guard !isHTTP10, !expectations.isEmpty else { return false }
        guard expectations.count == 1, expectations[0].lowercased() == "100-continue" else {
            throw Rejection(.expectationFailed, "The only expectation this server knows is 100-continue.")
        }
        return true
    }

    private static func tokens(_ values: [String]) -> [String] {
        values.flatMap { $0.lowercased().split { $0 == "," || $0 == " " || $0 == "\t" }.map(String.init) }
    }
}

extension BodyFraming {
    fileprivate init(_ lines: FieldLines, isHTTP10: Bool) throws(Rejection) {
        let codings = lines.values(canonicalName: "transfer-encoding")
        let lengths = lines.values(canonicalName: "content-length")
        guard codings.isEmpty else {
            // RFC 9112 6.3: both Content-Length and Transfer-Encoding is an attack, not a choice.
            guard lengths.isEmpty else { throw .malformed("There are both Content-Length and Transfer-Encoding.") }
            // RFC 9112 6.1: HTTP/1.0 knows no transfer codings, so somebody on the way has misread the message.
            guard !isHTTP10 else { throw .malformed("HTTP/1.0 has no Transfer-Encoding.") }
            guard codings.count == 1 else { throw .malformed("There is more than one Transfer-Encoding field.") }
            try self.init(coding: codings[0].lowercased())
            return
        }
        guard let length = lengths.first else {
            self = .none
            return
        }
        guard lengths.count == 1 else { throw .malformed("There is more than one Content-Length field.") }
        let digits = length.utf8
        // A leading zero is octal to some readers; 18 digits always fit.
        guard !digits.isEmpty, digits.count <= 18, digits.allSatisfy(\.isDigit),
            digits.first != 0x30 || digits.count == 1,
            let bytes = Int(length)
        else { throw .malformed("The Content-Length is no plain number.") }
        self = bytes == 0 ? .none : .length(bytes)
    }

    private init(coding: String) throws(Rejection) {
        if coding == "chunked" {
            self = .chunked
            return
        }
        let known = ["gzip", "x-gzip", "deflate", "compress", "x-compress"]
        let parts = coding.split(separator: ",", omittingEmptySubsequences: false).map { part in
            part.drop { $0 == " " || $0 == "\t" }
        }
        guard parts.last == "chunked", parts.dropLast().allSatisfy({ known.contains(String($0)) }) else {
            throw .malformed("The Transfer-Encoding is not chunked.")
        }
        throw Rejection(.notImplemented, "The only transfer coding this server knows is chunked.")
    }
}
