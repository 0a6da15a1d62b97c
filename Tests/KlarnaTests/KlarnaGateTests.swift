import Klarna
import Metrics
import MetricsTestKit
import Synchronization
import Testing
import TimeAndChance
import Wire

@Suite("The gate towards Klarna", .timeLimit(.minutes(1)))
struct KlarnaGateTests {
    private let time = ManualTime()

    @Test func `lets calls pass at once while there is room`() async throws {
        let klarna = TimedKlarna(time)
        let client = try klarna.client()
        for _ in 1...3 { _ = try await client.read() }
        #expect(klarna.sentAt == [0, 0, 0])
        #expect(time.waits == [])
    }

    @Test func `makes reads wait when they have used their share, and lets placing pass`() async throws {
        let klarna = TimedKlarna(time)
        let client = try klarna.client()
        for _ in 1...3 { _ = try await client.read() }
        let waiting = Task { try await client.read() }
        await time.sleepers(1)
        _ = try await client.place()
        _ = try await client.urgent.read()
        #expect(klarna.purposes.suffix(2) == [.placeOrder, .readHPPSession])
        #expect(klarna.sentAt == [0, 0, 0, 0, 0])
        // The reserve is used up by now, and who comes late is urgent: it goes before the read that has waited longer.
        let placing = Task { try await client.place() }
        await time.sleepers(2)
        #expect(time.waits == [.milliseconds(25), .milliseconds(34)])
        time.advance(by: .milliseconds(25))
        _ = try await placing.value
        time.advance(by: .milliseconds(9))
        // Its token was there, had the urgent call not taken one, too.
        await time.sleepers(1)
        time.advance(by: try #require(time.waits.first))
        _ = try await waiting.value
        #expect(klarna.purposes.suffix(2) == [.placeOrder, .readHPPSession])
        #expect(klarna.sentAt == [0, 0, 0, 0, 0, 25, 50])
    }

    @Test(arguments: [
        ("3", 0.0, 3000), ("3", 0.5, 3300), ("5", 0.9999, 5999), (nil, 0.0, 1000), ("600", 0.5, 30_000),
    ])
    func `waits after a 429 as long as Klarna wishes, and a little longer by lot`(
        retryAfter: String?,
        fraction: Double,
        milliseconds: Int64,
    ) async throws {
        let klarna = TimedKlarna(time) { _ in
            InboundResponse(status: 429, fields: retryAfter.map { [(name: "Retry-After", value: $0)] } ?? [])
        }
        let client = try klarna.client(fraction: fraction)
        #expect(await client.failure()?.isRefused == true)
        klarna.answer = { _ in .waiting }
        let waiting = Task { try await client.urgent.read() }
        await time.sleepers(1)
        #expect(time.waits == [.milliseconds(milliseconds)])
        #expect(klarna.sentAt == [0])
        time.advance(by: .milliseconds(milliseconds - 1))
        // Creating is counted apart.
        _ = try await client.create()
        #expect(klarna.sentAt == [0, milliseconds - 1])
        time.advance(by: .milliseconds(1))
        _ = try await waiting.value
        #expect(klarna.sentAt == [0, milliseconds - 1, milliseconds])
    }

    @Test(arguments: [
        (CallPurpose.createPaymentSession, 2), (.createHPPSession, 2), (.readPaymentSession, 10),
        (.readHPPSession, 10),
        (.readOrder, 10), (.disableHPPSession, 10), (.releaseAuthorization, 10), (.placeOrder, 30),
        (.captureOrder, 10),
        (.createCustomerToken, 10), (.placeTokenOrder, 10), (.createCheckoutOrder, 2),
    ])
    func `has patience by purpose, and sends nothing when it would take longer`(purpose: CallPurpose, patience: Int)
        async throws
    {
        for isUrgent in [false, true] {
            let patience = isUrgent ? 30 : patience
            for wait in [patience, patience + 1] where wait <= 30 {
                let klarna = TimedKlarna(time) { _ in .tooMany(retryAfter: wait) }
                let gated = try klarna.client()
                let client = isUrgent ? gated.urgent : gated
                _ = try? await client.make(purpose)
                klarna.answer = { _ in .waiting }
                let waiting = Task { () async -> KlarnaError? in await client.failure(of: purpose) }
                guard wait <= patience else {
                    #expect(await waiting.value?.pause == .seconds(wait))
                    #expect(klarna.purposes == [purpose])
                    continue
                }
                await time.sleepers(1)
                time.advance(by: .seconds(wait))
                #expect(await waiting.value?.pause == nil)
                #expect(klarna.purposes == [purpose, purpose])
            }
        }
    }

    @Test func `gives up a wait that grows beyond its patience`() async throws {
        let klarna = TimedKlarna(time)
        let client = try klarna.client()
        for _ in 1...3 { _ = try await client.read() }
        let waiting = Task { await client.failure() }
        await time.sleepers(1)
        klarna.answer = { _ in .tooMany(retryAfter: 20) }
        _ = try? await client.place()
        time.advance(by: .milliseconds(34))
        #expect(await waiting.value?.pause == .milliseconds(19_966))
        #expect(klarna.purposes.count == 4)
    }

    @Test func `lets only so many wait, counted apart for urgent calls`() async throws {
        let klarna = TimedKlarna(time) { _ in .tooMany(retryAfter: 5) }
        let client = try klarna.client(waitersMax: 2)
        _ = try? await client.read()
        klarna.answer = { _ in .waiting }
        let ordinary = [Task { try await client.read() }, Task { try await client.read() }]
        await time.sleepers(2)
        #expect(await client.failure()?.pause != nil)
        let urgent = [Task { try await client.place() }, Task { try await client.place() }]
        await time.sleepers(4)
        #expect(await client.urgent.failure()?.pause != nil)
        // A place in line was not kept for those who were turned away.
        try await time.pass {
            for task in ordinary + urgent { try await task.value }
        }
        #expect(klarna.purposes.count == 5)
    }

    @Test func `keeps no place for a call that was turned away`() async throws {
        let klarna = TimedKlarna(time) { _ in .tooMany(retryAfter: 20) }
        let client = try klarna.client(waitersMax: 1)
        _ = try? await client.read()
        // Each is told the same, and not to come after those before it.
        for _ in 1...100 { #expect(await client.failure()?.pause == .seconds(20)) }
        time.advance(by: .seconds(15))
        klarna.answer = { _ in .waiting }
        let waiting = Task { try await client.read() }
        await time.sleepers(1)
        // Turned away because one waits already, and that one is ahead.
        for _ in 1...100 { #expect(await client.failure()?.pause == .milliseconds(5034)) }
        time.advance(by: .seconds(5))
        _ = try await waiting.value
        #expect(klarna.sentAt == [0, 20_000])
    }

    @Test func `keeps no place for a call that was cancelled while it waited`() async throws {
        let klarna = TimedKlarna(time)
        let client = try klarna.client(waitersMax: 1)
        for _ in 1...3 { _ = try await client.read() }
        for _ in 1...5 {
            let cancelled = Task { await client.failure() }
            await time.sleepers(1)
            #expect(time.waits == [.milliseconds(34)])
            cancelled.cancel()
            guard case .notSent = await cancelled.value else {
                Issue.record("a cancelled call had another end")
                return
            }
        }
        #expect(time.waits == [])
        let next = Task { try await client.read() }
        await time.sleepers(1)
        time.advance(by: .milliseconds(34))
        _ = try await next.value
        #expect(klarna.sentAt == [0, 0, 0, 34])
    }

    @Test(arguments: Ailment.allCases)
    func `opens its breaker when Klarna is not well, probes, and closes it`(ailment: Ailment) async throws {
        let klarna = TimedKlarna(time, ailment.answer)
        let client = try klarna.client()
        for _ in 0..<20 {
            time.advance(by: .seconds(1))
            #expect(await client.failure()?.pause == nil)
        }
        #expect(klarna.purposes.count == 20)
        #expect(await client.failure()?.pause == .seconds(5))
        await #expect(throws: KlarnaError.self) { try await client.create() }
        #expect(klarna.purposes.count == 20)
        // Placing and urgent calls are made all the same.
        _ = try? await client.place()
        _ = try? await client.urgent.read()
        #expect(klarna.purposes.suffix(2) == [.placeOrder, .readHPPSession])

        time.advance(by: .seconds(5))
        #expect(await client.failure()?.pause == nil)
        #expect(await client.failure()?.pause == .seconds(5))
        #expect(klarna.purposes.count == 23)

        klarna.answer = { _ in .waiting }
        time.advance(by: .milliseconds(4999))
        #expect(await client.failure()?.pause == .milliseconds(1))
        time.advance(by: .milliseconds(1))
        for _ in 1...3 { _ = try await client.read() }
        #expect(klarna.purposes.count == 26)
    }

    @Test(arguments: [400, 401, 403, 404, 409, 429])
    func `does not take a refusal for an ailment`(status: Int) async throws {
        let klarna = TimedKlarna(time) { _ in
            InboundResponse(status: status, fields: [(name: "Retry-After", value: "0")])
        }
        let client = try klarna.client()
        for _ in 0..<40 {
            time.advance(by: .milliseconds(500))
            #expect(await client.failure()?.isRefused == true)
        }
    }

    @Test func `does not hold against Klarna what was given up here`() async throws {
        let klarna = TimedKlarna(time, Ailment.reset.answer)
        let client = try klarna.client()
        let givenUp = Task {
            while !Task.isCancelled { await Task.yield() }
            for _ in 0..<30 {
                self.time.advance(by: .milliseconds(500))
                _ = await client.failure()
            }
        }
        givenUp.cancel()
        await givenUp.value
        #expect(klarna.purposes.count == 30)
        #expect(await client.failure()?.pause == nil)
    }

    @Test(arguments: [7200, -7200, 0, 61])
    func `learns Klarna's clock`(seconds: Int) async throws {
        let time = time
        let klarna = TimedKlarna(time) { _ in
            // A quarter of a second on the way, there and back.
            time.advance(by: .milliseconds(250))
            let date = time.now + .seconds(seconds)
            time.advance(by: .milliseconds(250))
            return .waiting(date: date.httpDate)
        }
        let client = try klarna.client()
        #expect(client.klarnaNow == nil && client.gate?.skew == nil)
        for number in 1...20 {
            _ = try await client.read()
            let skew = try #require(client.gate?.skew)
            #expect((.seconds(seconds) - .seconds(1)...(.seconds(seconds) + .seconds(1))).contains(skew))
            #expect(client.klarnaNow == time.now + skew)
            time.advance(by: .milliseconds(137 * number))
        }
        let skew = client.gate?.skew
        time.advance(by: .seconds(3600))
        #expect(client.gate?.skew == skew)
    }

    @Test(arguments: [
        [("Date", "Fri, 01 Jan 1999 00:00:00 GMT")], [("Date", "Fri, 01 Jan 2100 00:00:00 GMT")], [("Date", "now")], [],
        [("Date", "Tue, 04 Mar 2025 07:15:31 GMT"), ("Age", "7200")],
        [("date", "Tue, 04 Mar 2025 07:15:31 GMT"), ("age", "0")],
    ])
    func `learns no clock from a cache or from nonsense`(fields: [(String, String)]) async throws {
        let klarna = TimedKlarna(time) { _ in
            InboundResponse(status: 503, fields: fields.map { (name: $0.0, value: $0.1) })
        }
        let client = try klarna.client()
        #expect(await client.failure() != nil)
        #expect(client.gate?.skew == nil && client.klarnaNow == nil)
    }

    @Test func `counts and times calls by purpose and outcome`() async throws {
        let metrics = TestMetrics()
        let time = time
        let klarna = TimedKlarna(time)
        let client = try withMetricsFactory(metrics) { try klarna.client() }
        let made = metrics.counters.count + metrics.timers.count + metrics.recorders.count
        let answers: [@Sendable (OutboundRequest) throws(TransportError) -> InboundResponse] = [
            { _ in
                time.advance(by: .milliseconds(120))
                return .waiting(date: (time.now + .seconds(7200)).httpDate)
            },
            { _ in InboundResponse(status: 404) }, { _ in InboundResponse(status: 500) },
            Ailment.reset.answer,
            Ailment.unreachable.answer,
            { _ in .tooMany(retryAfter: 20) },
        ]
        for answer in answers {
            time.advance(by: .seconds(1))
            klarna.answer = answer
            _ = await client.failure()
        }
        #expect(await client.failure()?.pause == .seconds(20))
        for outcome in ["ok", "refused", "failed", "lost", "not_sent", "rate_limited", "paused"] {
            let counter = try metrics.expectCounter(
                "kassa_klarna_calls_total",
                [("account", "shop"), ("purpose", "read_hpp_session"), ("outcome", outcome)],
            )
            #expect(counter.totalValue == 1, "\(outcome)")
        }
        #expect(metrics.counterTotal(label: "kassa_klarna_calls_total") == 7)
        let timer = try metrics.expectTimer("kassa_klarna_call_seconds", [("purpose", "read_hpp_session")])
        // Not of what did not leave.
        #expect(timer.values == [120_000_000, 0, 0, 0, 0])
        let open = try metrics.expectGauge("kassa_klarna_breaker_open", [("account", "shop")])
        #expect(open.lastValue == 0)
        let skew = try metrics.expectGauge("kassa_klarna_clock_skew_seconds", [("account", "shop")])
        #expect((7199...7201).contains(try #require(skew.lastValue)))
        klarna.answer = { _ in InboundResponse(status: 500) }
        for _ in 0..<20 {
            time.advance(by: .seconds(30))
            for _ in 0..<3 { _ = await client.urgent.failure() }
            time.advance(by: .milliseconds(100))
            for _ in 0..<17 {
                time.advance(by: .milliseconds(100))
                _ = await client.urgent.failure()
            }
        }
        #expect(open.lastValue == 1)
        // Nothing is made for a call.
        #expect(metrics.counters.count + metrics.timers.count + metrics.recorders.count == made)
    }
}
