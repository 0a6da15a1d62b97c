import HTTPMessage
import HTTPTypes

/// One connection's bytes. An input begins with how it is cut: a count, as many lengths, which repeat, then the message.
///
/// Whatever the bytes are, nothing traps, every limit holds, and the outcome is the same however they are cut.
enum MessageFuzz {
    private static let limits = MessageLimits(
        requestLineBytesMax: 200,
        headBytesMax: 600,
        fieldsMax: 12,
        discardBytesMax: 50,
        requestsMax: 6,
    )

    static func take(_ input: [UInt8]) {
        guard let cuts = input.first.map(Int.init), input.count > cuts else { return }
        let lengths = input[1...].prefix(cuts).map { Int($0) + 1 }
        let message = input[(1 + cuts)...]
        let whole = Exchange([message], limits: limits)
        for pieces in [message.cut(lengths), message.cut([1])] {
            let exchange = Exchange(pieces, limits: limits)
            require(exchange == whole, "cut into \(pieces.map(\.count)): \(exchange) instead of \(whole)")
        }
    }
}

/// What comes of a connection whose server answers each request at once.
private struct Exchange: Equatable {
    private static let bodyBytesMax = 100

    private var requests: [String] = []
    private var refusal: Rejection?
    private var hasEnded = false
    private var answers: [UInt8] = []

    init(_ pieces: [ArraySlice<UInt8>], limits: MessageLimits) {
        var connection = HTTPConnection(limits: limits)
        for piece in pieces {
            let bytes = Array(piece)
            connection.receive(bytes.span)
            run(&connection)
            // All that waits is answered, so it waits for the peer or for nothing any more.
            require(connection.phase != .answering, "nothing is being answered")
            require(connection.receivedBodyBytes <= 20_000, "a body has grown beyond its limits")
        }
        connection.receiveEnd()
        run(&connection)
        require(connection.phase == .closed, "the peer has ended, and the connection is \(connection.phase)")
        if let event = connection.next() { fatalError("\(event) comes after the end") }
        require(requests.count <= limits.requestsMax, "there are \(requests.count) requests")
    }

    private mutating func run(_ connection: inout HTTPConnection) {
        while let event = connection.next() {
            require(!hasEnded && refusal == nil, "nothing comes after the end or a refusal")
            switch event {
            case .head(let head):
                require(head.path.hasPrefix("/") || head.path == "*", "the path is \(head.path)")
                // Odd requests are refused at their head, whose body then has to be thrown away or to cost the connection.
                if head.path.utf8.count % 2 == 0 {
                    answer(&connection, .notFound)
                } else if connection.readBody(upTo: Self.bodyBytesMax) == .tooLong {
                    answer(&connection, .contentTooLarge)
                }
            case .body(let body):
                require(body.count <= Self.bodyBytesMax, "a body of \(body.count) bytes")
                guard let request = connection.head?.request(remoteAddress: "", body: body) else {
                    fatalError("a body without a head")
                }
                requests.append("\(request.method) \(request.authority) \(request.path) \(request.query ?? "") \(body)")
                _ = (request[.contentType], request[.cookie], request.values(of: .accept))
                answer(&connection, .ok)
            case .rejected(let rejection):
                refusal = rejection
                answer(&connection, rejection.status)
                require(connection.phase == .closed, "a refused connection goes on")
            case .ended:
                hasEnded = true
            }
        }
    }

    private mutating func answer(_ connection: inout HTTPConnection, _ status: HTTPResponse.Status) {
        require(connection.phase == .answering, "an answer in the phase \(connection.phase)")
        let framing = connection.beginAnswer(length: 2)
        framing.appendHead(of: Response(status), date: Array("now".utf8), to: &answers)
        if !framing.omitsBody { answers += Array("ok".utf8) }
        connection.finishAnswer()
        require((connection.phase == .closed) == (framing.connection == .close), "the end is not what was announced")
    }
}

extension Exchange: CustomStringConvertible {
    var description: String {
        "\(requests) \(refusal.map { "\($0)" } ?? "-") \(hasEnded) \(String(decoding: answers, as: UTF8.self))"
    }
}

extension ArraySlice<UInt8> {
    /// This in pieces of these lengths, which repeat; in one piece without any.
    fileprivate func cut(_ lengths: [Int]) -> [ArraySlice<UInt8>] {
        guard !lengths.isEmpty else { return [self] }
        var pieces: [ArraySlice<UInt8>] = []
        var rest = self
        while !rest.isEmpty {
            let length = lengths[pieces.count % lengths.count]
            pieces.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return pieces
    }
}
