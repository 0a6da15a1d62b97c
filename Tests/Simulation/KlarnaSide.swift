import Checkouts
import Klarna
import KlarnaSandbox
import Wire

/// Klarna, as the sandbox has it, under a clock of its own; and whatever its hosted pages cause.
final class KlarnaSide {
    static let baseURL = "http://127.0.0.1:9"

    private unowned let run: Run
    private(set) var world: SandboxWorld
    /// How far Klarna's clock differs from the true time.
    private let skew: Int64
    /// Attempts that are on their way or whose work may still be done, and those that were.
    private(set) var sendings: [Sending] = []
    private var lateWorkAt: Timestamp?

    init(_ run: Run, behaviour: SandboxWorld.Behaviour, skew: Int64, seed: UInt64) {
        self.run = run
        self.skew = skew
        world = SandboxWorld(behaviour: behaviour, random: Dice(seed: seed))
    }

    var now: Timestamp { Timestamp(milliseconds: run.scheduler.now + skew) }

    func left(_ sending: Sending) { sendings.append(sending) }

    /// A request arrives: the work is done, or begins.
    func arrive(_ request: OutboundRequest) -> InboundResponse? {
        let call = KlarnaCall(
            method: request.method,
            path: String(request.url.dropFirst(KlarnaSide.baseURL.utf8.count)),
            authorization: request.field("Authorization"),
            contentType: request.field("Content-Type"),
            idempotencyKey: request.field("Klarna-Idempotency-Key"),
            body: request.body ?? [],
            baseURL: KlarnaSide.baseURL,
        )
        run.audit.arrived(request, path: call.path)
        let answer = world.answer(call, at: now)
        if (200...299).contains(answer.status) { run.audit.accepted(request) }
        worldChanged(request.method != "GET", by: request.purpose)
        run.audit.operating = nil
        guard answer.isAnswered else { return nil }
        if request.purpose == .createHPPSession, (200...299).contains(answer.status) { expose(request, answer) }
        var fields = answer.fields.map { (name: $0.key, value: $0.value) }
        if let type = answer.contentType { fields.append((name: "Content-Type", value: type)) }
        return InboundResponse(status: answer.status, fields: fields, body: answer.body)
    }

    /// Work that is due later happens by itself.
    private func scheduleLateWork() {
        guard let next = world.nextLateWork, lateWorkAt.map({ next < $0 }) ?? true else { return }
        lateWorkAt = next
        run.scheduler.after((next - now).milliseconds) { [self] in
            lateWorkAt = nil
            world.settle(at: now)
            worldChanged()
        }
    }

    /// Everybody who has to hear of it does.
    private func worldChanged(_ mayHaveChanged: Bool = true, by call: CallPurpose? = nil) {
        scheduleLateWork()
        guard mayHaveChanged else { return }
        run.audit.worldMayHaveChanged()
        if call?.mayChangeOrders ?? true { run.audit.compareBooks(by: call) }
        let callbacks = world.takeCallbacks()
        if !callbacks.isEmpty { run.street.report(callbacks) }
    }

    private func expose(_ request: OutboundRequest, _ answer: KlarnaAnswer) {
        guard let json = try? JSON.parse(answer.body), let id = json["session_id"]?.string,
            let url = json["redirect_url"]?.string
        else { return }
        pages[url] = id
    }

    /// HPP session ids by the URL of their page.
    private(set) var pages: [String: String] = [:]

    /// A shopper acts on a page. What Klarna does then is up to it: callbacks, and a way back for the browser.
    func act(_ action: ShopperAction, onPage url: String) -> ShopperOutcome? {
        guard let id = pages[url] else { return nil }
        let outcome = try? world.act(action, onHPPSession: id, at: now)
        worldChanged()
        return outcome
    }

    /// Somebody acts on an order without the merchant's server. True when Klarna lets them.
    func act(_ action: OrderAction, onOrder id: String, _ amount: Int64?) -> Bool {
        let body: JSONObject = amount.map { ["amount": .integer($0)] } ?? JSONObject()
        let record = try? world.act(action, onOrder: id, body: body, at: now)
        worldChanged()
        return record != nil
    }

    func act(_ action: TokenAction, onToken id: String, _ trouble: TokenTrouble) {
        let body: JSONObject = ["error_code": .string(trouble.rawValue), "count": 1]
        _ = try? world.act(action, onToken: id, body: body, at: now)
    }

    /// Every order, by the books of Klarna.
    func orders() -> [JSON] { world.orders(at: now) }

    /// What became of every hosted page, by the books of Klarna.
    func records() -> [SessionRecord] { world.sessions(at: now) }
}

extension CallPurpose {
    /// Whether orders may be made or changed by it, at once or later.
    fileprivate var mayChangeOrders: Bool {
        isOperation || self == .placeOrder || self == .placeTokenOrder
    }
}
