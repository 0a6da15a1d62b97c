/// Every metric that `/metrics` may show. `docs/metrics.md` says the same, and a test compares the two.
public enum MetricsTable {
    public static let rows: [Metric] = counted + looked

    /// Those that rooms count through swift-metrics, under these names.
    static let counted: [Metric] = [
        Metric(
            "kassa_callbacks_total",
            .counter,
            .count,
            ["result"],
            "Callbacks from Klarna that were written down.",
        ),
        Metric(
            "kassa_checkouts_ended_total",
            .counter,
            .count,
            ["status"],
            "Checkouts that ended, by the status in which they did.",
        ),
        Metric("kassa_checkouts_opened_total", .counter, .count, "Checkouts that were begun."),
        Metric(
            "kassa_http_responses_total",
            .counter,
            .count,
            ["area", "class"],
            "Answers given over HTTP, by area of the interface and class of status.",
        ),
        Metric(
            "kassa_job_wait_seconds",
            .histogram(bounds: [0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]),
            .seconds,
            ["kind"],
            "How long after its time a job was begun; the count is of the jobs begun.",
        ),
        Metric(
            "kassa_jobs_failed_total",
            .counter,
            .count,
            ["kind"],
            "Jobs that were put off because of an error.",
        ),
        Metric(
            "kassa_klarna_breaker_open",
            .gauge,
            .truth,
            ["account"],
            "Whether calls to Klarna are held back, because Klarna did not work.",
        ),
        Metric(
            "kassa_klarna_call_seconds",
            .histogram(bounds: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30]),
            .seconds,
            ["purpose"],
            "How long calls to Klarna took, answered or not.",
        ),
        Metric(
            "kassa_klarna_calls_total",
            .counter,
            .count,
            ["account", "purpose", "outcome"],
            "Calls to Klarna, by what they were for and what became of them.",
        ),
        Metric(
            "kassa_operations_total",
            .counter,
            .count,
            ["effect", "outcome"],
            "What was done with orders, here and elsewhere, by what became of it.",
        ),
        Metric(
            "kassa_klarna_clock_skew_seconds",
            .gauge,
            .seconds,
            ["account"],
            "How far Klarna's clock is ahead of ours. 0 until it was heard.",
        ),
    ]

    /// Those that are looked up when somebody asks for them.
    static let looked: [Metric] = [
        .buildInfo, .checkoutsUnsettled, .jobs, .jobsDue, .metricsRefused, .oldestUnsettled, .orphanCallbacks, .ready,
        .storeUp, .timeToDeadline, .processCPU, .processDescriptorsMax, .processDescriptors, .processMemory,
        .processStart,
    ]
}

extension Metric {
    init(_ name: String, _ kind: Kind, _ unit: Unit, _ help: String) { self.init(name, kind, unit, [], help) }

    public static let buildInfo = Metric(
        "kassa_build_info",
        .gauge,
        .truth,
        ["version"],
        "Always 1: the running version.",
    )
    public static let checkoutsUnsettled = Metric(
        "kassa_checkouts_unsettled",
        .gauge,
        .count,
        ["status"],
        "Checkouts that have not ended, or that a person must look at.",
    )
    public static let jobs = Metric("kassa_jobs", .gauge, .count, ["kind"], "Jobs that wait or are worked on.")
    public static let jobsDue = Metric(
        "kassa_jobs_due",
        .gauge,
        .count,
        ["kind"],
        "Jobs whose time has come and that nobody works on.",
    )
    public static let metricsRefused = Metric(
        "kassa_metrics_refused_total",
        .counter,
        .count,
        "Metrics that were made with an undeclared name or label, or an unusual value. A defect, unless it is 0.",
    )
    public static let oldestUnsettled = Metric(
        "kassa_oldest_unsettled_seconds",
        .gauge,
        .seconds,
        ["status"],
        "Age of the oldest checkout that has not ended, or that a person must look at. 0 when there is none.",
    )
    public static let orphanCallbacks = Metric(
        "kassa_orphan_callbacks",
        .gauge,
        .count,
        "Callbacks for checkouts that are not in the database: it was restored from an older copy.",
    )
    public static let ready = Metric(
        "kassa_ready",
        .gauge,
        .truth,
        ["part"],
        "Whether a part worked when it was last examined.",
    )
    public static let storeUp = Metric(
        "kassa_store_up",
        .gauge,
        .truth,
        "Whether the database answered in time for this page. If not, what it would tell is missing.",
    )
    public static let timeToDeadline = Metric(
        "kassa_time_to_deadline_seconds",
        .gauge,
        .seconds,
        ["kind"],
        "Time until the nearest deadline of the jobs, by Klarna's clock. Negative once it has passed; missing without one.",
    )

    static let processCPU = Metric(
        "process_cpu_seconds_total",
        .counter,
        .seconds,
        "Processor time that was used, by the program and by the system for it.",
    )
    static let processDescriptorsMax = Metric("process_max_fds", .gauge, .count, "Most open file descriptors allowed.")
    static let processDescriptors = Metric("process_open_fds", .gauge, .count, "Open file descriptors.")
    static let processMemory = Metric("process_resident_memory_bytes", .gauge, .bytes, "Memory in use.")
    static let processStart = Metric(
        "process_start_time_seconds",
        .gauge,
        .seconds,
        "When the process was started, since 1970 in UTC.",
    )
}
