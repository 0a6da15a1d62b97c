/// Collects one body of known framing, within its limit.
struct BodyReader: Sendable {
    private enum Coding {
        case length(remaining: Int)
        case chunked(ChunkedDecoder)
    }

    private var coding: Coding
    private let bodyBytesMax: Int
    private(set) var body: [UInt8] = []
    /// Bytes received for this body, its coding included.
    private(set) var receivedBytes = 0

    /// Nil when the head already says that the body is longer than `bodyBytesMax`.
    init?(_ framing: BodyFraming, bodyBytesMax: Int) {
        self.bodyBytesMax = bodyBytesMax
        switch framing {
        case .none:
            coding = .length(remaining: 0)
        case .length(let length):
            guard length <= bodyBytesMax else { return nil }
            coding = .length(remaining: length)
            // What the peer announces is only its word: memory for more than this follows the bytes.
            body.reserveCapacity(min(length, 16 * 1024))
        case .chunked:
            coding = .chunked(ChunkedDecoder())
        }
    }

    var isComplete: Bool {
        switch coding {
        case .length(let remaining): remaining == 0
        case .chunked(let decoder): decoder.isComplete
        }
    }

    /// Reads on in `bytes` and returns how many belong to the body.
    mutating func read(_ bytes: Span<UInt8>) throws(Rejection) -> Int {
        let count: Int
        switch coding {
        case .length(let remaining):
            count = min(remaining, bytes.count)
            body.append(contentsOf: bytes.extracting(0..<count))
            coding = .length(remaining: remaining - count)
        case .chunked(var decoder):
            count = try decoder.decode(bytes, into: &body, bodyBytesMax: bodyBytesMax)
            coding = .chunked(decoder)
        }
        receivedBytes += count
        return count
    }
}
