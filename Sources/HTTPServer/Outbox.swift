import HTTPMessage

/// What waits to be sent on one connection, in its order.
///
/// Small pieces are gathered in one array and leave in one call; a large body is kept as it is and not copied, and a part
/// of a file is not even read.
struct Outbox {
    private enum Piece {
        case bytes([UInt8])
        case file(FilePart)

        var count: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .file(let part): part.range.count
            }
        }
    }

    private static let copiedBytesMax = 16 * 1024
    private static let usualBytes = 1024

    private var pieces: [Piece] = []
    private var firstPiece = 0
    /// The newest bytes, after all ``pieces``.
    private(set) var tail: [UInt8] = []
    /// How many bytes of the first piece, or of the tail without one, are sent already.
    private var sent = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Lets `write` append to the newest bytes.
    mutating func append(_ write: (inout [UInt8]) -> Void) {
        // Room for a head and a small body at once, instead of growing piece by piece.
        if tail.isEmpty { tail.reserveCapacity(Self.usualBytes) }
        let before = tail.count
        write(&tail)
        count += tail.count - before
    }

    mutating func append(_ bytes: [UInt8]) {
        if bytes.count <= Self.copiedBytesMax {
            append { $0 += bytes }
        } else {
            append(.bytes(bytes))
        }
    }

    mutating func append(_ part: FilePart) {
        if !part.range.isEmpty { append(.file(part)) }
    }

    /// Sends until all is sent, or the peer takes no more; says what stopped it, and whether anything was sent.
    mutating func send(on transport: borrowing Transport) -> (isFailed: Bool, hasProgressed: Bool) {
        var hasProgressed = false
        while count > 0 {
            switch sendFirst(on: transport) {
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

    private mutating func append(_ piece: Piece) {
        if !tail.isEmpty {
            pieces.append(.bytes(tail))
            tail = []
        }
        pieces.append(piece)
        count += piece.count
    }

    /// The first piece, and the second in the same call if both are bytes.
    private func sendFirst(on transport: borrowing Transport) -> Transport.Sent {
        guard firstPiece < pieces.count else { return transport.send(tail, from: sent, then: []) }
        switch pieces[firstPiece] {
        case .file(let part):
            return transport.sendFile(
                part.descriptor,
                from: part.range.lowerBound + sent,
                count: part.range.count - sent,
            )
        case .bytes(let first):
            guard firstPiece + 1 < pieces.count else { return transport.send(first, from: sent, then: tail) }
            guard case .bytes(let second) = pieces[firstPiece + 1] else {
                return transport.send(first, from: sent, then: [])
            }
            return transport.send(first, from: sent, then: second)
        }
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
            pieces[firstPiece] = .bytes([])
            firstPiece += 1
        }
    }
}
