import HTTPMessage
import HTTPServer
import HTTPTypes

extension Response {
    init(_ answer: KlarnaAnswer) {
        var fields = HTTPFields()
        for (name, value) in answer.fields.sorted(by: { $0.key < $1.key }) {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        let status = HTTPResponse.Status.named(answer.status)
        if let contentType = answer.contentType {
            self.init(status, contentType: contentType, bytes: answer.body, fields: fields)
        } else {
            self.init(status, fields: fields)
        }
    }

    /// Cut off in the middle of its body; without one, nothing is left to cut.
    var truncated: Response {
        guard case .bytes(let bytes) = body, !bytes.isEmpty else { return self }
        var response = self
        response.body = .stream(length: bytes.count) { write in
            try await write(Array(bytes.prefix(bytes.count / 2)))
            throw ConnectionAbort()
        }
        return response
    }

    /// Followed by so much white space that nobody should read to its end; nothing tells beforehand.
    var oversized: Response {
        guard case .bytes(let bytes) = body else { return self }
        var response = self
        response.body = .stream { write in
            try await write(bytes)
            let blanks = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 16)
            for _ in 0..<Response.blanksCount { try await write(blanks) }
        }
        return response
    }

    /// Four mebibytes.
    private static let blanksCount = 64
}

extension HTTPResponse.Status {
    /// The status of a code, with its phrase where the sandbox gives it often.
    fileprivate static func named(_ code: Int) -> HTTPResponse.Status {
        let known: [HTTPResponse.Status] = [
            .ok, .created, .noContent, .seeOther, .badRequest, .unauthorized, .forbidden, .notFound, .methodNotAllowed,
            .conflict, .gone, .contentTooLarge, .unsupportedMediaType, .tooManyRequests, .internalServerError,
            .badGateway, .serviceUnavailable,
        ]
        return known.first { $0.code == code } ?? HTTPResponse.Status(code: code)
    }
}
