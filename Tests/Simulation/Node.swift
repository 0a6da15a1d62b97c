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
        skew =
            isAlone
            ? run.scheduler.dice.pick([0, 0, 2 * hours, -2 * hours, 7000]) : run.scheduler.dice.between(-900, 900)
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
        guard
            let account = try? KlarnaAccount(
                username: "K1",
                password: Secret("p"),
                environment: .playground,
                region: .eu,
                baseURLOverride: KlarnaSide.baseURL,
            )
        else { return }
        let client = KlarnaClient(
            account: account,
            transport: KlarnaWire(run, lane) { clock.now },
            gate: KlarnaGate(quota: KlarnaQuota(.playground), surroundings: surroundings, account: "default"),
        )
        let desk = CheckoutDesk(
            store: store,
            clients: ["default": client],
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
        let routes = Routes(desk: desk, store: store, surroundings: surroundings, client: client, bug: run.bug)
        service = Service(lane: lane, routes: routes)
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
        run.scheduler.after(run.scheduler.dice.skewed(500, 600_000)) { [self] in start() }
    }

    private func planTroubles() {
        let scheduler = run.scheduler
        let span = run.weather.healsAt - scheduler.now
        for _ in 0..<scheduler.dice.pick([0, 0, 1, 2, 4]) {
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
        if scheduler.dice.chance(400) {
            let at = scheduler.dice.between(span / 2, span)
            scheduler.after(at) { [self] in skew += 7_200_000 }
            scheduler.after(at + scheduler.dice.between(10_000, 1_200_000)) { [self] in
                run.coverage.count("node", "clock put right")
                crash()
                skew -= 7_200_000
                start()
            }
        }
        for _ in 0..<scheduler.dice.pick([0, 0, 0, 1, 2]) {
            let at = scheduler.dice.between(0, span)
            let jump: Int64 = scheduler.dice.pick([7_200_000, -7_200_000, 600_000, -600_000])
            scheduler.after(at) { [self] in
                run.coverage.count("node", jump > 0 ? "clock set forward" : "clock set back")
                run.trace { "n\(self.index) clock set by \(jump / 1000) s" }
                skew += jump
            }
        }
    }
}

/// What a node answers to whoever calls it, as its HTTP routes do.
struct Routes: Sendable {
    let desk: CheckoutDesk
    let store: StoreLine
    let surroundings: Surroundings
    let client: KlarnaClient
    let bug: PlantedBug?

    /// What a merchant gets: a status as in HTTP, and the checkout.
    struct Answer: Sendable {
        let status: Int
        var checkoutID: Checkout.ID?
        var redirectURL: String?
    }

    func open(_ new: NewCheckout, key: String) async -> Answer {
        let request = IdempotentRequest(scope: "k POST /v1/checkouts", key: key, fingerprint: key)
        let start: IdempotentStart
        do throws(StoreError) {
            start = try await store.begin(request, lease: .seconds(90), at: surroundings.now())
        } catch {
            return Answer(status: 503)
        }
        switch start {
        case .answered(let answer): return Answer(answer)
        case .inFlight: return Answer(status: 409)
        case .otherBody: return Answer(status: 422)
        case .ours(let claim, let resuming):
            var answer: Answer
            do throws(DeskError) {
                let checkout: Checkout
                if let resuming {
                    checkout = try await desk.resumeOpening(resuming)
                } else {
                    checkout = try await desk.open(new, claim: claim)
                }
                answer = Answer(status: 201, checkoutID: checkout.id, redirectURL: checkout.sessions?.redirectURL)
            } catch {
                answer = Answer(status: error.status)
            }
            try? await store.end(claim, answer: answer.status < 500 ? answer.stored : nil, at: surroundings.now())
            return answer
        }
    }

    func receive(_ body: JSON, token: String) async -> Int {
        guard let id = Node.pathSecret.checkoutID(in: token, .callback) else { return 404 }
        let session = body["session"]
        guard let eventID = body["event_id"]?.string else { return 400 }
        if bug == .believesCallbacks { await believe(session?["status"]?.string, id) }
        let receive: @Sendable () async -> Int = { [desk] in
            do throws(DeskError) {
                try await desk.receive(
                    callback: eventID,
                    sessionID: session?["session_id"]?.string,
                    status: session?["status"]?.string,
                    for: id,
                )
                return 204
            } catch {
                return error.status
            }
        }
        guard bug == .acknowledgesBeforeRecording else { return await receive() }
        surroundings.start { _ = await receive() }
        return 204
    }

    func returned(_ token: String, _ outcome: String) async -> Int {
        guard let id = Node.pathSecret.checkoutID(in: token, .returning) else { return 404 }
        if bug == .believesRedirects { await believe(outcome == "cancel" ? "CANCELLED" : nil, id) }
        do throws(DeskError) {
            let checkout = try await desk.returned(id, waitingAtMost: .seconds(4))
            if bug == .placesWithoutJob, let placement = checkout.placement {
                _ = try? await client.placeOrder(
                    placement.token,
                    body: placement.body,
                    idempotencyKey: placement.idempotencyKey,
                )
            }
            return 303
        } catch {
            return error.status
        }
    }

    func disable(_ id: Checkout.ID) async -> Int {
        do throws(DeskError) {
            _ = try await desk.disable(id)
            return 200
        } catch {
            return error.status
        }
    }

    func refresh(_ id: Checkout.ID) async -> Int {
        do throws(DeskError) {
            _ = try await desk.refresh(id)
            return 200
        } catch {
            return error.status
        }
    }

    func look(at id: Checkout.ID) async -> Int {
        do throws(DeskError) {
            _ = try await desk.look(at: id)
            return 200
        } catch {
            return error.status
        }
    }

    /// What no service may do: it moves a checkout along by what somebody says.
    private func believe(_ word: String?, _ id: Checkout.ID) async {
        guard word == "CANCELLED" || word == "DISABLED", var checkout = try? await store.checkout(id),
            (try? checkout.apply(.pageCancelled, at: surroundings.now())) != nil
        else { return }
        let event = Event(at: surroundings.now(), type: "checkout.cancelled", source: .callback)
        _ = try? await store.commit(Change(id, checkout: checkout, events: [event]))
    }
}

extension Routes.Answer {
    /// As it is kept for the same request again.
    fileprivate var stored: StoredAnswer {
        let fields = [redirectURL].compactMap(\.self).map { StoredAnswer.Field("Location", $0) }
        return StoredAnswer(status: status, fields: fields, body: Array((checkoutID?.rawValue ?? "").utf8))
    }

    fileprivate init(_ stored: StoredAnswer) {
        status = stored.status
        checkoutID = Checkout.ID(rawValue: String(decoding: stored.body, as: UTF8.self))
        redirectURL = stored.fields.first?.value
    }
}

extension DeskError {
    fileprivate var status: Int {
        switch self {
        case .notFound: 404
        case .unknownAccount: 500
        case .notAllowed: 409
        case .klarnaRefused: 502
        case .klarnaUnknown, .klarnaBusy, .store: 503
        }
    }
}
