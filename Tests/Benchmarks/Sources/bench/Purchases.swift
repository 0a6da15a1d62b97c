import Foundation

/// Complete purchases per second, beside what the same calls to Klarna cost without Kassa around them.
enum Purchases {
    static func tables(_ options: Options) throws -> [Table] {
        let street = try Street(options, "purchases")
        defer { street.close() }
        let shoppers = try Shoppers(street)
        let calls = try KlarnaCalls(of: street, shoppers)
        var levels = (options.isQuick ? [1, 16, 64] : [1, 8, 16, 64]).map(Level.init)
        var answers = Answers()
        let rounds = options.rounds ?? (options.isQuick ? 3 : 7)
        for round in 1...rounds {
            for index in levels.indices {
                progress("purchases, round \(round) of \(rounds), \(levels[index].atOnce) at once")
                try levels[index].measure(options, street, shoppers, calls)
            }
            progress("callbacks beside 200 purchases, round \(round) of \(rounds)")
            try answers.measure(street, shoppers, for: options.slice * 2)
        }
        var table = Table("Complete purchases: each takes \(calls.description)", Level.columns)
        for level in levels { table.add(level.cells) }
        return [table, answers.table]
    }

    /// What the rounds gave with so many shoppers at once.
    private struct Level {
        let atOnce: Int
        var rates = Figures()
        var costs = Figures()
        var sandboxCosts = Figures()
        var shares = Figures()
        var bounds = Figures()
        var ratesAlone = Figures()
        var medians = Figures()
        var tails = Figures()

        init(_ atOnce: Int) { self.atOnce = atOnce }

        mutating func measure(
            _ options: Options,
            _ street: Street,
            _ shoppers: Shoppers,
            _ calls: KlarnaCalls,
        ) throws {
            let before = try (street.backend.processorTime, street.sandbox.processorTime)
            rates.add(try shoppers.buy(atOnce: atOnce, for: options.slice))
            let cost = try (street.backend.processorTime - before.0).milliseconds / Double(shoppers.finished)
            costs.add(cost)
            sandboxCosts.add(try (street.sandbox.processorTime - before.1).milliseconds / Double(shoppers.finished))
            medians.add(shoppers.times.percentile(50))
            tails.add(shoppers.times.percentile(99))
            let alone = try calls.run(options, atOnce: atOnce, purchases: options.isQuick ? 100 : 400)
            bounds.add(1_000 / alone.processorMilliseconds)
            shares.add(alone.processorMilliseconds / cost)
            ratesAlone.add(alone.perSecond)
        }

        static let columns = [
            "at once", "per second", "bound: 1 / CPU of the calls", "× bound, goal 0.5", "the calls alone, per second",
            "CPU ms each", "the calls' share of it", "sandbox's CPU ms", "p50 ms", "p99 ms",
        ]

        var cells: [String] {
            [
                "\(atOnce)", rates.shown(0), bounds.shown(0), rates.over(bounds).shown(2), ratesAlone.shown(0),
                costs.shown(2), shares.shown(2), text(sandboxCosts.median, 2), text(medians.median, 0),
                text(tails.median, 0),
            ]
        }
    }

    /// How long callbacks waited for their answers while 200 shoppers bought one thing after another.
    private struct Answers {
        var medians = Figures()
        var tails = Figures()
        var longest = Figures()

        mutating func measure(_ street: Street, _ shoppers: Shoppers, for duration: Duration) throws {
            let load = CallbackLoad(street, try street.callbackTargets(try street.openCheckouts(20)))
            var isOver = false
            try load.keepSending(each: .milliseconds(10), from: .now) { !isOver }
            _ = try shoppers.buy(atOnce: 200, for: duration)
            isOver = true
            medians.add(load.latencies.percentile(50))
            tails.add(load.latencies.percentile(99))
            longest.add(load.latencies.percentile(100))
        }

        var table: Table {
            var table = Table(
                "Answers to callbacks, 100 a second, while 200 purchases are in flight",
                ["p50 ms", "p99 ms, goal 50", "longest ms"],
            )
            table.add([medians.shown(1), tails.shown(1), longest.shown(1)])
            return table
        }
    }
}
