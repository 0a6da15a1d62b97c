import HTTPTypes

/// Reads a request's head, strictly, from bytes that arrive in pieces.
///
/// Each byte is looked at once, however the head is cut: the parser remembers how far it came. A refusal does not depend
/// on the cut either, since lines are judged in their order and every limit is an offset, not an amount received.
struct RequestHeadParser: Sendable {
    private var lineStart = 0
    private var scanned = 0
    private var emptyLines = 0
    private var requestLineStart = 0
    private var requestLine: RequestLine?
    private var lines: [FieldLines.Line] = []

    /// RFC 9112 2.2: an empty line before the request is a habit of old clients; a few more are a slip.
    private static let emptyLinesMax = 4

    private struct RequestLine {
        let method: HTTPRequest.Method
        let target: RequestTarget
        let isHTTP10: Bool
    }

    /// Reads on in `bytes`, in which the head begins at `start`, and returns it once it is complete, with its size. It has to
    /// be the same head and the same limits each time.
    mutating func parse(
        _ bytes: [UInt8],
        from start: Int,
        _ limits: MessageLimits,
    ) throws(Rejection) -> (head: RequestHead, count: Int)? {
        while let line = try nextLine(bytes.span.extracting(start...), limits) {
            guard let requestLine else {
                if line.isEmpty, emptyLines < Self.emptyLinesMax {
                    emptyLines += 1
                    requestLineStart = lineStart
                } else {
                    requestLine = try Self.requestLine(bytes[start + line.lowerBound..<start + line.upperBound])
                    lines.reserveCapacity(16)
                }
                continue
            }
            if line.isEmpty {
                let whole = start == 0 && scanned == bytes.count
                let fields = FieldLines(bytes: whole ? bytes : Array(bytes[start..<start + scanned]), lines: lines)
                let head = try RequestHead(
                    method: requestLine.method,
                    target: requestLine.target,
                    isHTTP10: requestLine.isHTTP10,
                    lines: fields,
                )
                return (head, scanned)
            }
            guard lines.count < limits.fieldsMax else { throw .tooManyFields }
            lines.append(try Self.fieldLine(bytes.span.extracting(start...), line))
        }
        return nil
    }

    /// Whether what was read of the head is, or was to become, a request of HEAD. Bytes beyond a mistake do not count: they
    /// may not have come yet.
    func isForHead(_ bytes: [UInt8], from start: Int) -> Bool {
        bytes[start + requestLineStart..<start + scanned].starts(with: "HEAD ".utf8)
    }

    /// The offsets of the next complete line, without its CRLF; nil when more bytes are needed.
    private mutating func nextLine(_ bytes: Span<UInt8>, _ limits: MessageLimits) throws(Rejection) -> Range<Int>? {
        let isRequestLine = requestLine == nil
        let lineLimit = isRequestLine ? lineStart + limits.requestLineBytesMax : limits.headBytesMax
        let limit = min(lineLimit, limits.headBytesMax)
        let end = min(bytes.count, limit)
        var at = scanned
        while at < end, bytes[at].isText { at += 1 }
        scanned = at
        guard scanned < bytes.count else { return nil }
        guard bytes[scanned] == .carriageReturn else {
            guard scanned < limit else {
                throw isRequestLine && lineLimit <= limits.headBytesMax ? requestLineTooLong(bytes) : .headTooLong
            }
            throw .malformed("The head holds a control character or a line that does not end in CR LF.")
        }
        guard scanned + 2 <= limits.headBytesMax else { throw .headTooLong }
        guard scanned + 1 < bytes.count else { return nil }
        guard bytes[scanned + 1] == .lineFeed else { throw .malformed("The head holds a CR without LF.") }
        let line = lineStart..<scanned
        scanned += 2
        lineStart = scanned
        return line
    }

    /// 414 speaks of a target; what has not even come to the end of its method is no request.
    private func requestLineTooLong(_ bytes: Span<UInt8>) -> Rejection {
        for at in lineStart..<scanned where bytes[at] == .space { return .requestLineTooLong }
        return .malformed("The request line does not begin with a method.")
    }

    /// `method SP request-target SP HTTP-version`, with exactly these two spaces (RFC 9112 3).
    private static func requestLine(_ line: ArraySlice<UInt8>) throws(Rejection) -> RequestLine {
        guard let first = line.firstIndex(of: .space), let last = line.lastIndex(of: .space), first < last else {
            throw .malformed("The request line is not made of method, target and version.")
        }
        let method = line[..<first]
        let target = line[first..<last].dropFirst()
        let version = line[last...].dropFirst()
        guard !method.isEmpty, method.allSatisfy(\.isTokenByte) else { throw .malformed("The method is malformed.") }
        guard !target.isEmpty, !target.contains(.space) else {
            throw .malformed("The request line is not made of method, target and version.")
        }
        let isHTTP10 = try Self.isHTTP10(version)
        let known = knownMethod(method)
        return RequestLine(
            method: known,
            target: try RequestTarget(target, method: known),
            isHTTP10: isHTTP10,
        )
    }

    /// A later minor version of HTTP/1 is read as 1.1 (RFC 9110 2.5); another major version is another protocol.
    private static func isHTTP10(_ version: ArraySlice<UInt8>) throws(Rejection) -> Bool {
        let first = version.startIndex
        guard version.count == 8, version.starts(with: "HTTP/".utf8), version[first + 5].isDigit,
            version[first + 6] == UInt8(ascii: "."), version[first + 7].isDigit
        else { throw .malformed("The version is malformed.") }
        guard version[first + 5] == UInt8(ascii: "1") else {
            throw Rejection(.httpVersionNotSupported, "This server speaks HTTP/1.1.")
        }
        return version[first + 7] == UInt8(ascii: "0")
    }

    private static func knownMethod(_ bytes: ArraySlice<UInt8>) -> HTTPRequest.Method {
        if bytes.elementsEqual("GET".utf8) { return .get }
        if bytes.elementsEqual("POST".utf8) { return .post }
        // The bytes are a token, so there always is such a method.
        return HTTPRequest.Method(String(decoding: bytes, as: UTF8.self)) ?? .get
    }

    /// `field-name ":" OWS field-value OWS` (RFC 9112 5).
    private static func fieldLine(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(Rejection) -> FieldLines.Line {
        if bytes[line.lowerBound] == .space || bytes[line.lowerBound] == .horizontalTab {
            throw .malformed("A header field is folded over several lines.")
        }
        var colon = line.lowerBound
        while colon < line.upperBound, bytes[colon].isTokenByte {
            colon += 1
        }
        guard colon < line.upperBound, colon > line.lowerBound, bytes[colon] == .colon else {
            throw .malformed("A header field's name is malformed.")
        }
        var start = colon + 1
        var end = line.upperBound
        while start < end, bytes[start] == .space || bytes[start] == .horizontalTab {
            start += 1
        }
        while end > start, bytes[end - 1] == .space || bytes[end - 1] == .horizontalTab {
            end -= 1
        }
        return FieldLines.Line(
            nameStart: UInt16(line.lowerBound),
            nameCount: UInt16(colon - line.lowerBound),
            valueStart: UInt16(start),
            valueCount: UInt16(end - start),
        )
    }
}
