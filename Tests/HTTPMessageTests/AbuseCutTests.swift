import Testing

@testable import HTTPMessage

@Suite("A refusal")
struct AbuseCutTests {
    /// Found by fuzzing: what stood behind the mistake said whether the answer has a body, if it had come by then.
    @Test(arguments: [
        ("\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n", false), ("\r\rHEAD / HTTP/1.1\r\nHost: a\r\n\r\n", false),
        ("\r\nHEAD / HTTP/1.1 \r\nHost: a\r\n\r\n", true), ("HEAD / HTTP/1.1\r\nHost : a\r\n\r\n", true),
        ("HEAD \u{1}", true), ("HEAD\u{1} ", false), ("GET / HTTP/1.1\r\n\nHEAD / ", false),
    ])
    func `has a body unless it is one of HEAD, however the bytes are cut`(_ message: String, _ isForHead: Bool) {
        for pieces in message.everyCut {
            var connection = HTTPConnection(limits: MessageLimits())
            var omitsBody: Bool?
            for piece in pieces where omitsBody == nil {
                connection.receive(piece.span)
                if case .rejected = connection.next() { omitsBody = connection.beginAnswer(length: 0).omitsBody }
            }
            #expect(omitsBody == isForHead)
        }
    }
}
