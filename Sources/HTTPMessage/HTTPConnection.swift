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

    /// What belongs to a state lies beside it and not inside, so that going on does not move it.
    private enum State: Sendable {
        case head
        case deciding
        case body
        case answering
        case rejected
        case discarding
        case closed
    }

    private let limits: MessageLimits
    private var state = State.head
    private var parser = RequestHeadParser()
    /// Of the body that is read or discarded.
    private var reader: BodyReader?
    /// The request under way; nil when its head could not be read.
    public private(set) var head: RequestHead?
    /// Whether what was rejected without a head was to be a request of HEAD.
    private var rejectedHead = false
    private var buffer: [UInt8] = []
    /// Where in ``buffer`` the bytes begin that are not taken yet.
    private var start = 0
    private var requests = 0
    private var hasEnded = false
    /// Set when the answer under way has announced the end of the connection.
    private var closesAfterAnswer = false
    /// Set at the end when the peer will send nothing more, as far as it keeps to its word (RFC 9112 9.6): then nobody has to
    /// wait for it before closing.
    public private(set) var isAbandoned = false
    /// Set by the owner to let each further answer be the connection's last.
    public var isDraining = false

    public init(limits: MessageLimits) {
        self.limits = limits
    }

    public var phase: Phase {
        switch state {
        // Empty lines are no beginning: an answer to them would be taken for the one to the next request.
        case .head: afterEmptyLines.isEmpty ? .idle : .head
        case .deciding, .answering, .rejected: .answering
        case .body: .body
        case .discarding: .discarding
        case .closed: .closed
        }
    }

    /// Bytes of the present body received so far.
    public var receivedBodyBytes: Int { reader?.receivedBytes ?? 0 }

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
            case .head:
                return try nextHead()
            case .body:
                if let body = try readOn() {
                    state = .answering
                    return .body(body)
                }
                if hasEnded { throw .incomplete }
                return nil
            case .discarding:
                if try readOn() != nil {
                    state = .head
                    return next()
                }
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
        guard state == .deciding, let head else { preconditionFailure("a body follows a head") }
        guard let reader = BodyReader(head.framing, bodyBytesMax: bodyBytesMax) else { return .tooLong }
        self.reader = reader
        state = .body
        return head.expectsContinue && !reader.isComplete && buffer.isEmpty ? .readingAfterContinue : .reading
    }

    /// Refuses what was received so far, for a reason that lies outside the bytes: a deadline that has passed.
    public mutating func reject(_ rejection: Rejection) -> Event {
        // RFC 9110 9.3.2: whatever else is wrong with a request of HEAD, its answer has no body.
        rejectedHead = state == .head && parser.isForHead(buffer, from: start)
        state = .rejected
        reader = nil
        forgetBytes()
        return .rejected(rejection)
    }

    private var afterEmptyLines: ArraySlice<UInt8> {
        buffer[start...].drop { $0 == .carriageReturn || $0 == .lineFeed }
    }

    private mutating func nextHead() throws(Rejection) -> Event? {
        // Between requests there is nothing to look at.
        guard !buffer.isEmpty || hasEnded else { return nil }
        guard let (head, count) = try parser.parse(buffer, from: start, limits) else {
            dropTakenBytes()
            guard hasEnded else { return nil }
            // Old clients end a body with an empty line that nobody asked for; no request begins with it.
            if afterEmptyLines.isEmpty { return end() }
            throw .incomplete
        }
        parser = RequestHeadParser()
        start += count
        dropTakenBytes(onlyWhenEmpty: true)
        requests += 1
        self.head = head
        state = .deciding
        return .head(head)
    }

    /// Reads on in the body and returns it once it is complete.
    private mutating func readOn() throws(Rejection) -> [UInt8]? {
        let bytes = buffer
        guard let count = try reader?.read(bytes.span.extracting(start...)) else { return [] }
        start += count
        dropTakenBytes(onlyWhenEmpty: true)
        guard let reader, reader.isComplete else { return nil }
        self.reader = nil
        return reader.body
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
        reader = nil
        forgetBytes()
        return .ended
    }
}

// MARK: - Answers

extension HTTPConnection {
    /// Begins the answer to the request under way and decides what becomes of the connection after it.
    /// `length` is the body's in bytes, nil when nobody knows it beforehand.
    public mutating func beginAnswer(length: Int?) -> ResponseFraming {
        let statesLength = length != nil
        let isHTTP10 = head?.isHTTP10 ?? false
        closesAfterAnswer = !keepsAliveAfterAnswer || (isHTTP10 && !statesLength)
        return ResponseFraming(
            length: length,
            isChunked: !statesLength && !isHTTP10,
            omitsBody: isHead,
            connection: closesAfterAnswer ? .close : isHTTP10 ? .keepAlive : .unsaid,
        )
    }

    /// The answer is written as a whole: on to what the peer sent next, or to the end of the connection.
    public mutating func finishAnswer() {
        guard state != .closed else { return }
        reader = nil
        if closesAfterAnswer {
            let isTaken = buffer.isEmpty && (state == .answering || head?.framing == BodyFraming.none)
            isAbandoned = hasEnded || (isTaken && head?.keepsAlive == false)
            state = .closed
            forgetBytes()
        } else if state == .deciding, let head, head.framing != .none {
            // `keepsAliveAfterAnswer` has seen to it that the rest has a length within the limit.
            reader = BodyReader(head.framing, bodyBytesMax: limits.discardBytesMax)
            state = .discarding
        } else {
            state = .head
        }
        head = nil
    }

    private var isHead: Bool { head.map { $0.method == .head } ?? rejectedHead }

    private var keepsAliveAfterAnswer: Bool {
        guard !isDraining, requests < limits.requestsMax, let head else { return false }
        switch state {
        case .answering:
            return head.keepsAlive
        case .deciding:
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
