import Klarna
import KlarnaSandbox
import Synchronization
import Testing
import Wire

@testable import Checkouts

/// The sandbox's world at the other end of the transport, and what goes wrong on the way to it.
final class WorldKlarna: Transport {
    enum Fault {
        case notSent
        /// The work is done and the answer lost.
        case lostAnswer
        /// The request is lost on its way, which looks the same from here.
        case lostRequest
        /// No answer comes, and the work is done so much later.
        case late(Duration)
        /// Somebody in front of Klarna answers.
        case status(Int)
        /// Answered so, whatever the world would say.
        case answer(JSON, status: Int = 200)
        /// The answer comes without these fields.
        case without(Set<String>)
    }

    /// When something happens that is not Klarna's doing.
    enum Moment { case before, after }

    struct Call {
        let method: String
        let path: String
        let key: String?
        let body: JSON?
    }

    fileprivate struct State {
        var world: SandboxWorld
        var faults: [(path: String, fault: Fault)] = []
        var events: [(path: String, moment: Moment, work: @Sendable () async -> Void)] = []
        var calls: [Call] = []
    }

    fileprivate static let baseURL = "https://api.playground.klarna.com"

    private let state: Mutex<State>
    private let clock: ManualClock
    /// How much more Klarna's clock shows than ours.
    private let ahead: Mutex<Duration>

    /// Klarna's clock shows so much more than ours.
    init(_ clock: ManualClock, _ behaviour: SandboxWorld.Behaviour, ahead: Duration = .zero) {
        self.clock = clock
        self.ahead = Mutex(ahead)
        state = Mutex(State(world: SandboxWorld(behaviour: behaviour)))
    }

    func send(_ request: OutboundRequest) async throws(TransportError) -> InboundResponse {
        let name = "\(request.method) \(request.url.dropFirst(WorldKlarna.baseURL.utf8.count))"
        await happen(.before, name)
        let answer = state.withLock { $0.answer(request, named: name, at: now) }
        await happen(.after, name)
        return try answer.get()
    }

    private var now: Timestamp { clock.now + ahead.withLock(\.self) }

    /// Our clock is set, and Klarna's stays as it is.
    func clockIsSet(by duration: Duration) {
        ahead.withLock { $0 -= duration }
        clock.advance(duration)
    }

    private func happen(_ moment: Moment, _ name: String) async {
        let event = state.withLock { state in
            state.events.firstIndex { name.contains($0.path) && $0.moment == moment }
                .map { state.events.remove(at: $0) }
        }
        await event?.work()
    }
}

extension WorldKlarna.State {
    fileprivate mutating func answer(
        _ request: OutboundRequest,
        named name: String,
        at now: Timestamp,
    ) -> Result<InboundResponse, TransportError> {
        func field(_ name: String) -> String? { request.fields.first { $0.name == name }?.value }
        let call = KlarnaCall(
            method: request.method,
            path: String(request.url.dropFirst(WorldKlarna.baseURL.utf8.count)),
            authorization: field("Authorization"),
            contentType: field("Content-Type"),
            idempotencyKey: field("Klarna-Idempotency-Key"),
            body: request.body ?? [],
            baseURL: WorldKlarna.baseURL,
        )
        let fault = faults.firstIndex { name.contains($0.path) }.map { faults.remove(at: $0).fault }
        if case .notSent = fault { return .failure(.notSent(reason: "connection refused")) }
        let body = try? JSON.parse(call.body)
        calls.append(WorldKlarna.Call(method: call.method, path: call.path, key: call.idempotencyKey, body: body))
        var missing: Set<String> = []
        switch fault {
        case .lostRequest: return .failure(.lost(reason: "connection reset"))
        case .late(let delay):
            _ = world.leaveUnanswered(call, workAt: now + delay)
            return .failure(.lost(reason: "connection reset"))
        case .status(let status): return .success(InboundResponse(status: status))
        case .answer(let json, let status):
            let fields = [(name: "Content-Type", value: "application/json")]
            return .success(InboundResponse(status: status, fields: fields, body: json.bytes))
        case .without(let names): missing = names
        case .notSent, .lostAnswer, nil: break
        }
        let answer = world.answer(call, at: now)
        if case .lostAnswer = fault { return .failure(.lost(reason: "connection reset")) }
        var fields = answer.fields.map { (name: $0.key, value: $0.value) }.filter { !missing.contains($0.name) }
        if let type = answer.contentType { fields.append((name: "Content-Type", value: type)) }
        return .success(InboundResponse(status: answer.status, fields: fields, body: answer.body))
    }
}

// MARK: What tests do

extension WorldKlarna {
    /// The next calls whose method and path contain the text go wrong, each in its way.
    func fail(_ path: String, _ faults: Fault...) { fail(path, faults) }

    func fail(_ path: String, _ faults: [Fault]) {
        state.withLock { $0.faults += faults.map { (path, $0) } }
    }

    /// From now on nothing goes wrong.
    func heal() { state.withLock { $0.faults = [] } }

    /// Somebody does something while the next such call is under way: before Klarna does it, or before its answer arrives.
    func meanwhile(_ path: String, _ moment: Moment, _ work: @escaping @Sendable () async -> Void) {
        state.withLock { $0.events.append((path, moment, work)) }
    }

    /// Does something in the world that no call of ours asked for.
    func meddle<Value>(_ work: (inout SandboxWorld, Timestamp) throws -> Value) rethrows -> Value {
        try state.withLock { try work(&$0.world, now) }
    }

    func act(_ action: ShopperAction, on checkout: Checkout) throws {
        try act(action, on: try #require(checkout.sessions))
    }

    @discardableResult
    func act(_ action: ShopperAction, on page: Checkout.Sessions) throws -> ShopperOutcome {
        try meddle { world, now in try world.act(action, onHPPSession: page.hppSessionID.rawValue, at: now) }
    }

    /// Another program of the merchant calls Klarna: nothing of it is counted as ours, and nothing goes wrong.
    @discardableResult
    func elsewhere(_ method: String, _ path: String, _ body: JSON? = nil) -> (status: Int, json: JSON?) {
        let answer = meddle { world, now in
            let call = KlarnaCall(
                method: method,
                path: path,
                authorization: "Basic dXNlcjpwYXNzd29yZA==",
                contentType: body.map { _ in "application/json" },
                body: body?.bytes ?? [],
                baseURL: WorldKlarna.baseURL,
            )
            return world.answer(call, at: now)
        }
        return (answer.status, try? JSON.parse(answer.body))
    }

    var orders: [JSON] { meddle { world, now in world.orders(at: now) } }

    /// The calls that were sent whose method and path contain the text.
    func calls(_ text: String) -> [Call] {
        state.withLock(\.calls).filter { "\($0.method) \($0.path)".contains(text) }
    }
}
