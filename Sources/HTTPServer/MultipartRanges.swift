import HTTPMessage

/// Several parts of one representation as one body, `multipart/byteranges` (RFC 9110 14.6).
struct MultipartRanges {
    private static let pieceBytes = 256 * 1024

    private let boundary: String
    private let parts: [(head: [UInt8], range: Range<Int>)]
    private let end: [UInt8]

    /// `parts` of a representation of `length` bytes.
    init(_ parts: [Range<Int>], of length: Int, contentType: String) {
        // 128 bits by chance: nobody who wrote the file can have known them.
        let boundary = [UInt64.random(in: 0 ... .max), .random(in: 0 ... .max)]
            .map { String($0, radix: 16) }
            .joined(separator: "-")
        self.boundary = boundary
        self.parts = parts.enumerated().map { index, range in
            let head = """
                \(index == 0 ? "" : "\r\n")--\(boundary)\r
                Content-Type: \(contentType)\r
                Content-Range: \(range.contentRange(of: length))\r
                \r\n
                """
            return (Array(head.utf8), range)
        }
        end = Array("\r\n--\(boundary)--\r\n".utf8)
    }

    var contentType: String { "multipart/byteranges; boundary=\(boundary)" }

    func body(of content: FileContent) -> Response.Body {
        switch content {
        case .memory(let bytes):
            .bytes(parts.flatMap { $0.head + bytes[$0.range] } + end)
        case .disk(let file):
            .stream(length: parts.reduce(end.count) { $0 + $1.head.count + $1.range.count }) { [parts, end] write in
                for part in parts {
                    try await write(part.head)
                    try await Self.write(file.part(part.range), write)
                }
                try await write(end)
            }
        }
    }

    private static func write(_ part: FilePart, _ write: Response.BodyWriter) async throws {
        for piece in part.pieces(of: pieceBytes) {
            guard let bytes = await BlockingPool.shared.run({ piece.read() }) else { throw FileChanged() }
            try await write(bytes)
        }
    }
}
