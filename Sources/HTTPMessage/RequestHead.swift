public import HTTPTypes

/// The head of one request: valid, its framing decided, its body still to come.
///
/// A class, because it is handed on from the parser to the handler and has many parts: so each step costs one reference.
public final class RequestHead: Sendable {
    public let method: HTTPRequest.Method
    public let path: String
    public let query: String?
    public let authority: String
    /// Whether the target names the scheme `https`. RFC 9110 7.4: such a request is for a connection with TLS only.
    public let isForHTTPS: Bool
    let framing: BodyFraming
    let isHTTP10: Bool
    /// Whether the client wants to go on after this request.
    let keepsAlive: Bool
    /// Whether the client waits for `100 Continue` before it sends its body.
    let expectsContinue: Bool
    let lines: FieldLines

    /// Takes the sense out of a request line and field lines that are well-formed each by itself.
    init(method: HTTPRequest.Method, target: RequestTarget, isHTTP10: Bool, lines: FieldLines) throws(Rejection) {
        let connection = lines.values(canonicalName: "connection")
        self.method = method
        self.path = target.path
        self.query = target.query
        self.authority = try Self.authority(target, lines, isHTTP10: isHTTP10)
        self.isForHTTPS = target.isHTTPS
        self.framing = try BodyFraming(lines, isHTTP10: isHTTP10)
        self.isHTTP10 = isHTTP10
        self.keepsAlive = !Self.lists("close", connection) && (!isHTTP10 || Self.lists("keep-alive", connection))
        self.expectsContinue = try Self.expectsContinue(lines, isHTTP10: isHTTP10)
        self.lines = lines
    }

    /// One that came over no wire.
    init(method: HTTPRequest.Method, path: String, query: String?, authority: String, lines: FieldLines) {
        self.method = method
        self.path = path
        self.query = query
        self.authority = authority
        self.isForHTTPS = false
        self.framing = .none
        self.isHTTP10 = false
        self.keepsAlive = true
        self.expectsContinue = false
        self.lines = lines
    }

    /// The request that this head and a body make.
    public func request(remoteAddress: String, isSecure: Bool = false, body: [UInt8]) -> Request {
        Request(head: self, remoteAddress: remoteAddress, isSecure: isSecure, body: body)
    }

    /// Whether a body follows without being asked for.
    public var bringsBody: Bool { framing != .none && !expectsContinue }

    /// The values of a field, one per line it came on.
    public func values(of name: HTTPField.Name) -> [String] {
        lines.values(canonicalName: name.canonicalName)
    }
}

/// How a body says where it ends (RFC 9112 6.3).
enum BodyFraming: Sendable, Equatable {
    case none
    case length(Int)
    case chunked
}

extension RequestHead {
    /// RFC 9112 3.2: exactly one valid `Host`, also where the target names another; only HTTP/1.0 may leave it out.
    private static func authority(
        _ target: RequestTarget,
        _ lines: FieldLines,
        isHTTP10: Bool,
    ) throws(Rejection) -> String {
        let (host, count) = lines.first(canonicalName: "host")
        guard count <= 1 else { throw .malformed("There is more than one Host field.") }
        guard let host else {
            guard isHTTP10 else { throw .malformed("The Host field is missing.") }
            return target.authority ?? ""
        }
        guard let authority = Authority.validated(host) else {
            throw .malformed("The Host field is malformed.")
        }
        return target.authority ?? authority
    }

    private static func expectsContinue(_ lines: FieldLines, isHTTP10: Bool) throws(Rejection) -> Bool {
        let expectations = elements(lines.values(canonicalName: "expect"))
        // RFC 9110 10.1.1: an expectation in HTTP/1.0 is ignored.
        guard !isHTTP10, !expectations.isEmpty else { return false }
        guard expectations.allSatisfy({ $0 == "100-continue" }) else {
            throw Rejection(.expectationFailed, "The only expectation this server knows is 100-continue.")
        }
        return true
    }

    /// Whether an option is among those of `Connection`. Words that only a space parts count each: closing once too often
    /// harms nobody.
    private static func lists(_ option: String, _ values: [String]) -> Bool {
        values.contains { value in
            value.utf8.split { $0 == UInt8(ascii: ",") || $0 == .space || $0 == .horizontalTab }
                .contains { $0.lazy.map(\.lowercasedASCII).elementsEqual(option.utf8) }
        }
    }
}

/// The elements of a list in lower case, its lines taken together. RFC 9110 5.6.1: empty elements are none.
private func elements(_ values: [String]) -> [Substring] {
    values.flatMap { value in
        value.lowercasedASCII.split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
    }
}

extension String {
    /// Letters beyond ASCII stay what they are: U+212A, made small, would be the `k` of `chunked`.
    fileprivate var lowercasedASCII: String { String(decoding: utf8.map(\.lowercasedASCII), as: UTF8.self) }
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
            try self.init(codings: elements(codings))
            return
        }
        guard let length = lengths.first else {
            self = .none
            return
        }
        // RFC 9110 8.6 leaves it to us whether equal lengths are one. Nobody sends them but by mistake, or to mislead.
        guard lengths.count == 1 else { throw .malformed("There is more than one Content-Length field.") }
        guard length.utf8.allSatisfy(\.isDigit), let bytes = Int(length) else {
            throw .malformed("The Content-Length is no number, or none that anybody could send.")
        }
        self = bytes == 0 ? .none : .length(bytes)
    }

    /// RFC 9112 6.3: only with `chunked` at its end, and nowhere else, does a list of codings say where the body ends.
    private init(codings: [Substring]) throws(Rejection) {
        guard codings.last == "chunked", !codings.dropLast().contains("chunked") else {
            throw .malformed("The Transfer-Encoding does not end in chunked, or says it twice.")
        }
        if codings.count == 1 {
            self = .chunked
            return
        }
        let isWellFormed = codings.dropLast().allSatisfy { coding in
            let name = coding.prefix { $0 != ";" && $0 != " " && $0 != "\t" }
            return !name.isEmpty && name.utf8.allSatisfy(\.isTokenByte)
        }
        guard isWellFormed else { throw .malformed("The Transfer-Encoding is malformed.") }
        throw Rejection(.notImplemented, "The only transfer coding this server knows is chunked.")
    }
}
