import Foundation

/// How one life of the service ends.
enum Blow: Sendable, Hashable {
    /// At the nth passing of a named fault point. Only debug builds know them.
    case point(String, Int)
    /// That long after it listens.
    case instant(Duration)
}

/// Kills the service and starts it again on the same database, time after time.
struct Reaper {
    let street: Street
    /// How long a point may take to be passed before the process is killed where it is.
    let patience: Duration
    /// Points at which a process died, once for each of its deaths.
    private(set) var deaths: [String] = []
    private(set) var missed: [String] = []
    private(set) var kills = 0

    init(_ street: Street, patience: Duration) {
        self.street = street
        self.patience = patience
    }

    /// One life: from the start to the blow. The process that runs now is killed first.
    mutating func strike(_ blow: Blow) async throws {
        street.kill()
        kills += 1
        switch blow {
        case .instant(let duration):
            try await street.restart()
            try await Task.sleep(for: duration)
        case .point(let name, let nth):
            if try await lives(until: "\(name):\(nth)") { missed.append(name) } else { deaths.append(name) }
        }
    }

    /// The last life, which nobody ends.
    mutating func revive() async throws {
        street.kill()
        kills += 1
        try await street.restart()
    }

    /// Whether it outlives its time instead of dying at the point.
    private func lives(until point: String) async throws -> Bool {
        do {
            try await street.restart(changing: ["KASSA_FAULT_POINT": point])
        } catch {
            // Some points are passed before it listens. Everything else that stops the start is told by the next one.
            return false
        }
        return try await !street.ends(within: patience)
    }
}

/// Trouble at Klarna, now here, now there, for as long as it blows.
struct Weather: Sendable {
    private static let faults: [(method: String, path: String, effects: [String])] = [
        (
            "POST", "/payments/v1/authorizations",
            ["close_after", "close_before", "status:503", "status:500", "delay_ms:400", "garbage"],
        ),
        ("POST", "/payments/v1/sessions", ["close_after", "status:503"]),
        ("POST", "/hpp/v1/sessions", ["close_after", "status:503"]),
        ("GET", "/hpp/v1/sessions", ["status:503", "delay_ms:300", "close_after"]),
        ("DELETE", "/hpp/v1/sessions", ["close_after", "status:503"]),
        (
            "POST", "/ordermanagement/v1/orders",
            ["close_after", "close_before", "status:503", "status:500", "delay_ms:400", "late_ms:900", "garbage"],
        ),
        ("POST", "/ordermanagement/v1/orders", ["close_after", "late_ms:2500", "rate_limit:1"]),
        ("PATCH", "/ordermanagement/v1/orders", ["close_after", "close_before", "status:503", "late_ms:900"]),
        ("GET", "/ordermanagement/v1/orders", ["status:503", "close_after", "delay_ms:300"]),
        ("POST", "/customer-token/v1/tokens", ["close_after", "close_before", "status:503", "late_ms:900"]),
        ("POST", "/", ["callback_drop", "callback_duplicate", "callback_delay_ms:700"]),
    ]

    let street: Street

    /// Blows until it is told to stop.
    func blow(_ chance: Seed, until isOver: @Sendable () -> Bool) async throws {
        var chance = chance
        while !isOver() {
            guard let kind = Weather.faults.randomElement(using: &chance),
                let effect = kind.effects.randomElement(using: &chance)
            else { return }
            try await street.fault(kind.method, kind.path, effect, count: Int64.random(in: 1...2, using: &chance))
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...250, using: &chance)))
        }
    }
}
