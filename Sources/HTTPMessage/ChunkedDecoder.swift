/// Takes the chunked transfer coding off a body (RFC 9112 7.1), from bytes that arrive in pieces.
struct ChunkedDecoder: Sendable, Equatable {
    private enum State: Equatable {
        case size
        case sizeEnd
        case sizeLineFeed
        case data
        case dataCarriageReturn
        case dataLineFeed
        case trailerStart
        case trailerName
        case trailerValue
        case trailerLineFeed
        case endLineFeed
        case complete
    }

    /// What extensions and trailers may take beside the data: nobody needs them, so they are read and forgotten.
    private static let overheadBytesMax = 16 * 1024
    /// Zeros in front included, which some clients write to make all sizes equally long.
    private static let sizeDigitsMax = 32

    private var state = State.size
    private var sizeDigits = 0
    private var remaining = 0
    private var extensions = ChunkExtensions()
    private var overhead = 0

    var isComplete: Bool { state == .complete }

    /// Decodes from `bytes` and returns how many it took: all, unless the body ended before them.
    ///
    /// - Throws: a ``Rejection`` as soon as the coding is broken, or the data grow beyond `bodyBytesMax`.
    mutating func decode(
        _ bytes: Span<UInt8>,
        into body: inout [UInt8],
        bodyBytesMax: Int,
    ) throws(Rejection) -> Int {
        var at = 0
        while at < bytes.count, state != .complete {
            if state == .data {
                let count = min(remaining, bytes.count - at)
                body.append(contentsOf: bytes.extracting(at..<at + count))
                at += count
                remaining -= count
                if remaining == 0 { state = .dataCarriageReturn }
            } else {
                try step(bytes[at], room: bodyBytesMax - body.count)
                at += 1
            }
        }
        return at
    }

    private mutating func step(_ byte: UInt8, room: Int) throws(Rejection) {
        switch state {
        case .size:
            try readSize(byte, room: room)
        case .sizeEnd:
            try endSize(byte)
        case .sizeLineFeed:
            try expect(byte, .lineFeed)
            (sizeDigits, extensions) = (0, ChunkExtensions())
            state = remaining == 0 ? .trailerStart : .data
        case .data, .complete:
            preconditionFailure("data are taken as a whole, and nothing is read after the end")
        case .dataCarriageReturn:
            try expect(byte, .carriageReturn)
            state = .dataLineFeed
        case .dataLineFeed:
            try expect(byte, .lineFeed)
            state = .size
        case .trailerStart:
            if byte == .carriageReturn {
                state = .endLineFeed
            } else {
                guard byte.isTokenByte else { throw .malformed("A trailer field's name is malformed.") }
                state = .trailerName
                try countOverhead(byte)
            }
        case .trailerName:
            guard byte.isTokenByte || byte == .colon else { throw .malformed("A trailer field's name is malformed.") }
            if byte == .colon { state = .trailerValue }
            try countOverhead(byte)
        case .trailerValue:
            state = byte == .carriageReturn ? .trailerLineFeed : .trailerValue
            try countOverhead(byte)
        case .trailerLineFeed:
            try expect(byte, .lineFeed)
            state = .trailerStart
        case .endLineFeed:
            try expect(byte, .lineFeed)
            state = .complete
        }
    }

    /// Only hexadecimal digits: no sign, no prefix, no space before them, and no more than fit into the limit.
    private mutating func readSize(_ byte: UInt8, room: Int) throws(Rejection) {
        guard let digit = byte.hexDigitValue else {
            guard sizeDigits > 0 else { throw .malformed("A chunk's size is no hexadecimal number.") }
            guard remaining <= room else { throw .bodyTooLong }
            state = .sizeEnd
            return try endSize(byte)
        }
        sizeDigits += 1
        guard sizeDigits <= Self.sizeDigitsMax, remaining >> 56 == 0 else {
            throw .malformed("A chunk's size is too long.")
        }
        remaining = remaining << 4 | Int(digit)
    }

    private mutating func endSize(_ byte: UInt8) throws(Rejection) {
        if try extensions.read(byte) {
            state = .sizeLineFeed
        } else {
            try countOverhead(byte)
        }
    }

    private mutating func countOverhead(_ byte: UInt8) throws(Rejection) {
        overhead += 1
        guard overhead <= Self.overheadBytesMax else {
            throw .malformed("The chunks carry too much beside their data.")
        }
        guard byte.isText || byte == .carriageReturn else {
            throw .malformed("A chunk's line holds a control character.")
        }
    }

    private func expect(_ byte: UInt8, _ expected: UInt8) throws(Rejection) {
        guard byte == expected else { throw .malformed("A chunk does not end where it says.") }
    }
}
