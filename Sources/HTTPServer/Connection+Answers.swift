import HTTPMessage
import HTTPTypes
import Logging

// From an answer to bytes.
extension Connection {
    /// Puts an answer into the outbox. A streamed body follows piece by piece.
    func answer(_ response: Response) {
        guard stage == .open else { return }
        precondition(response.status.code >= 200, "an interim status is no answer")
        unsentAnswers += 1
        let isBodiless = ResponseFraming.isBodiless(response.status)
        let length: Int? =
            switch response.body {
            case .none: 0
            case .bytes(let bytes): isBodiless ? 0 : bytes.count
            case .file(let part): isBodiless ? 0 : part.range.count
            case .stream(let length, _): isBodiless ? 0 : length
            }
        let framing = http.beginAnswer(length: length)
        outbox.append {
            framing.appendHead(of: response, date: loop.date, common: loop.routing.commonFields, to: &$0)
        }
        guard !framing.omitsBody, !isBodiless else {
            http.finishAnswer()
            return
        }
        switch response.body {
        case .none:
            http.finishAnswer()
        case .bytes(let bytes):
            outbox.append(bytes)
            http.finishAnswer()
        case .file(let part):
            begin(part)
        case .stream(_, let produce):
            begin(BodyStream(isChunked: framing.isChunked, length: length), produce)
        }
    }

    func begin(
        _ stream: BodyStream,
        _ produce: @escaping @Sendable (@escaping Response.BodyWriter) async throws -> Void,
    ) {
        self.stream = stream
        loop.taskCount += 1
        let task = Task.immediate(executorPreference: loop) {
            do {
                try await produce { bytes in try await self.write(bytes, to: stream) }
                self.end(stream, nil)
            } catch {
                self.end(stream, error)
            }
        }
        self.task = self.stream === stream ? task : nil
    }

    /// Comes from wherever the handler is.
    private func write(_ bytes: [UInt8], to stream: BodyStream) async throws {
        try await withCheckedThrowingContinuation { writer in
            loop.perform { self.write(bytes, to: stream, writer) }
        }
    }

    private func write(_ bytes: [UInt8], to stream: BodyStream, _ writer: CheckedContinuation<Void, any Error>) {
        guard self.stream === stream else {
            writer.resume(throwing: ConnectionClosed())
            return
        }
        guard stream.count(bytes.count) else {
            writer.resume(throwing: WrongBodyLength())
            return
        }
        if stream.isChunked {
            outbox.append { ResponseFraming.appendChunk(bytes, to: &$0) }
        } else {
            outbox.append(bytes)
        }
        stream.wait(writer)
        // Resumes the writer as soon as little enough is waiting, or fails it when the peer is gone.
        advance()
        if outbox.isEmpty { stream.resume() }
    }

    private func end(_ stream: BodyStream, _ error: (any Error)?) {
        precondition(loop.isOnThread, "a handler's task ends on its loop")
        loop.taskCount -= 1
        guard self.stream === stream else { return }
        self.stream = nil
        task = nil
        let isComplete = error == nil && (stream.remaining ?? 0) == 0
        guard isComplete else {
            if !(error is CancellationError) {
                loop.logger.error("a streamed answer failed", metadata: ["error": "\(error ?? WrongBodyLength())"])
            }
            close()
            return
        }
        if stream.isChunked { outbox.append { $0 += ResponseFraming.lastChunk } }
        http.finishAnswer()
        advance()
    }
}
