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
        case status(Int)
        case answer(JSON)
    }

    private struct State {
        var world: SandboxWorld
        var faults: [(path: String, fault: Fault)] = []
        var calls: [Call] = []
        var pages: [String: String] = [:]
    }

    struct Call {
        let method: String
        let path: String
        let key: String?
        let body: JSON?
    }

    private static let baseURL = "https://api.playground.klarna.com"

    private let state: Mutex<State>
    private let clock: ManualClock

    init(_ clock: ManualClock, _ behaviour: SandboxWorld.Behaviour) {
        self.clock = clock
        state = Mutex(State(world: SandboxWorld(behaviour: behaviour)))
    }

    func send(_ request: OutboundRequest) async throws(TransportError) -> InboundResponse {
        let answer = state.withLock { state -> Result<InboundResponse, TransportError> in
            let path = String(request.url.dropFirst(WorldKlarna.baseURL.utf8.count))
            let call = KlarnaCall(
                method: request.method,
                path: path,
                authorization: field("Authorization", request),
                contentType: field("Content-Type", request),
                idempotencyKey: field("Klarna-Idempotency-Key", request),
                body: request.body ?? [],
                baseURL: WorldKlarna.baseURL,
            )
            let fault = state.faults.firstIndex { "\(call.method) \(path)".contains($0.path) }
                .map { state.faults.remove(at: $0).fault }
            if case .notSent = fault { return .failure(.notSent(reason: "connection refused")) }
            let body = try? JSON.parse(call.body)
            state.calls.append(Call(method: call.method, path: path, key: call.idempotencyKey, body: body))
            switch fault {
            case .lostRequest: return .failure(.lost(reason: "connection reset"))
            case .status(let status): return .success(InboundResponse(status: status))
            case .answer(let json):
                let fields = [(name: "Content-Type", value: "application/json")]
                return .success(InboundResponse(status: 200, fields: fields, body: json.bytes))
            case .notSent, .lostAnswer, nil: break
            }
            let answer = state.world.answer(call, at: clock.now)
            if case .lostAnswer = fault { return .failure(.lost(reason: "connection reset")) }
            var fields = answer.fields.map { (name: $0.key, value: $0.value) }
            if let type = answer.contentType { fields.append((name: "Content-Type", value: type)) }
            return .success(InboundResponse(status: answer.status, fields: fields, body: answer.body))
        }
        return try answer.get()
    }

    private func field(_ name: String, _ request: OutboundRequest) -> String? {
        request.fields.first { $0.name == name }?.value
    }

    /// The next calls whose method and path contain the text go wrong, each in its way.
    func fail(_ path: String, _ faults: Fault...) { fail(path, faults) }

    func fail(_ path: String, _ faults: [Fault]) {
        state.withLock { $0.faults += faults.map { (path, $0) } }
    }

    /// The next such call is answered so, whatever the world would say.
    func answer(_ path: String, _ json: JSON) { fail(path, .answer(json)) }

    /// Does something in the world that no call of ours asked for.
    func meddle<Value>(_ work: (inout SandboxWorld, Timestamp) throws -> Value) rethrows -> Value {
        try state.withLock { try work(&$0.world, clock.now) }
    }

    func act(_ action: ShopperAction, on checkout: Checkout) throws {
        let id = try #require(checkout.sessions?.hppSessionID.rawValue)
        _ = try meddle { world, now in try world.act(action, onHPPSession: id, at: now) }
    }

    var orders: [JSON] { meddle { world, now in world.orders(at: now) } }

    /// The calls that were sent whose method and path contain the text.
    func calls(_ text: String) -> [Call] {
        state.withLock(\.calls).filter { "\($0.method) \($0.path)".contains(text) }
    }
}

extension JSON {
    /// A mug twice and its shipping, for a shopper in Sweden.
    static let basket: JSON = .basket(email: "customer@email.se")

    static func basket(email: String, adding members: JSONObject = [:]) -> JSON {
        var basket: JSONObject = [
            "merchant_reference": "order-1001", "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
            "order_amount": 29_900, "order_tax_amount": 5980,
            "order_lines": [
                [
                    "type": "physical", "reference": "MUG", "name": "Mug", "quantity": 2, "unit_price": 12_500,
                    "tax_rate": 2500, "total_amount": 25_000, "total_tax_amount": 5000,
                ],
                [
                    "type": "shipping_fee", "reference": "SHIP", "name": "Shipping", "quantity": 1,
                    "unit_price": 4900, "tax_rate": 2500, "total_amount": 4900, "total_tax_amount": 980,
                ],
            ],
            "billing_address": [
                "given_name": "Ada", "family_name": "Person", "email": .string(email),
                "street_address": "Vasagatan 10", "postal_code": "411 24", "city": "Gothenburg", "country": "SE",
            ],
        ]
        for member in members.members { basket[member.name] = member.value }
        return .object(basket)
    }
}
