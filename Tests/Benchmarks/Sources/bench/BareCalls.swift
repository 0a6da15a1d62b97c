import Foundation
import FoundationNetworking

/// The calls of many purchases through URLSession with the settings that Kassa uses, and nothing else: what they cost is
/// what no backend on FoundationNetworking can go below.
///
/// Prints processor time and time of all purchases in milliseconds. What the shopper does in between is not counted.
struct BareCalls: Sendable {
    private let calls: KlarnaCalls
    private let base: String
    private let port: Int
    private let atOnce: Int
    private let session: URLSession

    private struct Purchase: Sendable {
        let paymentSession: String
        let hppSession: String
    }

    static func run(_ arguments: [String]) async throws {
        guard arguments.count == 4, let port = Int(arguments[1]), let atOnce = Int(arguments[2]),
            let count = Int(arguments[3])
        else { throw Failure("bare-calls FILE PORT AT-ONCE PURCHASES") }
        let calls = try JSONDecoder().decode(KlarnaCalls.self, from: Data(contentsOf: URL(filePath: arguments[0])))
        let bare = BareCalls(
            calls: calls,
            base: "http://127.0.0.1:\(port)",
            port: port,
            atOnce: atOnce,
            session: URLSession(configuration: .bare(64)),
        )
        _ = try await bare.buy(10)
        let cost = try await bare.buy(count)
        print("\(cost.processor) \(cost.time)")
    }

    private func buy(_ count: Int) async throws -> (processor: Double, time: Double) {
        let beforeOpening = (processorTime, ContinuousClock.now)
        let purchases = try await together(count) { _ in try await open() }
        let opening = (processorTime - beforeOpening.0, ContinuousClock.now - beforeOpening.1)
        try approve(purchases)
        let beforePlacing = (processorTime, ContinuousClock.now)
        _ = try await together(count) { number in try await place(purchases[number]) }
        let placing = (processorTime - beforePlacing.0, ContinuousClock.now - beforePlacing.1)
        return (opening.0 + placing.0, (opening.1 + placing.1).milliseconds)
    }

    private func open() async throws -> Purchase {
        let paymentSession = try await call("POST", "/payments/v1/sessions", calls.paymentSession)
        guard let id = paymentSession["session_id"] as? String else { throw Failure("no payment session") }
        let body = try JSONSerialization.jsonObject(with: calls.hppSession) as? [String: Any] ?? [:]
        let page = body.merging(["payment_session_url": "\(base)/payments/v1/sessions/\(id)"]) { $1 }
        let answer = try await call("POST", "/hpp/v1/sessions", JSONSerialization.data(withJSONObject: page))
        guard let page = answer["session_id"] as? String else { throw Failure("no page") }
        return Purchase(paymentSession: id, hppSession: page)
    }

    private func place(_ purchase: Purchase) async throws -> Bool {
        var token: String?
        for _ in 0..<calls.hppReadings {
            let page = try await call("GET", "/hpp/v1/sessions/\(purchase.hppSession)")
            token = page["authorization_token"] as? String ?? token
        }
        for _ in 0..<calls.paymentSessionReadings {
            _ = try await call("GET", "/payments/v1/sessions/\(purchase.paymentSession)")
        }
        guard let token else { throw Failure("no authorization") }
        // What has an effect goes over a connection of its own.
        let own = URLSession(configuration: .bare(1))
        defer { own.finishTasksAndInvalidate() }
        let order = try await call("POST", "/payments/v1/authorizations/\(token)/order", calls.order, over: own)
        guard let id = order["order_id"] as? String else { throw Failure("no order") }
        for _ in 0..<calls.orderReadings { _ = try await call("GET", "/ordermanagement/v1/orders/\(id)") }
        return true
    }

    private func call(
        _ method: String,
        _ path: String,
        _ body: Data? = nil,
        over own: URLSession? = nil,
    ) async throws -> [String: Any] {
        guard let url = URL(string: base + path) else { throw Failure("not a URL: \(path)") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body
        request.setValue("Basic dXNlcjpwYXNzd29yZA==", forHTTPHeaderField: "Authorization")
        request.setValue("application/json", forHTTPHeaderField: "Accept")
        if body != nil { request.setValue("application/json", forHTTPHeaderField: "Content-Type") }
        let (data, response) = try await (own ?? session).data(for: request)
        guard let status = (response as? HTTPURLResponse)?.statusCode, (200...299).contains(status) else {
            throw Failure("\(method) \(path): \(String(decoding: data, as: UTF8.self))")
        }
        return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }

    /// The shoppers' part, over plain sockets.
    private func approve(_ purchases: [Purchase]) throws {
        let loader = Loader()
        for purchase in purchases {
            let approval = request("POST", "/sandbox/hpp/\(purchase.hppSession)/approve")
            _ = try loader.answer(port, approval).expecting()
        }
    }

    private func together<Value: Sendable>(
        _ count: Int,
        _ work: @escaping @Sendable (Int) async throws -> Value,
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: Value.self) { group in
            var values: [Value] = []
            for number in 0..<count {
                if number >= atOnce, let value = try await group.next() { values.append(value) }
                group.addTask { try await work(number) }
            }
            for try await value in group { values.append(value) }
            return values
        }
    }

    private func milliseconds(_ time: timeval) -> Double { Double(time.tv_sec) * 1000 + Double(time.tv_usec) / 1000 }

    /// Of this process, in milliseconds.
    private var processorTime: Double {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime)
    }
}

extension URLSessionConfiguration {
    fileprivate static func bare(_ connectionsPerHostMax: Int) -> URLSessionConfiguration {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.urlCache = nil
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        configuration.urlCredentialStorage = nil
        configuration.httpMaximumConnectionsPerHost = connectionsPerHostMax
        return configuration
    }
}
