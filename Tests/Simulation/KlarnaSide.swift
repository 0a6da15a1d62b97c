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
    /// Requests to place that are on their way or whose work may still be done.
    private(set) var sendings: [Sending] = []

    init(_ run: Run, behaviour: SandboxWorld.Behaviour, skew: Int64, seed: UInt64) {
        self.run = run
        self.skew = skew
        world = SandboxWorld(behaviour: behaviour, random: Dice(seed: seed))
    }

    var now: Timestamp { Timestamp(milliseconds: run.scheduler.now + skew) }

    /// One attempt at placing an order, as the network knows it.
    final class Sending {
        enum Heard {
            /// Nobody has heard anything yet.
            case nothing
            case notSent
            /// The sender has an answer that says what came of it.
            case answered(status: Int)
            /// The sender will never know.
            case lost
        }

        let checkoutID: Checkout.ID
        let token: String
        let sentAt: Int64
        /// Whether its work may still be done.
        var mayArrive = true
        var heard = Heard.nothing

        init(_ checkoutID: Checkout.ID, _ token: String, sentAt: Int64) {
            self.checkoutID = checkoutID
            self.token = token
            self.sentAt = sentAt
        }
    }

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
        run.audit.worldMayHaveChanged(request.method != "GET")
        scheduleLateWork()
        guard answer.isAnswered else { return nil }
        if request.purpose == .createHPPSession, (200...299).contains(answer.status) { expose(request, answer) }
        var fields = answer.fields.map { (name: $0.key, value: $0.value) }
        if let type = answer.contentType { fields.append((name: "Content-Type", value: type)) }
        return InboundResponse(status: answer.status, fields: fields, body: answer.body)
    }

    /// Work that is due later happens by itself.
    private func scheduleLateWork() {
        guard let next = world.nextLateWork else { return }
        run.scheduler.after((next - now).milliseconds) { [self] in
            world.settle(at: now)
            run.audit.worldMayHaveChanged(true)
            scheduleLateWork()
        }
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
        run.audit.worldMayHaveChanged(true)
        scheduleLateWork()
        return outcome
    }

    /// What became of every hosted page, by the books of Klarna.
    func records() -> [SessionRecord] { world.sessions(at: now) }
}

extension OutboundRequest {
    func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    /// The token in the path of a request to place, or to release.
    var token: String? {
        let marker = "/payments/v1/authorizations/"
        guard let range = url.firstRange(of: marker) else { return nil }
        return String(url[range.upperBound...].prefix { $0 != "/" })
    }
}
