import Foundation

/// An answer, as far as a benchmark looks at it.
struct Answer {
    let status: Int
    let body: [UInt8]
    /// Whether the server closes the connection after it.
    let closes: Bool

    /// `nil` while it is incomplete.
    init?(_ bytes: [UInt8]) throws {
        guard let headEnd = bytes.position(of: Answer.emptyLine) else { return nil }
        guard headEnd >= 12, let status = Int(String(decoding: bytes[9..<12], as: UTF8.self)) else {
            throw Failure("not an HTTP answer")
        }
        let head = bytes[..<headEnd]
        let bodyStart = headEnd + 4
        let length = status == 204 || status == 304 ? 0 : Answer.number("content-length:", in: head)
        guard let length else { throw Failure("an answer \(status) without a length") }
        guard bytes.count >= bodyStart + length else { return nil }
        self.status = status
        body = length == 0 ? [] : Array(bytes[bodyStart..<bodyStart + length])
        closes = head.position(of: Answer.close) != nil
    }

    var json: [String: Any] {
        get throws {
            guard let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else {
                throw Failure("not a JSON object: \(text.prefix(200))")
            }
            return object
        }
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// Fails unless the answer is a good one.
    func expecting(_ statuses: ClosedRange<Int> = 200...299) throws -> Answer {
        guard statuses.contains(status) else { throw Failure("answered \(status): \(text.prefix(300))") }
        return self
    }

    private static let emptyLine = Array("\r\n\r\n".utf8)
    private static let close = Array("connection: close".utf8)

    private static func number(_ name: String, in head: ArraySlice<UInt8>) -> Int? {
        guard let at = head.position(of: Array(name.utf8)) else { return nil }
        let digits = head[(at + name.utf8.count)...].drop { $0 == UInt8(ascii: " ") }.prefix { (48...57).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}

extension RandomAccessCollection where Element == UInt8, Index == Int {
    /// Where a text begins, in upper or lower case; it is given in lower case.
    func position(of text: [UInt8]) -> Int? {
        guard count >= text.count else { return nil }
        return (startIndex...endIndex - text.count).first { start in
            text.indices.allSatisfy { offset in
                let byte = self[start + offset]
                return byte == text[offset] || ((65...90).contains(byte) && byte | 0x20 == text[offset])
            }
        }
    }
}

/// A request's bytes.
func request(_ method: String, _ path: String, key: String? = nil, body: String = "") -> [UInt8] {
    var text = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if let key { text += "Authorization: Bearer \(key)\r\n" }
    if method == "POST" { text += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n" }
    return Array((text + "\r\n" + body).utf8)
}
