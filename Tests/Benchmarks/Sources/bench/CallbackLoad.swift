import Foundation

/// Status callbacks for real checkouts, each with an event id of its own.
final class CallbackLoad {
    private let loader: Loader
    private let port: Int
    private let templates: [(bytes: [UInt8], eventID: Int)]
    private var ids = EventIDs()
    private var turn = 0
    /// From the request to its answer, in milliseconds.
    private(set) var latencies = Figures()

    init(_ street: Street, _ targets: [Street.CallbackTarget]) {
        loader = street.loader
        port = street.backend.port
        templates = targets.map { target in
            let body = """
                {"event_id":"00000000-0000-0000-0000-000000000000","session":{"session_id":"\(target.hppSession)",\
                "status":"IN_PROGRESS","updated_at":"2026-01-01T12:00:00.000Z","expires_at":"2026-01-03T11:00:00.000Z"}}
                """
            let bytes = request("POST", target.path, body: body)
            return (bytes, bytes.count - body.utf8.count + #"{"event_id":""#.utf8.count)
        }
    }

    /// Sends as fast as the answers come, over so many connections; the accepted ones per second.
    func run(connections: Int, for duration: Duration) throws -> Double {
        latencies = Figures()
        let start = ContinuousClock.now
        let end = start + duration
        var underWay = 0
        func next() throws {
            let begin = ContinuousClock.now
            guard begin < end else { return }
            underWay += 1
            try send(since: begin) {
                underWay -= 1
                try next()
            }
        }
        for _ in 0..<connections { try next() }
        try loader.run { underWay > 0 }
        return Double(latencies.values.count) / (ContinuousClock.now - start).seconds
    }

    /// Sends one each `pause` for as long as the condition holds, whether or not the earlier ones were answered; the time of
    /// one that is late runs from when it was due.
    func keepSending(
        each pause: Duration,
        from due: ContinuousClock.Instant,
        while condition: @escaping () -> Bool,
    ) throws {
        guard condition() else { return }
        try send(since: due) {}
        loader.at(due + pause) { [self] in try keepSending(each: pause, from: due + pause, while: condition) }
    }

    private func send(since start: ContinuousClock.Instant, then receive: @escaping () throws -> Void) throws {
        turn = (turn + 1) % templates.count
        var bytes = templates[turn].bytes
        let at = templates[turn].eventID
        bytes.replaceSubrange(at..<at + 36, with: ids.next())
        try loader.ask(port, bytes) { [self] answer in
            _ = try answer.expecting()
            latencies.add((ContinuousClock.now - start).milliseconds)
            try receive()
        }
    }
}
