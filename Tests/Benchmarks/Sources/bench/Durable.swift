import Foundation

/// Callbacks per second, each answered once it is on the disk, beside what SQLite reaches for the same rows.
enum Durable {
    static func tables(_ options: Options) throws -> [Table] {
        let street = try Street(options, "durable")
        defer { street.close() }
        let checkouts = try street.openCheckouts(options.isQuick ? 64 : 256)
        let load = CallbackLoad(street, try street.callbackTargets(checkouts))
        // The limit copies rows that were really written; everything is warm then, too.
        _ = try load.run(connections: 16, for: .seconds(1))
        let limit = try SQLiteLimit(
            of: street.database,
            checkouts: checkouts.map(\.id),
            to: street.directory.appending(path: "limit.db").path(),
        )
        var single = Figures()
        var grouped = Figures()
        var one = Series()
        var many = Series()
        // Many short rounds: a disk that others use is fast in one second and slow in the next.
        let rounds = options.rounds ?? (options.isQuick ? 7 : 21)
        let slice = options.slice / 2
        for round in 1...rounds {
            progress("durable callbacks, round \(round) of \(rounds)")
            single.add(try limit.run(callbacksPerCommit: 1, for: slice))
            try one.measure(load, street, connections: 1, for: slice)
            grouped.add(try limit.run(callbacksPerCommit: 64, for: slice))
            try many.measure(load, street, connections: 64, for: slice)
        }
        var table = Table(
            "Durable callbacks",
            ["", "per second", "× 1 per commit", "× 64 per commit", "p50 ms", "p99 ms", "CPU µs each"],
        )
        table.add(["SQLite, 1 per commit", single.shown(0), "1", "", "", "", ""])
        table.add(["SQLite, 64 per commit", grouped.shown(0), grouped.over(single).shown(2), "1", "", "", ""])
        table.add(
            [
                "Kassa, 1 connection", one.rates.shown(0), "\(one.rates.over(single).shown(2)), goal 0.6", "",
            ] + one.cells
        )
        table.add(
            [
                "Kassa, 64 connections", many.rates.shown(0), "\(many.rates.over(single).shown(2)), goal 2.5",
                "\(many.rates.over(grouped).shown(2)), goal 0.4",
            ] + many.cells
        )
        return [table]
    }

    /// What the rounds gave at one number of connections.
    private struct Series {
        var rates = Figures()
        var medians = Figures()
        var tails = Figures()
        var costs = Figures()

        var cells: [String] { [text(medians.median, 2), text(tails.median, 2), text(costs.median, 0)] }

        mutating func measure(_ load: CallbackLoad, _ street: Street, connections: Int, for slice: Duration) throws {
            let before = try street.backend.processorTime
            rates.add(try load.run(connections: connections, for: slice))
            let spent = try street.backend.processorTime - before
            costs.add(spent.seconds * 1e6 / Double(load.latencies.values.count))
            medians.add(load.latencies.percentile(50))
            tails.add(load.latencies.percentile(99))
        }
    }
}
