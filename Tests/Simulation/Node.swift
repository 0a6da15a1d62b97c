import Checkouts
import Klarna
import Logging
import TimeAndChance
import Wire

/// One machine of the service: started, paused, killed and started again, with a clock that may be wrong and set.
final class Node: @unchecked Sendable {
    // Unchecked: used by the one thread of its run.
    static let publicURL = "https://pay.shop.example"
    static let secretKey = [UInt8](repeating: 7, count: 32)
    static let pathSecret = PathSecret(secretKey: secretKey)
    /// Merchants' accounts at Klarna, each with limits of its own.
    static let accounts = ["default", "second"]

    private unowned let run: Run
    let index: Int
    private let isAlone: Bool
    /// How far its clock differs from the true time, in milliseconds.
    private var skew: Int64
    private(set) var service: Service?
    private var starts = 0

    init(_ run: Run, index: Int, isAlone: Bool) {
        self.run = run
        self.index = index
        self.isAlone = isAlone
        let hours: Int64 = 3_600_000
        // Leases and due times go by the clock of whoever reads them: nodes whose clocks differ by more than a lease
        // would take each other's jobs all the time, and one that is behind would leave alone what the others put off.
        // So they differ by less, as those do that a time server sets, and none is set while the others run.
        skew =
            isAlone
            ? run.scheduler.dice.pick([0, 0, 2 * hours, -2 * hours, 7000])
            : run.scheduler.dice.pick([0, run.scheduler.dice.between(-900, 900), run.spread()])
        planTroubles()
    }

    /// One process, from its start to its end.
    struct Service {
        let lane: Lane
        let routes: Routes
    }

    func start() {
        guard service == nil else { return }
        starts += 1
        let lane = Lane(run.scheduler, name: "n\(index).\(starts)")
        run.trace { "\(lane.name) starts" }
        let run = run
        lane.kill = { [self, unowned lane] in
            guard service?.lane === lane else { return }
            fall()
        }
        // The clock as the product has it: set by hand or by a time server, never seen to go back by a process.
        let clock = SteadyClock(
            wall: { [self] in Timestamp(milliseconds: run.scheduler.now + skew) },
            uptime: { .milliseconds(run.scheduler.now) },
        )
        let surroundings = Surroundings(
            now: { clock.now },
            sleep: { try await lane.sleep($0) },
            random: { run.scheduler.dice.next() },
            executor: lane,
        )
        let logger =
            run.lines == nil
            ? Logger.silent
            : Logger.telling { level, text in
                run.trace { "\(lane.name) \(level): \(text)" }
            }
        let store = StoreLine(run, lane)
        let wire = KlarnaWire(run, lane) { clock.now }
        let clients = Dictionary(
            uniqueKeysWithValues: configured(until: lane).compactMap { name in
                Node.client(name, wire, surroundings).map { (name, $0) }
            }
        )
        let desk = CheckoutDesk(
            store: store,
            clients: clients,
            publicURL: Node.publicURL,
            pathSecret: Node.pathSecret,
            policy: run.policy,
            surroundings: surroundings,
            logger: logger,
        )
        let worker = Worker(desk: desk, concurrency: 4, logger: logger)
        let isAlone = isAlone
        lane.start {
            // A process that cannot take up its work does not serve.
            while isAlone, lane.isAlive {
                do throws(StoreError) {
                    try await store.resume(at: surroundings.now())
                    break
                } catch {
                    try? await surroundings.sleep(.seconds(5))
                }
            }
            await worker.run()
        }
        let routes = Routes(desk: desk, store: store, surroundings: surroundings, clients: clients, bug: run.bug)
        service = Service(lane: lane, routes: routes)
    }

    private static func client(_ name: String, _ wire: KlarnaWire, _ surroundings: Surroundings) -> KlarnaClient? {
        guard
            let account = try? KlarnaAccount(
                username: "K1",
                password: Secret("p"),
                environment: .playground,
                region: .eu,
                baseURLOverride: KlarnaSide.baseURL,
            )
        else { return nil }
        return KlarnaClient(
            account: account,
            transport: wire,
            gate: KlarnaGate(quota: KlarnaQuota(.playground), surroundings: surroundings, account: name),
        )
    }

    /// The accounts that a process knows: now and then one is missing in its settings, until somebody notices.
    private func configured(until lane: Lane) -> [String] {
        let left = run.weather.healsAt - run.scheduler.now
        guard left > 1000, run.scheduler.dice.chance(40) else { return Node.accounts }
        run.coverage.count("node", "account missing")
        run.trace { "\(lane.name) knows only one account" }
        run.scheduler.after(run.scheduler.dice.between(1000, min(left, 1_200_000))) { [self] in
            guard service?.lane === lane else { return }
            crash()
            startAgain()
        }
        return [Node.accounts[0]]
    }

    /// The process is killed: what was not durable is gone.
    func crash() {
        guard let service else { return }
        run.trace { "\(service.lane.name) is killed" }
        self.service = nil
        service.lane.die()
        if service.lane.tasksUnderWay > 0 { run.audit.note("simulation", "\(service.lane.name) does not unwind") }
    }

    func stop() { crash() }

    /// It is killed, and somebody starts it again.
    private func fall() {
        run.coverage.count("node", "crash")
        crash()
        startAgain(after: run.scheduler.dice.skewed(0, 600_000))
    }

    /// Once what the process before had handed to the store is written: until then that has the database.
    private func startAgain(after delay: Int64 = 0) {
        run.scheduler.after(Weather.storeLatencyLongest + delay) { [self] in start() }
    }

    private func planTroubles() {
        let scheduler = run.scheduler
        let span = run.weather.healsAt - scheduler.now
        for _ in 0..<scheduler.dice.pick([0, 1, 1, 2, 4]) {
            scheduler.after(scheduler.dice.between(0, span)) { [self] in fall() }
        }
        for _ in 0..<scheduler.dice.pick([0, 0, 1, 3]) {
            let at = scheduler.dice.between(0, span)
            let pause = scheduler.dice.skewed(1000, 300_000)
            scheduler.after(at) { [self] in
                guard let lane = service?.lane else { return }
                run.coverage.count("node", "pause")
                run.trace { "\(lane.name) stands still" }
                lane.pause()
                scheduler.after(pause) { lane.resume() }
            }
        }
        guard isAlone else { return }
        // A clock that was wrong is put right, and the process started anew.
        if scheduler.dice.chance(600) {
            let at = scheduler.dice.between(span / 2, span)
            scheduler.after(at) { [self] in
                skew += 7_200_000
                run.clockSetForwardAt = scheduler.now
            }
            scheduler.after(at + scheduler.dice.between(10_000, 1_200_000)) { [self] in
                run.coverage.count("node", "clock put right")
                crash()
                skew -= 7_200_000
                startAgain()
            }
        }
        for _ in 0..<scheduler.dice.pick([0, 0, 0, 1, 2]) {
            let at = scheduler.dice.between(0, span)
            let jump: Int64 = scheduler.dice.pick([7_200_000, -7_200_000, 600_000, -600_000])
            scheduler.after(at) { [self] in
                run.coverage.count("node", jump > 0 ? "clock set forward" : "clock set back")
                run.trace { "n\(self.index) clock set by \(jump / 1000) s" }
                skew += jump
                if jump > 0 { run.clockSetForwardAt = scheduler.now }
            }
        }
    }
}
