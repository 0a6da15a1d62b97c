internal import Foundation
internal import FoundationNetworking

/// The transport over FoundationNetworking.
///
/// What it holds against FoundationNetworking's ways, each of which a test shows:
/// - A POST on a reused connection that the peer drops is begun a second time, without its body, and hangs. An effect
///   therefore has a session, and with it a connection, of its own, which ends with it.
/// - A 401 with `WWW-Authenticate: Basic` never completes: the challenge is refused and the answer taken from it.
/// - Redirects would be followed, with `Authorization`, to any host: they are not.
/// - The session's time-outs are not for the whole of a call, or do nothing: ``Exchange`` has a clock of its own.
/// - Bodies have no limit and no back-pressure: ``Exchange`` counts them.
///
/// Only the system's certificate authorities are trusted. `http_proxy` and its like in the environment are obeyed.
public final class URLSessionTransport: Transport {
    private let connectionsPerHostMax: Int
    private let pooled: URLSession
    private let exchanges = Exchanges()

    /// - Parameter connectionsPerHostMax: Further requests wait, and their time runs.
    public init(connectionsPerHostMax: Int = 64) {
        self.connectionsPerHostMax = connectionsPerHostMax
        pooled = URLSession(
            configuration: .bare(connectionsPerHostMax: connectionsPerHostMax),
            delegate: exchanges,
            delegateQueue: nil,
        )
    }

    deinit { pooled.invalidateAndCancel() }

    public func send(_ request: OutboundRequest) async throws(TransportError) -> InboundResponse {
        guard let urlRequest = URLRequest(request) else { throw .notSent(reason: "the URL cannot be read") }
        guard request.isEffect else {
            return try await exchange(request, pooled.dataTask(with: urlRequest), exchanges)
        }
        let own = Exchanges()
        let session = URLSession(configuration: .bare(connectionsPerHostMax: 1), delegate: own, delegateQueue: nil)
        // It ends, and lets go of its delegate, when its only task has.
        defer { session.finishTasksAndInvalidate() }
        return try await exchange(request, session.dataTask(with: urlRequest), own)
    }

    private func exchange(
        _ request: OutboundRequest,
        _ task: URLSessionDataTask,
        _ exchanges: Exchanges,
    ) async throws(TransportError) -> InboundResponse {
        let exchange = Exchange(request, task)
        exchanges[task.taskIdentifier] = exchange
        defer { exchanges[task.taskIdentifier] = nil }
        return try await exchange.answer().get()
    }
}

extension URLSessionConfiguration {
    /// No cookies, no cache, no stored credentials.
    fileprivate static func bare(connectionsPerHostMax: Int) -> URLSessionConfiguration {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.httpCookieAcceptPolicy = .never
        configuration.urlCache = nil
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        configuration.urlCredentialStorage = nil
        configuration.httpMaximumConnectionsPerHost = connectionsPerHostMax
        return configuration
    }
}

extension URLRequest {
    fileprivate init?(_ request: OutboundRequest) {
        guard let url = URL(string: request.url), url.host != nil, url.scheme == "https" || url.scheme == "http" else {
            return nil
        }
        self.init(url: url)
        httpMethod = request.method
        for field in request.fields { setValue(field.value, forHTTPHeaderField: field.name) }
        httpBody = request.body.map { Data($0) }
        // Counts idle time only, and defaults to a minute. The exchange's own clock ends first.
        timeoutInterval = Double(request.timeout.components.seconds) + 60
    }
}
