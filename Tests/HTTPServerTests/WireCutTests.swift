import HTTPMessage
import HTTPServer
import Testing

@Suite("On the wire, bytes")
struct WireCutTests {
    /// Every table of raw bytes.
    static let tables = [
        WireLengthTests.rows, WireCodingTests.rows, WireChunkTests.rows, WireChunkExtensionTests.rows,
        WireTrailerTests.rows, WireMethodTests.rows, WireTargetTests.rows, WireVersionTests.rows, WireHostTests.rows,
        WireLineTests.rows, WireFieldTests.rows, WireConnectionTests.rows, WirePipelineTests.rows,
        WireExpectationTests.rows, WireHeadTests.rows,
    ]
    private static let rows = tables.flatMap(\.self)

    @Test func `make up many rows, and no two rows are the same`() {
        #expect(Self.tables.allSatisfy { $0.count >= 10 })
        #expect(Self.rows.count >= 700)
        var names: [String: String] = [:]
        for row in Self.rows {
            let other = names.updateValue(row.name, forKey: "\(row.outcome.end == .ends) \(row.bytes)")
            #expect(other == nil, "\(row.name) sends the same bytes as \(other ?? "")")
        }
    }

    @Test func `mean the same wherever a message is cut`() {
        for row in Self.rows where row.bytes.count < 160 {
            let bytes = row.bytes
            let whole = Self.answers([bytes])
            for cut in bytes.indices.dropFirst()
            where Self.answers([Array(bytes[..<cut]), Array(bytes[cut...])]) != whole {
                Issue.record("RFC \(row.name): it makes a difference to cut behind byte \(cut)")
            }
            if Self.answers(bytes.map { [$0] }) != whole {
                Issue.record("RFC \(row.name): it makes a difference to send byte by byte")
            }
        }
    }

    /// What a connection without a socket understands and answers: paths, bodies, statuses and ends.
    private static func answers(_ pieces: [[UInt8]]) -> [String] {
        var connection = HTTPConnection(limits: MessageLimits())
        var answers: [String] = []
        func answerAll() {
            while let event = connection.next() {
                switch event {
                case .head(let head):
                    answers.append(head.path)
                    guard connection.readBody(upTo: 20) == .tooLong else { continue }
                case .body(let body): answers.append(String(decoding: body, as: UTF8.self))
                case .rejected(let rejection): answers.append(rejection.reason)
                case .ended: continue
                }
                if connection.beginAnswer(length: 1).connection == .close { answers.append("closes") }
                connection.finishAnswer()
            }
        }
        for piece in pieces {
            connection.receive(piece.span)
            answerAll()
        }
        connection.receiveEnd()
        answerAll()
        return answers
    }

    @Test func `may come in two parts, cut anywhere`() async throws {
        let first = chunked("3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n") + get("/items/1")
        let bytes = Array(first.utf8)
        try await WireCase.withServer { server in
            await withTaskGroup(of: Void.self) { group in
                for cut in bytes.indices.dropFirst() {
                    if cut > 8 { await group.next() }
                    group.addTask { await Self.send(bytes, cutAt: cut, to: server) }
                }
            }
        }
    }

    /// The second part leaves when the server has certainly seen the first: behind the answer to another connection.
    private static func send(_ bytes: [UInt8], cutAt cut: Int, to server: TestServer) async {
        do {
            let client = try server.client()
            try await client.send(Array(bytes[..<cut]))
            #expect(try await server.answer(to: get("/alive")).body == "alive")
            try await client.send(Array(bytes[cut...]))
            #expect(try await client.answer().body == "abcde", "cut behind \(cut) bytes")
            #expect(try await client.answer().body == "1", "cut behind \(cut) bytes")
        } catch {
            Issue.record("cut behind \(cut) bytes: \(error)")
        }
    }

    @Test func `may come one by one`() async throws {
        try await WireCase.withServer { server in
            let client = try server.client()
            for byte in (post("Content-Length: 5", body: "hello") + get("/file.txt")).utf8 {
                try await client.send([byte])
            }
            #expect(try await client.answer().body == "hello")
            #expect(try await client.answer().body == "0123456789")
        }
    }
}
