import Klarna
import KlarnaSandbox
import Wire

/// What goes wrong in a run, how often and until when: drawn once, from the seed.
final class Weather {
    /// Milliseconds after which nothing goes wrong any more.
    let healsAt: Int64
    private let scheduler: Scheduler
    /// Of a thousand requests, how many meet with something; and with what, by weight.
    private let requestTrouble: Int
    private let fates: [KlarnaWire.Fate]
    /// What requests to place meet with besides, and of a thousand of them, how many.
    private let placeFates: [KlarnaWire.Fate]
    private let placeTrouble: Int
    private let storeTrouble: Int
    /// Of a thousand answers to requests to place, how many are mixed up.
    private let mixedUp: Int
    private let outages: [Period]
    private let storeOutages: [Period]
    private let latencyMax: Int64
    private let storeLatencyMax: Int64
    static let storeLatencyLongest: Int64 = 1000
    /// Of a thousand callbacks or redirects, how many are lost, come twice, come late.
    let lostNews: Int
    let repeatedNews: Int
    let lateNews: Int
    /// Of a thousand calls to store or Klarna, during how many the process is killed, or stands still.
    private let killed: Int
    private let stalled: Int
    /// Whether the HTTP client is one that sends again by itself.
    private let repeatsEffects: Bool

    /// A day on which Klarna loses what is to be done with orders, and shows none: for longer than it keeps keys.
    private let lostDay: Range<Int64>?

    /// A time in which every request to Klarna, or to the store, fares the same.
    private struct Period {
        let times: Range<Int64>
        let fates: [KlarnaWire.Fate]
    }

    init(_ scheduler: Scheduler, _ bug: PlantedBug?) {
        self.scheduler = scheduler
        repeatsEffects = bug == .sendsTwice
        let start = scheduler.now
        var dice = scheduler.dice
        // Placing goes wrong, and nothing else, for minutes: most mistakes about it show only then.
        let isSiege = dice.chance(400)
        let end = start + dice.pick(isSiege ? [10, 15] : [3, 5, 10, 20, 40, 60]) * 60_000
        healsAt = end
        requestTrouble = dice.pick(isSiege ? [0, 50] : [0, 50, 200, 400, 700])
        mixedUp = !isSiege && dice.chance(450) ? 900 : 0
        killed = dice.pick([0, 10, 25])
        storeLatencyMax = dice.pick([5, 300, 300, Weather.storeLatencyLongest])
        stalled = dice.pick([0, 0, 3, 10])
        // A few kinds of trouble at a time: together they would hide each other.
        fates = (0..<dice.between(1, 5)).map { _ in
            dice.pick(Weather.everyFate)
        }
        placeFates = dice.pick([
            [.late, .rejected, .rejected], [.late, .rejected, .rejected], [.late, .rejected, .rejected],
            [.lostBack, .rejected, .tooMany], [.late, .lostBack, .unauthorized], [.tooMany, .unauthorized, .notSent],
            [.lostThere, .slow, .garbled, .truncated, .failedAfter, .unavailable, .timedOut],
        ])
        placeTrouble = isSiege ? 1000 : dice.pick([0, 0, 500])
        storeTrouble = dice.pick([0, 20, 150])
        latencyMax = dice.pick(isSiege ? [5, 5, 50] : [5, 50, 400, 3000])
        lostNews = dice.pick(isSiege ? [0, 0, 100, 1000] : [0, 100, 400, 1000])
        repeatedNews = dice.pick([0, 100, 400])
        lateNews = dice.pick([0, 100, 400])
        let span = end - start
        func period(_ dice: inout Dice, _ longest: Int64, _ fates: [KlarnaWire.Fate]) -> Period {
            let begin = start + dice.between(0, span)
            return Period(times: begin..<min(begin + dice.skewed(1000, longest), end), fates: fates)
        }
        outages = (0..<(isSiege ? 0 : dice.pick([0, 0, 1, 2]))).map { _ in
            let kind: [KlarnaWire.Fate] = dice.pick([
                [.notSent], [.lostThere], [.lostBack], [.unavailable], [.late], [.unauthorized], [.tooMany],
                [.failedAfter], [.rejected], [.garbled, .truncated, .slow],
            ])
            return period(&dice, dice.chance(150) ? 5_400_000 : 1_200_000, kind)
        }
        let isLost = dice.chance(15)
        let dawn = start + dice.between(span / 4, span)
        lostDay = isLost ? dawn..<(dawn + dice.between(23, 26) * 3_600_000) : nil
        storeOutages = (0..<dice.pick([0, 0, 0, 1, 2])).map { _ in period(&dice, 900_000, []) }
        scheduler.dice = dice
    }

    var isOver: Bool { scheduler.now >= healsAt }

    var hasLostDay: Bool { lostDay != nil }

    func fate(of request: OutboundRequest) -> KlarnaWire.Fate {
        if lostDay?.contains(scheduler.now) ?? false {
            if request.purpose?.isOperation ?? false || request.purpose == .placeTokenOrder {
                return scheduler.dice.pick([.lostThere, .lostBack])
            }
            if request.purpose == .readOrder { return scheduler.dice.pick([.unavailable, .notSent]) }
        }
        guard !isOver else { return .answered }
        let drawn: KlarnaWire.Fate
        if let outage = outages.first(where: { $0.times.contains(scheduler.now) }) {
            drawn = scheduler.dice.pick(outage.fates)
        } else {
            if request.purpose == .placeOrder, scheduler.dice.chance(mixedUp) { return .mixedUp }
            if request.purpose == .placeOrder, scheduler.dice.chance(placeTrouble) {
                drawn = scheduler.dice.pick(placeFates)
            } else if scheduler.dice.chance(Weather.trouble(of: request.purpose)) {
                // What is done after all, and a refusal that says nothing of it: most mistakes show between the two.
                let isTempting = request.purpose?.isOperation ?? false && scheduler.dice.chance(500)
                drawn = scheduler.dice.pick(isTempting ? [.late, .lostBack, .rejected] : Weather.everyFate)
            } else {
                guard scheduler.dice.chance(requestTrouble) else { return .answered }
                drawn = scheduler.dice.pick(fates)
            }
        }
        guard request.isEffect else { return drawn }
        // What has an effect travels on a connection of its own, which nobody uses twice.
        if repeatsEffects, drawn == .lostThere || drawn == .lostBack { return .twice }
        return drawn == .twice ? .answered : drawn
    }

    private static let everyFate = KlarnaWire.Fate.allCases.filter { $0 != .answered && $0 != .mixedUp }

    /// Calls that are made seldom meet with trouble more often: of a thousand, how many meet with any kind of it.
    private static func trouble(of call: CallPurpose?) -> Int {
        switch call {
        case .disableHPPSession, .releaseAuthorization, .createCheckoutOrder, .readCheckoutOrder, .acknowledgeOrder,
            .cancelCustomerToken, .readCustomerToken, .distributeHPPSession, .updatePaymentSession,
            .updateCheckoutOrder,
            .abortCheckoutOrder:
            500
        case .some(let call) where call.isOperation: 600
        case .createCustomerToken, .placeTokenOrder: 500
        case .readOrder: 300
        case .createPaymentSession, .createHPPSession, .readPaymentSession: 150
        case _: 0
        }
    }

    func latency() -> Int64 { scheduler.dice.skewed(1, latencyMax + 1) }

    func storeFate(isWrite: Bool) -> StoreLine.Fate {
        guard !isOver else { return .done }
        guard !storeOutages.contains(where: { $0.times.contains(scheduler.now) }) else { return .failedBefore }
        guard scheduler.dice.chance(storeTrouble) else { return .done }
        return isWrite && scheduler.dice.chance(500) ? .failedAfter : .failedBefore
    }

    /// What happens to a process while it waits for an answer.
    func strike(_ lane: Lane, within span: Int64) {
        guard !isOver else { return }
        if scheduler.dice.chance(killed) {
            scheduler.after(scheduler.dice.between(0, span)) { lane.kill?() }
        } else if scheduler.dice.chance(stalled) {
            let pause = scheduler.dice.between(1000, 200_000)
            scheduler.after(scheduler.dice.between(0, span)) { lane.pause() }
            scheduler.after(span + pause) { lane.resume() }
        }
    }

    func storeLatency() -> Int64 { scheduler.dice.skewed(0, storeLatencyMax) }

    /// When each copy of a piece of news arrives, counted from now; none when it is lost.
    func arrivals() -> [Int64] {
        guard !isOver else { return [latency()] }
        guard !scheduler.dice.chance(lostNews) else { return [] }
        let copies = scheduler.dice.chance(repeatedNews) ? Int(scheduler.dice.between(2, 5)) : 1
        return (0..<copies).map { _ in
            scheduler.dice.chance(lateNews) ? scheduler.dice.skewed(1000, 7_200_000) : latency()
        }
    }
}
