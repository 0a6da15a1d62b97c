import HTTPMessage

// Parts of files as bodies.
extension Connection {
    /// So much of a file is sent at once, or read into memory where it cannot be sent from the disk.
    private static let sentBytes = 1024 * 1024
    private static let readBytes = 256 * 1024

    /// Begins to send `part` as the body of the answer whose head was just written.
    ///
    /// What the system holds in memory, as far as samples tell, goes from there to the peer. What it does not hold is read
    /// by a thread that may wait for the disk first, so that the loop does not. What was read is dropped and sent from the system's memory all the
    /// same, so that nothing of it stays in this process while the peer is slow.
    func begin(_ part: FilePart) {
        if sendsFiles, part.range.count <= Self.sentBytes, part.isInMemory {
            outbox.append(part)
            http.finishAnswer()
            return
        }
        let stream = BodyStream(isChunked: false, length: part.range.count)
        begin(stream) { [sendsFiles] write in
            for piece in part.pieces(of: sendsFiles ? Self.sentBytes : Self.readBytes) {
                guard sendsFiles else {
                    guard let bytes = await BlockingPool.shared.run({ piece.read() }) else { throw FileChanged() }
                    try await write(bytes)
                    continue
                }
                if !piece.isInMemory {
                    let isRead = await BlockingPool.shared.run { piece.read() != nil }
                    guard isRead else { throw FileChanged() }
                }
                try await self.write(piece, to: stream)
            }
        }
    }

    private var sendsFiles: Bool {
        var sendsFiles = false
        withTransport { sendsFiles = $0.sendsFiles }
        return sendsFiles
    }

    private func write(_ piece: FilePart, to stream: BodyStream) async throws {
        try await withCheckedThrowingContinuation { writer in
            loop.perform { self.write(piece, to: stream, writer) }
        }
    }

    private func write(_ piece: FilePart, to stream: BodyStream, _ writer: CheckedContinuation<Void, any Error>) {
        guard self.stream === stream, stream.count(piece.range.count) else {
            writer.resume(throwing: ConnectionClosed())
            return
        }
        outbox.append(piece)
        stream.wait(writer)
        advance()
        if outbox.isEmpty { stream.resume() }
    }
}
