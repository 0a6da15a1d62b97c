import Klarna
import Testing
import Wire

@Suite("What Klarna says of its limits", .timeLimit(.minutes(1)))
struct RateHeaderTests {
    private let time = ManualTime()

    @Test(
        arguments: [
            // Nothing is left, and Klarna says until when.
            (200, [("X-Ratelimit-Remaining", "0"), ("X-Ratelimit-Reset", "2")], 2200),
            (404, [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2")], 2200),
            (200, [("X-Ratelimit-Remaining", "0")], 1100),
            (200, [("X-Ratelimit-Remaining", "0"), ("X-Ratelimit-Reset", "x")], 1100),
            // Whatever it says, an authorization does not live for ever.
            (
                200, [("X-Ratelimit-Remaining", "0"), ("X-Ratelimit-Reset", "99999999999999999999")], 30_000,
            ),
            (200, [("X-Ratelimit-Remaining", "0"), ("X-Ratelimit-Reset", "1741079731")], 30_000),
            (503, [("Retry-After", "5")], 5500), (500, [("Retry-After", "99999999999999999999")], 30_000),
            (
                429, [("Retry-After", "3"), ("X-Ratelimit-Remaining", "0"), ("X-Ratelimit-Reset", "1")],
                3300,
            ),
            (
                429, [("Retry-After", "1"), ("X-Ratelimit-Remaining", "0"), ("X-Ratelimit-Reset", "3")],
                3300,
            ),
            (
                429,
                [
                    ("X-Ratelimit-Limit", "5, 5;w=1"), ("X-Ratelimit-Remaining", "0"),
                    ("X-Ratelimit-Reset", "1"),
                ], 1100,
            ),
        ] as [(Int, [(String, String)], Int64)]
    )
    func `holds a family back when an answer says so`(
        status: Int,
        fields: [(String, String)],
        milliseconds: Int64,
    ) async throws {
        let body = InboundResponse.waiting.body
        let fields = fields.map { (name: $0.0, value: $0.1) }
        let klarna = TimedKlarna(time) { _ in
            InboundResponse(status: status, fields: fields, body: body)
        }
        let client = try klarna.client(fraction: 0.5)
        _ = await client.failure()
        klarna.answer = { _ in .waiting }
        let waiting = Task { try await client.urgent.read() }
        await time.sleepers(1)
        #expect(time.waits == [.milliseconds(milliseconds)])
        // Another family goes on.
        _ = try await client.create()
        #expect(klarna.sentAt == [0, 0])
        time.advance(by: .milliseconds(milliseconds))
        _ = try await waiting.value
        #expect(klarna.sentAt == [0, 0, milliseconds])
    }

    @Test(
        arguments: [
            (200, [("X-Ratelimit-Remaining", "1"), ("X-Ratelimit-Reset", "9")]),
            (200, [("X-Ratelimit-Remaining", "-0"), ("X-Ratelimit-Reset", "9")]),
            (200, [("X-Ratelimit-Remaining", ""), ("X-Ratelimit-Reset", "9")]),
            (200, [("X-Ratelimit-Limit", "50, 50;w=1")]),
            (200, [("X-Ratelimit-Limit", "9999, 9999;w=1")]),
            (200, [("X-Ratelimit-Limit", "0, 0;w=1")]), (200, [("X-Ratelimit-Limit", "5;w=0, 5;w=x")]),
            (200, [("X-Ratelimit-Limit", "99999999999999999999")]),
            (200, [("X-Ratelimit-Limit", ",;,=")]),
            (404, [("Retry-After", "9")]), (200, [("Retry-After", "9")]),
        ] as [(Int, [(String, String)])]
    )
    func `holds nobody back for what says nothing`(status: Int, fields: [(String, String)])
        async throws
    {
        let fields = fields.map { (name: $0.0, value: $0.1) }
        let body = InboundResponse.waiting.body
        let klarna = TimedKlarna(time) { _ in
            InboundResponse(status: status, fields: fields, body: body)
        }
        let client = try klarna.client()
        for _ in 1...3 { _ = await client.failure() }
        #expect(klarna.sentAt == [0, 0, 0])
    }

    @Test func `does not hear what a double of Klarna counts`() async throws {
        let klarna = TimedKlarna(time) { _ in
            let fields = [
                (name: "X-Ratelimit-Limit", value: "5, 5;w=1"), (name: "X-Ratelimit-Remaining", value: "0"),
            ]
            return InboundResponse(status: 200, fields: fields, body: InboundResponse.waiting.body)
        }
        let all = KlarnaQuota.boundless
        let client = try klarna.client(
            quota: KlarnaQuota(createPaymentSession: all, createHPPSession: all, other: all)
        )
        for _ in 1...100 { _ = try await client.read() }
        #expect(klarna.sentAt.count == 100 && time.waits == [])
    }

    @Test(arguments: [
        (CallPurpose.createPaymentSession, CallPurpose.createCheckoutOrder),
        (.createHPPSession, .createHPPSession),
        (.createCustomerToken, .createCustomerToken), (.captureOrder, .readOrder),
        (.placeTokenOrder, .cancelCustomerToken),
    ])
    func `counts for the calls that it counts together`(told: CallPurpose, held: CallPurpose)
        async throws
    {
        let klarna = TimedKlarna(time) { _ in .tooMany(retryAfter: 20) }
        let client = try klarna.client()
        _ = await client.failure(of: told)
        klarna.answer = { _ in .waiting }
        #expect(await client.failure(of: held)?.pause == .seconds(20))
        let others: [CallPurpose] = [
            .createPaymentSession, .createHPPSession, .createCustomerToken, .readOrder,
        ]
        let free = await others.passing { await client.failure(of: $0)?.pause == nil }
        #expect(free.count == 3)
    }
}

extension [CallPurpose] {
    fileprivate func passing(_ isFree: (CallPurpose) async -> Bool) async -> [CallPurpose] {
        var free: [CallPurpose] = []
        for purpose in self where await isFree(purpose) { free.append(purpose) }
        return free
    }
}
