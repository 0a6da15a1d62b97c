/// The bytes that wait to be sent on one connection, in their order.
///
/// Small pieces are gathered in one array and leave in one call; a large body is kept as it is and not copied.
struct Outbox {
    private static let copiedBytesMax = 16 * 1024

    private var pieces: [[UInt8]] = []
    private var firstPiece = 0
    /// The newest bytes, after all ``pieces``.
    private(set) var tail: [UInt8] = []
    /// How many bytes of the first piece, or of the tail without one, are sent already.
    private var sent = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Lets `write` append to the newest bytes.
    mutating func append(_ write: (inout [UInt8]) -> Void) {
        let before = tail.count
        write(&tail)
        count += tail.count - before
    }

    mutating func append(_ bytes: [UInt8]) {
        if bytes.count <= Self.copiedBytesMax {
            append { $0 += bytes }
            return
        }
        if !tail.isEmpty {
            pieces.append(tail)
            tail = []
        }
        pieces.append(bytes)
        count += bytes.count
    }

    /// Sends until all is sent, or the peer takes no more; says what stopped it, and whether anything was sent.
    mutating func send(on transport: borrowing Transport) -> (isFailed: Bool, hasProgressed: Bool) {
        var hasProgressed = false
        while count > 0 {
            let first = firstPiece < pieces.count ? pieces[firstPiece] : tail
            let second: [UInt8] =
                firstPiece + 1 < pieces.count ? pieces[firstPiece + 1] : firstPiece < pieces.count ? tail : []
            switch transport.send(first, from: sent, then: second) {
            case .bytes(let bytes):
                hasProgressed = hasProgressed || bytes > 0
                drop(bytes)
            case .noRoom:
                return (false, hasProgressed)
            case .failed:
                return (true, hasProgressed)
            }
        }
        return (false, hasProgressed)
    }

    mutating func removeAll() {
        self = Outbox()
    }

    private mutating func drop(_ bytes: Int) {
        count -= bytes
        if count == 0 {
            removeAll()
            return
        }
        sent += bytes
        while firstPiece < pieces.count, sent >= pieces[firstPiece].count {
            sent -= pieces[firstPiece].count
            pieces[firstPiece] = []
            firstPiece += 1
        }
    }
}
