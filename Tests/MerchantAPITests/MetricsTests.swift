import Checkouts
import HTTPMessage
import HTTPServer
import HTTPTypes
import Logging
@testable import MerchantAPI
import Metrics
import Synchronization
@testable import Telemetry
import Testing
import TimeAndChance
import Wire

@Suite("The metrics")
struct MetricsTests {
    @Test func `are answered as Prometheus asks for them`() async throws {
        let process = Watched()
        for method in [HTTPRequest.Method.get, .head] {
            let response = await process.router.answer(Request(method: method, path: "/metrics"))
            #expect(response.status == .ok)
            #expect(response.fields[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(response.fields[.cacheControl] == "no-store")
        }
    }

    @Test func `are whole, well-formed and declared`() async throws {
        let process = Watched()
        process.count()
        let text = await process.text()
        var declared: [String: String] = [:]
        var seen: Set<Substring> = []
        for line in text.split(separator: "\n") {
            if let help = line.wholeMatch(of: /# HELP ([a-z_]+) [A-Z0-9].*\./) {
                #expect(declared.updateValue("", forKey: String(help.1)) == nil)
            } else if let type = line.wholeMatch(of: /# TYPE ([a-z_]+) (counter|gauge|histogram)/) {
                #expect(declared.updateValue(String(type.2), forKey: String(type.1)) == "")
            } else {
                let sample = try #require(
                    line.wholeMatch(of: /(([a-z_]+)(?:\{(?:[a-z]+="[^"\\\n]*",?)+\})?) (?:[-+0-9.e]+|\+Inf|NaN)/),
                    "\(line)",
                )
                let name = String(sample.2).replacing(/_(bucket|sum|count)$/, with: "")
                #expect(declared[name] == "histogram" || declared[String(sample.2)]?.isEmpty == false)
                #expect(seen.insert(sample.1).inserted)
            }
        }
        let known = MetricsTable.rows.map { ($0.name, $0.kind.word) }
        #expect(declared.filter { $0.value != "" } == declared)
        #expect(declared == Dictionary(uniqueKeysWithValues: known))
        #expect(text.hasSuffix("\n"))
    }

    @Test func `tell what waits, and how long it still can by Klarna's clock`() async {
        let process = Watched()
        let lines = Set(await process.text().split(separator: "\n").map(String.init))
        for line in [
            #"kassa_checkouts_unsettled{status="authorized"} 2"#, #"kassa_checkouts_unsettled{status="waiting"} 0"#,
            #"kassa_checkouts_unsettled{status="needs_review"} 1"#,
            #"kassa_oldest_unsettled_seconds{status="authorized"} 90"#,
            #"kassa_oldest_unsettled_seconds{status="waiting"} 0"#, #"kassa_jobs{kind="place"} 3"#,
            #"kassa_oldest_unsettled_seconds{status="needs_review"} 0"#, #"kassa_jobs_due{kind="place"} 1"#,
            #"kassa_time_to_deadline_seconds{kind="place"} -7140.5"#, #"kassa_jobs{kind="read_order"} 0"#,
            "kassa_orphan_callbacks 4", "kassa_store_up 1", #"kassa_build_info{version="1.2.3-beta"} 1"#,
            "kassa_metrics_refused_total 0",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        #expect(!lines.contains { $0.hasPrefix(#"kassa_checkouts_unsettled{status="cancelled""#) })
        #expect(!lines.contains { $0.hasPrefix(#"kassa_time_to_deadline_seconds{kind="observe""#) })
    }

    @Test func `tell the rest when the store fails`() async {
        let process = Watched()
        process.count()
        process.store.fail()
        let text = await process.text()
        #expect(text.contains("kassa_store_up 0\n"))
        #expect(text.contains("process_open_fds ") && text.contains(#"outcome="ok"} 1"#))
        #expect(!text.contains("kassa_jobs{") && !text.contains("kassa_checkouts_unsettled{"))
        #expect(!text.contains("secret"))
        process.store.pass(.seconds(1))
        process.store.fail(false)
        #expect(await process.text().contains("kassa_store_up 1\n"))
    }

    @Test func `do without a store that does not answer, and do not ask it again before it did`() async {
        let process = Watched(answersLate: true)
        // Waiting takes no time here.
        #expect(await process.text().contains("kassa_store_up 0\n"))
        await process.store.wasAsked()
        #expect(await process.text().contains("kassa_store_up 0\n"))
        process.store.pass(.seconds(60))
        #expect(await process.text().contains("kassa_store_up 0\n"))
        process.store.waitForEver()
        process.store.answer()
        #expect(await process.text().contains("kassa_store_up 1\n"))
        #expect(process.store.asked == 1)
    }

    @Test func `ask the store once a second, however many ask for them`() async {
        let process = Watched()
        await withTaskGroup { group in
            for _ in 1...100 { group.addTask { await process.text() } }
            for await text in group { #expect(text.contains("kassa_store_up 1\n")) }
        }
        process.store.pass(.milliseconds(999))
        _ = await process.text()
        #expect(process.store.asked == 1)
        process.store.pass(.milliseconds(1))
        _ = await process.text()
        #expect(process.store.asked == 2)
    }

    @Test func `name the parts that do not work`() async {
        let process = Watched()
        #expect(await process.text().contains("kassa_ready{part=\"clock\"} 1\nkassa_ready{part=\"database\"} 1\n"))
        process.store.fail()
        _ = await process.readiness.failures()
        #expect(await process.text().contains("kassa_ready{part=\"clock\"} 1\nkassa_ready{part=\"database\"} 0\n"))
    }

    @Test func `count answers by area and class, and show no path`() async {
        let process = Watched()
        for path in ["/metrics", "/metrics", "/callbacks/s3cret/status", "/v1/x"] {
            _ = await process.router.answer(Request(method: .get, path: path))
        }
        let text = await process.text()
        #expect(text.contains(#"kassa_http_responses_total{area="metrics",class="2xx"} 2"#))
        #expect(text.contains(#"kassa_http_responses_total{area="callbacks",class="4xx"} 1"#))
        #expect(text.contains(#"kassa_http_responses_total{area="api",class="4xx"} 1"#))
        #expect(text.contains(#"kassa_http_responses_total{area="return",class="3xx"} 0"#))
        #expect(!text.contains("s3cret"))
    }

    @Test func `of the whole service follow what happens`() async throws {
        try await Site.open(works: false) { site in
            let closed = try await site.openCheckout()
            _ = try await site.call("DELETE", "/v1/checkouts/\(closed.id)")
            let open = try await site.openCheckout()
            _ = try await site.send("POST", site.callbackPath(open.id), body: Array("{}".utf8))
            let answer = try await site.send("GET", "/metrics")
            #expect(answer.status == 200 && answer["Content-Type"] == Exposition.contentType)
            let lines = Set(answer.text.split(separator: "\n").map(String.init))
            for line in [
                "kassa_checkouts_opened_total 2", #"kassa_checkouts_ended_total{status="disabled"} 1"#,
                #"kassa_callbacks_total{result="recorded"} 1"#, #"kassa_checkouts_unsettled{status="waiting"} 1"#,
                #"kassa_jobs_due{kind="hint"} 1"#, #"kassa_http_responses_total{area="api",class="2xx"} 3"#,
                #"kassa_http_responses_total{area="callbacks",class="2xx"} 1"#, "kassa_metrics_refused_total 0",
            ] {
                #expect(lines.contains(line), "\(line)")
            }
            #expect(!answer.text.contains("secret") && !answer.text.contains(open.id.rawValue))
        }
    }

    @Test func `count what is done with orders, by what became of it`() async throws {
        try await Site.open { site in
            let placed = try await site.placedCheckout()
            let path = "/v1/checkouts/\(placed.id)/captures"
            #expect(try await site.call("POST", path, ["amount": 100], idempotencyKey: "k1").status == 201)
            let refusal: JSON = ["error_code": "CAPTURE_NOT_ALLOWED"]
            let order = "/ordermanagement/v1/orders/order-token-of-\(placed.page)"
            site.klarna.fail("\(order)/captures", .answer(403, refusal))
            #expect(try await site.call("POST", path, ["amount": 100], idempotencyKey: "k2").status == 502)
            let lines = Set(try await site.send("GET", "/metrics").text.split(separator: "\n").map(String.init))
            for line in [
                #"kassa_operations_total{effect="capture",outcome="succeeded"} 1"#,
                #"kassa_operations_total{effect="capture",outcome="failed"} 1"#,
                #"kassa_operations_total{effect="refund",outcome="succeeded"} 0"#, "kassa_metrics_refused_total 0",
            ] {
                #expect(lines.contains(line), "\(line)")
            }
        }
    }

    @Test(arguments: [
        ("/v1/checkouts" as String?, AnswerCounts.Area.api), ("/callbacks/abc/status", .callbacks),
        ("/return/abc/success", .results), ("/checkout", .checkout), ("/health/ready", .health),
        ("/metrics", .metrics),
        ("/", .other), ("*", .other), ("/assets/result.css", .other), ("/v1x/", .other), ("", .other),
        (nil, .unreadable),
    ])
    func `know the area of a path`(path: String?, area: AnswerCounts.Area) {
        #expect(AnswerCounts.Area(path: path) == area)
    }
}

/// A process with two parts, its report, and a store that does as it is told.
private struct Watched {
    let store: StoreAtWill
    let readiness: Readiness
    let router: Router
    private let registry = MetricsRegistry()
    private let report: MetricsReport

    init(answersLate: Bool = false) {
        let store = StoreAtWill(answersLate: answersLate)
        readiness = Readiness(
            [Readiness.Check("database") { try store.check() }, Readiness.Check("clock") {}],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        )
        let report = MetricsReport(
            registry: registry,
            backlog: { try await store.backlog(at: $0) },
            readiness: readiness,
            version: "1.2.3-beta",
            surroundings: Surroundings(now: { store.now }, sleep: { _ in try await store.sleep() }),
            klarnaNow: { store.now + .seconds(7200) },
        )
        let counts = withMetricsFactory(registry) { AnswerCounts() }
        var router = Router { refusal, _ in Response(refusal.status) }
        report.addRoute(to: &router)
        router.afterwards { response, request in counts.count(response, path: request?.path) }
        self.report = report
        self.router = router
        self.store = store
    }

    func text() async -> String { String(decoding: await report.bytes(), as: UTF8.self) }

    /// Counts something in each metric that is counted.
    func count() {
        withMetricsFactory(registry) {
            for metric in MetricsTable.counted {
                let dimensions = metric.labels.map { ($0, "ok") }
                switch metric.kind {
                case .counter: Counter(label: metric.name, dimensions: dimensions).increment()
                case .gauge: Gauge(label: metric.name, dimensions: dimensions).record(1)
                case .histogram: Timer(label: metric.name, dimensions: dimensions).recordMilliseconds(20)
                }
            }
        }
    }
}

/// A store's backlog, at an hour that the test sets.
private final class StoreAtWill: Sendable {
    struct Broken: Error { let reason = "/secret/kassa.db is gone" }

    private struct State {
        var now = Timestamp(milliseconds: 1_800_000_000_000)
        var isBroken = false
        var waitsForEver: Bool
        var asked = 0
    }

    private let state: Mutex<State>
    private let answersLate: Bool
    private let question = AsyncStream.makeStream(of: Void.self)
    private let permission = AsyncStream.makeStream(of: Void.self)

    /// Nobody's patience ends before a store that answers at once has done so.
    init(answersLate: Bool) {
        self.answersLate = answersLate
        state = Mutex(State(waitsForEver: !answersLate))
    }

    var now: Timestamp { state.withLock(\.now) }
    var asked: Int { state.withLock(\.asked) }

    func pass(_ duration: Duration) { state.withLock { $0.now = $0.now + duration } }
    func fail(_ isBroken: Bool = true) { state.withLock { $0.isBroken = isBroken } }
    func waitForEver() { state.withLock { $0.waitsForEver = true } }
    func wasAsked() async { _ = await question.stream.first { _ in true } }
    func answer() { permission.continuation.yield() }

    func check() throws { if state.withLock(\.isBroken) { throw Broken() } }

    /// Takes no time, or never ends by itself.
    func sleep() async throws {
        guard state.withLock(\.waitsForEver) else { return }
        try await Task.sleep(for: .seconds(86_400))
    }

    func backlog(at now: Timestamp) async throws -> Backlog {
        state.withLock { $0.asked += 1 }
        question.continuation.yield()
        if answersLate { _ = await permission.stream.first { _ in true } }
        try check()
        var backlog = Backlog()
        backlog.checkouts[.authorized] = Backlog.Group(count: 2, oldestCreatedAt: now - .seconds(90))
        // Made before the clock was set back.
        backlog.checkouts[.needsReview] = Backlog.Group(count: 1, oldestCreatedAt: now + .seconds(90))
        backlog.jobs[.place] = Backlog.Queue(due: 1, count: 3, nextDeadline: now + .milliseconds(59_500))
        backlog.jobs[.observe] = Backlog.Queue(due: 0, count: 2, nextDeadline: nil)
        backlog.orphanCallbacks = 4
        return backlog
    }
}
