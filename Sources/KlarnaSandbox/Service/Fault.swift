import Wire

/// Trouble: what goes wrong for the requests or callbacks that it fits, once, some times, or for good.
struct Fault: Sendable, Hashable {
    /// In upper case; `nil` fits every method.
    let method: String?
    /// A prefix of the paths it fits.
    let path: String
    /// Of a hundred that it fits, how many it happens to.
    let percent: Int
    /// `nil` for ever.
    var remaining: Int64?
    let effect: FaultEffect

    /// Standing trouble.
    init(_ effect: FaultEffect, percent: Int, method: String? = nil, path: String = "/") {
        self.effect = effect
        self.percent = percent
        self.method = method
        self.path = path
        remaining = nil
    }

    /// Reads `{"method", "path", "count", "percent", "effect"}`. Only the effect is required: once, for whatever comes next.
    init(_ body: JSONObject) throws(KlarnaRefusal) {
        let wrongPaths = Fault.shape.wrongPaths(in: .object(body), at: "")
        guard wrongPaths.isEmpty, let effect = FaultEffect(body.string("effect") ?? "") else {
            throw .badValue(wrongPaths)
        }
        let method = body.string("method")?.uppercased() ?? "*"
        self.method = method == "*" || method.isEmpty ? nil : method
        path = body.string("path") ?? "/"
        percent = Int(body.integer("percent") ?? 100)
        remaining = body.integer("count") ?? 1
        self.effect = effect
    }

    private static let shape = Shape.object([
        optional("method", .text()), optional("path", .text { $0.isEmpty || $0.hasPrefix("/") }),
        optional("count", .integer(1...Int64.max)), optional("percent", .integer(1...100)),
        required("effect", .text { FaultEffect($0) != nil }),
    ])

    func fits(_ method: String, _ paths: [String]) -> Bool {
        (self.method ?? method) == method && paths.contains { $0.hasPrefix(path) }
    }
}

extension [Fault] {
    /// Takes one turn of the first fault that fits and happens.
    mutating func take(
        _ method: String,
        _ paths: [String],
        forCallback: Bool,
        _ chance: inout SeededGenerator,
    ) -> FaultEffect? {
        for (index, fault) in enumerated() where fault.effect.concernsCallbacks == forCallback {
            guard fault.fits(method, paths), chance.happens(percent: fault.percent) else { continue }
            if let remaining = fault.remaining {
                if remaining > 1 { self[index].remaining = remaining - 1 } else { remove(at: index) }
            }
            return fault.effect
        }
        return nil
    }
}
