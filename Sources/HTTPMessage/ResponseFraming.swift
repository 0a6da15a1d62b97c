public import HTTPTypes

/// How one answer is put on the wire; ``HTTPConnection`` decides it from the request.
public struct ResponseFraming: Sendable, Equatable {
    public enum ConnectionField: Sendable, Equatable {
        /// HTTP/1.1 stays open without a word.
        case unsaid
        /// HTTP/1.0 stays open only when told so.
        case keepAlive
        case close
    }

    /// Nil when it is not known beforehand.
    public let length: Int?
    public let isChunked: Bool
    /// An answer to HEAD has the fields of the answer to GET, and no body.
    public let omitsBody: Bool
    public let connection: ConnectionField

    public init(length: Int?, isChunked: Bool, omitsBody: Bool, connection: ConnectionField) {
        self.length = length
        self.isChunked = isChunked
        self.omitsBody = omitsBody
        self.connection = connection
    }

    /// `HTTP/1.1 100 Continue`, which lets a careful client send its body.
    public static let continueLine = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// What ends a chunked body.
    public static let lastChunk = Array("0\r\n\r\n".utf8)

    /// Writes the head of `response`.
    ///
    /// `date` is the present second as ``HTTPDate`` writes it, for a response that has no `Date` of its own; so are the
    /// `common` fields. No line break can get into a field: `HTTPField` holds none in its name and turns one in its value
    /// into a space.
    public func appendHead(
        of response: Response,
        date: [UInt8],
        common: CommonFields = .none,
        to bytes: inout [UInt8],
    ) {
        bytes.append(text: "HTTP/1.1 ")
        bytes.append(decimal: response.status.code)
        bytes.append(.space)
        bytes.append(text: response.status.reason)
        bytes.append(text: "\r\nDate: ")
        if let ownDate = response.fields.first(where: { $0.name.isEqual(to: .date) }) {
            bytes.append(text: ownDate.value)
        } else {
            bytes += date
        }
        var said = CommonFields.Said()
        for field in response.fields where !Self.isServers(field.name) {
            common.note(field.name, in: &said)
            bytes.append(text: "\r\n")
            bytes.append(text: field.name.rawName)
            bytes.append(text: ": ")
            bytes.append(text: field.value)
        }
        common.append(without: said, to: &bytes)
        appendFraming(of: response.status, to: &bytes)
        switch connection {
        case .unsaid: bytes.append(text: "\r\n\r\n")
        case .keepAlive: bytes.append(text: "\r\nConnection: keep-alive\r\n\r\n")
        case .close: bytes.append(text: "\r\nConnection: close\r\n\r\n")
        }
    }

    /// Writes `piece` as one chunk. An empty piece is left out, because an empty chunk would end the body.
    public static func appendChunk(_ piece: [UInt8], to bytes: inout [UInt8]) {
        guard !piece.isEmpty else { return }
        bytes.append(text: String(piece.count, radix: 16))
        bytes.append(text: "\r\n")
        bytes += piece
        bytes.append(text: "\r\n")
    }

    /// Whether an answer of this status never has a body (RFC 9110 6.4.1).
    public static func isBodiless(_ status: HTTPResponse.Status) -> Bool {
        status.code == 204 || status.code == 304
    }

    private func appendFraming(of status: HTTPResponse.Status, to bytes: inout [UInt8]) {
        if Self.isBodiless(status) { return }
        if let length {
            bytes.append(text: "\r\nContent-Length: ")
            bytes.append(decimal: length)
        } else if isChunked {
            bytes.append(text: "\r\nTransfer-Encoding: chunked")
        }
    }

    /// Framing and the connection are the server's; a second word about them would be an attack on somebody behind it.
    static func isServers(_ name: HTTPField.Name) -> Bool {
        // By its length first: nearly no field comes further, and comparing strings is dear.
        switch name.canonicalName.utf8.count {
        case 4: name.canonicalName == "date"
        case 10: name.canonicalName == "connection" || name.canonicalName == "keep-alive"
        case 14: name.canonicalName == "content-length"
        case 17: name.canonicalName == "transfer-encoding"
        default: false
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(text: String) {
        append(contentsOf: text.utf8Span.span)
    }

    /// Appends a number that is not negative.
    fileprivate mutating func append(decimal number: Int) {
        var unit = 1
        while number / unit >= 10 { unit *= 10 }
        while unit > 0 {
            append(UInt8(truncatingIfNeeded: 0x30 + number / unit % 10))
            unit /= 10
        }
    }
}
