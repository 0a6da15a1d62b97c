import Metrics
@testable import Telemetry
import Testing

@Suite("The registry of metrics")
struct MetricsRegistryTests {
    private static let calls = Metric("calls_total", .counter, .count, ["purpose", "outcome"], "Calls.")
    private static let depth = Metric("depth", .gauge, .count, [], "Depth.")
    private static let duration = Metric("duration_seconds", .histogram(bounds: [0.1, 1, 10]), .seconds, [], "Long.")
    private let registry = MetricsRegistry([calls, depth, duration], seriesMax: 3)

    @Test func `keeps what is counted through the facade`() {
        withMetricsFactory(registry) {
            Counter(label: "calls_total", dimensions: [("purpose", "read"), ("outcome", "ok")]).increment(by: 2)
            FloatingPointCounter(label: "calls_total", dimensions: [("outcome", "ok"), ("purpose", "read")])
                .increment(by: 0.5)
            Meter(label: "depth").set(7)
            Meter(label: "depth").decrement(by: 2.5)
            Timer(label: "duration_seconds").recordMilliseconds(100)
            Recorder(label: "duration_seconds").record(11)
        }
        #expect(
            lines == [
                #"calls_total{purpose="read",outcome="ok"} 2.5"#, "depth 4.5", #"duration_seconds_bucket{le="0.1"} 1"#,
                #"duration_seconds_bucket{le="1"} 1"#, #"duration_seconds_bucket{le="10"} 1"#,
                #"duration_seconds_bucket{le="+Inf"} 2"#, "duration_seconds_sum 11.1", "duration_seconds_count 2",
                "kassa_metrics_refused_total 0",
            ]
        )
    }

    @Test func `takes a gauge of either make`() {
        withMetricsFactory(registry) { Gauge(label: "depth").record(3) }
        #expect(lines.first == "depth 3")
    }

    @Test(arguments: [
        ("unknown_total", [("purpose", "read"), ("outcome", "ok")]), ("calls_total", []),
        ("calls_total", [("purpose", "read")]), ("calls_total", [("purpose", "read"), ("path", "x")]),
        ("calls_total", [("purpose", "read"), ("purpose", "ok")]),
        ("calls_total", [("purpose", "read"), ("outcome", "ok"), ("email", "x")]), ("depth", []),
        ("duration_seconds", []),
    ])
    func `keeps nothing that is not declared, and says so`(name: String, dimensions: [(String, String)]) {
        withMetricsFactory(registry) { Counter(label: name, dimensions: dimensions).increment() }
        #expect(lines == ["kassa_metrics_refused_total 1"])
    }

    @Test func `keeps every metric to its kind`() {
        withMetricsFactory(registry) {
            Timer(label: "depth").recordSeconds(1)
            Recorder(label: "depth", aggregate: true).record(1)
            Meter(label: "duration_seconds").set(1)
            Gauge(label: "duration_seconds").record(1)
        }
        #expect(lines == ["kassa_metrics_refused_total 4"])
    }

    @Test func `shows no value that is not a word of ours`() {
        withMetricsFactory(registry) {
            let dimensions = [("purpose", "shopper@example.com"), ("outcome", "ok")]
            Counter(label: "calls_total", dimensions: dimensions).increment()
        }
        #expect(lines == [#"calls_total{purpose="other",outcome="ok"} 1"#, "kassa_metrics_refused_total 1"])
    }

    @Test func `counts together what has more series than it keeps`() {
        withMetricsFactory(registry) {
            for purpose in ["a", "b", "c", "d", "e", "a"] {
                Counter(label: "calls_total", dimensions: [("purpose", purpose), ("outcome", "ok")]).increment()
            }
        }
        #expect(
            lines == [
                #"calls_total{purpose="a",outcome="ok"} 2"#, #"calls_total{purpose="b",outcome="ok"} 1"#,
                #"calls_total{purpose="c",outcome="ok"} 1"#, #"calls_total{purpose="other",outcome="other"} 2"#,
                "kassa_metrics_refused_total 2",
            ]
        )
    }

    @Test func `never lets a counter shrink or a sum be spoilt`() {
        withMetricsFactory(registry) {
            let dimensions = [("purpose", "read"), ("outcome", "ok")]
            let counter = FloatingPointCounter(label: "calls_total", dimensions: dimensions)
            for amount in [1, -1, .nan, .infinity, -.infinity] as [Double] { counter.increment(by: amount) }
            Counter(label: "calls_total", dimensions: dimensions).increment(by: -5)
            let recorder = Recorder(label: "duration_seconds")
            for value in [.nan, .infinity, 0.5] as [Double] { recorder.record(value) }
            Timer(label: "duration_seconds").recordNanoseconds(Int64.min)
            let meter = Meter(label: "depth")
            for amount in [1, .nan, .infinity] as [Double] { meter.increment(by: amount) }
        }
        #expect(lines.first == #"calls_total{purpose="read",outcome="ok"} 1"#)
        #expect(lines.contains("depth 1"))
        #expect(lines.contains("duration_seconds_sum 0.5") && lines.contains("duration_seconds_count 2"))
    }

    @Test func `goes on counting where it stood when a metric is made again, unless it was destroyed`() {
        withMetricsFactory(registry) {
            let dimensions = [("purpose", "read"), ("outcome", "ok")]
            for _ in 1...3 { Counter(label: "calls_total", dimensions: dimensions).increment() }
            #expect(lines.first?.hasSuffix(" 3") == true)
            Counter(label: "calls_total", dimensions: dimensions).destroy()
            #expect(lines == ["kassa_metrics_refused_total 0"])
            Counter(label: "calls_total", dimensions: dimensions).increment()
            Counter(label: "calls_total", dimensions: dimensions).reset()
            #expect(lines.first?.hasSuffix(" 0") == true)
        }
    }

    @Test func `loses nothing when many count at once`() async {
        let (tasks, each) = (4, 40_000)
        await withTaskGroup { group in
            for _ in 1...tasks {
                group.addTask {
                    withMetricsFactory(registry) {
                        let dimensions = [("purpose", "read"), ("outcome", "ok")]
                        let whole = Counter(label: "calls_total", dimensions: dimensions)
                        let half = FloatingPointCounter(label: "calls_total", dimensions: dimensions)
                        let (meter, timer) = (Meter(label: "depth"), Timer(label: "duration_seconds"))
                        // One after the other, so that the tasks meet.
                        for _ in 1...each { whole.increment() }
                        for _ in 1...each { half.increment(by: 0.5) }
                        for _ in 1...each { meter.increment() }
                        for _ in 1...each { timer.recordSeconds(1) }
                    }
                }
            }
        }
        let sum = tasks * each
        #expect(lines.contains(#"calls_total{purpose="read",outcome="ok"} \#(sum * 3 / 2)"#))
        #expect(lines.contains("depth \(sum)"))
        #expect(lines.contains("duration_seconds_count \(sum)") && lines.contains("duration_seconds_sum \(sum)"))
    }

    private var lines: [String] {
        String(decoding: registry.exposition().bytes, as: UTF8.self).split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("#") }
    }
}
