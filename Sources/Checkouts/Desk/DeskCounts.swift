internal import Klarna
internal import Metrics
internal import Wire

/// What the desk and the worker count. Made once, with the desk.
struct DeskCounts: Sendable {
    /// What became of a callback; the raw value is its name in metrics.
    enum CallbackResult: String, CaseIterable {
        case recorded
        /// Its checkout is not known here.
        case orphan
    }

    /// What became of an operation on an order; the raw value is its name in metrics.
    enum OperationResult: String, CaseIterable {
        case succeeded, failed
        /// Nobody asked for it here.
        case elsewhere
    }

    private let openedCheckouts = Counter(label: "kassa_checkouts_opened_total")
    private let endedCheckouts: [Checkout.Status: Counter]
    private let callbacks: [CallbackResult: Counter]
    private let operations: [String: Counter]
    private let jobWaits: [JobOrder.Kind: Timer]
    private let failedJobs: [JobOrder.Kind: Counter]

    init() {
        endedCheckouts = DeskCounts.each(Checkout.Status.allCases.filter(\.isFinal)) {
            Counter(label: "kassa_checkouts_ended_total", dimensions: [("status", $0.rawValue)])
        }
        callbacks = DeskCounts.each(CallbackResult.allCases) {
            Counter(label: "kassa_callbacks_total", dimensions: [("result", $0.rawValue)])
        }
        let words = OrderEffect.words.flatMap { word in OperationResult.allCases.map { (word, $0.rawValue) } }
        operations = Dictionary(
            uniqueKeysWithValues: words.map { effect, outcome in
                let dimensions = [("effect", effect), ("outcome", outcome)]
                return ("\(effect) \(outcome)", Counter(label: "kassa_operations_total", dimensions: dimensions))
            }
        )
        jobWaits = DeskCounts.each(JobOrder.Kind.allCases) {
            Timer(label: "kassa_job_wait_seconds", dimensions: [("kind", $0.rawValue)])
        }
        failedJobs = DeskCounts.each(JobOrder.Kind.allCases) {
            Counter(label: "kassa_jobs_failed_total", dimensions: [("kind", $0.rawValue)])
        }
    }

    func opened() { openedCheckouts.increment() }

    /// Counts a checkout that came to its end, or from one end to another: an order that was found late.
    func moved(from before: Checkout.Status, to after: Checkout.Status) {
        guard before != after else { return }
        endedCheckouts[after]?.increment()
    }

    /// Counts the operations that were settled between two versions of a checkout.
    func settled(between before: Checkout, and after: Checkout) {
        guard !after.operations.isEmpty else { return }
        let known = Set(before.operations.filter { !$0.isPending }.map(\.id))
        for operation in after.operations where !operation.isPending && !known.contains(operation.id) {
            let result: OperationResult =
                switch operation.outcome {
                case .failed: .failed
                case .pending, .succeeded: operation.origin == .api ? .succeeded : .elsewhere
                }
            operations["\(operation.effect.word) \(result.rawValue)"]?.increment()
        }
    }

    func callback(_ result: CallbackResult) { callbacks[result]?.increment() }

    func begun(_ kind: JobOrder.Kind, after wait: Duration) { jobWaits[kind]?.recordMilliseconds(wait.milliseconds) }

    func failed(_ kind: JobOrder.Kind) { failedJobs[kind]?.increment() }

    private static func each<Key: Hashable, Value>(_ keys: [Key], _ make: (Key) -> Value) -> [Key: Value] {
        Dictionary(uniqueKeysWithValues: keys.map { ($0, make($0)) })
    }
}
