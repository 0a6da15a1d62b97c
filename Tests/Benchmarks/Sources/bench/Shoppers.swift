import Foundation

/// Shoppers who buy one thing after another: a checkout is opened, Klarna's page approved, and Klarna's callback does the
/// rest.
final class Shoppers {
    private let street: Street
    private let database: SQLite
    private let status: SQLite.Statement
    private var waiting: [(id: String, since: ContinuousClock.Instant)] = []
    private(set) var finished = 0
    /// From asking for the checkout to seeing its order placed, in milliseconds.
    private(set) var times = Figures()

    /// How often it is looked whether orders are placed: in the database, so that looking costs the backend nothing.
    private static let look = Duration.milliseconds(10)
    /// Longer than any purchase takes, also one whose callbacks were all lost on an overloaded machine.
    private static let patience = Duration.seconds(180)

    init(_ street: Street) throws {
        self.street = street
        database = try SQLite(street.database)
        status = try database.prepare("SELECT status FROM checkouts WHERE id = ?")
    }

    /// So many shoppers at once for so long; complete purchases per second.
    func buy(atOnce: Int, for duration: Duration) throws -> Double {
        let end = ContinuousClock.now + duration
        return try buy(atOnce: atOnce) { _ in ContinuousClock.now < end }
    }

    /// So many purchases, so many at once; complete purchases per second.
    @discardableResult
    func buy(_ count: Int, atOnce: Int) throws -> Double {
        try buy(atOnce: min(count, atOnce)) { $0 < count }
    }

    /// Begins another purchase for as long as the condition holds, which is told how many were begun.
    private func buy(atOnce: Int, while condition: @escaping (Int) -> Bool) throws -> Double {
        finished = 0
        times = Figures()
        var begun = 0
        var inFlight = 0
        func next() throws {
            guard condition(begun) else { return }
            begun += 1
            inFlight += 1
            let start = ContinuousClock.now
            try street.open { [self] checkout in
                try street.approve(checkout.hppSession) { [self] in waiting.append((checkout.id, start)) }
            }
        }
        func look() throws {
            let placed = try takePlaced()
            inFlight -= placed
            for _ in 0..<placed { try next() }
            if inFlight > 0 { street.loader.at(.now + Shoppers.look) { try look() } }
        }
        let start = ContinuousClock.now
        for _ in 0..<atOnce { try next() }
        street.loader.at(start + Shoppers.look) { try look() }
        try street.loader.run { inFlight > 0 }
        return Double(finished) / (ContinuousClock.now - start).seconds
    }

    private func takePlaced() throws -> Int {
        let before = waiting.count
        let now = ContinuousClock.now
        var others: [(id: String, since: ContinuousClock.Instant)] = []
        for purchase in waiting {
            switch try status(of: purchase.id) {
            case "order_placed": times.add((now - purchase.since).milliseconds)
            case "waiting", "in_progress", "authorized":
                guard now - purchase.since < Shoppers.patience else {
                    throw Failure("a purchase does not come to its end")
                }
                others.append(purchase)
            case let status: throw Failure("a purchase ended as \(status)")
            }
        }
        waiting = others
        finished += before - others.count
        return before - others.count
    }

    private func status(of id: String) throws -> String {
        defer { status.reset() }
        status.bind(.text(id), at: 1)
        guard try status.step() else { throw Failure("checkout \(id) is not in the database") }
        return status.text(0)
    }
}
