import HTTPTypes

/// Reads a request's head, strictly, from bytes that arrive in pieces.
///
/// Each byte is looked at once, however the head is cut: the parser remembers how far it came. A refusal does not depend
/// on the cut either, since lines are judged in their order and every limit is an offset, not an amount received.
struct RequestHeadParser: Sendable {
    private let limits: MessageLimits
    private var lineStart = 0
    private var scanned = 0
    private var skippedEmptyLine = false
    private var requestLine: RequestLine?
    private var lines: [FieldLines.Line] = []

    private struct RequestLine {
        let method: HTTPRequest.Method
        let target: RequestTarget
        let isHTTP10: Bool
    }

    init(limits: MessageLimits) {
        self.limits = limits
    }

    /// Reads on in `bytes`, which begin where the head begins, and returns the head once it is complete, with its size.
    mutating func parse(_ bytes: [UInt8], from start: Int) throws(Rejection) -> (head: RequestHead, count: Int)? {
        while let line = try nextLine(bytes.span.extracting(start...)) {
            let slice = bytes[start + line.lowerBound..<start + line.upperBound]
            guard let requestLine else {
                // RFC 9112 2.2: an empty line before the request is a habit of old clients.
                if slice.isEmpty, !skippedEmptyLine {
                    skippedEmptyLine = true
                } else {
                    requestLine = try Self.requestLine(slice)
                    lines.reserveCapacity(16)
                }
                continue
            }
            if slice.isEmpty {
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

    /// The offsets of the next complete line, without its CRLF; nil when more bytes are needed.
    private mutating func nextLine(_ bytes: Span<UInt8>) throws(Rejection) -> Range<Int>? {
        let isRequestLine = requestLine == nil
        let lineLimit = isRequestLine ? lineStart + limits.requestLineBytesMax : limits.headBytesMax
        let limit = min(lineLimit, limits.headBytesMax)
        let end = min(bytes.count, limit)
        while scanned < end {
            let byte = bytes[scanned]
            guard byte >= 0x20 ? byte != 0x7F : byte == .horizontalTab else { break }
            scanned += 1
        }
        guard scanned < bytes.count else { return nil }
        guard bytes[scanned] == .carriageReturn else {
            guard scanned < limit else {
                throw isRequestLine && lineLimit <= limits.headBytesMax ? .requestLineTooLong : .headTooLong
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
        let bytes = Array(version)
        guard bytes.count == 8, bytes.starts(with: "HTTP/".utf8), bytes[5].isDigit, bytes[6] == UInt8(ascii: "."),
            bytes[7].isDigit
        else { throw .malformed("The version is malformed.") }
        guard bytes[5] == UInt8(ascii: "1") else {
            throw Rejection(.httpVersionNotSupported, "This server speaks HTTP/1.1.")
        }
        return bytes[7] == UInt8(ascii: "0")
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
