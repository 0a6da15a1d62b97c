@testable import Telemetry
import Testing

@Suite("An exposition")
struct ExpositionTests {
    private static let gauge = Metric("kassa_a", .gauge, .count, ["kind", "part"], "Some \"things\"\nin a \\.")
    private static let histogram = Metric(
        "kassa_b_seconds",
        .histogram(bounds: [0.5, 1]),
        .seconds,
        ["kind"],
        "Long.",
    )
    private static let counter = Metric("kassa_c_total", .counter, .count, [], "Many.")

    @Test func `has help, type and lines of each metric, by name and labels`() {
        var exposition = Exposition()
        exposition.add(ExpositionTests.counter, 7)
        exposition.add(ExpositionTests.histogram, .distribution(counts: [2, 0, 1], sum: 3.25), ["place"])
        exposition.add(ExpositionTests.gauge, -1.5, "b", "x\\y\"z\n")
        exposition.add(ExpositionTests.gauge, 0, "a", "z")
        exposition.add(ExpositionTests.gauge, 0, "a", "é")
        #expect(
            String(decoding: exposition.bytes, as: UTF8.self) == #"""
                # HELP kassa_a Some "things"\nin a \\.
                # TYPE kassa_a gauge
                kassa_a{kind="a",part="z"} 0
                kassa_a{kind="a",part="é"} 0
                kassa_a{kind="b",part="x\\y\"z\n"} -1.5
                # HELP kassa_b_seconds Long.
                # TYPE kassa_b_seconds histogram
                kassa_b_seconds_bucket{kind="place",le="0.5"} 2
                kassa_b_seconds_bucket{kind="place",le="1"} 2
                kassa_b_seconds_bucket{kind="place",le="+Inf"} 3
                kassa_b_seconds_sum{kind="place"} 3.25
                kassa_b_seconds_count{kind="place"} 3
                # HELP kassa_c_total Many.
                # TYPE kassa_c_total counter
                kassa_c_total 7

                """#
        )
    }

    @Test func `has each series once`() {
        var exposition = Exposition()
        exposition.add(ExpositionTests.counter, 7)
        exposition.add(ExpositionTests.counter, 8)
        #expect(String(decoding: exposition.bytes, as: UTF8.self).hasSuffix("counter\nkassa_c_total 8\n"))
    }

    @Test(arguments: [
        (0.0, "0"), (-0.0, "0"), (12, "12"), (-3, "-3"), (0.25, "0.25"), (1e15, "1000000000000000"),
        (9_007_199_254_740_992, "9007199254740992.0"), (1e300, "1e+300"), (1e-9, "1e-09"), (.nan, "NaN"),
        (.infinity, "+Inf"), (-.infinity, "-Inf"),
    ])
    func `writes numbers as Prometheus reads them`(number: Double, text: String) {
        #expect(Exposition.number(number) == text)
    }
}

@Suite("A metric")
struct MetricTests {
    @Test(arguments: [
        ("kassa_jobs", true), ("_x", true), ("Kassa2", true), ("", false), ("2kassa", false), ("kassa-jobs", false),
        ("kassa:jobs", false), ("kassa jobs", false), ("kassä", false), ("kassa\n", false),
    ])
    func `has a name that Prometheus takes`(name: String, isName: Bool) {
        #expect(Metric.isName(name) == isName)
    }

    @Test(arguments: [("kind", true), ("le", false), ("__name__", false), ("_le", true), ("", false)])
    func `has labels that are its own`(label: String, isLabel: Bool) {
        #expect(Metric.isLabel(label) == isLabel)
    }

    @Test(arguments: [
        ("in_progress", true), ("2xx", true), ("default", true), ("north-america", true), ("a", true), ("404", true),
        (String(repeating: "a", count: 32), true), (String(repeating: "a", count: 33), false), ("", false),
        ("shopper@example.com", false), ("Anna", false), ("0701740605", false), ("4103219202", false),
        ("b4bd3423-24e3-4e75-b2a7-3f1a4d1d3e6e", false), ("0b1d9815-165e-42e2-8867-35bc03789e00", false),
        ("chk_01JZ8R2V7M6Q4T9X3B5N1C0D8E", false), ("/return/x", false), ("two words", false), ("a\"b", false),
        ("kp_dGVzdA", false), ("ordning\n", false), ("åäö", false),
    ])
    func `is told apart by words of ours, and by nothing that could be a person's or a secret`(
        value: String,
        isValue: Bool,
    ) {
        #expect(Metric.isValue(value) == isValue)
    }
}
