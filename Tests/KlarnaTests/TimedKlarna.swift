import Klarna
import Synchronization
import TimeAndChance
import Wire

/// What befalls calls when Klarna is not well.
enum Ailment: CaseIterable {
    case serverError, redirect, malformed, reset, unreachable

    func answer(_ request: OutboundRequest) throws(TransportError) -> InboundResponse {
        switch self {
        case .serverError: InboundResponse(status: 503)
        case .redirect: InboundResponse(status: 302)
        case .malformed: InboundResponse(status: 200, body: Array("<html>".utf8))
        case .reset: throw .lost(reason: "the connection was reset")
        case .unreachable: throw .notSent(reason: "the connection was refused")
        }
    }
}

/// A Klarna that answers as it is told, and remembers what it was asked, and when.
final class TimedKlarna: Transport {
    typealias Answer = @Sendable (OutboundRequest) throws(TransportError) -> InboundResponse

    private let time: ManualTime
    private let start: Timestamp
    private let state: Mutex<(answer: Answer, requests: [(purpose: CallPurpose?, at: Timestamp)])>

    init(_ time: ManualTime, _ answer: @escaping Answer = { _ in .waiting }) {
        self.time = time
        start = time.now
        state = Mutex((answer, []))
    }

    var answer: Answer {
        get { state.withLock(\.answer) }
        set { state.withLock { $0.answer = newValue } }
    }

    var purposes: [CallPurpose?] { state.withLock { $0.requests.map(\.purpose) } }
    /// In milliseconds since the beginning.
    var sentAt: [Int64] { state.withLock { $0.requests.map { ($0.at - start).milliseconds } } }

    func send(_ request: OutboundRequest) async throws(TransportError) -> InboundResponse {
        let answer = state.withLock { state in
            state.requests.append((request.purpose, time.now))
            return state.answer
        }
        return try answer(request)
    }

    /// A client with a gate of its own, at the playground.
    func client(
        fraction: Double = 0,
        waitersMax: Int = 512,
        quota: KlarnaQuota = KlarnaQuota(.playground),
    ) throws -> KlarnaClient {
        KlarnaClient(
            account: try .sample(),
            transport: self,
            gate: KlarnaGate(
                quota: quota,
                surroundings: time.surroundings(fraction: fraction),
                account: "shop",
                waitersMax: waitersMax,
            ),
        )
    }
}

extension InboundResponse {
    /// A success for every endpoint.
    static var waiting: InboundResponse { .waiting(date: nil) }

    static func waiting(date: String?) -> InboundResponse {
        let body: JSON = [
            "status": "WAITING", "session_id": "1", "order_id": "1",
            "redirect_url": "https://pay.example/1",
            "token_id": "1",
        ]
        return InboundResponse(
            status: 200,
            fields: date.map { [(name: "Date", value: $0)] } ?? [],
            body: body.bytes,
        )
    }

    static func tooMany(retryAfter seconds: Int) -> InboundResponse {
        InboundResponse(status: 429, fields: [(name: "Retry-After", value: String(seconds))])
    }
}

extension KlarnaClient {
    func read() async throws(KlarnaError) { try await make(.readHPPSession) }
    func create() async throws(KlarnaError) { try await make(.createPaymentSession) }
    func place() async throws(KlarnaError) { try await make(.placeOrder) }

    /// Why such a call failed; `nil` when it did not.
    func failure(of purpose: CallPurpose = .readHPPSession) async -> KlarnaError? {
        do throws(KlarnaError) {
            try await make(purpose)
            return nil
        } catch {
            return error
        }
    }
}

extension KlarnaError {
    var pause: Duration? {
        guard case .paused(let retryAfter) = self else { return nil }
        return retryAfter
    }

    var isRefused: Bool {
        guard case .refused = self else { return false }
        return true
    }
}
