import HTTPTypes

/// What a request line asks for (RFC 9112 3.2), in one of three forms; the fourth, for `CONNECT`, is not implemented.
struct RequestTarget: Equatable {
    let path: String
    let query: String?
    /// Only the absolute form names it; it then counts instead of `Host`.
    let authority: String?
    /// Whether the absolute form names the scheme `https`.
    let isHTTPS: Bool
}

extension RequestTarget {
    init(_ target: ArraySlice<UInt8>, method: HTTPRequest.Method) throws(Rejection) {
        if method == .connect {
            throw Rejection(.notImplemented, "This server is no tunnel.")
        }
        if target.first == .slash {
            try self.init(origin: target, authority: nil, isHTTPS: false)
        } else if target.elementsEqual([UInt8(ascii: "*")]) {
            guard method == .options else { throw .malformed("Only OPTIONS may ask for *.") }
            self.init(path: "*", query: nil, authority: nil, isHTTPS: false)
        } else {
            try self.init(absolute: target, method: method)
        }
    }

    private init(absolute target: ArraySlice<UInt8>, method: HTTPRequest.Method) throws(Rejection) {
        guard let scheme = ["http://", "https://"].first(where: { hasPrefix(target, $0) }) else {
            throw .malformed("The request target is neither a path nor an http address.")
        }
        let rest = target.dropFirst(scheme.utf8.count)
        let end = rest.firstIndex { $0 == .slash || $0 == .questionMark } ?? rest.endIndex
        guard let authority = Authority.validated(rest[..<end]) else {
            throw .malformed("The host in the request target is malformed.")
        }
        let isHTTPS = scheme == "https://"
        if method == .options, end == rest.endIndex {
            // RFC 9112 3.2.4: so a client of a proxy says `*`.
            self.init(path: "*", query: nil, authority: authority, isHTTPS: isHTTPS)
        } else {
            try self.init(origin: rest[end...], authority: authority, isHTTPS: isHTTPS)
        }
    }

    /// `origin` may be empty or begin with its query in the absolute form only: RFC 9110 4.2.3 reads the path as `/`.
    private init(origin: ArraySlice<UInt8>, authority: String?, isHTTPS: Bool) throws(Rejection) {
        let mark = origin.firstIndex(of: .questionMark) ?? origin.endIndex
        let path = origin[..<mark]
        let query = origin[mark...].dropFirst()
        try Self.validate(path: path)
        guard query.allSatisfy(\.isQueryByte) else {
            throw .malformed("The query holds a byte that has to be percent-encoded.")
        }
        self.init(
            path: path.isEmpty ? "/" : String(decoding: path, as: UTF8.self),
            query: mark == origin.endIndex ? nil : String(decoding: query, as: UTF8.self),
            authority: authority,
            isHTTPS: isHTTPS,
        )
    }

    private static func validate(path: ArraySlice<UInt8>) throws(Rejection) {
        var at = path.startIndex
        while at < path.endIndex {
            guard path[at].isPathByte else { throw .malformed("The path holds a byte that has to be percent-encoded.") }
            if path[at] == .percent {
                guard path.endIndex - at > 2, let high = path[at + 1].hexDigitValue,
                    let low = path[at + 2].hexDigitValue
                else { throw .malformed("The path has a broken percent-encoding.") }
                // A NUL ends names in the systems behind us, so it would mean two different paths.
                guard high != 0 || low != 0 else { throw .malformed("The path holds a NUL.") }
            }
            at += 1
        }
    }
}

/// The scheme ignores case.
private func hasPrefix(_ bytes: ArraySlice<UInt8>, _ prefix: String) -> Bool {
    bytes.prefix(prefix.utf8.count).map(\.lowercasedASCII).elementsEqual(prefix.utf8)
}

extension UInt8 {
    /// Visible ASCII without angle brackets, which no client leaves as they are, and without `#`: a fragment never belongs
    /// into a request. Quotes, bars and braces are no part of RFC 3986 either, but are sent, and every server takes them.
    fileprivate var isQueryByte: Bool {
        switch self {
        case UInt8(ascii: "#"), UInt8(ascii: "<"), UInt8(ascii: ">"): false
        default: self > 0x20 && self < 0x7F
        }
    }

    /// A backslash is a separator to some systems, so it must not pass for a part of a name.
    fileprivate var isPathByte: Bool { isQueryByte && self != UInt8(ascii: "\\") }
}
