import Checkouts
import Klarna
import KlarnaSandbox
import Wire

/// One run: a few nodes, Klarna, merchants, shoppers and bad luck, all drawn from one number.
final class Run: @unchecked Sendable {
    // Unchecked: a run is made by one thread, and everything that belongs to it is used by that thread alone.
    /// An arbitrary moment that the true time begins at.
    static let start: Int64 = 1_750_000_000_000
    /// More steps than any run needs that comes to an end.
    static let stepsMax = 100_000

    let seed: UInt64
    let bug: PlantedBug?
    let scheduler: Scheduler
    let weather: Weather
    let policy: Policy
    private(set) lazy var klarna = drawnKlarna()
    private(set) lazy var nodes = drawnNodes()
    private(set) lazy var street = Street(self)
    private(set) lazy var audit = Audit(self)
    var memory = Memory()
    var coverage = Coverage()
    /// When somebody last set the clock of a node forward while it ran.
    var clockSetForwardAt: Int64?
    /// Lines of a run that is told; `nil` when nobody listens.
    private(set) var lines: [String]?
    private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    init(seed: UInt64, bug: PlantedBug? = nil, isTold: Bool = false) {
        self.seed = seed
        self.bug = bug
        lines = isTold ? [] : nil
        scheduler = Scheduler(seed: seed, start: Run.start)
        weather = Weather(scheduler, bug)
        policy = Run.policy(&scheduler.dice, weather, bug)
        if let bug { memory.flaws = [bug] }
    }
}

extension Run {
    /// Lets it happen, to the end or to the first violation.
    func go() -> Outcome {
        for node in nodes { node.start() }
        street.open()
        var isOver = false
        while !isOver, audit.violations.isEmpty, scheduler.step() {
            mix(UInt64(truncatingIfNeeded: scheduler.now))
            isOver = scheduler.steps >= Run.stepsMax || street.isQuiet
        }
        if audit.violations.isEmpty {
            if street.isQuiet { audit.finish() } else { audit.note("I13", "nothing settles: \(street.unsettled)") }
        }
        for node in nodes { node.stop() }
        return Outcome(
            seed: seed,
            bug: bug,
            steps: scheduler.steps,
            violations: audit.violations,
            hash: hash,
            lines: lines ?? [],
            coverage: coverage,
        )
    }

    private func drawnKlarna() -> KlarnaSide {
        var behaviour: SandboxWorld.Behaviour =
            scheduler.dice.chance(700) ? .drawn(using: &scheduler.dice) : SandboxWorld.Behaviour()
        // What Klarna refuses it does not do: only an answer that says nothing of the order may come with one.
        if let trouble = behaviour.placeTrouble, trouble.status < 500 { behaviour.placeTrouble?.ordersAnyway = false }
        behaviour.honoursOrderManagementKeys = !scheduler.dice.chance(150)
        behaviour.completionDelay = min(behaviour.completionDelay, .seconds(50))
        // What the network made late and Klarna does later still has its effect within two minutes all the same.
        if let late = behaviour.lateEffects { behaviour.lateEffects?.within = min(late.within, .seconds(30)) }
        let hours: Int64 = 3_600_000
        return KlarnaSide(
            self,
            behaviour: behaviour,
            skew: scheduler.dice.pick([0, 0, 3 * hours, -3 * hours, 90_000, -40_000]),
            seed: scheduler.dice.next(),
        )
    }

    private func drawnNodes() -> [Node] {
        let count = scheduler.dice.pick([1, 1, 1, 2, 2, 3])
        return (0..<count).map { Node(self, index: $0, isAlone: count == 1) }
    }

    /// How far a node's clock may differ from the others' where several share a store.
    func spread() -> Int64 {
        let most = min(policy.lease.milliseconds / 4, 20_000)
        return scheduler.dice.between(-most, most)
    }

    private static func policy(_ dice: inout Dice, _ weather: Weather, _ bug: PlantedBug?) -> Policy {
        var policy = Policy()
        policy.lookEvery = .seconds(dice.chance(40) ? 20 : dice.pick([300, 600, 600]))
        // A day of searching every minute would be most of the steps, and all the same ones.
        policy.resolver.searchMax = .seconds(dice.pick([5400, 5400, 7200, 20_000]))
        if dice.chance(700) { policy.placeRetry.append(.seconds(300)) }
        if dice.chance(200) { policy.lease = .seconds(25) }
        if dice.chance(300) { policy.pollWaiting = [.seconds(10), .seconds(300)] }
        if dice.chance(700) { policy.pollInProgress = [.seconds(30), .seconds(300)] }
        // Orders are watched for hours here, rather than weeks.
        policy.watchOrder = [.seconds(900), .seconds(2400)]
        policy.watchFor = .seconds(4800)
        // Whoever waits reads again and again: those steps would be most of them.
        policy.operationPatience = .milliseconds(dice.pick([100, 1000, 3000]))
        if weather.hasLostDay {
            policy.watchFor = .seconds(36 * 3600)
            // A day and a half of looking every few seconds would be all the steps of a run.
            policy.lookEvery = max(policy.lookEvery, .seconds(300))
            policy.placeRetry += [.seconds(300), .seconds(1800)]
        }
        policy.latePayment = dice.pick([.release, .place])
        policy.sameReference = dice.pick([.release, .release, .release, .place])
        switch bug {
        case .believesFirstRefusal:
            policy.resolver.refusalsMin = 1
            policy.resolver.refusalsSpan = .zero
        case .knowsNoHorizon: policy.resolver.inFlightHorizon = .zero
        case _: break
        }
        return policy
    }

    /// The one write, with everything that is checked at it.
    func commit(_ change: Change) throws(StoreError) -> Int64 {
        let before = memory.checkouts[change.checkoutID]
        let heldBefore = change.job.map { memory.holds($0) } ?? true
        let version = try memory.commit(change)
        audit.committed(change, before, memory.checkouts[change.checkoutID], wasHeld: heldBefore)
        if let checkout = change.checkout, scheduler.steps % 16 == 0 { audit.checkCoding(checkout) }
        if change.checkout != nil, let after = memory.checkouts[change.checkoutID] { street.hears(of: before, after) }
        return version
    }

    /// Tells what happens, to whoever reads the trace of a seed; the words enter the hash either way when it is told.
    func trace(_ line: () -> String) {
        guard lines != nil else { return }
        let time = Double(scheduler.now - Run.start) / 1000
        lines?.append("\(time)s \(line())")
    }

    /// What happened enters the hash, so that two runs can be compared.
    func mix(_ value: UInt64) { hash = (hash ^ value) &* 0x100_0000_01B3 }
}

/// What came of a run.
public struct Outcome: Sendable {
    public let seed: UInt64
    public let bug: PlantedBug?
    public let steps: Int
    public let violations: [Violation]
    /// Differs when anything differs that happened.
    public let hash: UInt64
    /// What happened, if it was told.
    public let lines: [String]
    let coverage: Coverage
}

/// A promise that was broken.
public struct Violation: Sendable, Hashable, CustomStringConvertible {
    /// Which one, by its name in `docs/reliability.md`.
    public let invariant: String
    public let detail: String

    public var description: String { "\(invariant): \(detail)" }
}
