/// A ratio to a rival in the same rounds, and how far it has to go.
struct Goal {
    enum Measure: String {
        case rate = "requests/s"
        case cost = "CPU per request"
        case middle = "p50"
        case tail = "p99"
        case errors
        case start = "ms from start"
    }

    let ours: String
    let rival: String
    let measure: Measure
    let limit: Double
    /// Below the limit, but still good enough.
    var floor: Double?

    /// The line of the table: who, beside whom, what came out and whether that will do. The ratio of `costs`, which suffers
    /// least from whatever else the machine does, stands beside it.
    func cells(_ work: String, _ ratios: Figures, costs: Figures? = nil) -> [String] {
        let isLeast = measure == .rate
        let words = isLeast ? "at least \(text(limit, 2))" : "at most \(text(limit, 2))"
        // What is shown is what is judged.
        let ratio = (ratios.median * 100).rounded() / 100
        var verdict = (isLeast ? ratio >= limit : ratio <= limit) ? "yes" : "no"
        if verdict == "no", let floor, ratio >= floor { verdict = "above the floor of \(text(floor, 2))" }
        return [work, ours, rival, measure.rawValue, ratios.shown(2), words, verdict, costs?.shown(2) ?? ""]
    }

    static let columns = ["work", "Kassa's", "beside", "what", "ratio", "goal", "reached", "CPU ratio"]
}
