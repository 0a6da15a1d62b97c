import Foundation
import Klarna
import Synchronization
import Wire

/// Klarna as a few variables: what its sessions say now, what it was sent, and how the next calls go wrong.
final class FakeKlarna: Transport {
    struct State {
        var hpp: JSON = ["session_id": "hpp-1", "status": "WAITING"]
        var paymentSession: JSON = ["status": "incomplete"]
        var orders: [String: JSON] = [:]
        /// Place-order requests as they arrived: token, key, body.
        var placed: [(token: String, key: String, body: [UInt8])] = []
        var released: [String] = []
        var calls: [String] = []
        /// What happens to the next call whose path contains the key, first come first served.
        var faults: [(path: String, fault: Fault)] = []
        /// How far its clock is ahead of ours.
        var skew = Duration.zero
        /// Whether its answers have a `Date`.
        var tellsTime = true
        /// Calls whose path contains it wait, after they arrived and before they have an effect, until the gate is opened.
        var gate: (path: String, waiting: [CheckedContinuation<Void, Never>])?
    }

    enum Fault {
        case notSent
        /// The work is done and the answer lost.
        case lostAnswer
        /// The request is lost on its way, which looks the same from here.
        case lostRequest
        case answer(Int, JSON)
        /// The work is done, and the answer says something else.
        case doneAnd(Int)
        /// An answer with `Retry-After` in seconds.
        case later(Int, Int)
    }

    let state = Mutex(State())
    private let clock: ManualClock

    init(_ clock: ManualClock) { self.clock = clock }

    /// The time by its own clock.
    var now: Timestamp { clock.now + state.withLock(\.skew) }

    func send(_ request: OutboundRequest) async throws(TransportError) -> InboundResponse {
        let path = "/" + request.url.split(separator: "/", maxSplits: 2)[2]
        await withCheckedContinuation { continuation in
            let mayPass = state.withLock { state in
                guard state.gate.map({ path.contains($0.path) }) == true else { return true }
                state.gate?.waiting.append(continuation)
                return false
            }
            if mayPass { continuation.resume() }
        }
        let result = state.withLock { state -> Result<InboundResponse, TransportError> in
            state.calls.append("\(request.method) \(path)")
            var loses = false
            if let index = state.faults.firstIndex(where: { path.contains($0.path) }) {
                switch state.faults.remove(at: index).fault {
                case .notSent: return .failure(.notSent(reason: "connection refused"))
                case .lostRequest: return .failure(.lost(reason: "connection reset"))
                case .lostAnswer: loses = true
                case .doneAnd(let status):
                    _ = respond(to: request, path, &state)
                    return .success(answer(status, [:]))
                case .answer(let status, let body): return .success(answer(status, body))
                case .later(let status, let seconds):
                    let fields = [(name: "Retry-After", value: "\(seconds)")]
                    return .success(InboundResponse(status: status, fields: fields))
                }
            }
            let reply = respond(to: request, path, &state)
            guard !loses else { return .failure(.lost(reason: "connection reset")) }
            let time = clock.now + state.skew
            let date = state.tellsTime ? [(name: "Date", value: time.httpDate)] : []
            return .success(InboundResponse(status: reply.status, fields: reply.fields + date, body: reply.body))
        }
        return try result.get()
    }

    private func respond(to request: OutboundRequest, _ path: String, _ state: inout State) -> InboundResponse {
        let segments = path.split(separator: "/").map(String.init)
        switch (request.method, segments.count, segments.last ?? "") {
        case ("POST", 3, "sessions") where segments[0] == "payments":
            return answer(200, ["session_id": "kp-1", "client_token": "c", "payment_method_categories": []])
        case ("POST", 3, "sessions"):
            return answer(201, ["session_id": "hpp-1", "redirect_url": "https://pay.example/1"])
        case ("GET", 4, _) where segments[0] == "payments": return answer(200, state.paymentSession)
        case ("GET", 4, _) where segments[0] == "hpp": return answer(200, state.hpp)
        case ("GET", 4, let id): return state.orders[id].map { answer(200, $0) } ?? answer(404, [:])
        case ("DELETE", 4, _) where segments[0] == "hpp":
            guard state.hpp["status"] != "COMPLETED" else { return answer(400, [:]) }
            state.hpp = ["session_id": "hpp-1", "status": "DISABLED"]
            return answer(204, nil)
        case ("DELETE", 4, let token):
            state.released.append(token)
            return answer(204, nil)
        case ("POST", 5, "order"):
            return place(request, token: segments[3], &state)
        case _: return answer(404, [:])
        }
    }

    private func place(_ request: OutboundRequest, token: String, _ state: inout State) -> InboundResponse {
        let key = request.fields.first { $0.name.lowercased() == "klarna-idempotency-key" }?.value ?? ""
        state.placed.append((token, key, request.body ?? []))
        let id = "order-of-\(token)"
        state.paymentSession = ["status": "complete"]
        state.orders[id] = [
            "order_id": .string(id), "status": "AUTHORIZED", "order_amount": 25_000, "klarna_reference": "KR1",
            "purchase_currency": "SEK", "merchant_reference1": "order-1001", "captured_amount": 0, "refunded_amount": 0,
            "remaining_authorized_amount": 25_000,
        ]
        return answer(200, ["order_id": .string(id), "fraud_status": "ACCEPTED"])
    }

    private func answer(_ status: Int, _ body: JSON?) -> InboundResponse {
        InboundResponse(
            status: status,
            fields: [(name: "Content-Type", value: "application/json")],
            body: body?.bytes ?? [],
        )
    }

    /// The shopper approves on the hosted page.
    func approve(token: String = "token-1") {
        state.withLock {
            $0.hpp = ["session_id": "hpp-1", "status": "COMPLETED", "authorization_token": .string(token)]
        }
    }

    /// Holds up the calls whose path contains the text.
    func close(_ path: String) { state.withLock { $0.gate = (path, []) } }

    /// How many calls are held up.
    var held: Int { state.withLock { $0.gate?.waiting.count ?? 0 } }

    /// Lets the calls that are held up go on, and those that come from now on.
    func open() {
        let waiting = state.withLock { state in
            defer { state.gate = nil }
            return state.gate?.waiting ?? []
        }
        for call in waiting { call.resume() }
    }

    func page(_ status: String) {
        state.withLock { $0.hpp = ["session_id": "hpp-1", "status": .string(status)] }
    }

    func fail(_ path: String, _ faults: Fault...) {
        state.withLock { $0.faults += faults.map { (path, $0) } }
    }
}

extension Timestamp {
    /// As a `Date` field has it.
    fileprivate var httpDate: String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1000))
    }
}
