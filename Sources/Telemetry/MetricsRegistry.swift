public import Metrics
internal import Synchronization

/// Keeps what is counted through swift-metrics, as Prometheus counts: the back end of that facade.
///
/// Only declared metrics with their declared labels are kept. Whoever makes one that is not gets a handler that does
/// nothing, and `kassa_metrics_refused_total` grows.
///
/// Making a metric takes a lock and counting does not, so that a metric is best made once and kept.
public final class MetricsRegistry: MetricsFactory {
    /// The one that every metric of this process goes to that was not made for another.
    public static let ofProcess: MetricsRegistry = {
        let registry = MetricsRegistry()
        MetricsSystem.bootstrap(registry)
        return registry
    }()

    private let known: [String: Metric]
    private let seriesMax: Int
    private let series = Mutex<[Metric: [[String]: any Series]]>([:])
    private let refused = CounterSeries()

    /// Beyond `seriesMax` series of one metric, all further ones are counted together, with `other` for each label.
    public init(_ metrics: [Metric] = MetricsTable.rows, seriesMax: Int = 8192) {
        known = Dictionary(metrics.map { ($0.name, $0) }) { first, _ in first }
        self.seriesMax = seriesMax
    }

    /// Everything that was counted up to now.
    public func exposition() -> Exposition {
        var exposition = Exposition()
        let counted = series.withLock { series in series.mapValues { others in others.mapValues { $0.reading } } }
        for (metric, readings) in counted {
            for (values, reading) in readings { exposition.add(metric, reading, values) }
        }
        exposition.add(.metricsRefused, refused.reading, [])
        return exposition
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        find(CounterSeries.self, label, dimensions) ?? NOOPMetricsHandler.instance
    }

    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)],
    ) -> any FloatingPointCounterHandler {
        find(CounterSeries.self, label, dimensions) ?? NOOPMetricsHandler.instance
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        find(GaugeSeries.self, label, dimensions) ?? NOOPMetricsHandler.instance
    }

    public func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool,
    ) -> any RecorderHandler {
        guard aggregate else { return find(GaugeSeries.self, label, dimensions) ?? NOOPMetricsHandler.instance }
        return find(HistogramSeries.self, label, dimensions) ?? NOOPMetricsHandler.instance
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        find(HistogramSeries.self, label, dimensions) ?? NOOPMetricsHandler.instance
    }

    public func destroyCounter(_ handler: any CounterHandler) { drop(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { drop(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { drop(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { drop(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { drop(handler) }

    /// The series of a metric under these labels, made if it is not there yet; `nil` when there can be none.
    private func find<Wanted: Series>(
        _: Wanted.Type,
        _ name: String,
        _ dimensions: [(String, String)],
    ) -> Wanted? {
        guard let metric = known[name], let given = metric.values(dimensions), let new = Wanted(metric.kind) else {
            refused.increment(by: Int64(1))
            return nil
        }
        let values = given.map { Metric.isValue($0) ? $0 : Metric.otherValue }
        let (found, isAsGiven) = series.withLock { series in
            let others = series[metric] ?? [:]
            let isRoom = others[values] != nil || others.count < seriesMax
            let key = isRoom ? values : values.map { _ in Metric.otherValue }
            // A metric has one kind, and with it all its series.
            let found = others[key] as? Wanted ?? new
            series[metric, default: [:]][key] = found
            return (found, isRoom && values == given)
        }
        if !isAsGiven { refused.increment(by: Int64(1)) }
        return found
    }

    private func drop(_ handler: AnyObject) {
        series.withLock { series in
            for (metric, others) in series {
                series[metric] = others.filter { $0.value !== handler }
            }
        }
    }
}
