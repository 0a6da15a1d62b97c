import Foundation
import Klarna
import Logging
import Money
import SQLiteStore
import Synchronization
import TimeAndChance
import Wire

@testable import Checkouts

/// Several nodes of the service on one database, and one Klarna for all of them.
final class Nodes: Sendable {
    let desks: [CheckoutDesk]
    let klarna: OneKlarna
    let store: any Store
    let clock = SetClock()
    private let directory: URL

    init(_ count: Int) throws {
        let clock = clock
        klarna = OneKlarna { clock.now }
        directory = FileManager.default.temporaryDirectory.appending(path: "kassa-nodes-\(UUID())")
        let key = [UInt8](repeating: 7, count: 32)
        store = try SQLiteStore(path: directory.appending(path: "kassa.db").path, vault: Vault(secretKey: key))
        let (store, klarna) = (store, klarna)
        desks = try (0..<count).map { _ in try Nodes.desk(store, klarna, clock) }
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private static func desk(_ store: any Store, _ klarna: OneKlarna, _ clock: SetClock) throws -> CheckoutDesk {
        let account = try KlarnaAccount(
            username: "user",
            password: Secret("password"),
            environment: .playground,
            region: .eu,
        )
        let surroundings = Surroundings(now: { clock.now })
        let quota = KlarnaQuota(createPaymentSession: 1_000_000, createHPPSession: 1_000_000, other: 1_000_000)
        let gate = KlarnaGate(quota: quota, surroundings: surroundings, account: "default")
        return CheckoutDesk(
            store: store,
            clients: ["default": KlarnaClient(account: account, transport: klarna, gate: gate)],
            publicURL: "http://127.0.0.1:8080",
            pathSecret: PathSecret(secretKey: key),
            surroundings: surroundings,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        )
    }

    private static let key = [UInt8](repeating: 7, count: 32)

    func open() async throws -> Checkout { try await desks[0].open(.mug) }

    func events(_ id: Checkout.ID) async throws -> [String] { try await store.events(of: id).map(\.event.type) }

    /// Takes the job to place, as a worker of that node would.
    func claimPlacing(_ node: Int) async throws -> ClaimedJob? {
        let desk = desks[node]
        return try await store.claimJobs(JobCapacity(placing: 1, other: 0), lease: desk.policy.lease, at: desk.now)
            .first
    }

    /// Does every job that is due now, on the first node.
    func workUntilQuiet() async throws {
        let desk = desks[0]
        let worker = Worker(desk: desk, logger: desk.logger)
        while true {
            let capacity = JobCapacity(placing: 10, other: 10)
            let jobs = try await store.claimJobs(capacity, lease: desk.policy.lease, at: desk.now)
            guard !jobs.isEmpty else { return }
            for job in jobs { await worker.work(job) }
        }
    }
}

/// Time that moves when told.
final class SetClock: Sendable {
    private let time = Mutex(Timestamp(milliseconds: 1_741_079_730_000))

    var now: Timestamp { time.withLock(\.self) }

    func advance(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
}

/// One payment at Klarna: its page, its authorization, which lives for an hour, and its order.
final class OneKlarna: Transport {
    struct State {
        var authorizedAt: Timestamp?
        /// Requests to place, as they arrived.
        var placed: [[UInt8]] = []
        var isOrdered = false
        /// The next request to place waits after its effect for ``OneKlarna/answer()``; its answer is lost, or not.
        var held: (isLost: Bool, waiting: CheckedContinuation<Void, Never>?)?
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

    func send(_ request: OutboundRequest) async throws(TransportError) -> InboundResponse {
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
        case .readOrder: respond(200, OneKlarna.order)
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
        return respond(200, ["order_id": "order-1", "fraud_status": "ACCEPTED"])
    }

    private static let order: JSON = [
        "order_id": "order-1", "status": "AUTHORIZED", "order_amount": 25_000, "purchase_currency": "SEK",
        "merchant_reference1": "order-1001", "captured_amount": 0, "refunded_amount": 0,
        "remaining_authorized_amount": 25_000,
    ]

    private func respond(_ status: Int, _ body: JSON) -> InboundResponse {
        InboundResponse(status: status, fields: [(name: "Date", value: now().httpDate)], body: body.bytes)
    }
}

extension NewCheckout {
    static let mug = NewCheckout(
        account: "default",
        purchase: Purchase(
            country: "SE",
            currency: "SEK",
            locale: "sv-SE",
            orderAmount: 25_000,
            orderTaxAmount: 5000,
            orderLines: [
                OrderLine(
                    type: "physical",
                    name: "Mug",
                    quantity: 2,
                    unitPrice: 12_500,
                    taxRate: 2500,
                    totalAmount: 25_000,
                    totalTaxAmount: 5000,
                )
            ],
            merchantReference1: "order-1001",
        ),
        returnURLs: .kassa,
        page: PageOptions(),
        metadata: JSONObject(),
    )
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
