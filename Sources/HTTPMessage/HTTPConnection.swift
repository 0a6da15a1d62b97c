import HTTPTypes

/// One HTTP/1.1 connection as the server sees it: bytes in, events out; answers in, bytes out. It knows no socket and no clock.
///
/// Requests are taken one after the other: what a peer sends ahead waits until the request before it is answered, so
/// answers leave in the order of their requests by construction.
public struct HTTPConnection: Sendable {
    /// What the peer's bytes have come to.
    public enum Event: Sendable {
        /// A head is complete. Go on with ``readBody(upTo:)`` or answer at once.
        case head(RequestHead)
        /// The body of that head is complete. Answer.
        case body([UInt8])
        /// What came is no request that can be taken. Answer; nothing more is read.
        case rejected(Rejection)
        /// The peer has said its last, and all of it is answered.
        case ended
    }

    /// Which of the peer's bytes the connection waits for; each kind has its own deadline.
    public enum Phase: Sendable, Equatable {
        /// For the first byte of a request.
        case idle
        case head
        case body
        /// For nothing: a request is being answered.
        case answering
        /// For the rest of a body that nobody wanted.
        case discarding
        /// For nothing any more.
        case closed
    }

    /// How ``readBody(upTo:)`` goes on.
    public enum BodyDecision: Sendable, Equatable {
        case reading
        /// The peer waits for `100 Continue` before it sends.
        case readingAfterContinue
        /// The announced length is beyond the limit. Answer 413.
        case tooLong
    }

    private enum State: Sendable {
        case head(RequestHeadParser)
        case deciding(RequestHead)
        case body(BodyReader, RequestHead)
        case answering(RequestHead)
        case rejected(RequestHead?)
        case discarding(BodyReader)
        case closed
    }

    private let limits: MessageLimits
    private var state: State
    private var buffer: [UInt8] = []
    /// Where in ``buffer`` the bytes begin that are not taken yet.
    private var start = 0
    private var requests = 0
    private var hasEnded = false
    /// Set when the answer under way has announced the end of the connection.
    private var closesAfterAnswer = false
    /// Set by the owner to let each further answer be the connection's last.
    public var isDraining = false

    public init(limits: MessageLimits) {
        self.limits = limits
        state = .head(RequestHeadParser(limits: limits))
    }

    public var phase: Phase {
        switch state {
        case .head: buffer.isEmpty ? .idle : .head
        case .deciding, .answering, .rejected: .answering
        case .body: .body
        case .discarding: .discarding
        case .closed: .closed
        }
    }

    /// Bytes of the present body received so far.
    public var receivedBodyBytes: Int {
        switch state {
        case .body(let reader, _), .discarding(let reader): reader.receivedBytes
        case .head, .deciding, .answering, .rejected, .closed: 0
        }
    }

    /// Takes bytes from the peer. All of them are copied, so `bytes` may be a buffer that many connections share.
    public mutating func receive(_ bytes: Span<UInt8>) {
        switch state {
        case .closed, .rejected: break
        case .head, .deciding, .body, .answering, .discarding: buffer.append(contentsOf: bytes)
        }
    }

    /// The peer has closed its side: nothing follows what was received.
    public mutating func receiveEnd() {
        hasEnded = true
    }

    /// What the bytes received so far have come to; nil while more are needed or an answer is due.
    public mutating func next() -> Event? {
        do throws(Rejection) {
            switch state {
            case .head(var parser):
                return try nextHead(&parser)
            case .body(var reader, let head):
                // Emptied first, so that the reader is the body's only owner and appends in place.
                state = .answering(head)
                try read(into: &reader)
                if reader.isComplete { return .body(reader.body) }
                state = .body(reader, head)
                if hasEnded { throw .incomplete }
                return nil
            case .discarding(var reader):
                try read(into: &reader)
                state = reader.isComplete ? .head(RequestHeadParser(limits: limits)) : .discarding(reader)
                if reader.isComplete { return next() }
                if hasEnded { return end() }
                return nil
            case .deciding, .answering, .rejected, .closed:
                return nil
            }
        } catch {
            return reject(error)
        }
    }

    /// Begins to read the body of the head just announced.
    public mutating func readBody(upTo bodyBytesMax: Int) -> BodyDecision {
        guard case .deciding(let head) = state else { preconditionFailure("a body follows a head") }
        guard let reader = BodyReader(head.framing, bodyBytesMax: bodyBytesMax) else { return .tooLong }
        state = .body(reader, head)
        return head.expectsContinue && !reader.isComplete && buffer.isEmpty ? .readingAfterContinue : .reading
    }

    /// Refuses what was received so far, for a reason that lies outside the bytes: a deadline that has passed.
    public mutating func reject(_ rejection: Rejection) -> Event {
        switch state {
        case .head, .rejected, .closed, .discarding: state = .rejected(nil)
        case .deciding(let head), .body(_, let head), .answering(let head): state = .rejected(head)
        }
        forgetBytes()
        return .rejected(rejection)
    }

    /// The request under way; nil when its head could not be read.
    public var head: RequestHead? {
        switch state {
        case .deciding(let head), .body(_, let head), .answering(let head), .rejected(let head?): head
        case .head, .rejected(nil), .discarding, .closed: nil
        }
    }

    private mutating func nextHead(_ parser: inout RequestHeadParser) throws(Rejection) -> Event? {
        let parsed = try parser.parse(buffer, from: start)
        guard let parsed else {
            state = .head(parser)
            dropTakenBytes()
            guard hasEnded else { return nil }
            if buffer.isEmpty { return end() }
            throw .incomplete
        }
        start += parsed.count
        dropTakenBytes(onlyWhenEmpty: true)
        requests += 1
        state = .deciding(parsed.head)
        return .head(parsed.head)
    }

    private mutating func read(into reader: inout BodyReader) throws(Rejection) {
        start += try reader.read(buffer.span.extracting(start...))
        dropTakenBytes(onlyWhenEmpty: true)
    }

    /// Bytes of requests sent ahead stay where they are until all are taken, or until a part of one is left over.
    private mutating func dropTakenBytes(onlyWhenEmpty: Bool = false) {
        if start == buffer.count {
            forgetBytes()
        } else if !onlyWhenEmpty, start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
    }

    private mutating func forgetBytes() {
        buffer = []
        start = 0
    }

    private mutating func end() -> Event {
        state = .closed
        forgetBytes()
        return .ended
    }
}

// MARK: - Answers

extension HTTPConnection {
    /// Begins the answer to the request under way and decides what becomes of the connection after it.
    /// `length` is the body's in bytes, nil when nobody knows it beforehand.
    public mutating func beginAnswer(length: Int?) -> ResponseFraming {
        let head = head
        let statesLength = length != nil
        let isHTTP10 = head?.isHTTP10 ?? false
        closesAfterAnswer = !keepsAliveAfterAnswer || (isHTTP10 && !statesLength)
        return ResponseFraming(
            length: length,
            isChunked: !statesLength && !isHTTP10,
            omitsBody: head?.method == .head,
            connection: closesAfterAnswer ? .close : isHTTP10 ? .keepAlive : .unsaid,
        )
    }

    /// The answer is written as a whole: on to what the peer sent next, or to the end of the connection.
    public mutating func finishAnswer() {
        switch state {
        case .deciding(let head) where !closesAfterAnswer && head.framing != .none:
            // `keepsAliveAfterAnswer` has seen to it that the rest has a length within the limit.
            state = BodyReader(head.framing, bodyBytesMax: limits.discardBytesMax).map(State.discarding) ?? .closed
        case .deciding, .answering, .rejected, .head, .body, .discarding:
            state = closesAfterAnswer ? .closed : .head(RequestHeadParser(limits: limits))
        case .closed:
            break
        }
        if case .closed = state { forgetBytes() }
    }

    private var keepsAliveAfterAnswer: Bool {
        guard !isDraining, requests < limits.requestsMax else { return false }
        switch state {
        case .answering(let head):
            return head.keepsAlive
        case .deciding(let head):
            guard head.keepsAlive, !head.expectsContinue || head.framing == .none else { return false }
            switch head.framing {
            case .none: return true
            case .length(let length): return length <= limits.discardBytesMax
            case .chunked: return false
            }
        case .head, .body, .discarding, .rejected, .closed:
            return false
        }
    }
}
