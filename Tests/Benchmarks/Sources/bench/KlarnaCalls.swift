import Foundation

/// The calls to Klarna that one purchase takes, as the sandbox saw them.
struct KlarnaCalls: Codable {
    let paymentSession: Data
    let hppSession: Data
    let order: Data
    var hppReadings = 0
    var paymentSessionReadings = 0
    var orderReadings = 0

    struct Cost {
        /// Per purchase.
        let processorMilliseconds: Double
        let perSecond: Double
    }

    /// Watches some purchases, eight at once.
    init(of street: Street, _ shoppers: Shoppers) throws {
        let count = 40
        try shoppers.buy(count, atOnce: 8)
        let entries = try street.journal()
        var bodies: [String: Data] = [:]
        var calls: [String: Int] = [:]
        for entry in entries {
            guard let method = entry["method"] as? String, let path = entry["path"] as? String else { continue }
            let name = KlarnaCalls.name(method, path)
            calls[name, default: 0] += 1
            if let body = entry["body"] { bodies[name] = try JSONSerialization.data(withJSONObject: body) }
        }
        guard let paymentSession = bodies["POST payment session"], let hppSession = bodies["POST page"],
            let order = bodies["POST order"]
        else { throw Failure("a purchase without its calls: \(calls)") }
        self.paymentSession = paymentSession
        self.hppSession = try KlarnaCalls.withoutCallback(hppSession)
        self.order = order
        func each(_ name: String) -> Int { Int((Double(calls[name] ?? 0) / Double(count)).rounded()) }
        hppReadings = each("GET page")
        paymentSessionReadings = each("GET payment session")
        orderReadings = each("GET order")
    }

    var description: String {
        let readings = hppReadings + paymentSessionReadings + orderReadings
        return "\(3 + readings) calls to Klarna: 2 to open, \(readings) to read, 1 to place"
    }

    /// Makes the same calls in a process of its own that does nothing else.
    func run(_ options: Options, atOnce: Int, purchases: Int) throws -> Cost {
        let directory = options.directory.appending(path: "bare")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        // A sandbox of its own, as empty as it is at the start of every round.
        let sandbox = try Program(options.kassa, ["sandbox", "--listen", "127.0.0.1:0"], in: directory)
        defer { sandbox.stop() }
        let file = directory.appending(path: "calls.json")
        try JSONEncoder().encode(self).write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["bare-calls", file.path(), "\(sandbox.port)", "\(atOnce)", "\(purchases)"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let numbers = output.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        guard process.terminationStatus == 0, numbers.count == 2 else { throw Failure("bare calls failed: \(output)") }
        return Cost(
            processorMilliseconds: numbers[0] / Double(purchases),
            perSecond: Double(purchases) / numbers[1] * 1000,
        )
    }

    private static func name(_ method: String, _ path: String) -> String {
        let parts = path.split(separator: "/")
        switch (parts.first, parts.last) {
        case ("hpp", _): return "\(method) page"
        case ("payments", "order"), ("ordermanagement", _): return "\(method) order"
        case _: return "\(method) payment session"
        }
    }

    /// Nobody listens for callbacks where only the calls are measured.
    private static func withoutCallback(_ body: Data) throws -> Data {
        guard var json = try JSONSerialization.jsonObject(with: body) as? [String: Any] else { return body }
        var urls = json["merchant_urls"] as? [String: Any] ?? [:]
        urls["status_update"] = nil
        json["merchant_urls"] = urls
        return try JSONSerialization.data(withJSONObject: json)
    }
}
