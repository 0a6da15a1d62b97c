import HTTPMessage
import HTTPTypes

/// What a server would see and say on one connection that answers every request 200 with its path and body.
struct Exchange: Equatable {
    struct Seen: Equatable {
        var method = ""
        var path = ""
        var query: String?
        var authority = ""
        var body = ""
    }

    var requests: [Seen] = []
    /// The status of the refusal that ended it.
    var refusal: Int?
    /// The peer's end was understood as an end.
    var hasEnded = false
    var output = ""

    init(
        _ pieces: [[UInt8]],
        limits: MessageLimits = MessageLimits(),
        bodyBytesMax: Int = 1000,
        ends: Bool = true,
    ) {
        var connection = HTTPConnection(limits: limits)
        for piece in pieces {
            connection.receive(piece.span)
            run(&connection, bodyBytesMax)
        }
        if ends {
            connection.receiveEnd()
            run(&connection, bodyBytesMax)
        }
    }

    private mutating func run(_ connection: inout HTTPConnection, _ bodyBytesMax: Int) {
        while let event = connection.next() {
            switch event {
            case .head:
                switch connection.readBody(upTo: bodyBytesMax) {
                case .reading: break
                case .readingAfterContinue: output += "<continue>"
                case .tooLong: answer(&connection, .contentTooLarge, [])
                }
            case .body(let body):
                guard let request = connection.head?.request(remoteAddress: "", body: body) else { continue }
                let text = String(decoding: request.body, as: UTF8.self)
                requests.append(
                    Seen(
                        method: request.method.rawValue,
                        path: request.path,
                        query: request.query,
                        authority: request.authority,
                        body: text,
                    )
                )
                answer(&connection, .ok, Array("\(request.path) \(text)".utf8))
            case .rejected(let rejection):
                refusal = rejection.status.code
                answer(&connection, rejection.status, [])
            case .ended:
                hasEnded = true
            }
        }
    }

    private mutating func answer(
        _ connection: inout HTTPConnection,
        _ status: HTTPResponse.Status,
        _ body: [UInt8],
    ) {
        let framing = connection.beginAnswer(length: body.count)
        var bytes: [UInt8] = []
        framing.appendHead(of: Response(status), date: Array("now".utf8), to: &bytes)
        if !framing.omitsBody { bytes += body }
        output += String(decoding: bytes, as: UTF8.self)
        connection.finishAnswer()
        if connection.phase == .closed { output += "<close>" }
    }
}

extension String {
    var bytes: [UInt8] { Array(utf8) }

    /// This message in two pieces, cut at every byte; whole; and byte by byte.
    var everyCut: [[[UInt8]]] {
        let bytes = bytes
        let cuts = bytes.indices.dropFirst().map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
        return cuts + [[bytes], bytes.map { [$0] }]
    }
}
