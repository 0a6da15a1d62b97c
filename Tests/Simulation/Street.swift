import Checkouts
import KlarnaSandbox
import Wire

/// Everybody who is no part of the service: merchants, shoppers, Klarna's callbacks, and people with bad intentions.
final class Street: @unchecked Sendable {
    // Unchecked: used by the one thread of its run.
    unowned let run: Run
    var scheduler: Scheduler { run.scheduler }
    /// What is begun and not ended: questions to nodes, news under way, things that people are about to do.
    private var pending = 0
    /// Whether everything is done, and nothing more will come.
    private(set) var isQuiet = false
    /// What was still open when it was last looked.
    private(set) var unsettled = ""
    var sales: [Checkout.ID: Sale] = [:]
    /// Counts what merchants have asked for besides checkouts.
    var errandCount = 0
    var isCleared = false
    /// When merchants close what was left open: at once, or after everybody was left to himself for a while.
    private lazy var clearsAt = run.weather.healsAt + scheduler.dice.pick([0, 6_000_000])
    /// Pages that wait for the other tab with the same cart.
    var meetings: [String: (url: String, id: Checkout.ID)] = [:]
    /// Days are only worth their steps where the workers look rarely.
    private(set) lazy var hasTime = run.policy.lookEvery >= .seconds(300) && scheduler.dice.chance(12)

    init(_ run: Run) { self.run = run }

    /// Merchants open for business, and whatever else happens begins.
    func open() {
        let count = Int(scheduler.dice.between(2, 8))
        var begin: Int64 = 0
        var cart = Cart.drawn(0, &scheduler.dice)
        var last: Sale?
        for number in 0..<count {
            // The same cart in a second tab, as a rule at about the same time.
            let isAgain = number > 0 && cart.kind.isPlacedHere && scheduler.dice.chance(750)
            if !isAgain {
                begin = scheduler.dice.between(
                    0,
                    run.weather.healsAt - scheduler.now + scheduler.dice.pick([0, 0, 600_000]),
                )
            }
            if !isAgain { cart = Cart.drawn(number, &scheduler.dice) }
            let sale = Sale(number: number, cart)
            if isAgain {
                sale.isTwin = true
                last?.isTwin = true
            }
            last = sale
            later(begin + scheduler.dice.skewed(0, 30_000)) { [self] in
                ask(sale, attempt: 0)
                // Impatient, or a proxy that sends twice.
                if scheduler.dice.chance(200) { later(scheduler.dice.skewed(1, 5000)) { self.ask(sale, attempt: 0) } }
            }
        }
        for _ in 0..<scheduler.dice.pick([0, 8]) {
            later(scheduler.dice.between(1000, run.weather.healsAt - scheduler.now)) { [self] in forge() }
        }
        scheduler.after(run.weather.healsAt - scheduler.now + 600_000) { [self] in look() }
    }

    /// One purchase: what a merchant asks for, always with the same key.
    final class Sale {
        let number: Int
        let cart: Cart
        /// Whether another one is for the same cart.
        var isTwin = false
        var isOpen = false

        init(number: Int, _ cart: Cart) {
            self.number = number
            self.cart = cart
        }

        var key: String { "key-\(number)" }
    }

    /// Does something later that counts as not done until then.
    func later(_ delay: Int64, _ action: @escaping () -> Void) {
        pending += 1
        scheduler.after(delay) { [self] in
            action()
            pending -= 1
        }
    }

    /// Asks a node that is up, over a network that may lose question or answer.
    func call<Value: Sendable>(
        _ work: @escaping @Sendable (Routes) async -> Value,
        then: @escaping (Value?) -> Void,
    ) {
        pending += 1
        let reply = Reply { [self] (value: Value?) in
            then(value)
            pending -= 1
        }
        let up = run.nodes.compactMap(\.service)
        guard !up.isEmpty, !isLost else {
            scheduler.after(3000) { reply.give(nil) }
            return
        }
        let service = scheduler.dice.pick(up)
        let isAnswerLost = isLost
        scheduler.after(run.weather.latency()) { [self] in
            guard service.lane.isAlive else { return reply.give(nil) }
            service.lane.start { [self] in
                let value = await work(service.routes)
                let isGone = isAnswerLost || !service.lane.isAlive
                scheduler.after(run.weather.latency()) { reply.give(isGone ? nil : value) }
            }
            // Nobody waits for ever.
            scheduler.after(60_000) { reply.give(nil) }
        }
    }

    /// Gives its value once. Unchecked for the same reason as the street.
    private final class Reply<Value>: @unchecked Sendable {
        private var then: ((Value?) -> Void)?

        init(_ then: @escaping (Value?) -> Void) { self.then = then }

        func give(_ value: Value?) {
            let then = then
            self.then = nil
            then?(value)
        }
    }

    private var isLost: Bool { !run.weather.isOver && scheduler.dice.chance(run.weather.lostNews / 5) }
}

/// The end.
extension Street {
    /// How long after the last trouble everything has settled: a session's 48 hours, a day of searching, and a margin.
    private static let patience: Int64 = 110 * 3_600_000

    private func look() {
        let open = run.memory.ids.compactMap { run.memory.checkouts[$0] }.filter { !$0.status.isFinal }
        // A reading that was ordered for days ahead is in nobody's way once the checkout has ended.
        let waiting = run.memory.jobs.filter { job in
            job.dueAt != nil && (job.kind != .observe || open.contains { $0.id == job.checkoutID })
        }
        run.audit.checkCare()
        if pending == 0, scheduler.now >= clearsAt { clear() }
        if pending == 0, open.isEmpty, waiting.isEmpty, isCleared {
            isQuiet = true
            return
        }
        unsettled =
            (open.map { "\($0.id) is \($0.status.rawValue)" }
            + waiting.map { "\($0.kind.rawValue) of \($0.checkoutID)" })
            .joined(separator: ", ")
        guard scheduler.now < run.weather.healsAt + Street.patience else {
            run.audit.note("I13", "does not settle: \(unsettled)")
            return
        }
        scheduler.after(scheduler.now < run.weather.healsAt + 7_200_000 ? 60_000 : 600_000) { [self] in look() }
    }
}
