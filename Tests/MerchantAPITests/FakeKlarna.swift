import Klarna
import Synchronization
import Wire

/// Klarna for many checkouts at once: what each session says now, and how the next calls go wrong.
final class FakeKlarna: Transport {
    struct State {
        var count = 0
        /// By HPP session id.
        var pages: [String: JSON] = [:]
        var orders: [String: JSONObject] = [:]
        /// What Klarna says of customer tokens, by token.
        var customerTokens: [String: JSONObject] = [:]
        var calls: [(call: String, body: JSON)] = []
        var faults: [(path: String, fault: Fault)] = []
        var gate: Gate?
    }

    enum Fault: Sendable {
        case lost
        case answer(Int, JSON, fields: [String: String] = [:])
    }

    private let state = Mutex(State())

    func send(_ request: OutboundRequest) async throws(TransportError) -> InboundResponse {
        let path = "/" + request.url.split(separator: "/", maxSplits: 2)[2]
        if let gate = state.withLock({ $0.gate }) { await gate.pass() }
        let body = request.body.flatMap { try? JSON.parse($0) } ?? .null
        return try state.withLock { state throws(TransportError) in
            state.calls.append(("\(request.method) \(path)", body))
            guard let index = state.faults.firstIndex(where: { path.hasPrefix($0.path) }) else {
                return FakeKlarna.respond(request.method, path, body, &state)
            }
            switch state.faults.remove(at: index).fault {
            case .lost: throw .lost(reason: "the connection was reset")
            case .answer(let status, let body, let fields):
                let fields = fields.map { (name: $0.key, value: $0.value) }
                return InboundResponse(status: status, fields: fields, body: body.bytes)
            }
        }
    }

    private static func respond(_ method: String, _ path: String, _ body: JSON, _ state: inout State) -> InboundResponse
    {
        let segments = path.split(separator: "/").map(String.init)
        let isPage = segments[0] == "hpp"
        switch segments[0] {
        case "ordermanagement": return state.manage(method, Array(segments.dropFirst(3)), body)
        case "customer-token": return state.useToken(method, Array(segments.dropFirst(3)), body)
        case "checkout": return state.checkOut(method, Array(segments.dropFirst(3)))
        case _: break
        }
        switch (method, segments.count) {
        case ("POST", 3) where isPage:
            state.count += 1
            let id = "hpp-\(state.count)"
            state.pages[id] = ["session_id": .string(id), "status": "WAITING"]
            return answer(201, ["session_id": .string(id), "redirect_url": .string("https://pay.example/\(id)")])
        case ("POST", 3):
            state.count += 1
            let category: JSON = ["identifier": "pay_later", "name": "Pay later"]
            return answer(
                200,
                [
                    "session_id": .string("kp-\(state.count)"), "client_token": "client",
                    "payment_method_categories": [category],
                ],
            )
        case ("GET", 4) where isPage:
            return state.pages[segments[3]].map { answer(200, $0) } ?? answer(404, [:])
        case ("DELETE", 4) where isPage:
            guard state.pages[segments[3]]?["status"] != "COMPLETED" else { return answer(400, [:]) }
            state.pages[segments[3]] = ["session_id": .string(segments[3]), "status": "DISABLED"]
            return InboundResponse(status: 204)
        case ("POST", 4) where segments[0] == "payments":
            return InboundResponse(status: 204)
        case ("GET", 4) where segments[0] == "payments":
            return answer(200, ["status": "incomplete"])
        case ("POST", 5) where isPage:
            return InboundResponse(status: 204)
        case ("POST", 5) where segments[4] == "customer-token":
            let id = "ct-\(segments[3])"
            state.customerTokens[id] = ["status": "ACTIVE", "payment_method_type": "CARD"]
            return answer(200, ["token_id": .string(id)])
        case ("POST", 5):
            return state.place("order-\(segments[3])", body)
        case _:
            return answer(404, [:])
        }
    }

    static func answer(_ status: Int, _ body: JSON) -> InboundResponse {
        InboundResponse(status: status, fields: [(name: "Content-Type", value: "application/json")], body: body.bytes)
    }

    /// What the page of a session says from now on.
    func page(_ id: String, _ status: String) {
        state.withLock { $0.pages[id] = ["session_id": .string(id), "status": .string(status)] }
    }

    /// The shopper pays.
    func approve(_ id: String) {
        state.withLock {
            $0.pages[id] = [
                "session_id": .string(id), "status": "COMPLETED", "authorization_token": .string("token-of-\(id)"),
            ]
        }
    }

    /// The shopper pays, and Klarna places the order by itself.
    func place(_ page: String, _ order: String, _ body: JSON) {
        state.withLock { state in
            _ = state.place(order, body)
            state.pages[page] = [
                "session_id": .string(page), "status": "COMPLETED", "order_id": .string(order),
                "klarna_reference": "KR1",
            ]
        }
    }

    /// Changes what Klarna says of an order.
    func change(_ order: String, _ change: (inout JSONObject) -> Void) {
        state.withLock { state in
            guard var json = state.orders[order] else { return }
            change(&json)
            state.orders[order] = json
        }
    }

    func fail(_ path: String, _ faults: Fault...) {
        state.withLock { $0.faults += faults.map { (path, $0) } }
    }

    /// Lets every call wait at a gate.
    func close() -> Gate {
        let gate = Gate()
        state.withLock { $0.gate = gate }
        return gate
    }

    func bodies(of call: String) -> [JSON] { state.withLock { $0.calls.filter { $0.call == call }.map(\.body) } }

    var calls: [String] { state.withLock { $0.calls.map(\.call) } }
}

/// Where calls wait until it is opened.
final class Gate: Sendable {
    private let arrivals: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)
    private let opening: Mutex<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>

    init() {
        arrivals = AsyncStream.makeStream()
        opening = Mutex((false, []))
    }

    func pass() async {
        arrivals.continuation.yield()
        await withCheckedContinuation { continuation in
            let isOpen = opening.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func arrival() async { for await _ in arrivals.stream { return } }

    func open() {
        let waiting = opening.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
