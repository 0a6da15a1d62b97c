import Foundation
import Klarna
import Synchronization
import Wire

/// One payment at Klarna: its page, its authorization, which lives for an hour, and its order.
final class OneKlarna: Transport {
    struct State {
        var authorizedAt: Timestamp?
        /// Requests to place, as they arrived.
        var placed: [[UInt8]] = []
        var isOrdered = false
        var fraudStatus = "ACCEPTED"
        var captures: [Capture] = []
        /// The captures that each key stands for.
        var keys: [String: String] = [:]
        /// Requests to capture, as they arrived or were lost on their way.
        var captureKeys: [String] = []
        /// What becomes of the next request to capture.
        var loss: Loss?
        /// The next request to place waits after its effect for ``OneKlarna/answer()``; its answer is lost, or not.
        var held: (isLost: Bool, waiting: CheckedContinuation<Void, Never>?)?
    }

    struct Capture {
        let id: String
        let amount: Int64
        let reference: String?
        let at: Timestamp
    }

    enum Loss: CaseIterable {
        /// On the way there.
        case request
        /// The work is done, and nobody hears of it.
        case answer
    }

    let state = Mutex(State())
    private let now: @Sendable () -> Timestamp

    init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

    func approve() { state.withLock { $0.authorizedAt = now() } }

    func holdPlacing(losingItsAnswer isLost: Bool) { state.withLock { $0.held = (isLost, nil) } }

    var placed: [[UInt8]] { state.withLock(\.placed) }

    var isOrdered: Bool { state.withLock(\.isOrdered) }

    var isHolding: Bool { state.withLock { $0.held?.waiting != nil } }

    func answer() {
        state.withLock { state in
            defer { state.held = nil }
            return state.held?.waiting
        }?.resume()
    }

    /// What Klarna thinks of the risk of its order.
    func think(_ fraudStatus: String) { state.withLock { $0.fraudStatus = fraudStatus } }

    func loseNextCapture(_ loss: Loss) { state.withLock { $0.loss = loss } }

    /// Klarna keeps keys for a day.
    func forgetKeys() { state.withLock { $0.keys = [:] } }

    var captured: [Int64] { state.withLock { $0.captures.map(\.amount) } }

    var captureKeys: [String] { state.withLock(\.captureKeys) }

    func send(_ request: OutboundRequest) async throws(TransportError) -> InboundResponse {
        if request.purpose == .captureOrder { return try capture(request) }
        let answer = state.withLock { respond(to: request, &$0) }
        guard request.purpose == .placeOrder, let held = state.withLock({ $0.held }), held.waiting == nil else {
            return answer
        }
        await withCheckedContinuation { continuation in state.withLock { $0.held?.waiting = continuation } }
        if held.isLost { throw .lost(reason: "connection reset") }
        return answer
    }

    private func respond(to request: OutboundRequest, _ state: inout State) -> InboundResponse {
        switch request.purpose {
        case .createPaymentSession: respond(200, ["session_id": "kp-1", "client_token": "c"])
        case .createHPPSession: respond(201, ["session_id": "hpp-1", "redirect_url": "https://pay.example/1"])
        case .readHPPSession:
            state.authorizedAt == nil
                ? respond(200, ["session_id": "hpp-1", "status": "WAITING"])
                : respond(200, ["session_id": "hpp-1", "status": "COMPLETED", "authorization_token": "token-1"])
        case .readPaymentSession: respond(200, ["status": .string(state.isOrdered ? "complete" : "incomplete")])
        case .placeOrder: place(request, &state)
        case .readOrder: respond(200, order(state))
        case .disableHPPSession, .releaseAuthorization: InboundResponse(status: 204)
        case _: InboundResponse(status: 404)
        }
    }

    private func place(_ request: OutboundRequest, _ state: inout State) -> InboundResponse {
        state.placed.append(request.body ?? [])
        guard let authorizedAt = state.authorizedAt, now() < authorizedAt + .seconds(3600) else {
            return respond(404, ["error_code": "NOT_FOUND"])
        }
        state.isOrdered = true
        return respond(200, ["order_id": "order-1", "fraud_status": .string(state.fraudStatus)])
    }

    private static let amount: Int64 = 25_000

    private func capture(_ request: OutboundRequest) throws(TransportError) -> InboundResponse {
        let key = request.fields.first { $0.name == "Klarna-Idempotency-Key" }?.value ?? ""
        let body = try? JSON.parse(request.body ?? [])
        let answer = state.withLock { state -> InboundResponse? in
            state.captureKeys.append(key)
            let loss = state.loss
            state.loss = nil
            if loss == .request { return nil }
            let response = capture(body?["captured_amount"]?.integer ?? 0, body?["reference"]?.string, key, &state)
            return loss == .answer ? nil : response
        }
        guard let answer else { throw .lost(reason: "no answer in time") }
        return answer
    }

    private func capture(_ amount: Int64, _ reference: String?, _ key: String, _ state: inout State) -> InboundResponse
    {
        func done(_ id: String) -> InboundResponse {
            InboundResponse(status: 201, fields: [("Capture-Id", id), (name: "Date", value: now().httpDate)])
        }
        if let known = state.keys[key] { return done(known) }
        guard state.captures.map(\.amount).reduce(amount, +) <= OneKlarna.amount, amount > 0 else {
            return respond(403, ["error_code": "CAPTURE_NOT_ALLOWED"])
        }
        let id = "capture-\(state.captures.count + 1)"
        state.captures.append(Capture(id: id, amount: amount, reference: reference, at: now()))
        state.keys[key] = id
        return done(id)
    }

    private func order(_ state: State) -> JSON {
        let captured = state.captures.map(\.amount).reduce(0, +)
        let status = captured == 0 ? "AUTHORIZED" : captured < OneKlarna.amount ? "PART_CAPTURED" : "CAPTURED"
        return [
            "order_id": "order-1", "status": .string(status), "order_amount": .integer(OneKlarna.amount),
            "purchase_currency": "SEK", "merchant_reference1": "order-1001", "captured_amount": .integer(captured),
            "refunded_amount": 0, "remaining_authorized_amount": .integer(OneKlarna.amount - captured),
            "fraud_status": .string(state.fraudStatus), "refunds": [],
            "captures": .array(
                state.captures.map { capture in
                    [
                        "capture_id": .string(capture.id), "captured_amount": .integer(capture.amount),
                        "reference": capture.reference.map(JSON.string) ?? .null,
                        "captured_at": .string(capture.at.description),
                    ]
                }
            ),
        ]
    }

    private func respond(_ status: Int, _ body: JSON) -> InboundResponse {
        InboundResponse(status: status, fields: [(name: "Date", value: now().httpDate)], body: body.bytes)
    }
}

extension Timestamp {
    /// As in a `Date`: whole seconds, RFC 9110 5.6.7.
    fileprivate var httpDate: String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: Date(timeIntervalSince1970: Double(milliseconds / 1000)))
    }
}
