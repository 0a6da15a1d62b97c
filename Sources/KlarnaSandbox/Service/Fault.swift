import Wire

/// Trouble on order: what goes wrong for the next requests or callbacks that it fits.
struct Fault: Sendable {
    enum Effect: Sendable, Hashable {
        /// Another service answers with this status; the work is not done.
        case status(Int)
        /// The work is done at once, its answer comes late.
        case delay(Duration)
        /// The connection closes and the work is not done.
        case closeBefore
        /// The work is done and the connection closes without an answer.
        case closeAfter
        /// The work is done and the answer is 200 with bytes that are not JSON.
        case garbage
        case callbackDrop
        case callbackDuplicate
        case callbackDelay(Duration)

        var concernsCallbacks: Bool {
            switch self {
            case .status, .delay, .closeBefore, .closeAfter, .garbage: false
            case .callbackDrop, .callbackDuplicate, .callbackDelay: true
            }
        }

        /// Reads `status:503`, `delay_ms:5000`, `close_before` and the others of the sandbox's interface.
        init?(_ text: String) {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let number = parts.count == 2 ? Int(parts[1]) : nil
            switch (parts[0], number) {
            case ("status", let status?) where (300...599).contains(status): self = .status(status)
            case ("delay_ms", let delay?) where Fault.delays.contains(delay): self = .delay(.milliseconds(delay))
            case ("callback_delay_ms", let delay?) where Fault.delays.contains(delay):
                self = .callbackDelay(.milliseconds(delay))
            case ("close_before", nil) where parts.count == 1: self = .closeBefore
            case ("close_after", nil) where parts.count == 1: self = .closeAfter
            case ("garbage", nil) where parts.count == 1: self = .garbage
            case ("callback_drop", nil) where parts.count == 1: self = .callbackDrop
            case ("callback_duplicate", nil) where parts.count == 1: self = .callbackDuplicate
            case _: return nil
            }
        }
    }

    /// Milliseconds; ten minutes are longer than anybody waits.
    private static let delays = 0...600_000

    /// In upper case; `nil` fits every method.
    let method: String?
    /// A prefix of the paths it fits.
    let path: String
    var remaining: Int64
    let effect: Effect
    let text: String

    /// Reads `{"method", "path", "count", "effect"}`. Only the effect is required: once, for whatever comes next.
    init(_ body: JSONObject) throws(KlarnaRefusal) {
        let wrongPaths = Fault.shape.wrongPaths(in: .object(body), at: "")
        guard wrongPaths.isEmpty, let text = body.string("effect"), let effect = Effect(text) else {
            throw .badValue(wrongPaths)
        }
        let method = body.string("method")?.uppercased() ?? "*"
        self.method = method == "*" || method.isEmpty ? nil : method
        path = body.string("path") ?? "/"
        remaining = body.integer("count") ?? 1
        self.effect = effect
        self.text = text
    }

    private static let shape = Shape.object([
        optional("method", .text()), optional("path", .text { $0.isEmpty || $0.hasPrefix("/") }),
        optional("count", .integer(1...Int64.max)), required("effect", .text { Effect($0) != nil }),
    ])

    func fits(_ method: String, _ paths: [String]) -> Bool {
        (self.method ?? method) == method && paths.contains { $0.hasPrefix(path) }
    }
}

extension [Fault] {
    /// Takes one turn of the first fault that fits.
    mutating func take(_ method: String, _ paths: [String], forCallback: Bool) -> Fault? {
        guard let index = firstIndex(where: { $0.effect.concernsCallbacks == forCallback && $0.fits(method, paths) })
        else { return nil }
        let fault = self[index]
        if fault.remaining > 1 { self[index].remaining -= 1 } else { remove(at: index) }
        return fault
    }
}
