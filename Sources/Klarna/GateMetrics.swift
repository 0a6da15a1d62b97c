internal import Metrics
internal import Wire

/// What a gate counts and measures, made once.
struct GateMetrics: Sendable {
    private let calls: [Series: Counter]
    private let durations: [CallPurpose: Timer]
    private let breakerOpen: Gauge
    private let clockSkew: Gauge

    private struct Series: Hashable {
        let purpose: CallPurpose
        let outcome: CallOutcome
    }

    init(account: String) {
        var calls: [Series: Counter] = [:]
        var durations: [CallPurpose: Timer] = [:]
        for purpose in CallPurpose.allCases {
            for outcome in CallOutcome.allCases {
                calls[Series(purpose: purpose, outcome: outcome)] = Counter(
                    label: "kassa_klarna_calls_total",
                    dimensions: [
                        ("account", account), ("purpose", purpose.rawValue), ("outcome", outcome.rawValue),
                    ],
                )
            }
            durations[purpose] = Timer(
                label: "kassa_klarna_call_seconds",
                dimensions: [("purpose", purpose.rawValue)],
            )
        }
        self.calls = calls
        self.durations = durations
        breakerOpen = Gauge(label: "kassa_klarna_breaker_open", dimensions: [("account", account)])
        clockSkew = Gauge(label: "kassa_klarna_clock_skew_seconds", dimensions: [("account", account)])
        breakerOpen.record(0)
    }

    func count(_ purpose: CallPurpose, _ outcome: CallOutcome) {
        calls[Series(purpose: purpose, outcome: outcome)]?.increment()
    }

    func time(_ purpose: CallPurpose, _ duration: Duration) {
        durations[purpose]?.recordMilliseconds(duration.milliseconds)
    }

    func breaker(isOpen: Bool) { breakerOpen.record(isOpen ? 1 : 0) }

    func skew(_ skew: Duration) { clockSkew.record(Double(skew.milliseconds) / 1000) }
}
