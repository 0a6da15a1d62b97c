import Klarna
import KlarnaDocsSupport
import Testing
import Wire

@Suite("An error of Klarna's")
struct KlarnaErrorTests {
    @Test(arguments: Fixture.names("error."))
    func `keeps status, code, messages and correlation id`(name: String) async throws {
        // error.kp.400.bad-value.amount
        let status = try #require(Int(name.split(separator: ".")[2]))
        let example = try Fixture.json(name)
        let error = try await failure(status, try Fixture.bytes(name))
        let facts: Facts
        switch error {
        case .refused(let refusal):
            #expect(status < 500)
            facts = Facts(refusal.status, refusal.code, refusal.messages, refusal.correlationID)
        case .unknown(let lost):
            #expect(status >= 500)
            facts = Facts(lost.status, lost.code, lost.messages, lost.correlationID)
        case .notSent, .paused:
            Issue.record("\(error)")
            return
        }
        let messages = example["error_messages"]?.array?.compactMap(\.string)
        let expected = Facts(status, example["error_code"]?.string, messages ?? [], example["correlation_id"]?.string)
        #expect(facts == expected)
        #expect(facts.code != nil && facts.correlationID != nil)
    }

    @Test func `has examples enough`() { #expect(Fixture.names("error.").count > 25) }

    @Test func `is read defensively when it is a page for people`() async throws {
        let answer = try Fixture.json("unauthorized.response.headers")
        let error = try await failure(
            401,
            Array((answer["body"]?.string ?? "").utf8),
            [(name: "Content-Type", value: "text/html"), (name: "klarna-correlation-id", value: "c-1")],
        )
        guard case .refused(let refusal) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(refusal == Refusal(status: 401, correlationID: "c-1"))
    }

    @Test(
        arguments: [
            ([("Retry-After", "7")], 429, Duration.seconds(7)), ([("X-Ratelimit-Reset", "1")], 429, .seconds(1)),
            ([("Retry-After", "3"), ("X-Ratelimit-Reset", "1")], 429, .seconds(3)),
            (
                [("Retry-After", "Tue, 04 Mar 2025 09:15:41 GMT"), ("Date", "Tue, 04 Mar 2025 09:15:31 GMT")], 429,
                .seconds(10),
            ),
            (
                [("Retry-After", "Tue, 04 Mar 2025 09:15:21 GMT"), ("Date", "Tue, 04 Mar 2025 09:15:31 GMT")], 503,
                .zero,
            ),
            ([("Retry-After", "99999999999999999999")], 429, .seconds(86_400)),
            ([("Retry-After", "120")], 503, .seconds(120)),
            // Said of every answer, and only of interest where the limit was met.
            ([("X-Ratelimit-Reset", "1")], 400, nil), ([("Retry-After", "-1")], 429, nil),
            ([("Retry-After", "soon")], 429, nil),
            ([], 429, nil),
        ] as [([(String, String)], Int, Duration?)]
    )
    func `says how long to wait`(fields: [(String, String)], status: Int, wait: Duration?) async throws {
        let error = try await failure(status, [], fields.map { (name: $0.0, value: $0.1) })
        switch error {
        case .refused, .unknown: #expect(error.retryAfter == wait)
        case .notSent, .paused: Issue.record("\(error)")
        }
    }

    @Test func `is read from the answer to too many requests`() async throws {
        let example = try Fixture.json("rate-limit.response.headers")
        let fields = (example["headers"]?.object?.members ?? []).map { (name: $0.name, value: $0.value.string ?? "") }
        guard case .refused(let refusal) = try await failure(429, (example["body"] ?? [:]).bytes, fields) else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.retryAfter == .seconds(1))
        #expect(refusal.code == "TOO_MANY_REQUESTS")
        #expect(refusal.correlationID == "0e7c4b19-6a3d-4f82-95bc-d21f8a6e3740")
    }

    @Test(arguments: [301, 302, 307, 399, 500, 502, 503, 504, 599, 100, 600, 0])
    func `is unknown, never a failure, when the status says nothing certain`(status: Int) async throws {
        guard case .unknown(let lost) = try await failure(status, Array("<html>".utf8)) else {
            Issue.record("not unknown")
            return
        }
        #expect(lost.status == status)
    }

    @Test(arguments: [
        "", "<html></html>", "{", "[]", "{}", "null", #"{"order_id":""}"#, #"{"order_id":7}"#, #"{"order_id":null}"#,
        #"{"order_id":"a","order_id":"b"}"#, "\u{FEFF}{}",
    ])
    func `is unknown when a success does not say what it has to`(body: String) async throws {
        guard case .unknown(let lost) = try await failure(200, Array(body.utf8)) else {
            Issue.record("not unknown")
            return
        }
        #expect(lost.status == 200)
    }

    @Test func `is unknown when a new session has no id or no page`() async throws {
        let payment = try KlarnaClient.sample(CannedTransport(200, Array(#"{"client_token":"c"}"#.utf8)))
        await #expect(throws: KlarnaError.self) {
            try await payment.createPaymentSession(.jackets, terms: PaymentSessionTerms())
        }
        for url in [
            "", "javascript:alert(1)", "https://pay.example/\r\nSet-Cookie: a=b", "//pay.example",
            "https://pay .example",
        ] {
            let body: JSON = ["session_id": "1", "redirect_url": .string(url)]
            let hpp = try KlarnaClient.sample(CannedTransport(201, body.bytes))
            await #expect(throws: KlarnaError.self, "\(url)") {
                try await hpp.createHPPSession(
                    for: .payments(PaymentSessionID(rawValue: "1")),
                    urls: nil,
                    options: PageOptions(),
                )
            }
        }
    }

    @Test func `follows the transport in what was sent and what was lost`() async throws {
        let refused = try KlarnaClient.sample(CannedTransport(.failure(.notSent(reason: "the connection was refused"))))
        guard case .notSent("the connection was refused") = try await failure(of: refused) else {
            Issue.record("not said to be unsent")
            return
        }
        let lost = try KlarnaClient.sample(CannedTransport(.failure(.lost(reason: "reset"))))
        guard case .unknown(Lost(reason: "reset")) = try await failure(of: lost) else {
            Issue.record("not unknown")
            return
        }
    }

    @Test func `tells no more than may be logged`() async throws {
        let body =
            #"{"error_code":"BAD\nVALUE","error_messages":["Ada Lovelace, token-1"],"correlation_id":"c-1\r\nx: y"}"#
        for status in [400, 500] {
            let error = try await failure(status, Array(body.utf8))
            let shown = "\(error) \(String(reflecting: error))"
            #expect("\(error)".contains(String(status)))
            #expect(!"\(error)".contains("Ada") && !"\(error)".contains("\n") && !"\(error)".contains("x: y"))
            #expect(!shown.contains("hunter2"))
        }
    }

    @Test func `is bounded however much Klarna says`() async throws {
        let long = String(repeating: "ä", count: 5000)
        let body: JSON = [
            "error_code": .string(long), "error_messages": .array(Array(repeating: .string(long), count: 100)),
            "correlation_id": .string(long),
        ]
        guard case .refused(let refusal) = try await failure(400, body.bytes) else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.code == nil && refusal.correlationID == nil)
        #expect(refusal.messages.count == 20 && refusal.messages.allSatisfy { $0.count == 500 })
    }
}

/// What an error is to keep.
private struct Facts: Equatable {
    let status: Int?
    let code: String?
    let messages: [String]
    let correlationID: String?

    init(_ status: Int?, _ code: String?, _ messages: [String], _ correlationID: String?) {
        self.status = status
        self.code = code
        self.messages = messages
        self.correlationID = correlationID
    }
}

/// What comes of placing an order when Klarna answers so.
private func failure(
    _ status: Int,
    _ body: [UInt8],
    _ fields: [(name: String, value: String)] = [],
) async throws -> KlarnaError {
    try await failure(of: try .sample(CannedTransport(status, body, fields: fields)))
}

private func failure(of client: KlarnaClient) async throws -> KlarnaError {
    do throws(KlarnaError) {
        _ = try await client.placeOrder(AuthorizationToken(rawValue: "token-1"), body: [], idempotencyKey: "k")
    } catch {
        return error
    }
    throw NoFailure()
}

private struct NoFailure: Error {}
